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

func TestUnfinished(t *testing.T) {
	t.Parallel()
	layers := func(statuses ...journal.Status) []journal.LayerRecord {
		var all []journal.LayerRecord
		for n, s := range statuses {
			all = append(all, journal.LayerRecord{Name: fmt.Sprint(n), Status: s})
		}
		return all
	}
	type run struct {
		status  journal.Status
		layers  []journal.LayerRecord
		resumed string
	}
	tests := map[string]struct {
		runs []run // oldest first, ids 0, 1 …
		want string
	}{
		"none at all":                   {nil, ""},
		"all succeeded":                 {[]run{{status: journal.Succeeded}}, ""},
		"running":                       {[]run{{status: journal.Running}}, "0"},
		"interrupted":                   {[]run{{status: journal.Succeeded}, {status: journal.Interrupted}}, "1"},
		"interrupted, then succeeded":   {[]run{{status: journal.Interrupted}, {status: journal.Succeeded}}, ""},
		"failed, layers left":           {[]run{{status: journal.Failed, layers: layers(journal.Failed, journal.Pending)}}, "0"},
		"failed at the last layer":      {[]run{{status: journal.Failed, layers: layers(journal.Succeeded, journal.Failed)}}, ""},
		"interrupted, then failed":      {[]run{{status: journal.Interrupted}, {status: journal.Failed}}, "0"},
		"resumed":                       {[]run{{status: journal.Interrupted, resumed: "1"}, {status: journal.Succeeded}}, ""},
		"resumed, interrupted anew":     {[]run{{status: journal.Interrupted, resumed: "1"}, {status: journal.Interrupted}}, "1"},
		"resumed by a run not yet kept": {[]run{{status: journal.Interrupted, resumed: "1"}}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &enginetest.MemoryStore{}
			for n, run := range test.runs {
				r := record(fmt.Sprint(n), n)
				r.Layers, r.ResumedBy = run.layers, run.resumed
				finish(t, begin(t, store, r), run.status)
			}
			got, err := journal.Unfinished(t.Context(), store)
			if err != nil {
				t.Fatal(err)
			}
			id := ""
			if got != nil {
				id = got.ID
			}
			if id != test.want {
				t.Errorf("got %q, want %q", id, test.want)
			}
		})
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
	if !problem.Is(err, problem.StorageFailed) || !strings.Contains(err.Error(), "-bad/record.json") {
		t.Errorf("error %v, want MD0310 naming the object", err)
	}
	if _, err := journal.Unfinished(t.Context(), store); !problem.Is(err, problem.StorageFailed) {
		t.Errorf("unfinished: %v, want MD0310", err)
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
