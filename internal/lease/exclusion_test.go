package lease_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine/enginetest"
	"github.com/goal-mandala/mandala-deploy/internal/lease"
)

// skewedClock is wrong by a constant.
type skewedClock struct {
	lease.SystemClock
	by time.Duration
}

func (c skewedClock) Now() time.Time { return c.SystemClock.Now().Add(c.by) }

// The law of this package: whatever the store does, and with clocks that differ
// by less than a tenth of the time to live, no two leases have a live Context
// at the same moment.
func TestNeverTwoHolders(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { contend(t, seed) })
		})
	}
}

func contend(t *testing.T, seed uint64) {
	t.Helper()
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, seed))
	roll := func(n int64) int64 {
		mu.Lock()
		defer mu.Unlock()
		return random.Int64N(n)
	}
	store := &enginetest.MemoryStore{}
	fault := func(ctx context.Context, _ enginetest.Call) error {
		switch roll(10) {
		case 0:
			return errors.New("500 internal error")
		case 1: // slow, up to beyond the time to live
			select {
			case <-time.After(time.Duration(roll(int64(2 * ttl)))):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	store.Before(fault)
	store.After(fault)

	live := map[string]*lease.Lease{}
	enter := func(id string, l *lease.Lease) {
		mu.Lock()
		defer mu.Unlock()
		live[id] = l
		var holders []string
		for id, l := range live {
			if l.Context().Err() == nil {
				holders = append(holders, id)
			}
		}
		if len(holders) > 1 {
			t.Errorf("several holders at once: %v", holders)
		}
	}
	leave := func(id string) {
		mu.Lock()
		defer mu.Unlock()
		delete(live, id)
	}

	var workers sync.WaitGroup
	for w := range 4 {
		clock := skewedClock{by: time.Duration(roll(int64(ttl/10))) - ttl/20}
		workers.Go(func() {
			for n := range 12 {
				id := fmt.Sprintf("%d-%d", w, n)
				l, err := lease.Acquire(t.Context(), store, holder(id), ttl, clock, lease.AcquireOptions{TakeOverExpired: true})
				if err != nil {
					time.Sleep(time.Duration(roll(int64(ttl))))
					continue
				}
				enter(id, l)
				select {
				case <-time.After(time.Duration(roll(int64(4 * ttl)))):
				case <-l.Context().Done():
				}
				leave(id)
				// Gone on failure: the others then wait for the expiry.
				_ = l.Release(t.Context())
			}
		})
	}
	workers.Wait()
}
