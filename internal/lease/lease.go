package lease

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// attempts bounds how often an operation starts over because the object
// changed between reading and writing it.
const attempts = 5

// AcquireOptions are the choices of an acquisition.
type AcquireOptions struct {
	// TakeOverExpired takes an expired lease. Without it an expired lease is
	// a LockedError too, for its run was interrupted and should be resumed.
	TakeOverExpired bool
}

// Lease is an acquired lease. A goroutine of its own renews it until Release.
type Lease struct {
	store    engine.Store
	clock    Clock
	ttl      time.Duration
	previous *Holder

	ctx  context.Context
	lose context.CancelCauseFunc
	stop context.CancelFunc // ends the renewal
	done chan struct{}      // closed when the renewal has ended

	writing chan struct{} // full while the lease is written

	mu       sync.Mutex
	holder   Holder
	etag     string
	released bool
}

// Acquire takes the environment's lease for ttl and keeps it until Release.
// holder's ID must be unique to this call; its times are set here. It fails
// with a LockedError when someone else has the lease.
//
// Cancelling ctx cancels Context but does not stop the renewal: the
// environment stays locked while an interrupted Terraform writes its state.
func Acquire(ctx context.Context, store engine.Store, holder Holder, ttl time.Duration, clock Clock, options AcquireOptions) (*Lease, error) {
	if holder.ID == "" || ttl <= 0 {
		return nil, errors.New("acquire lease: holder without id, or no time to live")
	}
	for range attempts {
		now := clock.Now()
		holder.AcquiredAt, holder.RenewedAt, holder.ExpiresAt = now, now, now.Add(ttl)
		grant, err := take(ctx, store, holder, now, options)
		switch {
		case errors.Is(err, engine.ErrPrecondition):
		case err != nil:
			return nil, err
		case clock.Now().Before(grant.holder.ExpiresAt.Add(-ttl / 10)):
			return start(ctx, store, clock, ttl, grant), nil
		default: // the answer took so long that others may have seen it expire
		}
	}
	return nil, fmt.Errorf("acquire lease of %s: it kept changing hands", holder.Environment)
}

// grant is what an acquisition got.
type grant struct {
	holder   Holder // as stored
	etag     string
	previous *Holder
}

// take makes one attempt. ErrPrecondition asks for another one.
func take(ctx context.Context, store engine.Store, holder Holder, now time.Time, options AcquireOptions) (grant, error) {
	g, err := write(ctx, store, holder, engine.Condition{Absent: true})
	if !errors.Is(err, engine.ErrPrecondition) {
		return g, err
	}
	object, err := store.Get(ctx, Key)
	if errors.Is(err, engine.ErrNotFound) {
		return grant{}, engine.ErrPrecondition
	}
	if err != nil {
		return grant{}, fmt.Errorf("read lease of %s: %w", holder.Environment, err)
	}
	current, err := decode(object.Body)
	if err != nil {
		return grant{}, err
	}
	// An own lease is there when a retry inside the store met its first write,
	// or when the attempt before this one took too long.
	ours := current.ID == holder.ID
	if !ours && (!current.Expired(now) || !options.TakeOverExpired) {
		return grant{}, &LockedError{Holder: current, Expired: current.Expired(now)}
	}
	g, err = write(ctx, store, holder, engine.Condition{ETag: object.ETag})
	if !ours {
		g.previous = &current
	}
	return g, err
}

// write puts a lease. When the answer is lost it looks whether the lease came
// to be: left behind, it would lock the environment until it expires.
func write(ctx context.Context, store engine.Store, holder Holder, condition engine.Condition) (grant, error) {
	body, err := encode(holder)
	if err != nil {
		return grant{}, err
	}
	etag, err := store.Put(ctx, Key, body, condition)
	if err == nil {
		return grant{holder: holder, etag: etag}, nil
	}
	if errors.Is(err, engine.ErrPrecondition) {
		return grant{}, engine.ErrPrecondition
	}
	if object, stored, ours := own(context.WithoutCancel(ctx), store, holder.ID); ours {
		return grant{holder: stored, etag: object.ETag}, nil
	}
	return grant{}, fmt.Errorf("write lease of %s: %w", holder.Environment, err)
}

// own reads the lease and tells whether it is the one with this id.
func own(ctx context.Context, store engine.Store, id string) (engine.Object, Holder, bool) {
	object, err := store.Get(ctx, Key)
	if err != nil {
		return engine.Object{}, Holder{}, false
	}
	current, err := decode(object.Body)
	return object, current, err == nil && current.ID == id
}

func start(ctx context.Context, store engine.Store, clock Clock, ttl time.Duration, g grant) *Lease {
	l := &Lease{store: store, clock: clock, ttl: ttl, previous: g.previous, holder: g.holder, etag: g.etag, done: make(chan struct{}), writing: make(chan struct{}, 1)}
	l.ctx, l.lose = context.WithCancelCause(ctx)
	renewal, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	go l.renew(renewal)
	return l
}

// Context is done when the context given to Acquire is, when the lease is
// released, or, with a problem MD0502 as its cause, when the lease is lost.
func (l *Lease) Context() context.Context { return l.ctx }

// Holder gives the lease as it was last written.
func (l *Lease) Holder() Holder {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.holder
}

// Previous gives the holder whose expired lease was taken over, or nil.
func (l *Lease) Previous() *Holder { return l.previous }

// Pass hands the lease from the run that holds it to the one that follows it, without
// a moment in which it is free.
func (l *Lease) Pass(ctx context.Context, operation engine.Operation, deploymentID string) error {
	err := l.renewOnce(ctx, func(h *Holder) { h.Operation, h.DeploymentID = operation, deploymentID })
	if errors.Is(err, engine.ErrPrecondition) {
		return lost(l.Holder(), "it was broken or taken over", nil)
	}
	if err != nil {
		return fmt.Errorf("pass on the lease of %s: %w", l.Holder().Environment, err)
	}
	return nil
}

// Release ends the renewal and removes the lease if it is still ours. ctx
// should not be that of Acquire, which may be cancelled by now. A lease that
// has become someone else's is left alone and reported as MD0502. Calls after
// a successful one do nothing.
func (l *Lease) Release(ctx context.Context) error {
	l.stop()
	<-l.done
	l.lose(errors.New("lease released"))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.released {
		return nil
	}
	err := l.store.Delete(ctx, Key, l.etag)
	if errors.Is(err, engine.ErrPrecondition) {
		// Either someone else's, or our own renewal whose answer got lost.
		object, _, ours := own(ctx, l.store, l.holder.ID)
		if !ours {
			l.released = true
			return lost(l.holder, "it was broken or taken over", nil)
		}
		err = l.store.Delete(ctx, Key, object.ETag)
	}
	if err != nil {
		return fmt.Errorf("release lease of %s: %w", l.holder.Environment, err)
	}
	l.released = true
	return nil
}

func lost(holder Holder, why string, cause error) *problem.Error {
	return &problem.Error{
		Code: problem.LeaseLost,
		What: fmt.Sprintf("environment %s: the lease of this run was lost: %s", holder.Environment, why),
		Err:  cause,
	}
}
