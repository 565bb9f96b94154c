// Package live shows a run on a terminal while it happens: a tree of layers and the
// resources at work in them, repainted in place. What is to be seen follows from what
// was told and the time alone; only the screen knows the terminal.
package live

import (
	"slices"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Model is what is known of a run. It is not safe for concurrent use.
type Model struct {
	outline  *engine.Outline // nil before the run
	forecast *engine.Forecast
	began    time.Time

	doing string // the phase, while there is no run
	since time.Time

	steps  []*step
	byRef  map[engine.StepRef]*step
	phases []*phase
	ended  bool
}

// step is one row of the tree: a layer's part of the run.
type step struct {
	engine.OutlineStep
	status  engine.RunStatus
	began   time.Time
	took    time.Duration
	command engine.Command
	done    map[string]bool // addresses
	working map[string]*resource
	failed  []*resource
	reason  string // why it failed, in a line
}

// resource is one at which Terraform is at work, or that failed.
type resource struct {
	address, kind, action string
	began                 time.Time
	failed                bool
	reason                string // why it failed, in a line
}

// phase is what a run does beside its layers.
type phase struct {
	name   engine.Phase
	status engine.RunStatus
	began  time.Time
	took   time.Duration
}

// order is that of the phases; between the two halves come the layers.
var (
	phasesBefore = []engine.Phase{engine.PhaseCode, engine.PhaseSnapshot, engine.PhaseAssets}
	phasesAfter  = []engine.Phase{engine.PhaseMigrations, engine.PhaseAliases, engine.PhaseEntries, engine.PhaseContract, engine.PhaseVerify}
)

// Expect lets the model tell how long what is left will take.
func (m *Model) Expect(f engine.Forecast) { m.forecast = &f }

// Tell adds one thing that happened.
func (m *Model) Tell(p engine.Progress) {
	switch p.Kind {
	case engine.ProgressRun:
		m.begin(p)
	case engine.ProgressPhase:
		m.phaseBegins(p)
	case engine.ProgressPhaseEnd:
		if each := m.phase(p.Phase); each != nil {
			each.status, each.took = p.Status, seconds(p.Seconds)
		}
	case engine.ProgressLayer:
		m.layer(p)
	case engine.ProgressCommand:
		m.commanded(p)
	case engine.ProgressEvent:
		if s := m.step(p); s != nil && p.Event != nil {
			s.event(*p.Event)
		}
	case engine.ProgressEnd:
		m.ended, m.doing = true, ""
	case engine.ProgressNote:
	}
}

// begin takes the outline of a run. Told again of the same run, it keeps what the
// steps came to.
func (m *Model) begin(p engine.Progress) {
	if m.outline == nil || m.outline.ID != p.Outline.ID {
		*m = Model{forecast: nil, began: p.Time}
	}
	m.outline, m.ended, m.doing = p.Outline, false, ""
	earlier := m.byRef
	m.steps, m.byRef = nil, map[engine.StepRef]*step{}
	for _, each := range p.Outline.Steps {
		s := earlier[each.StepRef]
		if s == nil {
			s = &step{status: engine.Pending, done: map[string]bool{}, working: map[string]*resource{}}
		}
		s.OutlineStep = each
		m.steps, m.byRef[each.StepRef] = append(m.steps, s), s
	}
	for _, name := range p.Outline.Phases {
		m.addPhase(name)
	}
}

func (m *Model) addPhase(name engine.Phase) *phase {
	if each := m.phase(name); each != nil {
		return each
	}
	each := &phase{name: name, status: engine.Pending}
	m.phases = append(m.phases, each)
	return each
}

func (m *Model) phase(name engine.Phase) *phase {
	for _, each := range m.phases {
		if each.name == name {
			return each
		}
	}
	return nil
}

func (m *Model) phaseBegins(p engine.Progress) {
	if p.Phase == "" || m.outline == nil {
		m.doing, m.since = line(p.Text), p.Time
		return
	}
	each := m.addPhase(p.Phase)
	each.status, each.began = engine.Running, p.Time
}

// commanded takes what Terraform is set to. A plan of no layer is that of a preview.
func (m *Model) commanded(p engine.Progress) {
	if s := m.step(p); s != nil {
		s.command = p.Command
		return
	}
	switch {
	case p.Command == engine.CommandPlan && p.Status != engine.Running:
		m.doing = ""
	case m.doing == "":
		m.doing, m.since = "planning", p.Time
	}
}

// step finds the row that something told is about; nil where none is.
func (m *Model) step(p engine.Progress) *step {
	return m.byRef[engine.StepRef{Layer: p.Layer, Stage: p.Stage}]
}

func (m *Model) layer(p engine.Progress) {
	s := m.step(p)
	if s == nil {
		return
	}
	s.status = p.Status
	if p.Status == engine.Running {
		s.began = p.Time
		return
	}
	s.took = seconds(p.Seconds)
	s.working = map[string]*resource{}
	if p.Err != nil && s.reason == "" {
		s.reason = line(p.Err.Error())
	}
}

func (s *step) event(e engine.Event) {
	switch e.Kind {
	case engine.ApplyStart, engine.ApplyProgress:
		if s.working[e.Address] == nil {
			began := e.Time.Add(-seconds(e.Elapsed))
			s.working[e.Address] = &resource{address: e.Address, kind: e.Type, action: e.Action, began: began}
		}
	case engine.ApplyComplete:
		delete(s.working, e.Address)
		if s.finishes(e) {
			s.done[e.Address] = true
		}
	case engine.ApplyErrored:
		failed := s.working[e.Address]
		if failed == nil {
			failed = &resource{address: e.Address, kind: e.Type, action: e.Action}
		}
		failed.failed = true
		delete(s.working, e.Address)
		s.failed = append(s.failed, failed)
	case engine.EventDiagnostic:
		s.diagnosed(e)
	}
}

// diagnosed puts what Terraform says of an error beside its resource.
func (s *step) diagnosed(e engine.Event) {
	if e.Diagnostic == nil || e.Diagnostic.Severity != "error" {
		return
	}
	reason := line(e.Diagnostic.Summary)
	if s.reason == "" {
		s.reason = reason
	}
	for _, each := range s.failed {
		if each.address == e.Diagnostic.Address && each.reason == "" {
			each.reason = reason
		}
	}
}

// finishes reports whether an event is the last of a resource's: a replacement is a
// deletion and a creation, in either order.
func (s *step) finishes(e engine.Event) bool {
	at := slices.IndexFunc(s.Changes, func(c engine.OutlineChange) bool { return c.Address == e.Address })
	if at < 0 {
		return false
	}
	return s.Changes[at].Operation != change.Replace || e.Action == "create"
}

// waiting gives the layers that a step waits for.
func (m *Model) waiting(s *step) (layers []string) {
	for _, ref := range s.After {
		if upstream := m.byRef[ref]; upstream != nil && (upstream.status == engine.Pending || upstream.status == engine.Running) {
			layers = append(layers, ref.Layer)
		}
	}
	return layers
}

// hopeless gives the steps that will not come to anything, and the layer for whose
// failure. The steps are in an order in which they may run.
func (m *Model) hopeless() map[engine.StepRef]string {
	because := map[engine.StepRef]string{}
	for _, s := range m.steps {
		for _, ref := range s.After {
			upstream := m.byRef[ref]
			if upstream == nil || because[s.StepRef] != "" {
				continue
			}
			switch upstream.status {
			case engine.Failed, engine.Crashed, engine.Interrupted, engine.Skipped:
				because[s.StepRef] = ref.Layer
			case engine.Pending, engine.Running, engine.Succeeded, engine.Unchanged:
				if because[ref] != "" {
					because[s.StepRef] = because[ref]
				}
			}
		}
	}
	return because
}

// broken reports whether something failed, so that what comes after the layers does not.
func (m *Model) broken() bool {
	bad := func(status engine.RunStatus) bool {
		return status == engine.Failed || status == engine.Crashed || status == engine.Interrupted || status == engine.Skipped
	}
	return slices.ContainsFunc(m.steps, func(s *step) bool { return bad(s.status) }) ||
		slices.ContainsFunc(m.phases, func(p *phase) bool { return bad(p.status) })
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// line gives the first line of a text, fit to stand on a terminal: names and errors
// come from elsewhere, and may hold anything.
func line(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	return clean(text)
}
