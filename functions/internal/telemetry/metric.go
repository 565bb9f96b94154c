package telemetry

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"
)

// Namespace is where the application's metrics are in CloudWatch.
const Namespace = "GoalMandala"

// Unit is a metric's unit, as CloudWatch names it.
type Unit string

// The units.
const (
	Count        Unit = "Count"
	Milliseconds Unit = "Milliseconds"
	Percent      Unit = "Percent"
)

// Metric is one measurement.
type Metric struct {
	Name  string
	Unit  Unit
	Value float64
}

// Metrics writes metrics as lines of the log that CloudWatch reads (embedded metric
// format). It is safe for use by several goroutines.
type Metrics struct {
	clock func() time.Time
	lock  sync.Mutex
	out   io.Writer
}

// NewMetrics writes to out, which for a function is its standard output.
func NewMetrics(out io.Writer, clock func() time.Time) *Metrics {
	return &Metrics{clock: clock, out: out}
}

type directive struct {
	Namespace  string       `json:"Namespace"`
	Dimensions [][]string   `json:"Dimensions"`
	Metrics    []definition `json:"Metrics"`
}

type definition struct {
	Name string `json:"Name"`
	Unit Unit   `json:"Unit"`
}

// Write tells CloudWatch the metrics in one line. dimensions tell apart whose they are,
// such as Environment and Function: each combination of values is a metric of its own
// that costs money, so no ids. details are in the line for Logs Insights only.
func (m *Metrics) Write(dimensions, details map[string]string, metrics ...Metric) error {
	line := map[string]any{}
	for name, value := range details {
		line[name] = value
	}
	for name, value := range dimensions {
		line[name] = value
	}
	var definitions []definition
	for _, metric := range metrics {
		line[metric.Name] = metric.Value
		definitions = append(definitions, definition{metric.Name, metric.Unit})
	}
	line["_aws"] = map[string]any{
		"Timestamp": m.clock().UnixMilli(),
		"CloudWatchMetrics": []directive{{
			Namespace:  Namespace,
			Dimensions: [][]string{slices.Sorted(maps.Keys(dimensions))},
			Metrics:    definitions,
		}},
	}
	text, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	if _, err := m.out.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}
