package comment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// single writes the comment of one environment.
func (r renderer) single(p Plan, most int) string {
	name := code(p.Environment, maxName)
	switch {
	case p.Preview == nil:
		title := "## The plan of " + name + " failed\n\n"
		return title + failed(p.Failure, most-len(title))
	case p.Preview.Empty():
		return "✅ " + name + " is up to date: nothing to do in " + plural(len(p.Preview.Layers), "layer") + ".\n"
	}
	title := "## Plan of " + name + ": " + whole(p.Preview) + "\n\n"
	return title + r.section(p, most-len(title))
}

// section writes all that is told of an environment below its title. What is
// told first is bounded, each by a part of most; the details get what is left.
func (r renderer) section(p Plan, most int) string {
	before := []string{
		risks(p.Preview.Changes, most/5),
		warnings(p.Preview.Warnings, most/10),
		overview(p.Preview, most/8),
	}
	after := []string{
		beside(p.Preview.Beside, most/10),
		r.approval(p, most/8),
	}
	left := most
	for _, part := range slices.Concat(before, after) {
		left -= len(part)
	}
	return strings.Join(before, "") + r.details(p.Preview, left) + strings.Join(after, "")
}

// whole counts all that a preview does.
func whole(p *engine.Preview) string {
	parts := counts(p.Summary())
	if len(parts) == 0 && len(p.Steps) > 0 {
		parts = append(parts, "only outputs change")
	}
	if !p.Beside.Empty() {
		parts = append(parts, "and more beside the layers")
	}
	return strings.Join(parts, ", ")
}

func counts(s change.Summary) []string {
	var parts []string
	for _, each := range []struct {
		n    int
		verb string
	}{{s.Delete, "delete"}, {s.Replace, "replace"}, {s.Update, "update"}, {s.Create, "create"}, {s.Import, "import"}, {s.Forget, "forget"}, {s.Move, "move"}} {
		if each.n > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", each.n, each.verb))
		}
	}
	return parts
}

// risky gives what is to be looked at first: what is lost, that which holds data
// above all, and other changes of what holds data.
func risky(changes []change.Change) []change.Change {
	var first, then []change.Change
	for _, c := range change.RiskFirst(changes) {
		lost := c.Operation == change.Delete || c.Operation == change.Replace || c.Operation == change.Forget
		switch {
		case lost && c.Stateful:
			first = append(first, c)
		case lost, c.Stateful && c.Operation == change.Update:
			then = append(then, c)
		}
	}
	return append(first, then...)
}

func risks(changes []change.Change, most int) string {
	list := risky(changes)
	if len(list) == 0 {
		return ""
	}
	lines := make([]string, len(list))
	for i, c := range list {
		data := ""
		if c.Stateful {
			data = "**yes**"
		}
		lines[i] = fmt.Sprintf("| %s | %s | %s | %s |\n", operation(c.Operation), code(c.Address, maxAddress), data, why(c))
	}
	head := "### ⚠️ Look at these first\n\n| what | resource | holds data | why |\n| --- | --- | --- | --- |\n"
	return rows(head, lines, "\n", most, func(from int) string {
		return fmt.Sprintf("| … | %d more: %s | | |\n", len(list)-from, strings.Join(counts(change.Summarize(list[from:])), ", "))
	})
}

// why says why a resource is lost, without values: names of attributes only.
func why(c change.Change) string {
	var parts []string
	if c.Reason != "" && c.Operation != change.Create {
		parts = append(parts, text(c.Reason, maxText))
	}
	if c.Deposed != "" {
		parts = append(parts, "a deposed object")
	}
	if len(c.Replaces) > 0 {
		parts = append(parts, "forced by "+names(c.Replaces, 4))
	}
	return strings.Join(parts, "; ")
}

func operation(o change.Operation) string {
	switch o {
	case change.Delete:
		return "🔴 **delete**"
	case change.Replace:
		return "🟠 **replace**"
	case change.Forget:
		return "🟠 forget"
	case change.Update:
		return "🟡 update"
	case change.Create:
		return "🟢 create"
	case change.Import:
		return "🔵 import"
	case change.Move:
		return "🔵 move"
	}
	return text(string(o), maxName)
}

// names lists names of others, the first few of them.
func names(list []string, most int) string {
	var shown []string
	for i, name := range list {
		if i == most {
			return strings.Join(shown, ", ") + fmt.Sprintf(" and %d more", len(list)-most)
		}
		shown = append(shown, code(name, maxPath))
	}
	return strings.Join(shown, ", ")
}

func warnings(texts []string, most int) string {
	if len(texts) == 0 {
		return ""
	}
	lines := make([]string, len(texts))
	for i, each := range texts {
		lines[i] = "- ⚠️ " + code(each, 2*maxText) + "\n"
	}
	return rows("", lines, "\n", most, func(from int) string {
		return fmt.Sprintf("- ⚠️ and %s more\n", plural(len(texts)-from, "warning"))
	})
}

// overview counts by layer, in the order in which the layers are applied.
func overview(p *engine.Preview, most int) string {
	byLayer := change.Set{Changes: p.Changes}.ByLayer()
	order := layersOf(p)
	if len(order) == 0 {
		return ""
	}
	lines := make([]string, len(order))
	for i, layer := range order {
		s := change.Summarize(byLayer[layer])
		lines[i] = fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |\n", layerName(layer), cell(s.Delete), cell(s.Replace), cell(s.Update), cell(s.Create), cell(s.Import+s.Forget+s.Move), note(p, layer, byLayer[layer]))
	}
	head := "| layer | delete | replace | update | create | other | |\n| --- | ---: | ---: | ---: | ---: | ---: | --- |\n"
	foot := "\n"
	if same := len(p.Layers) - touched(p.Layers, order); same > 0 {
		foot = "\n" + plural(same, "other layer") + ": no change.\n\n"
	}
	return rows(head, lines, foot, most, func(from int) string {
		return fmt.Sprintf("| %s more | | | | | | |\n", plural(len(order)-from, "layer"))
	})
}

func layerName(layer string) string {
	if layer == "" {
		return "(the root)"
	}
	return code(layer, maxName)
}

func cell(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// layersOf gives the layers that are touched, as they are first stepped into;
// those that only have changes, which no step would carry out, come last.
func layersOf(p *engine.Preview) []string {
	var order []string
	add := func(layer string) {
		if !slices.Contains(order, layer) {
			order = append(order, layer)
		}
	}
	for _, step := range p.Steps {
		add(step.Layer)
	}
	seen := map[string]bool{}
	for _, c := range p.Changes {
		if !seen[c.Layer] {
			seen[c.Layer] = true
			add(c.Layer)
		}
	}
	return order
}

func touched(layers, order []string) int {
	n := 0
	for _, layer := range layers {
		if slices.Contains(order, layer) {
			n++
		}
	}
	return n
}

func note(p *engine.Preview, layer string, changes []change.Change) string {
	var notes []string
	for _, step := range p.Steps {
		if step.Layer != layer {
			continue
		}
		switch {
		case step.Stage == engine.StageRelease:
			notes = append(notes, "first deletes what stands on what another layer loses: "+plural(len(step.Addresses), "resource"))
		case step.Stage == engine.StageDestroy:
			notes = append(notes, "**destroyed**: it left the root")
		case len(changes) == 0:
			notes = append(notes, "outputs only")
		}
	}
	return strings.Join(notes, "; ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
