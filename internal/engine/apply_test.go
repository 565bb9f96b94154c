package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/engine/enginetest"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// yes applies without asking.
func yes(layers ...string) engine.ApplyRequest {
	return engine.ApplyRequest{Layers: layers, Unattended: true, Confirm: func(context.Context, *engine.Preview) error { return nil }}
}

// outcome gives how each layer ended.
func outcome(r *engine.Result) map[string]engine.RunStatus {
	ends := map[string]engine.RunStatus{}
	for _, l := range r.Layers {
		ends[l.Name] = l.Result
	}
	return ends
}

func mustApply(t *testing.T, e *engine.Engine) *engine.Result {
	t.Helper()
	result, err := e.Apply(t.Context(), yes())
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestApplyGoesInOrderAndThenHasNothingToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	result := mustApply(t, e)
	want := map[string]engine.RunStatus{"base": engine.Succeeded, "app": engine.Succeeded, "web": engine.Succeeded, "other": engine.Succeeded}
	if diff := cmp.Diff(want, outcome(result)); diff != "" || result.Result != engine.Succeeded {
		t.Errorf("%s: %s", result.Result, diff)
	}
	if base, app, web := slices.Index(w.applied, "base"), slices.Index(w.applied, "app"), slices.Index(w.applied, "web"); base > app || app > web {
		t.Errorf("order: %v", w.applied)
	}
	if lost := w.untracked(); lost != nil {
		t.Errorf("outside any state: %v", lost)
	}
	again := mustApply(t, e)
	if len(again.Layers) != 0 || len(w.applied) != 4 {
		t.Errorf("the second apply did %v", again.Layers)
	}
	status, err := e.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if status.Lease != nil || status.LastDeployment.ID != result.DeploymentID || status.LastDeployment.Status != engine.Succeeded || status.Interrupted != nil {
		t.Errorf("status: %+v", status)
	}
	for _, l := range status.Layers {
		if l.Resources != 2 || l.Serial == 0 || !l.Declared {
			t.Errorf("layer: %+v", l)
		}
	}
}

func TestFailureSkipsDependantsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	cause := &problem.Error{Code: problem.TerraformFailed, What: "no"}
	w.faults["app"] = func(context.Context) error {
		w.putState("app", []string{address("app", "one"), address("app", "two")}) // a failed Terraform writes its state
		return cause
	}
	result, err := e.Apply(t.Context(), yes())
	if !problem.Is(err, problem.TerraformFailed) || result == nil {
		t.Fatalf("%v", err)
	}
	want := map[string]engine.RunStatus{"base": engine.Succeeded, "app": engine.Failed, "web": engine.Skipped, "other": engine.Succeeded}
	if diff := cmp.Diff(want, outcome(result)); diff != "" || result.Result != engine.Failed {
		t.Errorf("%s: %s", result.Result, diff)
	}
	for _, l := range result.Layers {
		if l.Name == "web" && l.Because != "app" {
			t.Errorf("web was skipped because of %q", l.Because)
		}
	}
	// It is settled: another apply needs no --resume, and goes on.
	delete(w.faults, "app")
	mustApply(t, e)
	if lost := w.untracked(); lost != nil {
		t.Errorf("outside any state: %v", lost)
	}
}

func TestInterruptStartsNothingNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants["other"] = nil
	e := w.engine()
	ctx, stop := context.WithCancel(t.Context())
	w.faults["base"] = func(ctx context.Context) error {
		stop()
		<-ctx.Done()
		w.putState("base", []string{address("base", "one"), address("base", "two")}) // Terraform gets the time to
		return &problem.Error{Code: problem.Interrupted, What: "interrupted", Err: problem.ErrInterrupted}
	}
	result, err := e.Apply(ctx, yes())
	if !errors.Is(err, problem.ErrInterrupted) {
		t.Fatalf("%v", err)
	}
	want := map[string]engine.RunStatus{"base": engine.Interrupted, "app": engine.Skipped, "web": engine.Skipped}
	if diff := cmp.Diff(want, outcome(result)); diff != "" || result.Result != engine.Interrupted {
		t.Errorf("%s: %s", result.Result, diff)
	}
	if diff := cmp.Diff([]string{"base"}, w.applied); diff != "" {
		t.Error(diff)
	}
	// The lease was given back and the record closed: --resume goes on at once.
	delete(w.faults, "base")
	request := yes()
	request.Resume = true
	if _, err := e.Apply(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if lost := w.untracked(); lost != nil || len(w.applied) != 3 {
		t.Errorf("outside any state: %v; applied %v", lost, w.applied)
	}
}

func TestLostLeaseStopsNewSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	w.faults["base"] = func(ctx context.Context) error {
		w.store.Before(func(_ context.Context, call enginetest.Call) error {
			if call.Key == "leases/environment.json" && call.Op != enginetest.Get {
				return errors.New("no way there")
			}
			return nil
		})
		select {
		case <-ctx.Done():
		case <-time.After(20 * ttl):
			return errors.New("the lease was not lost")
		}
		w.putState("base", []string{address("base", "one"), address("base", "two")})
		return ctx.Err()
	}
	result, err := e.Apply(t.Context(), yes("base", "app", "web"))
	if !problem.Is(err, problem.LeaseLost) {
		t.Fatalf("%v", err)
	}
	if problem.Is(err, problem.Interrupted) {
		t.Errorf("a lost lease is not the user's interrupt: %v", err)
	}
	if got := outcome(result); got["app"] != engine.Skipped || got["web"] != engine.Skipped {
		t.Errorf("%v", got)
	}
	if diff := cmp.Diff([]string{"base"}, w.applied); diff != "" {
		t.Error(diff)
	}
}

func TestExcessStopsTheLayer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pending["app"] = true
	result, err := w.engine().Apply(t.Context(), yes())
	if !problem.Is(err, problem.NotRefinement) {
		t.Fatalf("%v", err)
	}
	want := map[string]engine.RunStatus{"base": engine.Succeeded, "app": engine.Failed, "web": engine.Skipped, "other": engine.Succeeded}
	if diff := cmp.Diff(want, outcome(result)); diff != "" {
		t.Error(diff)
	}
	if slices.Contains(w.applied, "app") {
		t.Error("app was applied")
	}
}

func TestLiveLeaseIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	held, _, err := e.Leases.Acquire(t.Context(), engine.Holder{ID: "theirs", Environment: "test", User: "someone", Host: "elsewhere"}, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Apply(t.Context(), yes()); !problem.Is(err, problem.Locked) {
		t.Errorf("%v", err)
	}
	if err := held.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.applied) != 0 {
		t.Errorf("applied %v", w.applied)
	}
}

func TestOrphanIsDestroyedAfterWhatStoodOnIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mustApply(t, w.engine())
	w.applied = nil
	result, err := w.engine("web", "app").Apply(t.Context(), yes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"web", "app"}, w.applied); diff != "" {
		t.Errorf("%s %s", result.Result, diff)
	}
	if lost := w.untracked(); lost != nil {
		t.Errorf("outside any state: %v", lost)
	}
}

func TestDestroyGoesBackwards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	mustApply(t, e)
	if _, err := e.Destroy(t.Context(), engine.DestroyRequest{Layers: []string{"app"}}); !problem.Is(err, problem.UndeployedUpstream) {
		t.Errorf("web stands on app: %v", err)
	}
	w.applied = nil
	if w.bootstraps != 0 {
		t.Errorf("the bucket was put right %d times before anything was destroyed", w.bootstraps)
	}
	result, err := e.Destroy(t.Context(), engine.DestroyRequest{Layers: []string{"base", "app", "web"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"web", "app", "base"}, w.applied); diff != "" {
		t.Errorf("%s %s", result.Result, diff)
	}
	if w.bootstraps != 1 {
		t.Errorf("the bucket, whose policy a layer may have had, was put right %d times", w.bootstraps)
	}
	if lost := w.untracked(); lost != nil {
		t.Errorf("outside any state: %v", lost)
	}
}
