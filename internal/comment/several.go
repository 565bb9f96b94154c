package comment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/change"
)

// several writes the comment of several environments: a table, riskiest first,
// and each environment's own part folded below it, open where something is lost.
func (r renderer) several(plans []Plan, most int) string {
	sorted := slices.Clone(plans)
	slices.SortStableFunc(sorted, func(a, b Plan) int { return a.risk() - b.risk() })
	lines := make([]string, len(sorted))
	for i, p := range sorted {
		lines[i] = r.line(p)
	}
	head := "## Plan of " + plural(len(plans), "environment") + "\n\n| environment | plan | delete | replace | update | create | other | loses data |\n| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |\n"
	table := rows(head, lines, "\n", most/2, func(from int) string {
		return fmt.Sprintf("| %s more | | | | | | | |\n", plural(len(sorted)-from, "environment"))
	})
	parts := r.parts(sorted, most-len(table))
	return table + strings.Join(parts, "")
}

// parts writes what is told of each environment. One that wants more room than
// it gets is written again, and left to the table where even its least is more.
func (r renderer) parts(plans []Plan, most int) []string {
	var parts []string
	var telling []Plan
	var wanted []int
	for _, p := range plans {
		if p.Preview != nil && p.Preview.Empty() {
			continue // the table says all
		}
		part := r.part(p, most)
		telling, parts, wanted = append(telling, p), append(parts, part), append(wanted, len(part))
	}
	for i, given := range share(most, wanted) {
		if wanted[i] <= given {
			continue
		}
		if parts[i] = r.part(telling[i], given); len(parts[i]) > given {
			parts[i] = ""
		}
	}
	return parts
}

// part is one environment, folded.
func (r renderer) part(p Plan, most int) string {
	name := htmlCode(p.Environment, maxName)
	if p.Preview == nil {
		frame := len(fold(true, name+": the plan failed", ""))
		return fold(true, name+": the plan failed", failed(p.Failure, most-frame))
	}
	open := len(change.Guarded(p.Preview.Changes, nil)) > 0 || p.risk() < riskOther
	frame := len(fold(open, name+": "+whole(p.Preview), ""))
	return fold(open, name+": "+whole(p.Preview), r.section(p, most-frame))
}

func fold(open bool, summary, body string) string {
	attribute := ""
	if open {
		attribute = " open"
	}
	return "<details" + attribute + "><summary>" + summary + "</summary>\n\n" + strings.TrimRight(body, "\n") + "\n\n</details>\n\n"
}

// line is an environment's row in the table.
func (r renderer) line(p Plan) string {
	name := code(p.Environment, maxName)
	if p.Preview == nil {
		return fmt.Sprintf("| %s | ❌ failed | | | | | | |\n", name)
	}
	if p.Preview.Empty() {
		return fmt.Sprintf("| %s | ✅ up to date | | | | | | |\n", name)
	}
	state := "to approve"
	if r.sameAsBefore(p) {
		state = "same digest: re-approval is not needed"
	}
	s, loses := p.Preview.Summary(), ""
	if n := len(change.Guarded(p.Preview.Changes, nil)); n > 0 {
		loses = "⚠️ **" + plural(n, "resource") + "**"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | %s |\n", name, state, cell(s.Delete), cell(s.Replace), cell(s.Update), cell(s.Create), cell(s.Import+s.Forget+s.Move), loses)
}

// How risky an environment's plan is: the smaller, the riskier.
const (
	riskData = iota
	riskLoss
	riskFailed
	riskOther
	riskNone
)

func (p Plan) risk() int {
	switch {
	case p.Preview == nil:
		return riskFailed
	case p.Preview.Empty():
		return riskNone
	case len(change.Guarded(p.Preview.Changes, nil)) > 0:
		return riskData
	}
	if s := p.Preview.Summary(); s.Delete+s.Replace > 0 {
		return riskLoss
	}
	return riskOther
}
