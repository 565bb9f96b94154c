package lambda

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"
)

// throttledError is AWS's answer when too much runs at once.
type throttledError struct{ reason string }

func (e *throttledError) Error() string { return "Rate Exceeded." }

// pools keep the processes, by the version that they run. Nothing in them has to
// wait for a process to become free, so functions that call each other cannot
// wait in a circle: who waits for a start gets it once others have started.
type pools struct {
	plane   *Plane
	spawner *spawner
	starts  chan struct{} // a token of each process that starts

	mu     sync.Mutex
	pools  map[string]*pool // by key
	count  int              // processes, those that start included
	closed bool
}

// pool is the processes of one version with one configuration.
type pool struct {
	fn      *function
	idle    []*sandbox // the one used last is the last
	all     map[*sandbox]bool
	opening int             // processes that are being started, or wait for it
	waiting []chan *sandbox // of those that wait for a start, first come first; each takes one
	retired bool            // the version or the configuration is no more
}

// startsPerProcessor is how many processes start at once, for each processor. Where
// starts are all that a machine comes to, none of them ends.
const startsPerProcessor = 2

func newPools(p *Plane) *pools {
	ps := &pools{plane: p, spawner: newSpawner(), pools: map[string]*pool{}, starts: make(chan struct{}, startsPerProcessor*runtime.NumCPU())}
	go ps.spawner.run() // ends with close; see there
	return ps
}

func key(fn *function) string {
	return fn.region + "/" + fn.name + "/" + fn.version + "/" + fn.digest + "/" + fn.fingerprint
}

// acquire gives a process of fn that nobody else has: an idle one, else a new one, or
// one that becomes idle before the new one can be started, as Lambda does. cold says
// which. Whoever gets a new one calls started once it is ready or never will be.
func (ps *pools) acquire(ctx context.Context, fn *function) (s *sandbox, cold bool, err error) {
	s, own, err := ps.reserve(fn)
	if err != nil || s != nil {
		return s, false, err
	}
	if s, err = ps.await(ctx, own); err != nil || s != nil {
		return s, false, err
	}
	s, err = ps.plane.open(fn)
	ps.mu.Lock()
	own.opening--
	if err != nil {
		ps.count--
		ps.mu.Unlock()
		ps.started()
		return nil, false, err
	}
	if s.dead {
		ps.count--
	} else {
		own.all[s] = true
	}
	closed := ps.closed
	ps.mu.Unlock()
	if closed {
		s.kill()
	}
	return s, true, nil
}

// started lets another process start.
func (ps *pools) started() { <-ps.starts }

// await waits until a process of the pool may be started, or gives one that became
// idle meanwhile.
func (ps *pools) await(ctx context.Context, own *pool) (*sandbox, error) {
	idle := make(chan *sandbox, 1)
	ps.mu.Lock()
	own.waiting = append(own.waiting, idle)
	ps.mu.Unlock()
	var err error
	select {
	case ps.starts <- struct{}{}:
	case s := <-idle:
		return s, nil
	case <-ctx.Done():
		err = errClosed
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	own.waiting = slices.DeleteFunc(own.waiting, func(other chan *sandbox) bool { return other == idle })
	select {
	case s := <-idle: // it came at the same moment
		if err == nil {
			ps.started()
		}
		return s, nil
	default:
	}
	if err != nil {
		own.opening--
		ps.count--
	}
	return nil, err
}

// reserve gives an idle process, or the pool in which one more may be started.
func (ps *pools) reserve(fn *function) (*sandbox, *pool, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return nil, nil, errClosed
	}
	own := ps.pools[key(fn)]
	if own == nil {
		own = &pool{fn: fn, all: map[*sandbox]bool{}}
		ps.pools[key(fn)] = own
	}
	if fn.reserved != nil && ps.busy(fn) >= *fn.reserved {
		return nil, nil, &throttledError{"ReservedFunctionConcurrentInvocationLimitExceeded"}
	}
	own.retired = false // deployed again, just as it was
	if n := len(own.idle); n > 0 {
		s := own.idle[n-1]
		own.idle = own.idle[:n-1]
		return s, nil, nil
	}
	if ps.count >= ps.plane.options.MaxProcesses && !ps.evict() {
		return nil, nil, &throttledError{"ConcurrentInvocationLimitExceeded"}
	}
	ps.count++
	own.opening++
	return nil, own, nil
}

