package lease_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/engine/enginetest"
	"github.com/goal-mandala/mandala-deploy/internal/lease"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func TestBreak(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		object string        // written as it is; otherwise a lease is abandoned
		wait   time.Duration // since it was taken; < 0: nobody ever held it
		force  bool
		want   problem.Code
		holder string
	}{
		"nobody":              {wait: -1, want: problem.LeaseNotHeld},
		"nobody, forced":      {wait: -1, force: true, want: problem.LeaseNotHeld},
		"live":                {want: problem.LeaseLive},
		"live, forced":        {force: true, holder: "a"},
		"expired":             {wait: ttl, holder: "a"},
		"not a lease":         {object: "[", want: problem.StorageFailed},
		"not a lease, forced": {object: "[", force: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &enginetest.MemoryStore{}
				switch {
				case test.object != "":
					if _, err := store.Put(t.Context(), lease.Key, []byte(test.object), engine.Condition{}); err != nil {
						t.Fatal(err)
					}
				case test.wait >= 0:
					abandon(t, store, "a")
					time.Sleep(test.wait)
				}
				got, err := lease.Break(t.Context(), store, test.force, time.Now())
				if test.want != "" {
					if !problem.Is(err, test.want) {
						t.Fatalf("got %v, want %s", err, test.want)
					}
					return
				}
				if err != nil || got.ID != test.holder {
					t.Fatalf("broke %q, %v; want %q", got.ID, err, test.holder)
				}
				if left, err := store.List(t.Context(), ""); err != nil || len(left) != 0 {
					t.Errorf("left behind: %v, %v", left, err)
				}
			})
		})
	}
}

// A lease renewed between the look and the break is live again.
func TestBreakSparesALeaseRenewedMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &enginetest.MemoryStore{}
		abandon(t, store, "a")
		time.Sleep(ttl)
		var once atomic.Bool
		store.Before(func(ctx context.Context, call enginetest.Call) error {
			if call.Op != enginetest.Delete || !once.CompareAndSwap(false, true) {
				return nil
			}
			_, err := store.Put(ctx, lease.Key, []byte(`{"id":"a","environment":"staging","expires_at":"2999-01-01T00:00:00Z"}`), engine.Condition{})
			return err
		})
		if _, err := lease.Break(t.Context(), store, false, time.Now()); !problem.Is(err, problem.LeaseLive) {
			t.Errorf("got %v, want MD0508", err)
		}
	})
}

func TestReadFailure(t *testing.T) {
	t.Parallel()
	store := &enginetest.MemoryStore{}
	down := errors.New("down")
	store.Before(func(context.Context, enginetest.Call) error { return down })
	if _, err := lease.Read(t.Context(), store); !errors.Is(err, down) {
		t.Errorf("got %v, want the store's error", err)
	}
}

func TestCIRun(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env  map[string]string
		want string
	}{
		"none":           {},
		"GitHub":         {map[string]string{"GITHUB_SERVER_URL": "https://github.com/", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "9"}, "https://github.com/o/r/actions/runs/9"},
		"GitHub, no run": {map[string]string{"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r"}, ""},
		"GitLab":         {map[string]string{"CI_JOB_URL": "https://gitlab.example/o/r/-/jobs/1"}, "https://gitlab.example/o/r/-/jobs/1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, lease.CIRun(func(k string) string { return test.env[k] })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHereNamesThePersonBehindACIRun(t *testing.T) {
	t.Parallel()
	got := lease.Here(func(k string) string { return map[string]string{"GITHUB_ACTOR": "hana"}[k] })
	if got.User != "hana" || got.Host == "" || got.PID == 0 {
		t.Errorf("got %+v", got)
	}
}
