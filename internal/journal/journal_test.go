package journal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/engine/enginetest"
	"github.com/goal-mandala/mandala-deploy/internal/journal"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func fixed() time.Time { return began.Add(time.Hour) }

func record(id string, minute int) journal.Record {
	return journal.Record{
		ID: id, Environment: "staging", Operation: "apply", StartedAt: began.Add(time.Duration(minute) * time.Minute),
		User: "hana", Host: "build-7",
		Layers: []journal.LayerRecord{{Name: "network", Stage: "forward", Status: journal.Pending}},
	}
}

func begin(t *testing.T, store engine.Store, r journal.Record) *journal.Journal {
	t.Helper()
	j, err := journal.Start(t.Context(), store, r, fixed)
	if err != nil {
		t.Fatalf("start %s: %v", r.ID, err)
	}
	return j
}

func finish(t *testing.T, j *journal.Journal, status journal.Status) {
	t.Helper()
	if err := j.Finish(t.Context(), status); err != nil {
		t.Fatalf("finish: %v", err)
	}
}

func TestRecordRoundTrip(t *testing.T) {
	t.Parallel()
	store := &enginetest.MemoryStore{}
	j := begin(t, store, record("d1", 0))
	process := engine.Process{Host: "build-7", PID: 9, Started: "123"}
	err := j.UpdateLayer(t.Context(), "network", "forward", func(l *journal.LayerRecord) {
		l.Status, l.Process, l.StateLockID, l.SerialBefore, l.SerialAfter = journal.Succeeded, process, "lock", 3, 4
	})
	if err != nil {
		t.Fatal(err)
	}
	err = j.UpdateLayer(t.Context(), "secrets", "forward", func(l *journal.LayerRecord) {
		l.Status, l.Error = journal.Failed, strings.Repeat("ö", journal.TextLimit)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Note(t.Context(), "took over an expired lease"); err != nil {
		t.Fatal(err)
	}
	finish(t, j, journal.Failed)

	got, err := journal.Load(t.Context(), store, "d1")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Layers[1].Error); n > journal.TextLimit || !strings.HasSuffix(got.Layers[1].Error, "(cut)") {
		t.Errorf("error text of %d bytes, ends %q", n, got.Layers[1].Error[n-10:])
	}
	got.Layers[1].Error = ""
	want := record("d1", 0)
	want.Status, want.EndedAt, want.Notes = journal.Failed, fixed(), []string{"took over an expired lease"}
	want.Layers = []journal.LayerRecord{
		{Name: "network", Stage: "forward", Status: journal.Succeeded, Process: process, StateLockID: "lock", SerialBefore: 3, SerialAfter: 4},
		{Name: "secrets", Stage: "forward", Status: journal.Failed},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	store := &enginetest.MemoryStore{}
	finish(t, begin(t, store, record("d1", 0)), journal.Succeeded)
	tests := map[string]struct {
		id   string
		want error
	}{
		"an id twice":        {"d1", engine.ErrPrecondition},
		"no id":              {"", nil},
		"an id with a slash": {"../d1", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := journal.Start(t.Context(), store, record(test.id, 0), fixed)
			if err == nil || (test.want != nil && !errors.Is(err, test.want)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestConcurrentUpdatesAreAllKept(t *testing.T) {
	t.Parallel()
	store := &enginetest.MemoryStore{}
	j := begin(t, store, record("d1", 0))
	var writers sync.WaitGroup
	for n := range 20 {
		writers.Go(func() {
			name := fmt.Sprintf("layer-%02d", n)
			for _, status := range []journal.Status{journal.Running, journal.Succeeded} {
				if err := j.UpdateLayer(t.Context(), name, "", func(l *journal.LayerRecord) { l.Status = status }); err != nil {
					t.Error(err)
				}
				j.Event(name, engine.Event{Kind: engine.ApplyComplete, Address: name + "." + string(status)})
			}
		})
	}
	writers.Wait()
	finish(t, j, journal.Succeeded)
	got, err := journal.Load(t.Context(), store, "d1")
	if err != nil || len(got.Layers) != 21 {
		t.Fatalf("%d layers, %v", len(got.Layers), err)
	}
	for _, layer := range got.Layers[1:] {
		if layer.Status != journal.Succeeded {
			t.Errorf("%s is %s", layer.Name, layer.Status)
		}
	}
	events, err := journal.Events(t.Context(), store, "d1")
	if err != nil || len(events) != 20 {
		t.Fatalf("events of %d layers, %v", len(events), err)
	}
	for name, of := range events {
		if len(of) != 2 || of[0].Address != name+".running" || of[1].Address != name+".succeeded" {
			t.Errorf("%s: %v", name, of)
		}
	}
}

func TestUpdatesSurviveLostRequestsAndAnswers(t *testing.T) {
	t.Parallel()
	for name, inject := range map[string]func(*enginetest.MemoryStore, enginetest.Hook){
		"requests": (*enginetest.MemoryStore).Before,
		"answers":  (*enginetest.MemoryStore).After,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &enginetest.MemoryStore{}
			j := begin(t, store, record("d1", 0))
			var puts atomic.Int64
			inject(store, func(_ context.Context, call enginetest.Call) error {
				if call.Op == enginetest.Put && puts.Add(1)%3 != 0 {
					return errors.New("connection reset")
				}
				return nil
			})
			failed := 0
			for n := range 12 {
				if err := j.Note(t.Context(), fmt.Sprint(n)); err != nil {
					failed++
				}
			}
			inject(store, nil)
			finish(t, j, journal.Succeeded)
			if failed == 0 {
				t.Error("no write failed: the test injects nothing")
			}
			got, err := journal.Load(t.Context(), store, "d1")
			if err != nil || len(got.Notes) != 12 {
				t.Errorf("notes %v, %v; want all 12", got.Notes, err)
			}
		})
	}
}

// A run taken for dead and resumed must notice, and must not write any more.
func TestRecordOfAnotherRunIsLeftAlone(t *testing.T) {
	t.Parallel()
	store := &enginetest.MemoryStore{}
	j := begin(t, store, record("d1", 0))
	_, err := journal.Amend(t.Context(), store, "d1", func(r *journal.Record) { r.Status, r.ResumedBy = journal.Interrupted, "d2" })
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := j.Note(t.Context(), "still here"); !problem.Is(err, problem.LeaseLost) {
			t.Errorf("got %v, want MD0502", err)
		}
	}
	if err := j.Finish(t.Context(), journal.Succeeded); !problem.Is(err, problem.LeaseLost) {
		t.Errorf("finish: %v, want MD0502", err)
	}
	got, err := journal.Load(t.Context(), store, "d1")
	if err != nil || got.ResumedBy != "d2" || got.Status != journal.Interrupted || got.Notes != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestJournalGoesOnWhenTheRunIsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &enginetest.MemoryStore{}
		ctx, cancel := context.WithCancel(t.Context())
		j, err := journal.Start(ctx, store, record("d1", 0), fixed)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		j.Event("network", engine.Event{Kind: engine.ApplyComplete, Address: "aws_vpc.this"})
		finish(t, j, journal.Interrupted)
		events, err := journal.Events(t.Context(), store, "d1")
		if err != nil || len(events["network"]) != 1 {
			t.Errorf("events %v, %v", events, err)
		}
	})
}
