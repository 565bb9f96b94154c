// Package lambda is the data plane of Lambda in the local AWS: it runs the
// functions that were deployed to the emulator, as processes on this machine.
package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/metrics"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// Options say where a plane runs and how much it may take. Fields without a
// default have to be set.
type Options struct {
	// Dir holds code and scratch files; the plane owns it and empties it.
	Dir string
	// Emulator is where moto answers, Proxy where the local AWS does: what
	// functions call, and what the plane sends dead letters through.
	Emulator, Proxy *url.URL
	// Account is the account that the emulator acts as.
	Account string
	// Environment gives the variables that lead a function in a region to this
	// local AWS: endpoint, credentials, region.
	Environment func(region string) map[string]string
	Logger      *slog.Logger
	// Metrics is told of every call; nil where nobody wants to know.
	Metrics *metrics.Writer

	// MaxProcesses bounds the processes of all functions together; 128 by
	// default. Beyond it invocations are throttled, as AWS throttles.
	MaxProcesses int
	// MaxEvents bounds the asynchronous invocations that wait or run; 1,024 by
	// default.
	MaxEvents int
	// IdleTimeout ends a process that was not used for so long; 5 minutes by
	// default.
	IdleTimeout time.Duration
	// Minute is what the waits between asynchronous tries are counted in: AWS
	// waits one minute and then two. 1 second by default.
	Minute time.Duration
	// Random gives numbers in [0, 1) and shares the calls of an alias out;
	// math/rand by default.
	Random func() float64
}

func (o Options) withDefaults() Options {
	if o.MaxProcesses == 0 {
		o.MaxProcesses = 128
	}
	if o.MaxEvents == 0 {
		o.MaxEvents = 1024
	}
	if o.IdleTimeout == 0 {
		o.IdleTimeout = 5 * time.Minute
	}
	if o.Minute == 0 {
		o.Minute = time.Second
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	return o
}

// Plane runs the functions of one local AWS.
type Plane struct {
	options  Options
	deploys  sync.RWMutex // held for writing while code is swept out
	emulator *upstream.Client
	proxy    *upstream.Client // speaks to the local AWS as a whole
	code     *store
	resolver *resolver
	pools    *pools
	shipper  *shipper
	gauge    gauge
	events   chan struct{} // a token for each asynchronous invocation

	life   context.Context // ends with Close or with the context of New
	end    context.CancelFunc
	owned  sync.WaitGroup
	mu     sync.Mutex
	closed bool
}

// New starts a plane, which lives until Close or the end of ctx.
func New(ctx context.Context, options Options) (*Plane, error) {
	options = options.withDefaults()
	if err := os.RemoveAll(options.Dir); err != nil {
		return nil, fmt.Errorf("emptying the functions' directory: %w", err)
	}
	for _, folder := range []string{codeFolder, scratchFolder} {
		if err := os.MkdirAll(filepath.Join(options.Dir, folder), 0o700); err != nil {
			return nil, fmt.Errorf("creating the functions' directory: %w", err)
		}
	}
	shim := filepath.Join(options.Dir, shimFile)
	if err := os.WriteFile(shim, nodeShim, 0o600); err != nil {
		return nil, fmt.Errorf("writing the shim of Node: %w", err)
	}
	p := &Plane{options: options, events: make(chan struct{}, options.MaxEvents)}
	p.life, p.end = context.WithCancel(ctx)
	p.emulator = upstream.New(options.Emulator)
	p.proxy = upstream.New(options.Proxy)
	p.code = newStore(filepath.Join(options.Dir, codeFolder))
	p.resolver = newResolver(p.emulator, options.Account)
	p.shipper = newShipper(p.emulator, options.Logger)
	p.pools = newPools(p)
	p.start(func() { p.shipper.run(p.life) })
	p.start(func() { p.pools.reap(p.life) })
	return p, nil
}

// start runs work that Close waits for; it reports whether the plane still
// takes work.
func (p *Plane) start(work func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.owned.Go(work)
	return true
}

// errClosed is why work stops when the plane does.
var errClosed = errors.New("the local AWS ends")

// Close ends every process and waits until all is gone. Calls after the first
// do nothing.
func (p *Plane) Close() {
	p.mu.Lock()
	again := p.closed
	p.closed = true
	p.mu.Unlock()
	if again {
		return
	}
	p.end()
	p.pools.close()
	p.owned.Wait()
	close(p.pools.spawner.stop)
	if err := os.RemoveAll(filepath.Join(p.options.Dir, scratchFolder)); err != nil {
		p.options.Logger.Warn("removing the functions' scratch files", "error", err)
	}
}
