package environment

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// problems collects what is wrong with a project.
type problems []*problem.Error

func (p *problems) add(code problem.Code, where problem.Location, format string, args ...any) {
	*p = append(*p, &problem.Error{Code: code, Where: where, What: fmt.Sprintf(format, args...)})
}

// syntax adds the errors among diagnostics of the HCL parser.
func (p *problems) syntax(diagnostics hcl.Diagnostics) {
	for _, d := range diagnostics {
		if d.Severity != hcl.DiagError {
			continue
		}
		where := problem.Location{}
		if d.Subject != nil {
			where = location(*d.Subject)
		}
		p.add(problem.InvalidSyntax, where, "%s: %s", lowerFirst(d.Summary), d.Detail)
	}
}

// err joins all problems in order of file and line; nil when there are none.
func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(a, b *problem.Error) int {
		return cmp.Or(cmp.Compare(a.Where.File, b.Where.File), cmp.Compare(a.Where.Line, b.Where.Line), cmp.Compare(a.Where.Column, b.Where.Column))
	})
	errs := make([]error, len(p))
	for i, e := range p {
		errs[i] = e
	}
	return errors.Join(errs...)
}

func location(r hcl.Range) problem.Location {
	return problem.Location{File: r.Filename, Line: r.Start.Line, Column: r.Start.Column}
}

func lowerFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToLower(first)) + s[size:]
}
