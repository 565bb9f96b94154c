package view

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Failure writes an error for people: what happened, where, what to do, for
// each problem in it.
func Failure(w io.Writer, err error, palette Palette) {
	problems(w, err, palette.paint(red, "error:"), palette)
}

// Warning writes an error that failed nothing, as Failure does.
func Warning(w io.Writer, err error, palette Palette) {
	problems(w, err, palette.paint(yellow, "warning:"), palette)
}

func problems(w io.Writer, err error, head string, palette Palette) {
	problems := problem.Find(err)
	if len(problems) == 0 {
		problems = []*problem.Error{{Code: problem.Internal, What: err.Error()}}
	}
	for _, p := range problems {
		where := ""
		if at := p.Where.String(); at != "" {
			where = at + ": "
		}
		fmt.Fprintf(w, "%s %s%s %s\n", head, where, cause(p), palette.paint(faint, "["+string(p.Code)+"]"))
		var diagnostics *engine.DiagnosticsError
		if errors.As(p.Err, &diagnostics) {
			writeDiagnostics(w, diagnostics.Diagnostics)
		}
		if next := p.Remedy(); next != "" {
			fmt.Fprintf(w, "  %s %s\n", palette.paint(cyan, "next:"), next)
		}
	}
}

// cause gives what happened and, unless diagnostics follow, why.
func cause(p *problem.Error) string {
	var diagnostics *engine.DiagnosticsError
	if p.Err == nil || errors.As(p.Err, &diagnostics) || errors.Is(p.Err, problem.ErrInterrupted) {
		return p.What
	}
	return p.What + ": " + p.Err.Error()
}

func writeDiagnostics(w io.Writer, diagnostics []engine.Diagnostic) {
	for _, d := range diagnostics {
		at := d.File
		if d.Line > 0 {
			at = fmt.Sprintf("%s:%d", d.File, d.Line)
		}
		for _, part := range []string{d.Address, at} {
			if part != "" {
				fmt.Fprintf(w, "  %s\n", part)
			}
		}
		fmt.Fprintf(w, "    %s\n", plainLine(d.Summary))
		for _, line := range unboxed(strings.TrimSpace(d.Detail)) {
			fmt.Fprintf(w, "    %s\n", line)
		}
	}
}

// ErrorJSON is the JSON form of one problem.
type ErrorJSON struct {
	Code        problem.Code        `json:"code"`
	Message     string              `json:"message"`
	Where       string              `json:"where,omitempty"`
	Next        string              `json:"next,omitempty"`
	Diagnostics []engine.Diagnostic `json:"diagnostics,omitempty"`
}

// ErrorsForJSON gives the JSON form of an error's problems, nil for none.
func ErrorsForJSON(err error) []ErrorJSON {
	if err == nil {
		return nil
	}
	problems := problem.Find(err)
	if len(problems) == 0 {
		return []ErrorJSON{{Code: problem.Internal, Message: err.Error()}}
	}
	var out []ErrorJSON
	for _, p := range problems {
		each := ErrorJSON{Code: p.Code, Message: cause(p), Where: p.Where.String(), Next: p.Remedy()}
		var diagnostics *engine.DiagnosticsError
		if errors.As(p.Err, &diagnostics) {
			each.Diagnostics = diagnostics.Diagnostics
		}
		out = append(out, each)
	}
	return out
}

// WriteJSON writes one indented JSON document.
func WriteJSON(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}
