package metrics

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// cloudwatch notes what is put.
type cloudwatch struct {
	mu   sync.Mutex
	puts []int    // data of each request
	data []string // as "region namespace metric dimensions count sum min max"
}

func (c *cloudwatch) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var input struct {
		Namespace  string
		MetricData []datum
	}
	_ = json.NewDecoder(r.Body).Decode(&input)
	_, region := upstream.Scope(r)
	c.puts = append(c.puts, len(input.MetricData))
	for _, d := range input.MetricData {
		c.data = append(c.data, fmt.Sprint(region, " ", input.Namespace, " ", d.MetricName, " ", d.Dimensions, " ", d.Unit, " ", time.Unix(d.Timestamp, 0).UTC().Format("15:04:05"), " ", *d.StatisticValues))
	}
}

func start(t *testing.T, logs io.Writer) (*Writer, *cloudwatch) {
	t.Helper()
	c := &cloudwatch{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	w := New(t.Context(), upstream.New(address), slog.New(slog.NewTextHandler(logs, nil)))
	t.Cleanup(w.Close)
	return w, c
}

func TestWriterSumsUp(t *testing.T) {
	t.Parallel()
	w, c := start(t, t.Output())
	at := time.Date(2026, 1, 2, 3, 4, 59, 0, time.UTC)
	name := Dimension{"FunctionName", "goals"}
	sets := []Dimensions{{}, {name}}
	for _, ms := range []float64{20, 10, 60} {
		w.Add("eu-west-1", "AWS/Test", at, sets, Value{"Duration", Milliseconds, ms})
	}
	w.Add("eu-west-1", "AWS/Test", at.Add(time.Second), sets[1:], Value{"Duration", Milliseconds, 1})
	w.Add("us-east-1", "AWS/Other", at, sets[:1], Value{"Errors", Count, 0}, Value{"Calls", Count, 1})
	w.Close()
	want := []string{
		"eu-west-1 AWS/Test Duration [] Milliseconds 03:04:00 {3 90 10 60}",
		"eu-west-1 AWS/Test Duration [{FunctionName goals}] Milliseconds 03:04:00 {3 90 10 60}",
		"eu-west-1 AWS/Test Duration [{FunctionName goals}] Milliseconds 03:05:00 {1 1 1 1}",
		"us-east-1 AWS/Other Calls [] Count 03:04:00 {1 1 1 1}",
		"us-east-1 AWS/Other Errors [] Count 03:04:00 {1 0 0 0}",
	}
	slices.SortFunc(c.data, cmp.Compare)
	if diff := gocmp.Diff(want, c.data); diff != "" {
		t.Errorf("put (-want +got):\n%s", diff)
	}
}

func TestWriterIsBounded(t *testing.T) {
	t.Parallel()
	var logs strings.Builder
	w, c := start(t, &logs)
	w.mu.Lock() // nothing is written meanwhile
	for i := range maxSeries + 3 {
		w.add(series{region: "eu-west-1", namespace: "AWS/Test", metric: fmt.Sprint(i)}, 1)
	}
	w.mu.Unlock()
	w.Close()
	if len(c.data) != maxSeries || slices.Max(c.puts) > maxBatch {
		t.Errorf("%d values in requests of %v", len(c.data), c.puts)
	}
	if !strings.Contains(logs.String(), `"values dropped"=3`) {
		t.Errorf("the log does not say what was dropped: %s", logs.String())
	}
}

func TestNobodyToTell(t *testing.T) {
	t.Parallel()
	var w *Writer
	w.Add("eu-west-1", "AWS/Test", time.Now(), []Dimensions{{}}, Value{Metric: "Calls"})
	w.Close()
}

// BenchmarkAdd is what one call of an alias costs.
func BenchmarkAdd(b *testing.B) {
	w := &Writer{waiting: map[series]*statistics{}}
	name, resource, version := Dimension{"FunctionName", "goals"}, Dimension{"Resource", "goals:live"}, Dimension{"ExecutedVersion", "7"}
	sets := []Dimensions{{}, {name}, {name, resource}, {name, resource, version}}
	for b.Loop() {
		w.Add("eu-west-1", "AWS/Lambda", time.Now(), sets, Value{"Invocations", Count, 1}, Value{"Errors", Count, 0}, Value{"Throttles", Count, 0}, Value{"Duration", Milliseconds, 12})
	}
}
