package live

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

// layers are those of the project, with what they stand on.
var layers = []struct {
	name  string
	after []string
	count int
}{
	{"network", nil, 33}, {"secrets", nil, 9}, {"database", []string{"network", "secrets"}, 24}, {"auth", []string{"secrets"}, 18},
	{"functions", []string{"network", "database", "auth"}, 96}, {"workflow", []string{"functions"}, 31}, {"api", []string{"functions", "auth"}, 77},
	{"reminders", []string{"functions"}, 12}, {"frontend", []string{"api"}, 21}, {"audit", nil, 17}, {"monitoring", []string{"api", "workflow", "reminders", "frontend"}, 64}, {"delivery", nil, 10},
}

func address(layer string, i int) string {
	switch i % 4 {
	case 0:
		return fmt.Sprintf("module.%s.aws_cloudwatch_metric_alarm.function_errors_and_throttles[\"goal-mandala-production-%s-%d\"]", layer, layer, i)
	case 1:
		return fmt.Sprintf("module.%s.aws_ssm_parameter.values[\"目標マンダラ-%d\"]", layer, i)
	}
	return fmt.Sprintf("module.%s.aws_thing.number[%d]", layer, i)
}

func outline() engine.Outline {
	o := engine.Outline{ID: "run-1", Environment: "production", Operation: engine.OperationApply, Release: "v1.3.0", Parallelism: 2,
		Phases: []engine.Phase{engine.PhaseSnapshot, engine.PhaseAliases, engine.PhaseVerify}}
	for _, l := range layers {
		step := engine.OutlineStep{StepRef: ref(l.name)}
		for _, name := range l.after {
			step.After = append(step.After, ref(name))
		}
		for i := range l.count {
			step.Changes = append(step.Changes, engine.OutlineChange{Address: address(l.name, i), Type: "aws_thing", Operation: change.Create})
		}
		o.Steps = append(o.Steps, step)
	}
	return o
}

func ref(layer string) engine.StepRef {
	return engine.StepRef{Layer: layer, Stage: engine.StageApply}
}

func layer(second int, name string, status engine.RunStatus, seconds float64, err error) engine.Progress {
	return engine.Progress{Time: at(second), Kind: engine.ProgressLayer, Layer: name, Stage: engine.StageApply, Status: status, Seconds: seconds, Err: err}
}

func command(second int, name string, command engine.Command, status engine.RunStatus) engine.Progress {
	return engine.Progress{Time: at(second), Kind: engine.ProgressCommand, Layer: name, Stage: engine.StageApply, Command: command, Status: status}
}

func event(second int, name string, kind engine.EventKind, i int) engine.Progress {
	return engine.Progress{Time: at(second), Kind: engine.ProgressEvent, Layer: name, Stage: engine.StageApply,
		Event: &engine.Event{Kind: kind, Time: at(second), Address: address(name, i), Type: "aws_thing", Action: "create"}}
}

func phaseOf(second int, name engine.Phase, kind engine.ProgressKind, status engine.RunStatus, seconds float64) engine.Progress {
	return engine.Progress{Time: at(second), Kind: kind, Phase: name, Status: status, Seconds: seconds, Text: "phase " + string(name)}
}

