package live

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

const (
	leastWidth = 20 // below it only the heading is shown
	wide       = 60 // from here on there is room for what resources usually take
	perStep    = 4  // lines kept for the resources of each step that can be at work
)

// row is one line of the tree that stands for a layer or a phase, and the resources
// below it.
type row struct {
	name      string
	text      string // beside the name
	status    engine.RunStatus
	resources []*resource
	failed    []*resource
	layer     string
}

// active reports whether a row must be seen by itself.
func (r row) active() bool {
	switch r.status {
	case engine.Running, engine.Failed, engine.Crashed, engine.Interrupted:
		return true
	case engine.Pending, engine.Succeeded, engine.Unchanged, engine.Skipped:
	}
	return false
}

// frame is one painting at work.
type frame struct {
	model   *Model
	now     time.Time
	width   int
	palette view.Palette
}

// Frame gives the lines that show the model: none wider than width less one, none more
// than height less one, so that the cursor has a line. While a run has the same layers
// and the terminal the same size it is always as many lines.
func (m *Model) Frame(now time.Time, width, height int, palette view.Palette) []string {
	f := frame{model: m, now: now, width: width - 1, palette: palette}
	most := height - 1
	if most < 1 || f.width < 1 {
		return nil
	}
	if m.outline == nil || m.ended {
		if m.doing == "" {
			return nil
		}
		return []string{f.line(engine.Running, m.doing+"  "+palette.Faint(span(now.Sub(m.since))))}
	}
	rows := f.rows()
	lines := []string{f.heading()}
	count := min(most, 1+len(rows)+f.room())
	if f.width >= leastWidth {
		lines = append(lines, f.tree(rows, count-1)...)
	}
	for len(lines) < count {
		lines = append(lines, "")
	}
	return lines[:count]
}

// room is how many lines are kept for resources.
func (f frame) room() int {
	changes := 0
	for _, s := range f.model.steps {
		changes += len(s.Changes)
	}
	return min(changes, perStep*min(max(f.model.outline.Parallelism, 1), len(f.model.steps)))
}

// heading says what runs, since when, how far it is and how long it will take: as much
// of it as there is room for.
func (f frame) heading() string {
	o := f.model.outline
	var steps, changes, done int
	for _, s := range f.model.steps {
		if s.status == engine.Succeeded || s.status == engine.Unchanged {
			steps++
		}
		changes += len(s.Changes)
		done += len(s.done)
	}
	parts := []string{clean(string(o.Operation) + " " + o.Environment)}
	// The parts in the order in which they stand, each with its weight and, where it has
	// one, a shorter form.
	type part struct {
		text   string
		weight int
		short  string
	}
	all := []part{{text: clean(o.Release), weight: 1}, {text: span(f.now.Sub(f.model.began)), weight: 5}}
	if len(f.model.steps) > 0 {
		all = append(all, part{text: fmt.Sprintf("%d/%d layers", steps, len(f.model.steps)), weight: 3})
	}
	if changes > 0 {
		all = append(all, part{text: fmt.Sprintf("%d/%d resources", done, changes), weight: 2})
	}
	left := f.model.rest(f.now)
	all = append(all, part{text: left.String(), weight: 4, short: left.short()})
	const between = "  "
	room := f.width - ansi.StringWidth(parts[0])
	kept := make([]string, len(all))
	for weight := 5; weight > 0; weight-- {
		for i, each := range all {
			for _, text := range []string{each.text, each.short} {
				if need := len(between) + ansi.StringWidth(text); each.weight == weight && text != "" && kept[i] == "" && need <= room {
					room -= need
					kept[i] = text
				}
			}
		}
	}
	for _, text := range kept {
		if text != "" {
			parts = append(parts, text)
		}
	}
	parts[0] = f.palette.Bold(parts[0])
	return fit(strings.Join(parts, between), f.width)
}

// rows gives the layers and, before and after them, the phases.
func (f frame) rows() []row {
	hopeless := f.model.hopeless()
	var rows []row
	for _, name := range phasesBefore {
		if p := f.model.phase(name); p != nil {
			rows = append(rows, f.phaseRow(p))
		}
	}
	for _, s := range f.model.steps {
		rows = append(rows, f.stepRow(s, hopeless[s.StepRef]))
	}
	for _, name := range phasesAfter {
		if p := f.model.phase(name); p != nil {
			rows = append(rows, f.phaseRow(p))
		}
	}
	return rows
}

