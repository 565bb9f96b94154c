package journal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/engine/enginetest"
	"github.com/goal-mandala/mandala-deploy/internal/journal"
)

func created(address string) engine.Event {
	return engine.Event{Kind: engine.ApplyComplete, Time: began, Address: address, Type: "aws_vpc", Action: "create", IDKey: "id", IDValue: "vpc-1"}
}

func keys(t *testing.T, store engine.Store) []string {
	t.Helper()
	got, err := store.List(t.Context(), "deployments/")
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestBatches(t *testing.T) {
	t.Parallel()
	const folder = "deployments/20260301T120000.000Z-d1/"
	started := engine.Event{Kind: engine.ApplyStart, Address: "aws_vpc.a"}
	tests := map[string]struct {
		events []engine.Event
		wait   time.Duration
		want   []string
	}{
		"a creation at once":           {[]engine.Event{created("aws_vpc.a")}, 0, []string{folder + "events/000001.jsonl", folder + "record.json"}},
		"a start not yet":              {[]engine.Event{started}, 99 * time.Millisecond, []string{folder + "record.json"}},
		"a start after 100 ms":         {[]engine.Event{started, started}, 100 * time.Millisecond, []string{folder + "events/000001.jsonl", folder + "record.json"}},
		"a start with the creation":    {[]engine.Event{started, created("aws_vpc.a")}, 0, []string{folder + "events/000001.jsonl", folder + "record.json"}},
		"progress says nothing at all": {[]engine.Event{{Kind: engine.ApplyProgress}}, time.Second, []string{folder + "record.json"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &enginetest.MemoryStore{}
				j := begin(t, store, record("d1", 0))
				for _, event := range test.events {
					j.Event("network", event)
				}
				time.Sleep(test.wait)
				synctest.Wait()
				if diff := cmp.Diff(test.want, keys(t, store)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if err := j.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// The journal of a killed run is what its goroutine had written: here the
// store is copied in the middle, as the bucket stands after kill -9.
func TestCrashInTheMiddle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &enginetest.MemoryStore{}
		j := begin(t, store, record("d1", 0))
		var want []engine.Event
		for n := range 25 {
			event := created(fmt.Sprintf("aws_vpc.n%02d", n))
			j.Event("network", event)
			want = append(want, event)
			if n%3 == 0 {
				synctest.Wait()
			}
		}
		j.Event("secrets", created("aws_kms_key.this"))
		synctest.Wait()

		got, err := journal.Events(t.Context(), store, "d1")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string][]engine.Event{"network": want, "secrets": {created("aws_kms_key.this")}}, got); diff != "" {
			t.Errorf("before the crash (-want +got):\n%s", diff)
		}
		records, err := journal.List(t.Context(), store, 1)
		if err != nil || len(records) != 1 || !records[0].Unsettled() {
			t.Errorf("records %v, %v; want one that is not settled", records, err)
		}

		finish(t, j, journal.Interrupted)
		after, err := journal.Events(t.Context(), store, "d1")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, after); diff != "" {
			t.Errorf("gathered events differ (-before +after):\n%s", diff)
		}
		folder := "deployments/20260301T120000.000Z-d1/"
		if diff := cmp.Diff([]string{folder + "events.jsonl", folder + "record.json"}, keys(t, store)); diff != "" {
			t.Errorf("keys after gathering (-want +got):\n%s", diff)
		}
	})
}

func TestGatheringThatStopsHalfWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &enginetest.MemoryStore{}
		j := begin(t, store, record("d1", 0))
		for n := range 6 {
			j.Event("network", created(fmt.Sprintf("aws_vpc.n%d", n)))
			synctest.Wait()
		}
		var deletes atomic.Int64
		store.Before(func(_ context.Context, call enginetest.Call) error {
			if call.Op == enginetest.Delete && deletes.Add(1) > 2 {
				return errors.New("killed")
			}
			return nil
		})
		if err := j.Finish(t.Context(), journal.Succeeded); err == nil {
			t.Error("finish hides that batches were left")
		}
		events, err := journal.Events(t.Context(), store, "d1")
		if err != nil || len(events["network"]) != 6 {
			t.Errorf("%d events, %v; want 6", len(events["network"]), err)
		}
		got, err := journal.Load(t.Context(), store, "d1")
		if err != nil || got.Status != journal.Succeeded {
			t.Errorf("status %s, %v", got.Status, err)
		}
	})
}

func TestEventsNeverWaitForTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &enginetest.MemoryStore{}
		j := begin(t, store, record("d1", 0))
		store.Before(func(_ context.Context, call enginetest.Call) error {
			if call.Op == enginetest.Put {
				time.Sleep(time.Minute)
			}
			return nil
		})
		start := time.Now()
		for n := range 50 {
			j.Event("network", created(fmt.Sprint(n)))
		}
		if passed := time.Since(start); passed != 0 {
			t.Errorf("events waited %v", passed)
		}
		finish(t, j, journal.Succeeded)
		events, err := journal.Events(t.Context(), store, "d1")
		if err != nil || len(events["network"]) != 50 {
			t.Errorf("%d events, %v", len(events["network"]), err)
		}
	})
}

func TestOutageWhileEventsCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &enginetest.MemoryStore{}
		j := begin(t, store, record("d1", 0))
		down := errors.New("503")
		store.Before(func(context.Context, enginetest.Call) error { return down })
		j.Event("network", created("aws_vpc.a"))
		time.Sleep(time.Minute)
		j.Event("network", created("aws_vpc.b"))
		if err := j.EventError(); !errors.Is(err, down) {
			t.Errorf("during the outage: %v", err)
		}
		store.Before(nil)
		time.Sleep(time.Minute)
		if err := j.EventError(); err != nil {
			t.Errorf("after the outage: %v", err)
		}
		events, err := journal.Events(t.Context(), store, "d1")
		if err != nil || len(events["network"]) != 2 {
			t.Errorf("events %v, %v", events, err)
		}
		finish(t, j, journal.Succeeded)
	})
}

func TestCloseDuringAnOutageEndsAndTells(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context, _ enginetest.Call) error {
		<-ctx.Done()
		return ctx.Err()
	}
	refuse := func(context.Context, enginetest.Call) error { return errors.New("refused") }
	for name, hook := range map[string]enginetest.Hook{"hangs": hang, "refuses": refuse} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &enginetest.MemoryStore{}
				j := begin(t, store, record("d1", 0))
				store.Before(hook)
				j.Event("network", created("aws_vpc.a"))
				synctest.Wait()
				j.Event("network", created("aws_vpc.b"))
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				if err := j.Close(ctx); err == nil || !strings.Contains(err.Error(), "2 events") {
					t.Errorf("got %v, want both events named", err)
				}
			})
		})
	}
}

func TestLongDiagnosticsAreCut(t *testing.T) {
	t.Parallel()
	store := &enginetest.MemoryStore{}
	j := begin(t, store, record("d1", 0))
	diagnostic := &engine.Diagnostic{Severity: "error", Summary: "no", Detail: strings.Repeat("長", 100_000)}
	j.Event("network", engine.Event{Kind: engine.EventDiagnostic, Diagnostic: diagnostic})
	finish(t, j, journal.Failed)
	if len(diagnostic.Detail) != 300_000 {
		t.Error("the caller's diagnostic was changed")
	}
	events, err := journal.Events(t.Context(), store, "d1")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(events["network"][0].Diagnostic.Detail); n > journal.TextLimit || n < journal.TextLimit-10 {
		t.Errorf("detail of %d bytes", n)
	}
}
