package apigateway

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

const (
	shipEvery = 100 * time.Millisecond
	maxQueued = 8192 // lines that wait; more are dropped
	maxBatch  = 1000 // lines of one PutLogEvents
	farewell  = 2 * time.Second
)

// line is an entry of an access log on its way to its group.
type line struct {
	region, group string
	at            time.Time
	text          string
}

// record writes a call into its stage's access log.
func (p *Plane) record(c *call) {
	settings := c.stage.AccessLogSettings
	if settings == nil || settings.Format == "" || settings.DestinationArn == "" {
		return
	}
	// arn:aws:logs:REGION:ACCOUNT:log-group:NAME, perhaps with :* at the end
	parts := strings.SplitN(settings.DestinationArn, ":", 8)
	if len(parts) < 7 || parts[5] != "log-group" {
		return
	}
	p.logs.add(line{region: parts[3], group: parts[6], at: c.begin, text: c.fill(settings.Format, "-", inJSON)})
}

// shipper brings lines to CloudWatch Logs. It holds no request up: what it cannot
// take is dropped.
type shipper struct {
	emulator *upstream.Client
	logger   *slog.Logger
	queue    chan line
	stream   string
	made     map[string]bool // groups that have the stream
}

func newShipper(emulator *upstream.Client, logger *slog.Logger) *shipper {
	return &shipper{emulator: emulator, logger: logger, queue: make(chan line, maxQueued), stream: hexadecimal(), made: map[string]bool{}}
}

func (s *shipper) add(l line) {
	select {
	case s.queue <- l:
	default:
		s.logger.Warn("access log: a line was dropped", "group", l.group)
	}
}

// run ships until ctx is done, and then what waits.
func (s *shipper) run(ctx context.Context) {
	tick := time.NewTicker(shipEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.part(ctx)
			return
		case <-tick.C:
			s.ship(ctx)
		}
	}
}

// part ships what is left although the server ends.
func (s *shipper) part(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	s.ship(ctx)
}

func (s *shipper) ship(ctx context.Context) {
	type place struct{ region, group string }
	batches := map[place][]map[string]any{}
	for range min(len(s.queue), maxBatch) {
		l := <-s.queue
		at := place{l.region, l.group}
		batches[at] = append(batches[at], map[string]any{"timestamp": l.at.UnixMilli(), "message": l.text})
	}
	for at, events := range batches {
		if err := s.put(ctx, at.region, at.group, events); err != nil {
			s.logger.Warn("writing an access log", "group", at.group, "error", err)
		}
	}
}

func (s *shipper) put(ctx context.Context, region, group string, events []map[string]any) error {
	const service, target = "logs", "Logs_20140328."
	if !s.made[region+group] {
		names := map[string]string{"logGroupName": group, "logStreamName": s.stream}
		err := s.emulator.Call(ctx, service, region, "1.1", target+"CreateLogStream", names, nil)
		if err != nil && !upstream.Is(err, "ResourceAlreadyExistsException") {
			return err
		}
		s.made[region+group] = true
	}
	input := map[string]any{"logGroupName": group, "logStreamName": s.stream, "logEvents": events}
	err := s.emulator.Call(ctx, service, region, "1.1", target+"PutLogEvents", input, nil)
	if err != nil {
		delete(s.made, region+group) // the group may be another one of the same name by now
	}
	return err
}
