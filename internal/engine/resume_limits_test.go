package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/journal"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func TestResumeDoesNotLeaveLayersOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.die(death{id: "dead", layer: "base", reported: []string{"one"}})
	request := yes()
	request.Resume, request.Layers = true, []string{"other"}
	if _, err := w.engine().Apply(t.Context(), request); !problem.Is(err, problem.Usage) {
		t.Fatalf("got %v", err)
	}
	if _, err := resume(t.Context(), w.engine()); err != nil {
		t.Fatal(err)
	}
	if lost := w.untracked(); len(lost) != 0 {
		t.Errorf("outside any state: %v", lost)
	}
}

// TestResumeAsksAboutOtherSources: what was approved was made from other files.
func TestResumeAsksAboutOtherSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.faults["app"] = func(context.Context) error { return errors.New("boom") }
	if _, err := w.engine().Apply(t.Context(), yes()); err == nil {
		t.Fatal("the fault did not show")
	}
	delete(w.faults, "app")
	e, files := w.engine(), project()
	files["modules/web/main.tf"].Data = append(files["modules/web/main.tf"].Data, "# edited\n"...)
	edited, err := environment.Load(files, "test")
	if err != nil {
		t.Fatal(err)
	}
	e.Environment, e.Project = edited, files
	asked := false
	_, err = e.Apply(t.Context(), engine.ApplyRequest{Resume: true, Confirm: func(context.Context, *engine.Preview) error {
		asked = true
		return nil
	}})
	if err != nil || !asked {
		t.Errorf("asked %v, %v", asked, err)
	}
}

func TestResumeIsNotForADestroy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.engine().Apply(t.Context(), yes()); err != nil {
		t.Fatal(err)
	}
	_, err := journal.Start(t.Context(), w.store, engine.Record{
		ID: "gone", Environment: "test", Operation: engine.OperationDestroy, Status: engine.Running, StartedAt: now(), User: "user", Host: host,
		Layers: []engine.LayerRecord{{Name: "web", Stage: engine.StageDestroy, Status: engine.Running, StartedAt: now()}},
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	w.applied = nil
	if _, err := resume(t.Context(), w.engine()); !problem.Is(err, problem.NothingToResume) {
		t.Errorf("got %v", err)
	}
	if len(w.applied) != 0 {
		t.Errorf("applied %v", w.applied)
	}
	if _, err := w.engine().Destroy(t.Context(), engine.DestroyRequest{}); err != nil {
		t.Errorf("the way on: %v", err)
	}
}

func TestUnlockByForceClosesWhatCannotBeAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants["base"] = append(w.wants["base"], "locked") // of a type without import
	w.die(death{id: "dead", layer: "base", reported: []string{"locked"}})
	if _, err := resume(t.Context(), w.engine()); !problem.Is(err, problem.CannotAdopt) {
		t.Fatalf("got %v", err)
	}
	w.account[address("base", "locked")] = false // deleted by hand, as told
	unlocked, err := w.engine().Unlock(t.Context(), true)
	if err != nil || unlocked.Closed != "dead" {
		t.Fatalf("%+v, %v", unlocked, err)
	}
	if _, err := w.engine().Apply(t.Context(), yes()); err != nil {
		t.Error(err)
	}
}

func TestUnlockKeepsTheLockOfALivingTerraform(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.alive = func() bool { return true }
	w.die(death{id: "dead", layer: "base", reported: []string{"one"}, lock: "lock-1", ownLock: true})
	unlocked, err := w.engine().Unlock(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"base"}, unlocked.Kept); diff != "" || len(unlocked.Locks) != 0 {
		t.Errorf("%s %+v", diff, unlocked)
	}
}

// TestResumeWithoutTheEventStream: another checkout on the same host has not
// the stream in which unrecorded creations stand.
func TestResumeWithoutTheEventStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.die(death{id: "dead", layer: "base", reported: []string{"one"}, unnoticed: []string{"two"}})
	w.leftover = map[string][]byte{}
	if _, err := resume(t.Context(), w.engine()); err != nil {
		t.Fatal(err)
	}
	if !w.told("adopting " + address("base", "two")) {
		t.Error("a creation that no record knows was not looked for")
	}
}
