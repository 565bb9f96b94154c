package lease

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Read gives the holder of the lease, live or expired, or nil when nobody
// holds it.
func Read(ctx context.Context, store engine.Store) (*Holder, error) {
	object, err := store.Get(ctx, Key)
	if errors.Is(err, engine.ErrNotFound) {
		return nil, nil //nolint:nilnil // nobody is an answer, not an error
	}
	if err != nil {
		return nil, fmt.Errorf("read lease: %w", err)
	}
	holder, err := decode(object.Body)
	if err != nil {
		return nil, err
	}
	return &holder, nil
}

// Break removes the lease of a run that is dead and gives its holder. It
// refuses with MD0507 when nobody holds the lease, and with MD0508 when the
// lease is live unless forced. A forced break also removes an object that is
// not a lease; its Holder is the zero value.
func Break(ctx context.Context, store engine.Store, force bool, now time.Time) (Holder, error) {
	for range attempts {
		object, err := store.Get(ctx, Key)
		if errors.Is(err, engine.ErrNotFound) {
			return Holder{}, &problem.Error{Code: problem.LeaseNotHeld, What: "nobody holds the lease"}
		}
		if err != nil {
			return Holder{}, fmt.Errorf("read lease: %w", err)
		}
		holder, err := decode(object.Body)
		if err != nil && !force {
			return Holder{}, err
		}
		if !force && !holder.Expired(now) {
			return Holder{}, &problem.Error{
				Code: problem.LeaseLive,
				What: fmt.Sprintf("environment %s: the lease of %s is live", holder.Environment, holder),
			}
		}
		// Only the lease that was judged: it may have been renewed meanwhile.
		err = store.Delete(ctx, Key, object.ETag)
		if err == nil {
			return holder, nil
		}
		if !errors.Is(err, engine.ErrPrecondition) {
			return Holder{}, fmt.Errorf("break lease: %w", err)
		}
	}
	return Holder{}, &problem.Error{Code: problem.LeaseLive, What: "the lease is renewed as fast as it can be read: its holder lives"}
}
