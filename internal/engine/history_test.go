package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/engine/enginetest"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

var firstDeployment = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// deployed records a deployment that ended, the nth after the first.
func (w *world) deployed(e *engine.Engine, id string, n int, edit func(*engine.Record)) {
	w.t.Helper()
	record := engine.Record{ID: id, Environment: "test", Operation: engine.OperationApply, Status: engine.Running,
		StartedAt: firstDeployment.Add(time.Duration(n) * time.Hour), User: "user"}
	if edit != nil {
		edit(&record)
	}
	journal, err := e.Journals.Start(w.t.Context(), record)
	if err == nil {
		err = journal.Finish(w.t.Context(), engine.Succeeded)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// broken puts something else where a record should be.
func (w *world) broken(id string, n int) string {
	w.t.Helper()
	key := "deployments/" + firstDeployment.Add(time.Duration(n)*time.Hour).Format("20060102T150405.000Z") + "-" + id + "/record.json"
	if _, err := w.store.Put(w.t.Context(), key, []byte("{"), engine.Condition{}); err != nil {
		w.t.Fatal(err)
	}
	return key
}

// TestHistory has more deployments than are read at a time, and a broken record
// in every ten.
func TestHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	var ids, broken []string
	for n := range 250 {
		id := fmt.Sprintf("run-%03d", n)
		if n%10 == 5 {
			broken = append(broken, w.broken(id, n))
			continue
		}
		w.deployed(e, id, n, nil)
		ids = append(ids, id)
	}
	slices.Reverse(ids)
	slices.Reverse(broken)
	for _, test := range []struct{ limit, want, broken int }{{0, 225, 25}, {1, 1, 0}, {20, 20, 2}, {1000, 225, 25}} {
		history, err := e.History(t.Context(), test.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range history.Deployments {
			got = append(got, r.ID)
		}
		if diff := cmp.Diff(ids[:test.want], got); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", test.limit, diff)
		}
		if diff := cmp.Diff(broken[:test.broken], slices.Clip(append([]string{}, history.Broken...))); diff != "" {
			t.Errorf("limit %d, broken (-want +got):\n%s", test.limit, diff)
		}
	}
}

// TestHistoryIsWholeOrFails sees that a bucket that stops answering is not
// taken for a short history.
func TestHistoryIsWholeOrFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	for n := range 10 {
		w.deployed(e, fmt.Sprintf("run-%d", n), n, nil)
	}
	var gets atomic.Int64
	away := errors.New("away")
	w.store.Before(func(_ context.Context, call enginetest.Call) error {
		if call.Op == enginetest.Get && gets.Add(1) > 5 {
			return away
		}
		return nil
	})
	if _, err := e.History(t.Context(), 0); !errors.Is(err, away) {
		t.Errorf("got %v", err)
	}
}

func TestDeploymentByID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	for n, id := range []string{"4f1c2d3e", "4f1c9999", "77aa0011"} {
		w.deployed(e, id, n, nil)
	}
	w.broken("baddeed0", 3)
	tests := map[string]struct {
		id, want string
		code     problem.Code
		says     string
	}{
		"whole":            {"4f1c2d3e", "4f1c2d3e", "", ""},
		"its beginning":    {"77aa", "77aa0011", "", ""},
		"too little of it": {"77a", "", problem.UnknownDeployment, "no deployment 77a"},
		"that of two":      {"4f1c", "", problem.UnknownDeployment, "2 deployments"},
		"a slip":           {"77aa0012", "", problem.UnknownDeployment, "did you mean 77aa0011?"},
		"nothing like it":  {"zzzzzzzz", "", problem.UnknownDeployment, "no deployment zzzzzzzz ["},
		"a broken one":     {"baddeed0", "", problem.BrokenRecord, "baddeed0/record.json"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := e.DeploymentByID(t.Context(), test.id)
			if test.code != "" {
				if !problem.Is(err, test.code) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("got %v, want %s with %q", err, test.code, test.says)
				}
				return
			}
			if err != nil || got.ID != test.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}
