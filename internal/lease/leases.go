package lease

import (
	"context"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Leases hands out the lease of one environment; it implements
// engine.Leases.
type Leases struct {
	store engine.Store
	ttl   time.Duration
	clock Clock
}

var _ engine.Leases = Leases{}

// Of gives the leases of the environment whose bucket store is.
func Of(store engine.Store, ttl time.Duration, clock Clock) Leases {
	return Leases{store: store, ttl: ttl, clock: clock}
}

// Acquire takes the lease; see the function Acquire.
func (l Leases) Acquire(ctx context.Context, holder engine.Holder, takeOver bool) (engine.Lease, *engine.Holder, error) {
	taken, err := Acquire(ctx, l.store, holder, l.ttl, l.clock, AcquireOptions{TakeOverExpired: takeOver})
	if err != nil {
		return nil, nil, err
	}
	return taken, taken.Previous(), nil
}

// Read gives the holder, nil where there is none.
func (l Leases) Read(ctx context.Context) (*engine.Holder, error) { return Read(ctx, l.store) }

// Break removes the lease; see the function Break.
func (l Leases) Break(ctx context.Context, force bool) (engine.Holder, error) {
	return Break(ctx, l.store, force, l.clock.Now())
}
