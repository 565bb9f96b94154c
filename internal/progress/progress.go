// Package progress hands what happens in a run to all who want to know, and lets none of
// them hold the run up.
package progress

import (
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// queued is how much a consumer may be behind. A run of some hundred resources tells
// some thousand things; who is behind by more is stuck.
const queued = 1 << 14

// Fan hands each Progress to every consumer, to each in order and one at a time. The
// zero value has none. Add comes before Show.
type Fan struct {
	direct    []func(engine.Progress)
	consumers []*consumer
}

// consumer is one who is told by a goroutine of its own.
type consumer struct {
	name  string
	tell  func(engine.Progress)
	queue chan item
	done  chan struct{}

	mu     sync.Mutex
	lost   int
	closed bool
}

// item is a Progress, or a mark that is closed when all before it has been told.
type item struct {
	progress engine.Progress
	mark     chan struct{}
}

// Direct adds a consumer that is told at once. It must return at once, and be safe for
// concurrent use.
func (f *Fan) Direct(tell func(engine.Progress)) { f.direct = append(f.direct, tell) }

// Add adds a consumer that may take its time. The name is for the report of what it
// missed.
func (f *Fan) Add(name string, tell func(engine.Progress)) {
	c := &consumer{name: name, tell: tell, queue: make(chan item, queued), done: make(chan struct{})}
	f.consumers = append(f.consumers, c)
	go func() {
		defer close(c.done)
		for each := range c.queue {
			if each.mark != nil {
				close(each.mark)
				continue
			}
			c.tell(each.progress)
		}
	}()
}

// Show tells everybody. It never waits: what a consumer has no room for it misses.
func (f *Fan) Show(p engine.Progress) {
	for _, tell := range f.direct {
		tell(p)
	}
	for _, c := range f.consumers {
		c.put(item{progress: p})
	}
}

// put queues an item and reports whether there was room.
func (c *consumer) put(i item) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	select {
	case c.queue <- i:
		return true
	default:
		if i.mark == nil {
			c.lost++
		}
		return false
	}
}

// Flush waits until everybody has been told all so far, but no longer than wait.
func (f *Fan) Flush(wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for _, c := range f.consumers {
		mark := make(chan struct{})
		if !c.put(item{mark: mark}) {
			continue
		}
		select {
		case <-mark:
		case <-timer.C:
			return
		}
	}
}

// Loss is what a consumer missed.
type Loss struct {
	Name  string
	Count int
	Stuck bool // it is not through with what it was told
}

// Close ends the consumers' goroutines once they have been told all, and gives what
// they missed. One that is not through after wait is left behind. What is told later
// nobody hears.
func (f *Fan) Close(wait time.Duration) []Loss {
	var losses []Loss
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for _, c := range f.consumers {
		c.mu.Lock()
		if !c.closed {
			c.closed = true
			close(c.queue)
		}
		c.mu.Unlock()
	}
	over := false
	for _, c := range f.consumers {
		select {
		case <-c.done:
		default:
			if !over {
				select {
				case <-c.done:
				case <-timer.C:
					over = true
				}
			}
		}
		loss := Loss{Name: c.name}
		select {
		case <-c.done:
		default:
			loss.Stuck = true
			loss.Count = len(c.queue) + 1 // and the one that it is told
		}
		c.mu.Lock()
		loss.Count += c.lost
		c.mu.Unlock()
		if loss.Count > 0 {
			losses = append(losses, loss)
		}
	}
	return losses
}
