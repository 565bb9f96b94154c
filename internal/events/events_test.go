package events_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/events"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

var update = flag.Bool("update", false, "write the golden files")

func told() []engine.Progress {
	at := time.Date(2026, 1, 2, 12, 4, 5, 600, time.FixedZone("JST", 9*60*60))
	ref := engine.StepRef{Layer: "network", Stage: engine.StageApply}
	layer := func(p engine.Progress) engine.Progress {
		p.Time, p.Layer, p.Stage = at, ref.Layer, ref.Stage
		return p
	}
	event := func(e engine.Event) engine.Progress {
		e.Time = at
		return layer(engine.Progress{Kind: engine.ProgressEvent, Event: &e})
	}
	diagnostic := engine.Diagnostic{Severity: "error", Summary: "creating VPC", Detail: "VpcLimitExceeded", Address: "module.network.aws_vpc.this", File: "modules/network/main.tf", Line: 3}
	failure := errors.Join(&problem.Error{Code: problem.TerraformFailed, What: "layer network of staging: terraform apply failed", Where: problem.Location{File: "modules/network/main.tf", Line: 3},
		Err: &engine.DiagnosticsError{Command: "apply", Diagnostics: []engine.Diagnostic{diagnostic}}}, errors.New("and something else"))
	return []engine.Progress{
		{Time: at, Kind: engine.ProgressPhase, Text: "planning staging"},
		{Time: at, Kind: engine.ProgressCommand, Command: engine.CommandPlan, Status: engine.Succeeded, Seconds: 12.5},
		{Time: at, Kind: engine.ProgressRun, Outline: &engine.Outline{ID: "run-1", Environment: "staging", Operation: engine.OperationApply, Release: "v1.0.0", Phases: []engine.Phase{engine.PhaseVerify},
			Steps: []engine.OutlineStep{
				{StepRef: ref, Changes: []engine.OutlineChange{{Address: "module.network.aws_vpc.this", Type: "aws_vpc", Operation: change.Create}}},
				{StepRef: engine.StepRef{Layer: "database", Stage: engine.StageApply}, After: []engine.StepRef{ref}},
			}}},
		{Time: at, Kind: engine.ProgressNote, Text: "something worth knowing"},
		layer(engine.Progress{Kind: engine.ProgressLayer, Status: engine.Running}),
		event(engine.Event{Kind: engine.ApplyStart, Address: "module.network.aws_vpc.this", Type: "aws_vpc", Action: "create"}),
		event(engine.Event{Kind: engine.ApplyComplete, Address: "module.network.aws_vpc.that", Type: "aws_vpc", Action: "create", IDKey: "id", IDValue: "vpc-1", Elapsed: 2}),
		event(engine.Event{Kind: engine.ApplyErrored, Address: "module.network.aws_vpc.this", Type: "aws_vpc", Action: "create", Elapsed: 3}),
		event(engine.Event{Kind: engine.EventDiagnostic, Address: "module.network.aws_vpc.this", Diagnostic: &diagnostic}),
		layer(engine.Progress{Kind: engine.ProgressLayer, Status: engine.Failed, Seconds: 4.2, Err: failure}),
		{Time: at, Kind: engine.ProgressPhaseEnd, Phase: engine.PhaseVerify, Status: engine.Interrupted, Seconds: 1, Err: problem.ErrInterrupted},
		{Time: at, Kind: engine.ProgressEnd, Status: engine.Failed, Seconds: 20, Err: failure},
		{Time: at, Kind: engine.ProgressNote, Text: "after the run"},
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := events.New(&out)
	for i, p := range told() {
		w.Show(p)
		if got := strings.Count(out.String(), "\n"); got != i+1 {
			t.Fatalf("%d lines after %d things", got, i+1)
		}
	}
	for line := range strings.Lines(out.String()) {
		var l events.Line
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&l); err != nil || l.Version != events.Version {
			t.Errorf("%v: %s", err, line)
		}
	}
	file := filepath.Join("testdata", "events.jsonl")
	if *update {
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (make it with -update)", err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("(-want +got), accept with -update:\n%s", diff)
	}
}

// full is a disk without room from the second line on.
type full struct{ lines int }

var errFull = errors.New("no space left on device")

func (f *full) Write(p []byte) (int, error) {
	if f.lines++; f.lines > 1 {
		return 0, errFull
	}
	return len(p), nil
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	disk := &full{}
	w := events.New(disk)
	for _, p := range told() {
		w.Show(p)
	}
	if disk.lines != 2 || !errors.Is(w.Err(), errFull) {
		t.Errorf("%d writes, %v", disk.lines, w.Err())
	}
}
