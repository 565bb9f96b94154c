// Package messages is the data plane of SNS and of CloudWatch's alarms in the local
// AWS: it brings what is published to functions and to HTTP endpoints, and does what
// an alarm is to do when its state is set. Queues are the emulator's.
package messages

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

const (
	maxRequest    = 2 << 20 // bytes of a request that is looked into
	maxDeliveries = 1024    // to HTTP endpoints that wait or run
)

// Options are what a Plane needs; all but Minute have to be set.
type Options struct {
	// Emulator is where subscriptions and alarms are read, Proxy where alarms are
	// published, so that this plane sees them.
	Emulator, Proxy *upstream.Client
	// Account is the account that the emulator acts as.
	Account string
	// Invoke gives a function, by its ARN, an event that nobody waits for.
	Invoke func(function string, payload []byte) error
	Logger *slog.Logger
	Clock  func() time.Time
	// Minute is what the waits between deliveries are counted in; 1 second by default.
	Minute time.Duration
}

// Plane brings the messages of one local AWS.
type Plane struct {
	options    Options
	client     *http.Client
	deliveries chan struct{} // a token for each delivery to an HTTP endpoint

	life   context.Context // ends with Close or with the context of New
	end    context.CancelFunc
	owned  sync.WaitGroup
	mu     sync.Mutex
	closed bool
}

// New makes a plane, which lives until Close or the end of ctx.
func New(ctx context.Context, options Options) *Plane {
	if options.Minute == 0 {
		options.Minute = time.Second
	}
	p := &Plane{options: options, client: newClient(), deliveries: make(chan struct{}, maxDeliveries)}
	p.life, p.end = context.WithCancel(ctx)
	return p
}

// errClosed is why a delivery is not begun.
var errClosed = errors.New("the local AWS ends")

// start runs a delivery that Close waits for.
func (p *Plane) start(deliver func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed
	}
	select {
	case p.deliveries <- struct{}{}:
	default:
		return errors.New("too many deliveries wait")
	}
	p.owned.Go(func() {
		defer func() { <-p.deliveries }()
		deliver()
	})
	return nil
}

// Close gives up what is not delivered yet, and waits until all is gone.
func (p *Plane) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.end()
	p.owned.Wait()
}

// IsWatched reports whether the plane wants to see the request on its way to the
// emulator.
func IsWatched(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	service, _ := upstream.Scope(r)
	return service == "sns" || service == "monitoring"
}

// Watch gives a handler that passes requests on to the emulator, and acts on what is
// published and on alarms whose state is set.
func (p *Plane) Watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := upstream.Peek(r, maxRequest)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		if service, region := upstream.Scope(r); service == "sns" {
			p.watchMessages(next, w, r, body, region)
		} else {
			p.watchAlarms(next, w, r, body, region)
		}
	})
}
