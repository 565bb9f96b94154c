package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

const (
	batchWait  = 100 * time.Millisecond // a batch is written at most so long after its first event
	retryFirst = 100 * time.Millisecond
	retryMost  = time.Second
	lastTries  = 5 // attempts at one batch once the journal is closing
)

// line is one event as it is stored.
type line struct {
	Layer string `json:"layer"`
	engine.Event
}

// eventWriter turns events into small objects, events/000001.jsonl and so on:
// S3 cannot append. Its one goroutine writes a batch at a time; what comes
// meanwhile makes the next batch. A batch is never dropped for an error, it is
// written again under the same key.
type eventWriter struct {
	store   engine.Store
	folder  string
	urgent  chan struct{} // something was added that must not wait
	waiting chan struct{} // something was added
	closing chan struct{}
	done    chan struct{}
	cancel  context.CancelFunc

	mu      sync.Mutex
	pending []line
	closed  bool
	err     error // of the last attempt
	lost    int   // events that Close gave up

	// Owned by the goroutine until done is closed.
	chunks int
	all    bytes.Buffer // every line written
}

func newEventWriter(ctx context.Context, store engine.Store, folder string) *eventWriter {
	ctx, cancel := context.WithCancel(ctx)
	w := &eventWriter{
		store: store, folder: folder, cancel: cancel,
		urgent: make(chan struct{}, 1), waiting: make(chan struct{}, 1),
		closing: make(chan struct{}), done: make(chan struct{}),
	}
	go w.run(ctx)
	return w
}

func (w *eventWriter) add(layer string, event engine.Event) {
	if event.Kind == engine.ApplyProgress {
		return
	}
	if event.Diagnostic != nil {
		short := *event.Diagnostic
		short.Summary, short.Detail = cut(short.Summary), cut(short.Detail)
		event.Diagnostic = &short
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	w.pending = append(w.pending, line{Layer: layer, Event: event})
	signal(w.waiting)
	// A finished change is what a killed run must not lose.
	if event.Kind == engine.ApplyComplete {
		signal(w.urgent)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (w *eventWriter) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

func (w *eventWriter) run(ctx context.Context) {
	defer close(w.done)
	for {
		select {
		case <-w.waiting:
			select {
			case <-w.urgent:
			case <-time.After(batchWait):
			case <-w.closing:
			}
		case <-w.closing:
		}
		batch, last := w.next()
		if len(batch) > 0 && !w.write(ctx, batch) {
			w.giveUp(len(batch))
			return
		}
		if last {
			return
		}
	}
}

// next takes the pending events; last says that no more can come.
func (w *eventWriter) next() (batch []line, last bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	batch, w.pending = w.pending, nil
	return batch, w.closed
}

func (w *eventWriter) giveUp(events int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.lost = events + len(w.pending)
	w.pending = nil
}

// write stores one batch, trying until it succeeds or the journal is closed
// and the store stays away.
func (w *eventWriter) write(ctx context.Context, batch []line) bool {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	for _, l := range batch {
		if err := encoder.Encode(l); err != nil { // cannot happen: strings, times and finite numbers
			w.note(err)
			return false
		}
	}
	key := fmt.Sprintf("%s%s%06d.jsonl", w.folder, chunksName, w.chunks+1)
	wait := retryFirst
	for tries := 0; ; {
		_, err := w.store.Put(ctx, key, body.Bytes(), engine.Condition{})
		w.note(err)
		if err == nil {
			w.chunks++
			w.all.Write(body.Bytes())
			return true
		}
		select {
		case <-w.closing:
			tries++
		default:
		}
		if tries >= lastTries || ctx.Err() != nil {
			return false
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, retryMost)
	}
}

func (w *eventWriter) note(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

func (w *eventWriter) close(ctx context.Context) error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.closing)
	}
	w.mu.Unlock()
	select {
	case <-w.done:
	case <-ctx.Done():
		w.cancel()
		<-w.done
	}
	w.cancel()
	if w.lost > 0 {
		return fmt.Errorf("%d events of the deployment could not be recorded: %w", w.lost, w.err)
	}
	return nil
}

// compact replaces the batches by one object, so that a bucket's listing does
// not grow with every resource ever created. Call it after close. Should it
// stop half-way, the one object is complete and counts.
func (w *eventWriter) compact(ctx context.Context) error {
	if w.chunks == 0 {
		return nil
	}
	if _, err := w.store.Put(ctx, w.folder+eventsName, w.all.Bytes(), engine.Condition{}); err != nil {
		return fmt.Errorf("gather events: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for n := range w.chunks {
		group.Go(func() error {
			return w.store.Delete(ctx, fmt.Sprintf("%s%s%06d.jsonl", w.folder, chunksName, n+1), "")
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("remove gathered events: %w", err)
	}
	return nil
}
