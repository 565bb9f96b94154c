package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// hear collects what an engine tells.
func hear(e *engine.Engine) func() []engine.Progress {
	var mu sync.Mutex
	var told []engine.Progress
	e.Progress = func(p engine.Progress) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, p)
	}
	return func() []engine.Progress {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(told)
	}
}

// brief gives what is told of a layer, or of the run for "", a line each.
func brief(told []engine.Progress, layer string) (lines []string) {
	for _, p := range told {
		if p.Layer != layer || p.Kind == engine.ProgressNote {
			continue
		}
		line := strings.TrimSpace(fmt.Sprintf("%s %s%s %s", p.Kind, p.Command, p.Phase, p.Status))
		if p.Kind == engine.ProgressEvent {
			line = string(p.Kind)
			if slices.Contains(lines, line) {
				continue
			}
		}
		if p.Err != nil {
			line += ": " + string(problem.Find(p.Err)[0].Code)
		}
		lines = append(lines, line)
	}
	return lines
}

// What a run does is told in order: the outline first, then each layer's commands, the
// end last.
func TestRunIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	told := hear(e)
	w.faults["app"] = func(context.Context) error { return &problem.Error{Code: problem.TerraformFailed, What: "no"} }
	result, err := e.Apply(t.Context(), yes())
	if err == nil {
		t.Fatal("it succeeded")
	}
	all := told()
	want := []string{"phase", "command init running", "command init succeeded", "command plan running", "command plan succeeded", "phase", "run", "end  failed: MD0203"}
	if diff := cmp.Diff(want, brief(all, "")); diff != "" {
		t.Errorf("the run: %s", diff)
	}
	steps := []string{"layer  running", "command init running", "command init succeeded", "command plan running", "command plan succeeded", "command apply running"}
	if diff := cmp.Diff(append(slices.Clone(steps), "event", "command apply succeeded", "layer  succeeded"), brief(all, "base")); diff != "" {
		t.Errorf("base: %s", diff)
	}
	if diff := cmp.Diff(append(slices.Clone(steps), "command apply failed: MD0203", "layer  failed: MD0203"), slices.DeleteFunc(brief(all, "app"), func(l string) bool { return l == "event" })); diff != "" {
		t.Errorf("app: %s", diff)
	}
	if lines := brief(all, "web"); lines != nil {
		t.Errorf("web: %v", lines)
	}
	at := slices.IndexFunc(all, func(p engine.Progress) bool { return p.Kind == engine.ProgressRun })
	outline := all[at].Outline
	if outline.ID != result.DeploymentID || outline.Environment != "test" || outline.Operation != engine.OperationApply || outline.Parallelism != 2 {
		t.Errorf("outline: %+v", outline)
	}
	after := map[string]string{}
	for _, s := range outline.Steps {
		after[s.Layer] = fmt.Sprint(s.After, len(s.Changes))
	}
	if diff := cmp.Diff(map[string]string{"base": "[] 2", "app": "[{base apply}] 2", "web": "[{app apply}] 2", "other": "[] 2"}, after); diff != "" {
		t.Errorf("steps: %s", diff)
	}
}

// A layer waits for what it stands on also where a layer between them is not touched.
func TestOutlinePassesOverLayersThatAreNotTouched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	mustApply(t, e)
	w.wants["base"] = append(w.wants["base"], "three")
	w.wants["web"] = append(w.wants["web"], "three")
	told := hear(e)
	mustApply(t, e)
	for _, p := range told() {
		if p.Kind != engine.ProgressRun {
			continue
		}
		for _, s := range p.Outline.Steps {
			if s.Layer == "web" && fmt.Sprint(s.After) != "[{base apply}]" {
				t.Errorf("web waits for %v", s.After)
			}
			if s.Layer == "app" {
				t.Errorf("app is in the outline: %+v", s)
			}
		}
		return
	}
	t.Error("no outline was told")
}

// The phases of a release are told with the record's names, and what is due beforehand.
func TestPhasesAreTold(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	e := w.deploying(tree)
	told := hear(e)
	if _, err := e.Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0"}); err != nil {
		t.Fatal(err)
	}
	var begun, ended, due []engine.Phase
	runs := 0
	for _, p := range told() {
		switch {
		case p.Kind == engine.ProgressRun:
			runs++
			due = p.Outline.Phases
		case p.Kind == engine.ProgressPhase && p.Phase != "":
			begun = append(begun, p.Phase)
		case p.Kind == engine.ProgressPhaseEnd && p.Status == engine.Succeeded:
			ended = append(ended, p.Phase)
		}
	}
	if runs != 2 || len(begun) < 3 || begun[0] != engine.PhaseCode || !slices.Equal(begun, ended) {
		t.Errorf("%d outlines, begun %v, ended %v", runs, begun, ended)
	}
	for _, phase := range begun {
		if !slices.Contains(due, phase) {
			t.Errorf("%s was not told to be due: %v", phase, due)
		}
	}
}
