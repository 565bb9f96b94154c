package journal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/engine/enginetest"
	"github.com/goal-mandala/mandala-deploy/internal/journal"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func TestListReadsNoMoreThanItGives(t *testing.T) {
	t.Parallel()
	store := &enginetest.MemoryStore{}
	for _, n := range []int{3, 0, 4, 1, 2} {
		finish(t, begin(t, store, record(fmt.Sprintf("d-%d", n), n)), journal.Succeeded)
	}
	var gets atomic.Int64
	store.Before(func(_ context.Context, call enginetest.Call) error {
		if call.Op == enginetest.Get {
			gets.Add(1)
		}
		return nil
	})
	got, err := journal.List(t.Context(), store, 2)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, r := range got {
		ids = append(ids, r.ID)
	}
	if diff := cmp.Diff([]string{"d-4", "d-3"}, ids); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if gets.Load() != 2 {
		t.Errorf("%d records read for 2", gets.Load())
	}
	all, err := journal.List(t.Context(), store, 0)
	if err != nil || len(all) != 5 {
		t.Errorf("all: %d, %v", len(all), err)
	}
}

func TestUnreadableRecords(t *testing.T) {
	t.Parallel()
	store := &enginetest.MemoryStore{}
	finish(t, begin(t, store, record("good", 0)), journal.Succeeded)
	for key, body := range map[string]string{
		"deployments/20260301T130000.000Z-bad/record.json": "{",
		"deployments/20260301T130000.000Z-bad/report.html": "<html>",
		"deployments/notes.txt":                            "not a deployment",
	} {
		if _, err := store.Put(t.Context(), key, []byte(body), engine.Condition{}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := journal.List(t.Context(), store, 0)
	if len(got) != 1 || got[0].ID != "good" {
		t.Errorf("the readable ones: %v", got)
	}
	if !problem.Is(err, problem.BrokenRecord) || !strings.Contains(err.Error(), "-bad/record.json") {
		t.Errorf("error %v, want MD0310 naming the object", err)
	}
}

func TestUnknownDeployment(t *testing.T) {
	t.Parallel()
	store := &enginetest.MemoryStore{}
	finish(t, begin(t, store, record("a-b", 0)), journal.Succeeded)
	calls := map[string]func() error{
		"load":   func() error { _, err := journal.Load(t.Context(), store, "b"); return err },
		"events": func() error { _, err := journal.Events(t.Context(), store, "b"); return err },
		"amend":  func() error { _, err := journal.Amend(t.Context(), store, "b", nil); return err },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
}
