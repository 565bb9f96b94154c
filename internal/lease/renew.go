package lease

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// renew writes the lease anew every third of its time to live until ctx is
// done or the lease is lost. A store that fails is asked again, more often,
// until a tenth of the time to live before expiry: that margin is for clocks
// that differ, and for stopping before another run may begin.
func (l *Lease) renew(ctx context.Context) {
	defer close(l.done)
	var failure error
	for wait := l.untilNext(); l.sleep(ctx, wait); {
		err := l.renewOnce(ctx, nil)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			wait, failure = l.untilNext(), nil
		case errors.Is(err, engine.ErrPrecondition):
			l.lose(lost(l.Holder(), "it was broken or taken over", nil))
			return
		case errors.Is(err, errLate):
			l.lose(lost(l.Holder(), "it could not be renewed in time", cmp.Or(failure, err)))
			return
		default:
			failure = err
			wait = max(0, min(l.ttl/20, l.left()))
		}
	}
}

var (
	// errLate says that the time in which a lease can be renewed is over.
	errLate = errors.New("the process stood still for longer than the lease lasts")
	errSlow = errors.New("the store did not answer")
)

// untilNext is the time to the next renewal, counted from when the last one
// was begun: a slow one must not push the next one towards the expiry.
func (l *Lease) untilNext() time.Duration {
	return max(0, l.Holder().RenewedAt.Add(l.ttl/3).Sub(l.clock.Now()))
}

// sleep waits and reports whether the renewal should go on.
func (l *Lease) sleep(ctx context.Context, d time.Duration) bool {
	fired, stop := l.clock.Timer(d)
	defer stop()
	select {
	case <-ctx.Done():
		return false
	case <-fired:
		return true
	}
}

// left is how long the lease may still be relied on.
func (l *Lease) left() time.Duration {
	return l.Holder().ExpiresAt.Sub(l.clock.Now()) - l.ttl/10
}

// renewOnce makes one write. A request that hangs is given up so that another
// one can be tried, at the latest when the lease may no longer be relied on.
// ErrPrecondition says that it is not ours any more. say, where it is not nil, changes
// what the lease tells of its run.
func (l *Lease) renewOnce(ctx context.Context, say func(*Holder)) error {
	left := l.left()
	if left <= 0 {
		return errLate
	}
	attempt, cancel := context.WithCancel(ctx)
	defer cancel()
	slow, stop := l.clock.Timer(min(left, l.ttl/6))
	defer stop()
	result := make(chan error, 1)
	go func() { result <- l.write(attempt, say) }()
	select {
	case err := <-result:
		return err
	case <-slow:
		cancel()
		if err := <-result; err == nil || errors.Is(err, engine.ErrPrecondition) {
			return err
		}
		return errSlow
	}
}

// write puts the lease with a new expiry on the condition that it is the one
// written last. One write after the other: a renewal that was under way would undo what
// Pass wrote.
func (l *Lease) write(ctx context.Context, say func(*Holder)) error {
	select {
	case l.writing <- struct{}{}:
		defer func() { <-l.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	l.mu.Lock()
	holder, etag := l.holder, l.etag
	l.mu.Unlock()
	if say != nil {
		say(&holder)
	}
	holder.RenewedAt = l.clock.Now()
	holder.ExpiresAt = holder.RenewedAt.Add(l.ttl)
	body, err := encode(holder)
	if err != nil {
		return err
	}
	next, err := l.store.Put(ctx, Key, body, engine.Condition{ETag: etag})
	if errors.Is(err, engine.ErrPrecondition) {
		// An earlier renewal may have arrived though its answer did not.
		object, getErr := l.store.Get(ctx, Key)
		if getErr != nil && !errors.Is(getErr, engine.ErrNotFound) {
			return getErr
		}
		current, decodeErr := decode(object.Body)
		if getErr != nil || decodeErr != nil || current.ID != holder.ID {
			return err
		}
		next, err = l.store.Put(ctx, Key, body, engine.Condition{ETag: object.ETag})
	}
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holder, l.etag = holder, next
	return nil
}
