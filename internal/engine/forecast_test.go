package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// past answers with records that a test gives, newest first.
type past struct {
	engine.Journals
	records []engine.Record
	events  map[string]map[string][]engine.Event
}

func (p past) List(context.Context, int) ([]engine.Record, error) { return p.records, nil }

func (p past) Events(_ context.Context, id string) (map[string][]engine.Event, error) {
	return p.events[id], nil
}

// add puts one more run of layer base behind the others: how long it took, and what was
// done to a resource.
func (p *past) add(id string, status engine.RunStatus, seconds int, action string, elapsed float64) {
	begun := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ended := begun.Add(time.Duration(seconds) * time.Second)
	p.records = append(p.records, engine.Record{ID: id, Status: status,
		Phases: []engine.PhaseRecord{{Name: engine.PhaseVerify, Status: status, StartedAt: begun, EndedAt: ended}},
		Layers: []engine.LayerRecord{{Name: "base", Stage: engine.StageApply, Status: status, BegunAt: begun, StartedAt: begun.Add(time.Second), EndedAt: ended}}})
	if p.events == nil {
		p.events = map[string]map[string][]engine.Event{}
	}
	p.events[id] = map[string][]engine.Event{"base": {
		{Kind: engine.ApplyComplete, Time: ended.Add(-time.Second), Address: "module.base.aws_thing.one", Type: "aws_thing", Action: action, Elapsed: elapsed},
		{Kind: engine.ApplyComplete, Time: ended.Add(time.Hour), Address: "module.base.aws_thing.late", Type: "aws_late", Action: action, Elapsed: elapsed}, // another stage's
	}}
}

func TestForecast(t *testing.T) {
	t.Parallel()
	var p past
	p.add("now", engine.Running, 1, "create", 1)
	p.add("r6", engine.Succeeded, 100, "create", 50)
	p.add("r5", engine.Failed, 3, "create", 1)
	p.add("r4", engine.Succeeded, 10, "update", 4)
	p.add("r3", engine.Succeeded, 300, "create", 70)
	p.add("r2", engine.Succeeded, 200, "create", 60)
	p.add("r1", engine.Succeeded, 20, "update", 2)
	p.add("r0", engine.Succeeded, 900, "create", 900) // too long ago
	e := engine.Engine{Journals: p}
	f, err := e.Forecast(t.Context(), engine.Outline{ID: "now"})
	if err != nil {
		t.Fatal(err)
	}
	step := func(layer string, operations ...change.Operation) func() (time.Duration, bool) {
		s := engine.OutlineStep{StepRef: engine.StepRef{Layer: layer, Stage: engine.StageApply}}
		for _, o := range operations {
			s.Changes = append(s.Changes, engine.OutlineChange{Operation: o})
		}
		return func() (time.Duration, bool) { return f.Step(s) }
	}
	resource := func(address, kind, action string) func() (time.Duration, bool) {
		return func() (time.Duration, bool) { return f.Resource(address, kind, action) }
	}
	for name, test := range map[string]struct {
		of    func() (time.Duration, bool)
		want  time.Duration
		known bool
	}{
		"a layer that creates":            {step("base", change.Update, change.Create), 200 * time.Second, true},
		"a layer that replaces":           {step("base", change.Replace), 200 * time.Second, true},
		"a layer that updates":            {step("base", change.Update), 20 * time.Second, true},
		"a layer that only deletes":       {step("base", change.Delete), 0, false},
		"a layer with outputs only":       {step("base"), 0, false},
		"a layer never seen":              {step("web", change.Create), 0, false},
		"a resource":                      {resource("module.base.aws_thing.one", "aws_thing", "create"), 60 * time.Second, true},
		"another of its type":             {resource("module.web.aws_thing.two", "aws_thing", "update"), 4 * time.Second, true},
		"a type never seen":               {resource("module.web.aws_other.two", "aws_other", "create"), 0, false},
		"what is of another stage":        {resource("module.base.aws_thing.late", "aws_late", "create"), 0, false},
		"a phase":                         {func() (time.Duration, bool) { return f.Phase(engine.PhaseVerify) }, 100 * time.Second, true},
		"a phase never seen":              {func() (time.Duration, bool) { return f.Phase(engine.PhaseCode) }, 0, false},
		"nothing known by the zero value": {func() (time.Duration, bool) { return engine.Forecast{}.Step(engine.OutlineStep{}) }, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, known := test.of(); got != test.want || known != test.known {
				t.Errorf("got %v, %v; want %v, %v", got, known, test.want, test.known)
			}
		})
	}
}