// told is what is told of a run, second by second, until something fails.
func told() []engine.Progress {
	o := outline()
	all := []engine.Progress{
		{Time: at(-40), Kind: engine.ProgressPhase, Text: "planning production"},
		{Time: at(-40), Kind: engine.ProgressCommand, Command: engine.CommandPlan, Status: engine.Running},
		{Time: at(-2), Kind: engine.ProgressCommand, Command: engine.CommandPlan, Status: engine.Succeeded},
		{Time: at(0), Kind: engine.ProgressPhase, Text: "apply production"},
		{Time: at(0), Kind: engine.ProgressRun, Outline: &o},
		phaseOf(0, engine.PhaseSnapshot, engine.ProgressPhase, engine.Running, 0),
		phaseOf(30, engine.PhaseSnapshot, engine.ProgressPhaseEnd, engine.Succeeded, 30),
	}
	second := 30
	whole := func(name string, count int) {
		all = append(all, layer(second, name, engine.Running, 0, nil), command(second, name, engine.CommandPlan, engine.Running),
			command(second+3, name, engine.CommandApply, engine.Running))
		for i := range count {
			all = append(all, event(second+3+i/8, name, engine.ApplyStart, i))
		}
		for i := range count {
			all = append(all, event(second+6+i/4, name, engine.ApplyComplete, i))
		}
		second += 8 + count/4
		all = append(all, layer(second, name, engine.Succeeded, float64(8+count/4), nil))
	}
	whole("network", 33)
	whole("secrets", 9)
	all = append(all, engine.Progress{Time: at(second), Kind: engine.ProgressNote, Text: "something worth knowing"},
		layer(second, "database", engine.Running, 0, nil), command(second, "database", engine.CommandApply, engine.Running),
		layer(second, "auth", engine.Running, 0, nil), command(second, "auth", engine.CommandPlan, engine.Running))
	for i := range 12 {
		all = append(all, event(second+i, "database", engine.ApplyStart, i))
	}
	for i := range 4 {
		all = append(all, event(second+14, "database", engine.ApplyComplete, 3*i))
	}
	all = append(all, command(second+15, "auth", engine.CommandApply, engine.Running), event(second+16, "auth", engine.ApplyStart, 0), event(second+16, "auth", engine.ApplyStart, 2))
	failed := event(second+40, "auth", engine.EventDiagnostic, 0)
	failed.Event.Diagnostic = &engine.Diagnostic{Severity: "error", Summary: "creating CloudWatch Metric Alarm: LimitExceeded: too many alarms\x1b[2J", Address: failed.Event.Address}
	all = append(all, event(second+40, "auth", engine.ApplyErrored, 0), failed, event(second+41, "auth", engine.ApplyComplete, 2),
		layer(second+42, "auth", engine.Failed, 42, errors.New("layer auth of production: terraform apply failed")))
	return all
}

// last is the second at which told ends.
func last() int { return int(told()[len(told())-1].Time.Sub(start) / time.Second) }

// history answers with records and events that a test gives.
type history struct {
	engine.Journals
	records []engine.Record
	events  map[string][]engine.Event
}

func (h history) List(context.Context, int) ([]engine.Record, error) { return h.records, nil }

func (h history) Events(context.Context, string) (map[string][]engine.Event, error) {
	return h.events, nil
}

// forecast is of one earlier run that took a minute for each layer and some seconds for
// each resource; of those in without nothing is known.
func forecast(t *testing.T, without ...string) engine.Forecast {
	t.Helper()
	record := engine.Record{ID: "run-0", Status: engine.Succeeded, Phases: []engine.PhaseRecord{
		{Name: engine.PhaseSnapshot, Status: engine.Succeeded, StartedAt: at(0), EndedAt: at(45)},
		{Name: engine.PhaseAliases, Status: engine.Succeeded, StartedAt: at(0), EndedAt: at(5)},
		{Name: engine.PhaseVerify, Status: engine.Succeeded, StartedAt: at(0), EndedAt: at(30)},
	}}
	events := map[string][]engine.Event{}
	for _, l := range layers {
		known := true
		for _, name := range without {
			known = known && name != l.name
		}
		if !known {
			continue
		}
		took := 60
		if l.name == "database" {
			took = 480
		}
		record.Layers = append(record.Layers, engine.LayerRecord{Name: l.name, Stage: engine.StageApply, Status: engine.Succeeded, StartedAt: at(0), EndedAt: at(took)})
		for i := range l.count {
			events[l.name] = append(events[l.name], engine.Event{Kind: engine.ApplyComplete, Time: at(took / 2), Address: address(l.name, i), Type: "aws_thing", Action: "create", Elapsed: float64(5 + i)})
		}
	}
	e := engine.Engine{Journals: history{records: []engine.Record{record}, events: events}}
	f, err := e.Forecast(t.Context(), outline())
	if err != nil {
		t.Fatal(err)
	}
	return f
}