func (f frame) phaseRow(p *phase) row {
	r := row{name: string(p.name), status: p.status}
	switch p.status {
	case engine.Running:
		usual, known := f.usualPhase(p.name)
		r.text = f.time(p.began, usual, known)
	case engine.Pending:
		if f.model.broken() {
			r.status, r.text = engine.Skipped, "not reached"
		}
	case engine.Succeeded, engine.Unchanged:
		r.text = f.palette.Faint(span(p.took))
	case engine.Failed, engine.Crashed, engine.Interrupted, engine.Skipped:
		r.text = f.palette.Status(p.status, string(p.status)) + " after " + span(p.took)
	}
	return r
}

func (f frame) usualPhase(name engine.Phase) (time.Duration, bool) {
	if f.model.forecast == nil {
		return 0, false
	}
	return f.model.forecast.Phase(name)
}

func (f frame) stepRow(s *step, because string) row {
	r := row{name: clean(s.Layer), status: s.status, layer: s.Layer, failed: s.failed}
	if s.Stage == engine.StageRelease {
		r.name += " (release)"
	}
	count := ""
	if len(s.Changes) > 0 {
		count = fmt.Sprintf("%d/%d  ", len(s.done), len(s.Changes))
	}
	switch s.status {
	case engine.Running:
		r.resources = oldest(s.working)
		text := ""
		if s.command == engine.CommandInit || s.command == engine.CommandPlan {
			text = "planning  "
		}
		var usual time.Duration
		known := false
		if f.model.forecast != nil {
			usual, known = f.model.forecast.Step(s.OutlineStep)
		}
		r.text = count + text + f.time(s.began, usual, known)
	case engine.Pending:
		if waits := f.model.waiting(s); because != "" {
			r.status, r.text = engine.Skipped, "not reached: "+because+" failed"
		} else if len(waits) > 0 {
			r.text = f.palette.Faint("waits for " + and(waits))
		} else {
			r.text = f.palette.Faint("waits for its turn")
		}
	case engine.Succeeded:
		r.text = f.palette.Faint(count + span(s.took))
	case engine.Unchanged, engine.Skipped:
		r.text = f.palette.Faint(string(s.status))
	case engine.Failed, engine.Crashed, engine.Interrupted:
		r.text = count + f.palette.Status(s.status, string(s.status)) + " after " + span(s.took)
		if s.reason != "" && len(s.failed) == 0 {
			r.text += ": " + s.reason
		}
	}
	return r
}

// time tells how long something takes by now, and how long it usually does.
func (f frame) time(began time.Time, usual time.Duration, known bool) string {
	text := span(f.now.Sub(began))
	if known && f.width >= leastWidth*2-1 {
		text += f.palette.Faint(", usually " + roughly(usual))
	}
	return text
}

// line gives a row's line: a sign for its status, and a text.
func (f frame) line(status engine.RunStatus, text string) string {
	sign := "◦"
	switch status {
	case engine.Running:
		sign = "▸"
	case engine.Succeeded, engine.Unchanged:
		sign = "✓"
	case engine.Failed, engine.Crashed:
		sign = "✗"
	case engine.Interrupted:
		sign = "!"
	case engine.Skipped:
		sign = "-"
	case engine.Pending:
	}
	return fit(f.palette.Status(status, sign)+" "+text, f.width)
}

// resource gives a resource's line: its address in the layer, shortened in the middle
// so that what is said of it has room.
func (f frame) resource(r *resource, layer string) string {
	address := clean(strings.TrimPrefix(strings.TrimPrefix(r.address, "module."+layer), "."))
	const indent = 4 // with the sign
	if r.failed {
		reason := r.reason
		if reason == "" {
			reason = "failed"
		}
		room := f.width - indent
		address = middle(address, max(room/2, room-2-ansi.StringWidth(reason)))
		return fit("  "+f.palette.Status(engine.Failed, "✗")+" "+address+"  "+reason, f.width)
	}
	text := span(f.now.Sub(r.began))
	if f.model.forecast != nil && f.width >= wide-1 {
		if usual, known := f.model.forecast.Resource(r.address, r.kind, r.action); known {
			text += f.palette.Faint(", usually " + roughly(usual))
		}
	}
	address = middle(address, f.width-indent-2-ansi.StringWidth(text))
	return fit("  "+f.palette.Mark(change.Operation(r.action))+" "+address+"  "+text, f.width)
}
