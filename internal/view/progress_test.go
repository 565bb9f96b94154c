package view

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

func progress() []engine.Progress {
	event := func(kind engine.EventKind, action string) engine.Progress {
		return engine.Progress{Time: at(1), Kind: engine.ProgressEvent, Layer: "network", Stage: engine.StageApply,
			Event: &engine.Event{Kind: kind, Address: "module.network.aws_vpc.this", Action: action, IDValue: "vpc-1", Elapsed: 20}}
	}
	return []engine.Progress{
		{Time: at(0), Kind: engine.ProgressPhase, Text: "apply staging"},
		{Time: at(0), Kind: engine.ProgressNote, Text: "something worth knowing"},
		{Time: at(0), Kind: engine.ProgressLayer, Layer: "network", Stage: engine.StageApply, Status: engine.Running},
		{Time: at(0), Kind: engine.ProgressLayer, Layer: "database", Stage: engine.StageRelease, Status: engine.Failed, Seconds: 4.26},
		event(engine.ApplyStart, "create"), event(engine.ApplyProgress, "create"), event(engine.ApplyComplete, "create"),
		event(engine.ApplyComplete, "delete"), event(engine.ApplyComplete, "read"), event(engine.ApplyComplete, "import"),
		event(engine.ApplyErrored, "update"), event(engine.EventDiagnostic, ""),
		{Time: at(2), Kind: "unheard of"},
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	lines := &Progress{W: &out}
	for _, p := range progress() {
		lines.Show(p)
	}
	golden(t, filepath.Join("testdata", "progress.golden"), out.String())
}

// With --log-format json each thing that happens is one JSON line.
func TestLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := Log(slog.New(slog.NewJSONHandler(&out, nil)))
	for _, p := range progress() {
		log(p)
	}
	decoder := json.NewDecoder(&out)
	var lines []map[string]any
	for decoder.More() {
		var line map[string]any
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		delete(line, "time")
		lines = append(lines, line)
	}
	if len(lines) != len(progress()) {
		t.Fatalf("%d lines", len(lines))
	}
	want := map[string]any{"level": "INFO", "msg": "event", "layer": "network", "stage": "apply", "event": "apply_complete", "address": "module.network.aws_vpc.this", "action": "create"}
	if diff := cmp.Diff(want, lines[6]); diff != "" {
		t.Error(diff)
	}
}
