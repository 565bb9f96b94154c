package lease_test

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
	"github.com/goal-mandala/mandala-deploy/internal/lease"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const ttl = time.Minute

func holder(id string) lease.Holder {
	return lease.Holder{
		ID: id, Environment: "staging", User: "hana", Host: "build-7", PID: 42, Operation: "apply",
		DeploymentID: "d-" + id, CIRun: "https://ci.example/run/7",
	}
}

func acquire(t *testing.T, store engine.Store, id string, options lease.AcquireOptions) *lease.Lease {
	t.Helper()
	l, err := lease.Acquire(t.Context(), store, holder(id), ttl, lease.SystemClock{}, options)
	if err != nil {
		t.Fatalf("acquire %s: %v", id, err)
	}
	return l
}

func release(t *testing.T, l *lease.Lease) {
	t.Helper()
	if err := l.Release(t.Context()); err != nil {
		t.Fatalf("release: %v", err)
	}
}

// abandon leaves a lease as a killed process would: not renewed, not released.
func abandon(t *testing.T, store *enginetest.MemoryStore, id string) {
	t.Helper()
	l := acquire(t, store, id, lease.AcquireOptions{})
	store.Before(func(_ context.Context, call enginetest.Call) error {
		if call.Op == enginetest.Delete {
			return errors.New("killed")
		}
		return nil
	})
	if err := l.Release(t.Context()); err == nil {
		t.Fatal("release succeeded although the store refused it")
	}
	store.Before(nil)
}

func TestLeaseIsRenewedUntilReleased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &enginetest.MemoryStore{}
		began := time.Now().UTC()
		l := acquire(t, store, "a", lease.AcquireOptions{})
		time.Sleep(10*ttl + time.Second)
		if err := l.Context().Err(); err != nil {
			t.Fatalf("context of a renewed lease: %v", context.Cause(l.Context()))
		}
		got, err := lease.Read(t.Context(), store)
		if err != nil {
			t.Fatal(err)
		}
		want := holder("a")
		want.AcquiredAt, want.RenewedAt, want.ExpiresAt = began, began.Add(10*ttl), began.Add(11*ttl)
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("stored lease (-want +got):\n%s", diff)
		}
		release(t, l)
		release(t, l)
		if got, err := lease.Read(t.Context(), store); err != nil || got != nil {
			t.Errorf("after release: %v, %v; want nobody", got, err)
		}
		if l.Context().Err() == nil {
			t.Error("context lives on after release")
		}
	})
}

func TestAcquireOfHeldLease(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		wait    time.Duration
		options lease.AcquireOptions
		expired bool
		words   []string
	}{
		"live":                    {words: []string{"staging", "hana", "build-7", "apply", "2000-01-01T00:01:00Z", "https://ci.example/run/7", "MD0501"}},
		"live, takeover asked":    {options: lease.AcquireOptions{TakeOverExpired: true}, words: []string{"MD0501"}},
		"expired":                 {wait: ttl, expired: true, words: []string{"without giving its lease back", "MD0504", "hana", "build-7"}},
		"a moment before expired": {wait: ttl - 1, options: lease.AcquireOptions{TakeOverExpired: true}, words: []string{"held by"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &enginetest.MemoryStore{}
				abandon(t, store, "a")
				time.Sleep(test.wait)
				_, err := lease.Acquire(t.Context(), store, holder("b"), ttl, lease.SystemClock{}, test.options)
				var locked *lease.LockedError
				if !errors.As(err, &locked) || !errors.Is(err, lease.ErrLocked) {
					t.Fatalf("got %v, want a LockedError", err)
				}
				if locked.Holder.ID != "a" || locked.Expired != test.expired {
					t.Errorf("got holder %s, expired %v", locked.Holder.ID, locked.Expired)
				}
				for _, word := range test.words {
					if !strings.Contains(err.Error(), word) {
						t.Errorf("%q lacks %q", err, word)
					}
				}
			})
		})
	}
}

func TestTakeOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &enginetest.MemoryStore{}
		abandon(t, store, "a")
		time.Sleep(ttl)
		l := acquire(t, store, "b", lease.AcquireOptions{TakeOverExpired: true})
		if l.Previous() == nil || l.Previous().ID != "a" {
			t.Errorf("previous holder: %v, want a", l.Previous())
		}
		if l.Holder().ID != "b" {
			t.Errorf("holder: %v", l.Holder())
		}
		release(t, l)
	})
}

func TestLeaseIsLost(t *testing.T) {
	t.Parallel()
	down := errors.New("connection refused")
	tests := map[string]struct {
		happens func(t *testing.T, store *enginetest.MemoryStore)
		after   time.Duration // lost not before
		before  time.Duration // and not after
		word    string
	}{
		"broken by force": {
			happens: func(t *testing.T, store *enginetest.MemoryStore) {
				t.Helper()
				if _, err := lease.Break(t.Context(), store, true, time.Now()); err != nil {
					t.Fatal(err)
				}
			},
			before: ttl / 3, word: "broken or taken over",
		},
		"store down": {
			happens: func(_ *testing.T, store *enginetest.MemoryStore) {
				store.Before(func(context.Context, enginetest.Call) error { return down })
			},
			after: ttl / 2, before: ttl - ttl/10, word: "connection refused",
		},
		"store hangs": {
			happens: func(_ *testing.T, store *enginetest.MemoryStore) {
				store.Before(func(ctx context.Context, _ enginetest.Call) error {
					<-ctx.Done()
					return ctx.Err()
				})
			},
			after: ttl / 2, before: ttl - ttl/10, word: "did not answer",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &enginetest.MemoryStore{}
				l := acquire(t, store, "a", lease.AcquireOptions{})
				began := time.Now()
				test.happens(t, store)
				<-l.Context().Done()
				if passed := time.Since(began); passed < test.after || passed > test.before {
					t.Errorf("lost after %v, want between %v and %v", passed, test.after, test.before)
				}
				cause := context.Cause(l.Context())
				if !problem.Is(cause, problem.LeaseLost) || !strings.Contains(cause.Error(), test.word) {
					t.Errorf("cause %v, want MD0502 with %q", cause, test.word)
				}
				store.Before(nil)
				_ = l.Release(t.Context())
			})
		})
	}
}

func TestTransientErrorsAreRiddenOut(t *testing.T) {
	t.Parallel()
	fails := func(op enginetest.Op, every int64) enginetest.Hook {
		var calls atomic.Int64
		return func(_ context.Context, call enginetest.Call) error {
			if call.Op == op && calls.Add(1)%every != 0 {
				return errors.New("503 slow down")
			}
			return nil
		}
	}
	tests := map[string]func(*enginetest.MemoryStore){
		"requests are lost":             func(s *enginetest.MemoryStore) { s.Before(fails(enginetest.Put, 3)) },
		"answers are lost":              func(s *enginetest.MemoryStore) { s.After(fails(enginetest.Put, 3)) },
		"every answer to a put is lost": func(s *enginetest.MemoryStore) { s.After(fails(enginetest.Put, 4)) },
		"reads fail as well": func(s *enginetest.MemoryStore) {
			s.After(fails(enginetest.Put, 2))
			s.Before(fails(enginetest.Get, 2))
		},
	}
	for name, inject := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &enginetest.MemoryStore{}
				l := acquire(t, store, "a", lease.AcquireOptions{})
				inject(store)
				time.Sleep(20 * ttl)
				if l.Context().Err() != nil {
					t.Fatalf("lost: %v", context.Cause(l.Context()))
				}
				store.Before(nil)
				store.After(nil)
				release(t, l)
				if got, err := lease.Read(t.Context(), store); err != nil || got != nil {
					t.Errorf("after release: %v, %v", got, err)
				}
			})
		})
	}
}

func TestAcquireWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for _, expired := range []bool{false, true} {
		t.Run(fmt.Sprintf("takeover=%v", expired), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &enginetest.MemoryStore{}
				if expired {
					abandon(t, store, "z")
					time.Sleep(ttl)
				}
				var once atomic.Bool
				store.After(func(_ context.Context, call enginetest.Call) error {
					if call.Op == enginetest.Put && once.CompareAndSwap(false, true) {
						return errors.New("connection reset")
					}
					return nil
				})
				l := acquire(t, store, "a", lease.AcquireOptions{TakeOverExpired: true})
				time.Sleep(2 * ttl)
				if (l.Previous() != nil) != expired {
					t.Errorf("previous: %v", l.Previous())
				}
				release(t, l)
			})
		})
	}
}

// An interrupted run must stay locked while Terraform writes its state.
func TestCancelledCallerKeepsTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &enginetest.MemoryStore{}
		ctx, cancel := context.WithCancelCause(t.Context())
		l, err := lease.Acquire(ctx, store, holder("a"), ttl, lease.SystemClock{}, lease.AcquireOptions{})
		if err != nil {
			t.Fatal(err)
		}
		cancel(problem.ErrInterrupted)
		if cause := context.Cause(l.Context()); !errors.Is(cause, problem.ErrInterrupted) {
			t.Errorf("cause %v, want the caller's", cause)
		}
		time.Sleep(5 * ttl)
		got, err := lease.Read(t.Context(), store)
		if err != nil || got == nil || got.Expired(time.Now()) {
			t.Errorf("lease after cancelling: %v, %v; want it live", got, err)
		}
		release(t, l)
	})
}

func TestReleaseLeavesTheSuccessorAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &enginetest.MemoryStore{}
		first := acquire(t, store, "a", lease.AcquireOptions{})
		if _, err := lease.Break(t.Context(), store, true, time.Now()); err != nil {
			t.Fatal(err)
		}
		second := acquire(t, store, "b", lease.AcquireOptions{})
		if err := first.Release(t.Context()); !problem.Is(err, problem.LeaseLost) {
			t.Errorf("release of a broken lease: %v, want MD0502", err)
		}
		if got, err := lease.Read(t.Context(), store); err != nil || got == nil || got.ID != "b" {
			t.Errorf("holder %v, %v; want b", got, err)
		}
		release(t, second)
	})
}

// Whoever follows in the same process has the lease without a moment between, and the
// renewals go on for it.
func TestPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &enginetest.MemoryStore{}
		l := acquire(t, store, "a", lease.AcquireOptions{})
		// A renewal that is under way when it is passed on does not undo it.
		store.Before(func(_ context.Context, call enginetest.Call) error {
			if call.Op == enginetest.Put {
				time.Sleep(time.Second)
			}
			return nil
		})
		time.Sleep(ttl/3 + time.Millisecond)
		if err := l.Pass(t.Context(), engine.OperationRollback, "d-b"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			got, err := lease.Read(t.Context(), store)
			if err != nil || got.ID != "a" || got.Operation != engine.OperationRollback || got.DeploymentID != "d-b" || got.Expired(time.Now()) {
				t.Fatalf("%+v, %v", got, err)
			}
			time.Sleep(ttl)
		}
		if l.Context().Err() != nil {
			t.Errorf("lost: %v", context.Cause(l.Context()))
		}
		release(t, l)
	})
}

func TestPassOfALostLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &enginetest.MemoryStore{}
		l := acquire(t, store, "a", lease.AcquireOptions{})
		if _, err := lease.Break(t.Context(), store, true, time.Now()); err != nil {
			t.Fatal(err)
		}
		successor := acquire(t, store, "b", lease.AcquireOptions{})
		if err := l.Pass(t.Context(), engine.OperationRollback, "d-b"); !problem.Is(err, problem.LeaseLost) {
			t.Errorf("got %v, want MD0502", err)
		}
		if got, err := lease.Read(t.Context(), store); err != nil || got.ID != "b" {
			t.Errorf("%+v, %v", got, err)
		}
		if err := l.Release(t.Context()); !problem.Is(err, problem.LeaseLost) {
			t.Errorf("release: %v", err)
		}
		release(t, successor)
	})
}
