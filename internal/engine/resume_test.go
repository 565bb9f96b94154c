package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/journal"
	"github.com/goal-mandala/mandala-deploy/internal/lease"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// death describes a run that was killed while it applied a layer.
type death struct {
	id, layer, host string
	reported        []string // creations whose events reached the record
	silent          []string // creations that began and were never reported
	leftover        []string // creations that only Terraform's own stream has
	unnoticed       []string // creations of which no event exists at all
	resumedFrom     string
	lock            string // id of Terraform's lock left on the state
	ownLock         bool   // the record knows that lock
	leaseFor        time.Duration
}

// die leaves behind what a killed run leaves behind.
func (w *world) die(d death) {
	w.t.Helper()
	ctx := w.t.Context()
	if d.host == "" {
		d.host = host
	}
	record := engine.Record{
		ID: d.id, Environment: "test", Operation: engine.OperationApply, Status: engine.Running, StartedAt: now(), User: "user", Host: d.host, ResumedFrom: d.resumedFrom,
		Layers: []engine.LayerRecord{{Name: d.layer, Stage: engine.StageApply, Status: engine.Running, StartedAt: now(), Process: engine.Process{Host: d.host, PID: 4711, Started: "mark"}}},
	}
	if d.ownLock {
		record.Layers[0].StateLockID = d.lock
	}
	started, err := journal.Start(ctx, w.store, record, now)
	if err != nil {
		w.t.Fatal(err)
	}
	event := func(kind engine.EventKind, name string) engine.Event {
		a := address(d.layer, name)
		return engine.Event{Kind: kind, Time: now(), Address: a, Action: "create", IDKey: "id", IDValue: a}
	}
	exists := func(names []string) {
		for _, name := range names {
			w.account[address(d.layer, name)] = true
		}
	}
	for _, name := range d.reported {
		started.Event(d.layer, event(engine.ApplyStart, name))
		started.Event(d.layer, event(engine.ApplyComplete, name))
	}
	for _, name := range d.silent {
		started.Event(d.layer, event(engine.ApplyStart, name))
	}
	var stream bytes.Buffer
	for _, name := range d.leftover {
		if err := json.NewEncoder(&stream).Encode(event(engine.ApplyComplete, name)); err != nil {
			w.t.Fatal(err)
		}
	}
	w.leftover["layer-"+d.layer] = stream.Bytes()
	for _, names := range [][]string{d.reported, d.silent, d.leftover, d.unnoticed} {
		exists(names)
	}
	if err := started.Close(ctx); err != nil {
		w.t.Fatal(err)
	}
	if d.lock != "" {
		body, err := json.Marshal(map[string]any{"ID": d.lock, "Operation": "OperationTypeApply", "Who": "user@" + d.host, "Created": now()})
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.store.Put(ctx, engine.StateKey(d.layer)+".tflock", body, engine.Condition{}); err != nil {
			w.t.Fatal(err)
		}
	}
	if d.leaseFor == 0 {
		d.leaseFor = -time.Minute
	}
	at := now().Add(d.leaseFor)
	body, err := json.Marshal(engine.Holder{ID: d.id, Environment: "test", User: "user", Host: d.host, Operation: engine.OperationApply, DeploymentID: d.id, AcquiredAt: at.Add(-ttl), RenewedAt: at.Add(-ttl), ExpiresAt: at})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.store.Put(ctx, lease.Key, body, engine.Condition{}); err != nil {
		w.t.Fatal(err)
	}
}

func resume(ctx context.Context, e *engine.Engine) (*engine.Result, error) {
	request := yes()
	request.Resume = true
	return e.Apply(ctx, request)
}

// TestResumeLosesNothing: whatever a dead run created, and however little it
// told of it, is in a state after the resume, and nothing is created twice.
func TestResumeLosesNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]death{
		"died before it created anything": {},
		"reported":                        {reported: []string{"one", "two"}},
		"one began and never reported":    {reported: []string{"one"}, silent: []string{"two"}},
		"only Terraform's stream has it":  {reported: []string{"one"}, leftover: []string{"one", "two"}},
		"on another host, without events": {host: "elsewhere", unnoticed: []string{"one"}},
		"its own lock left behind":        {reported: []string{"one"}, lock: "lock-1", ownLock: true},
		"a lock that it could not note":   {reported: []string{"one"}, lock: "lock-1"},
		"its lease expires soon":          {reported: []string{"one"}, leaseFor: 300 * time.Millisecond},
	}
	for name, d := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			d.id, d.layer = "dead", "base"
			w.die(d)
			e := w.engine()
			if _, err := e.Apply(t.Context(), yes()); d.leaseFor == 0 && !problem.Is(err, problem.InterruptedRun) {
				t.Fatalf("without --resume: %v", err)
			}
			result, err := resume(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			if result.Result != engine.Succeeded {
				t.Errorf("%+v", result)
			}
			if lost := w.untracked(); lost != nil {
				t.Errorf("outside any state: %v", lost)
			}
			if w.tidied != 1 {
				t.Errorf("what it left in its directories was removed %d times", w.tidied)
			}
			for _, name := range slices.Concat(d.reported, d.silent, d.leftover, d.unnoticed) {
				if !w.told("adopting " + address("base", name)) {
					t.Errorf("%s was not adopted", name)
				}
			}
			if _, err := resume(t.Context(), e); !problem.Is(err, problem.NothingToResume) {
				t.Errorf("a second resume: %v", err)
			}
			status, err := e.Status(t.Context())
			if err != nil || status.LastDeployment.ResumedFrom != "dead" || status.Lease != nil || status.Interrupted != nil {
				t.Errorf("%v, %+v", err, status)
			}
		})
	}
}

func TestResumeOfAResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.die(death{id: "first", layer: "base", reported: []string{"one"}})
	time.Sleep(2 * time.Millisecond) // records are ordered by their time
	w.die(death{id: "second", layer: "base", resumedFrom: "first", silent: []string{"two"}})
	if _, err := resume(t.Context(), w.engine()); err != nil {
		t.Fatal(err)
	}
	if lost := w.untracked(); lost != nil {
		t.Errorf("outside any state: %v", lost)
	}
	if !w.told("adopting " + address("base", "one")) {
		t.Error("what the first run created was not adopted but created once more")
	}
}

func TestResumeWaitsForALivingTerraform(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.die(death{id: "dead", layer: "base", reported: []string{"one", "two"}})
	looks := 0
	w.alive = func() bool {
		looks++
		if looks == 2 {
			w.putState("base", []string{address("base", "one"), address("base", "two")})
		}
		return looks < 2
	}
	if _, err := resume(t.Context(), w.engine()); err != nil {
		t.Fatal(err)
	}
	if lost := w.untracked(); lost != nil || w.told("adopting") || !w.told("waiting for the Terraform (pid 4711)") {
		t.Errorf("outside any state: %v; notes %q", lost, w.notes)
	}
}

func TestResumeRefuses(t *testing.T) {
	t.Parallel()
	t.Run("someone else's lock", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.die(death{id: "dead", layer: "base", lock: "mine", ownLock: true})
		body := []byte(`{"ID": "theirs", "Operation": "OperationTypeApply", "Who": "them@there", "Created": "2026-01-01T00:00:00Z"}`)
		if _, err := w.store.Put(t.Context(), engine.StateKey("base")+".tflock", body, engine.Condition{}); err != nil {
			t.Fatal(err)
		}
		if _, err := resume(t.Context(), w.engine()); !problem.Is(err, problem.StateLocked) {
			t.Errorf("%v", err)
		}
		if _, err := w.store.Get(t.Context(), engine.StateKey("base")+".tflock"); err != nil {
			t.Errorf("their lock is gone: %v", err)
		}
	})
	t.Run("what cannot be imported", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.wants["base"] = append(w.wants["base"], "locked")
		w.die(death{id: "dead", layer: "base", reported: []string{"locked"}})
		_, err := resume(t.Context(), w.engine())
		if !problem.Is(err, problem.CannotAdopt) {
			t.Fatalf("%v", err)
		}
		if diff := cmp.Diff([]string(nil), w.applied); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("nothing to resume", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		if _, err := resume(t.Context(), w.engine()); !problem.Is(err, problem.NothingToResume) {
			t.Errorf("%v", err)
		}
	})
}

func TestStatusAndUnlockOfADeadRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.die(death{id: "dead", layer: "base", reported: []string{"one"}, lock: "lock-1", ownLock: true})
	e := w.engine()
	status, err := e.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !status.LeaseExpired || len(status.Interrupted) != 1 || status.LastDeployment.ID != "dead" {
		t.Errorf("%+v", status)
	}
	if base := status.Layers[0]; base.Name != "base" || base.LockedBy != "user@here" {
		t.Errorf("%+v", base)
	}
	unlocked, err := e.Unlock(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	if unlocked.Holder == nil || unlocked.Holder.DeploymentID != "dead" {
		t.Errorf("%+v", unlocked)
	}
	if diff := cmp.Diff([]string{"base"}, unlocked.Locks); diff != "" {
		t.Error(diff)
	}
	if _, err := e.Unlock(t.Context(), false); !problem.Is(err, problem.LeaseNotHeld) {
		t.Errorf("a second unlock: %v", err)
	}
	// The unlock is on record, and what the run created is still adopted.
	if _, err := resume(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if lost := w.untracked(); lost != nil {
		t.Errorf("outside any state: %v", lost)
	}
}
