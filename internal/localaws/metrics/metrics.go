// Package metrics brings what the local AWS's data planes count to CloudWatch, into
// AWS's own namespaces, by the minute and by sets of dimensions.
package metrics

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

const (
	writeEvery = time.Second     // so long a value waits for others
	maxSeries  = 8192            // that wait to be written; more are dropped
	maxBatch   = 500             // of one PutMetricData
	farewell   = 2 * time.Second // for what is left when the local AWS ends
	target     = "GraniteServiceVersion20100801.PutMetricData"
)

// Units of values.
const (
	Count        = "Count"
	Milliseconds = "Milliseconds"
)

// Dimension tells metrics of one name apart.
type Dimension struct{ Name, Value string }

// Dimensions are a metric's dimensions, at most three; the others are empty. They
// can be compared.
type Dimensions [3]Dimension

// Value is one value of a metric.
type Value struct {
	Metric string
	Unit   string
	Value  float64
}

// Writer sums values up and writes them once a second. It holds nobody up: what it
// cannot take is dropped and counted. A nil Writer takes everything and writes
// nothing.
type Writer struct {
	emulator *upstream.Client
	logger   *slog.Logger
	stop     context.CancelFunc
	stopped  chan struct{}

	mu      sync.Mutex
	waiting map[series]*statistics
	dropped int
}

// series is a metric in one minute.
type series struct {
	region, namespace, metric, unit string
	dimensions                      Dimensions
	minute                          int64 // Unix time
}

// statistics are what CloudWatch calls a statistic set.
type statistics struct{ SampleCount, Sum, Minimum, Maximum float64 }

// New starts a writer, which lives until Close or the end of ctx. It writes to the
// emulator itself: AWS lets nobody write into its namespaces.
func New(ctx context.Context, emulator *upstream.Client, logger *slog.Logger) *Writer {
	w := &Writer{emulator: emulator, logger: logger, stopped: make(chan struct{}), waiting: map[series]*statistics{}}
	ctx, w.stop = context.WithCancel(ctx)
	go func() {
		defer close(w.stopped)
		w.run(ctx)
	}()
	return w
}

// Close writes what waits and ends the writer.
func (w *Writer) Close() {
	if w != nil {
		w.stop()
		<-w.stopped
	}
}

// Add takes values that came at one time, for each of the sets of dimensions.
func (w *Writer) Add(region, namespace string, at time.Time, sets []Dimensions, values ...Value) {
	if w == nil {
		return
	}
	minute := at.Truncate(time.Minute).Unix()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, dimensions := range sets {
		for _, v := range values {
			w.add(series{region: region, namespace: namespace, metric: v.Metric, unit: v.Unit, dimensions: dimensions, minute: minute}, v.Value)
		}
	}
}

func (w *Writer) add(s series, value float64) {
	sum := w.waiting[s]
	if sum == nil {
		if len(w.waiting) >= maxSeries {
			w.dropped++
			return
		}
		sum = &statistics{Minimum: value, Maximum: value}
		w.waiting[s] = sum
	}
	sum.SampleCount++
	sum.Sum += value
	sum.Minimum, sum.Maximum = min(sum.Minimum, value), max(sum.Maximum, value)
}

// last writes what is left.
func (w *Writer) last(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	w.write(ctx)
}

func (w *Writer) run(ctx context.Context) {
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			w.last(context.WithoutCancel(ctx))
			return
		case <-tick.C:
			w.write(ctx)
		}
	}
}

// datum is one of PutMetricData.
type datum struct {
	MetricName      string
	Dimensions      []Dimension `json:",omitempty"`
	Timestamp       int64
	Unit            string
	StatisticValues *statistics
}

// write takes all that waits and sends it. What the emulator does not take is lost.
func (w *Writer) write(ctx context.Context) {
	w.mu.Lock()
	waiting, dropped := w.waiting, w.dropped
	w.waiting, w.dropped = map[series]*statistics{}, 0
	w.mu.Unlock()
	if dropped > 0 {
		w.logger.Warn("there are more metrics than the emulator is given", "values dropped", dropped)
	}
	type place struct{ region, namespace string }
	batches := map[place][]datum{}
	for s, sum := range waiting {
		one := datum{MetricName: s.metric, Timestamp: s.minute, Unit: s.unit, StatisticValues: sum}
		for _, d := range s.dimensions {
			if d.Name != "" {
				one.Dimensions = append(one.Dimensions, d)
			}
		}
		at := place{s.region, s.namespace}
		batches[at] = append(batches[at], one)
	}
	for at, data := range batches {
		for len(data) > 0 {
			n := min(len(data), maxBatch)
			input := map[string]any{"Namespace": at.namespace, "MetricData": data[:n]}
			if err := w.emulator.Call(ctx, "monitoring", at.region, "1.0", target, input, nil); err != nil && ctx.Err() == nil {
				w.logger.Warn("writing metrics", "namespace", at.namespace, "error", err)
			}
			data = data[n:]
		}
	}
}