// busy counts the events that run in all versions of a function.
func (ps *pools) busy(fn *function) (n int) {
	for _, p := range ps.pools {
		if p.fn.name == fn.name && p.fn.region == fn.region {
			n += len(p.all) - len(p.idle) + p.opening
		}
	}
	return n
}

// evict ends the process that has been idle for longest; false if none is.
func (ps *pools) evict() bool {
	var oldest *pool
	for _, p := range ps.pools {
		if len(p.idle) > 0 && (oldest == nil || p.idle[0].used.Before(oldest.idle[0].used)) {
			oldest = p
		}
	}
	if oldest == nil {
		return false
	}
	ps.drop(oldest, oldest.idle[0])
	return true
}

// drop ends an idle process. It counts no longer, though it takes a moment.
func (ps *pools) drop(p *pool, s *sandbox) {
	p.idle = slices.DeleteFunc(p.idle, func(other *sandbox) bool { return other == s })
	if p.all[s] {
		delete(p.all, s)
		ps.count--
	}
	s.kill()
}

// release puts a process back that is ready for its next event.
func (ps *pools) release(s *sandbox) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p := ps.pools[key(s.fn)]
	switch {
	case p == nil || !p.all[s]: // it ended, or its pool did
	case p.retired || ps.closed:
		ps.drop(p, s)
	case len(p.waiting) > 0:
		p.waiting[0] <- s
		p.waiting = p.waiting[1:]
		p.opening--
		ps.count--
	default:
		s.used = time.Now()
		p.idle = append(p.idle, s)
	}
}

// gone takes a process out that has ended.
func (ps *pools) gone(s *sandbox) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	s.dead = true
	p := ps.pools[key(s.fn)]
	if p == nil {
		return
	}
	p.idle = slices.DeleteFunc(p.idle, func(other *sandbox) bool { return other == s })
	if p.all[s] {
		delete(p.all, s)
		ps.count--
	}
}

// retire ends the idle processes of a function's version, of every version if
// it is empty; busy ones end with their event.
func (ps *pools) retire(region, function, version string) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.pools {
		if p.fn.region != region || p.fn.name != function || version != "" && p.fn.version != version {
			continue
		}
		p.retired = true
		for len(p.idle) > 0 {
			ps.drop(p, p.idle[0])
		}
	}
}

// reap ends what has been idle for too long, until ctx is done.
func (ps *pools) reap(ctx context.Context) {
	look := time.NewTicker(min(ps.plane.options.IdleTimeout, 10*time.Second))
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			ps.endIdle(time.Now().Add(-ps.plane.options.IdleTimeout))
		}
	}
}

func (ps *pools) endIdle(before time.Time) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for name, p := range ps.pools {
		for len(p.idle) > 0 && !p.idle[0].used.After(before) {
			ps.drop(p, p.idle[0])
		}
		if len(p.all) == 0 && p.opening == 0 {
			delete(ps.pools, name)
		}
	}
}

// close ends every process and takes no more.
func (ps *pools) close() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.closed = true
	for _, p := range ps.pools {
		for s := range p.all {
			s.kill()
		}
	}
}

// run runs one event of fn from START to REPORT. An error is AWS's or the
// plane's, never the function's: that one is in the outcome.
func (ps *pools) run(ctx context.Context, fn *function, inv *invocation) (outcome, []byte, error) {
	for {
		s, cold, err := ps.acquire(ctx, fn)
		var refusal *startError
		if errors.As(err, &refusal) {
			result, logs := ps.plane.refuse(fn, inv, refusal)
			return result, logs, nil
		}
		if err != nil {
			return outcome{}, nil, err
		}
		result, logs, retry := s.handle(ctx, inv, cold)
		if retry {
			continue
		}
		ps.release(s)
		return result, logs, nil
	}
}
