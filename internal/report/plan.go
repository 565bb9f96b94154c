package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/secrecy"
)

func planPage(plan Plan, options Options, b bounds) page {
	preview := plan.Preview
	name := say(preview.Environment, maxName)
	p := page{
		Kind: "Plan", Environment: name, Heading: "Plan of " + name, Written: MomentOf(options.Now), State: planState(preview), Lead: planLead(preview),
		Risks: risks(preview.Changes, b.risks), Beside: besideOf(preview.Beside),
	}
	if preview.Release != "" {
		p.Heading += " to " + say(preview.Release, maxName)
	}
	p.Title = p.Heading
	layers := plan.Layers
	for _, layer := range preview.Layers { // those that left the root, too
		if !slices.ContainsFunc(layers, func(l Layer) bool { return l.Name == layer }) {
			layers = append(slices.Clone(layers), Layer{Name: layer})
		}
	}
	p.Graph, p.Layers = planGraph(layers, preview), planLayers(layers, preview)
	notes := func(layer string) string { return stepNotes(preview, layer) }
	if len(preview.Changes)+len(preview.Steps) > 0 {
		p.Changes = changesOf(preview.Changes, stepOrder(preview), notes, nil, options, b)
		p.Changes.Diffs = diffsText(options.Values)
	}
	for _, each := range preview.Warnings {
		p.Warnings = append(p.Warnings, sentence(each))
	}
	for i, c := range preview.Guarded {
		if i == b.risks {
			p.Guarded = append(p.Guarded, fmt.Sprintf("# and %d more, which `plan` names", len(preview.Guarded)-i))
			break
		}
		if word, ok := secrecy.ShellWord(c.Address); ok {
			p.Guarded = append(p.Guarded, "--allow-stateful "+word)
		}
	}
	p.Facts, p.Commands = planFacts(preview), commands(plan)
	return p
}

func planState(p *engine.Preview) State {
	s := p.Summary()
	switch {
	case p.Empty():
		return State{"up to date", "ok", "✓"}
	case len(p.Guarded) > 0:
		return State{"would lose data", "bad", "!"}
	case s.Delete+s.Replace > 0:
		return State{"deletes or replaces", "warn", "!"}
	}
	return State{"changes", "busy", "~"}
}

func planLead(p *engine.Preview) string {
	if p.Empty() {
		return fmt.Sprintf("Nothing to do in %s.", plural(len(p.Layers), "layer"))
	}
	var parts []string
	if text := counts(p.Summary(), "to "); text != "" {
		parts = append(parts, capital(text)+".")
	} else if len(p.Steps) > 0 {
		parts = append(parts, "Only outputs change.")
	}
	if !p.Beside.Empty() {
		parts = append(parts, "More is done beside the layers.")
	}
	if p.Destroy {
		parts = append(parts, "This destroys what stands.")
	}
	if len(p.Guarded) > 0 {
		parts = append(parts, plural(len(p.Guarded), "resource")+" that would be lost or replaced holds data.")
	}
	return strings.Join(parts, " ")
}

// stepOrder gives the layers that are touched, as they are first stepped into, and then
// the others that were looked at.
func stepOrder(p *engine.Preview) []string {
	var order []string
	for _, step := range p.Steps {
		if !slices.Contains(order, step.Layer) {
			order = append(order, step.Layer)
		}
	}
	for _, layer := range p.Layers {
		if !slices.Contains(order, layer) {
			order = append(order, layer)
		}
	}
	return order
}

func stepNotes(p *engine.Preview, layer string) string {
	var notes []string
	for _, step := range p.Steps {
		if step.Layer != layer {
			continue
		}
		switch step.Stage {
		case engine.StageRelease:
			notes = append(notes, "first deletes what stands on what another layer loses: "+plural(len(step.Addresses), "resource"))
		case engine.StageDestroy:
			notes = append(notes, "destroyed: it left the root")
		case engine.StageApply:
		}
	}
	return strings.Join(notes, "; ")
}

// layerPlan gives what a plan does to a layer, by its riskiest change.
func layerPlan(p *engine.Preview, layer string) (State, string) {
	changes := change.Set{Changes: p.Changes}.ByLayer()[layer]
	if len(changes) == 0 {
		if slices.ContainsFunc(p.Steps, func(s engine.Step) bool { return s.Layer == layer }) {
			return State{"outputs only", "busy", "~"}, "outputs only"
		}
		return untouched(), "no change"
	}
	worst := change.RiskFirst(changes)[0]
	s := operationState(worst.Operation)
	summary := change.Summarize(changes)
	var parts []string
	for _, each := range []struct {
		n    int
		sign string
	}{{summary.Delete, "−"}, {summary.Replace, "±"}, {summary.Update, "~"}, {summary.Create, "+"}, {summary.Import + summary.Forget + summary.Move, "→"}} {
		if each.n > 0 {
			parts = append(parts, fmt.Sprintf("%s%d", each.sign, each.n))
		}
	}
	return State{counts(summary, "to "), s.Class, s.Symbol}, strings.Join(parts, " ")
}

func planGraph(layers []Layer, p *engine.Preview) *drawing {
	return draw(layers, func(layer string) (State, string) { return layerPlan(p, layer) })
}

func planLayers(layers []Layer, p *engine.Preview) *table {
	t := &table{Caption: "The layers", Columns: []string{"Layer", "What happens", "Stands on"}}
	for _, layer := range layers {
		s, _ := layerPlan(p, layer.Name)
		t.Rows = append(t.Rows, row{Cells: []cell{head(say(layer.Name, maxName)), stated(s), text(say(strings.Join(layer.Upstream, ", "), maxAddress))}})
	}
	return t
}

func planFacts(p *engine.Preview) []fact {
	list := []fact{{Name: "Release", Text: say(p.Release, maxName)}}
	if a := p.Approval; a != nil {
		list = append(list, fact{Name: "Planned (UTC)", Time: MomentOf(a.CreatedAt)}, fact{Name: "By", Text: say(a.CreatedBy, maxName)},
			fact{Name: "Account", Text: say(a.Inputs.Account, maxName)}, fact{Name: "Region", Text: say(a.Inputs.Region, maxName)},
			fact{Name: "Only layers", Text: say(strings.Join(a.Inputs.Layers, ", "), maxText)}, fact{Name: "Digest", Text: say(a.Digest, maxText)})
	}
	return said(list)
}

// commands gives how exactly this is approved and applied.
func commands(p Plan) []string {
	if p.Preview.Empty() || p.Preview.Destroy || p.Preview.Approval == nil {
		return nil
	}
	file := p.Approval
	if file == "" {
		file = "plan.json"
	}
	environment, ok := secrecy.ShellWord(p.Preview.Environment)
	quoted, okFile := secrecy.ShellWord(file)
	version, okVersion := secrecy.ShellWord(p.Version)
	if !ok || !okFile || !okVersion {
		return nil
	}
	if p.Version != "" {
		environment += " --version " + version
	}
	var lines []string
	if p.Approval == "" {
		plan := "mandala-deploy plan " + environment
		for _, layer := range p.Preview.Approval.Inputs.Layers {
			word, ok := secrecy.ShellWord(layer)
			if !ok {
				return nil
			}
			plan += " --layer " + word
		}
		lines = append(lines, plan+" --out "+quoted)
	}
	return append(lines, "mandala-deploy apply "+environment+" --approval "+quoted)
}
