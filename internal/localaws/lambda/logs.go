package lambda

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

const (
	maxQueued  = 16384                  // lines that wait to be shipped; more are dropped
	maxBatch   = 1000                   // lines of one PutLogEvents
	maxBytes   = 900_000                // of one PutLogEvents; AWS's limit is 1 MB
	shipEvery  = 100 * time.Millisecond // so long a line waits for others
	eventBytes = 26                     // that AWS adds to each event
	logsTarget = "Logs_20140328."
)

// event is a line on its way to a log stream; last says that no more come.
type event struct {
	sandbox *sandbox
	at      time.Time
	text    string
	last    bool
}

// shipper writes log lines to CloudWatch Logs in the order of their arrival.
// It never holds a function up: what it cannot take is dropped and counted.
type shipper struct {
	emulator *upstream.Client
	logger   *slog.Logger
	queue    chan event
	dropped  atomic.Int64
	streams  map[*sandbox]bool // that exist
}

func newShipper(e *upstream.Client, logger *slog.Logger) *shipper {
	return &shipper{emulator: e, logger: logger, queue: make(chan event, maxQueued), streams: map[*sandbox]bool{}}
}

// add takes a line.
func (s *shipper) add(e event) {
	select {
	case s.queue <- e:
	default:
		s.dropped.Add(1)
	}
}

// forget takes note that nothing more comes from a sandbox.
func (s *shipper) forget(sandbox *sandbox) { s.add(event{sandbox: sandbox, last: true}) }

// run ships until ctx is done.
func (s *shipper) run(ctx context.Context) {
	tick := time.NewTicker(shipEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if n := s.dropped.Swap(0); n > 0 {
			s.logger.Warn("functions log faster than the emulator takes", "lines dropped", n)
		}
		lines, order := s.waiting()
		s.ship(ctx, lines, order)
	}
}

// waiting gives the lines that wait, by stream and in order, and the order of
// the streams.
func (s *shipper) waiting() (lines map[*sandbox][]event, order []*sandbox) {
	lines = map[*sandbox][]event{}
	for range len(s.queue) {
		e := <-s.queue
		if _, known := lines[e.sandbox]; !known {
			order = append(order, e.sandbox)
		}
		lines[e.sandbox] = append(lines[e.sandbox], e)
	}
	return lines, order
}

func (s *shipper) ship(ctx context.Context, lines map[*sandbox][]event, order []*sandbox) {
	for _, sandbox := range order {
		ended := false
		for events := lines[sandbox]; len(events) > 0; {
			var batch []logEvent
			for size := 0; len(events) > 0 && len(batch) < maxBatch && size < maxBytes; events = events[1:] {
				if e := events[0]; !e.last && strings.TrimSpace(e.text) != "" { // AWS refuses empty ones
					batch = append(batch, logEvent{Timestamp: e.at.UnixMilli(), Message: e.text})
					size += len(e.text) + eventBytes
				} else if e.last {
					ended = true
				}
			}
			if err := s.put(ctx, sandbox, batch); err != nil && ctx.Err() == nil {
				s.logger.Warn("shipping a function's log", "group", sandbox.fn.logGroup, "error", err)
			}
		}
		if ended {
			delete(s.streams, sandbox)
		}
	}
}

// logEvent is an event of PutLogEvents.
type logEvent struct {
	Timestamp int64  `json:"timestamp"` // milliseconds
	Message   string `json:"message"`
}

// put writes a batch, and makes group and stream where they are missing.
func (s *shipper) put(ctx context.Context, sandbox *sandbox, batch []logEvent) error {
	if len(batch) == 0 {
		return nil
	}
	names := map[string]any{"logGroupName": sandbox.fn.logGroup, "logStreamName": sandbox.stream}
	if !s.streams[sandbox] {
		if err := s.create(ctx, sandbox, names); err != nil {
			return err
		}
	}
	input := map[string]any{"logEvents": batch, "logGroupName": sandbox.fn.logGroup, "logStreamName": sandbox.stream}
	err := s.call(ctx, sandbox, "PutLogEvents", input)
	if upstream.Is(err, "ResourceNotFoundException") { // someone deleted the group
		if err := s.create(ctx, sandbox, names); err != nil {
			return err
		}
		err = s.call(ctx, sandbox, "PutLogEvents", input)
	}
	return err
}

func (s *shipper) create(ctx context.Context, sandbox *sandbox, names map[string]any) error {
	err := s.call(ctx, sandbox, "CreateLogStream", names)
	if upstream.Is(err, "ResourceNotFoundException") {
		err = s.call(ctx, sandbox, "CreateLogGroup", map[string]any{"logGroupName": sandbox.fn.logGroup})
		if err == nil || upstream.Is(err, "ResourceAlreadyExistsException") {
			err = s.call(ctx, sandbox, "CreateLogStream", names)
		}
	}
	if err != nil && !upstream.Is(err, "ResourceAlreadyExistsException") {
		return err
	}
	s.streams[sandbox] = true
	return nil
}

func (s *shipper) call(ctx context.Context, sandbox *sandbox, operation string, input any) error {
	return s.emulator.Call(ctx, "logs", sandbox.fn.region, "1.1", logsTarget+operation, input, nil)
}

// streamName is what AWS calls the log stream of a new process.
func streamName(fn *function, at time.Time) string {
	name := "[" + fn.version + "]" + hexadecimal(16)
	if fn.logGroup != "/aws/lambda/"+fn.name {
		name = fn.name + name
	}
	return at.UTC().Format("2006/01/02/") + name
}
