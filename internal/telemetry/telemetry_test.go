package telemetry_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/telemetry"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

// secret stands in what a provider says, which no span may hold.
const secret = "hunter2"

func told() []engine.Progress {
	layer := func(second int, name string, p engine.Progress) engine.Progress {
		p.Time, p.Layer, p.Stage = at(second), name, engine.StageApply
		return p
	}
	command := func(second int, name string, command engine.Command, status engine.RunStatus) engine.Progress {
		return layer(second, name, engine.Progress{Kind: engine.ProgressCommand, Command: command, Status: status})
	}
	event := func(second int, kind engine.EventKind, name, action string) engine.Progress {
		return layer(second, "network", engine.Progress{Kind: engine.ProgressEvent,
			Event: &engine.Event{Kind: kind, Time: at(second), Address: "module.network." + name, Type: "aws_vpc", Action: action, IDValue: "vpc-1"}})
	}
	failure := &problem.Error{Code: problem.TerraformFailed, What: "terraform apply failed", Err: &engine.DiagnosticsError{Diagnostics: []engine.Diagnostic{{Summary: secret}}}}
	return []engine.Progress{
		{Time: at(1), Kind: engine.ProgressPhase, Text: "planning staging"},
		{Time: at(1), Kind: engine.ProgressCommand, Command: engine.CommandPlan, Status: engine.Running},
		{Time: at(5), Kind: engine.ProgressCommand, Command: engine.CommandPlan, Status: engine.Succeeded},
		{Time: at(6), Kind: engine.ProgressRun, Outline: &engine.Outline{ID: "run-1", Environment: "staging", Operation: engine.OperationApply, Release: "v1.0.0"}},
		{Time: at(6), Kind: engine.ProgressPhase, Phase: engine.PhaseSnapshot},
		{Time: at(8), Kind: engine.ProgressPhaseEnd, Phase: engine.PhaseSnapshot, Status: engine.Succeeded},
		layer(8, "network", engine.Progress{Kind: engine.ProgressLayer, Status: engine.Running}),
		command(8, "network", engine.CommandInit, engine.Running), command(9, "network", engine.CommandInit, engine.Succeeded),
		command(9, "network", engine.CommandApply, engine.Running),
		// A replacement that creates first.
		event(10, engine.ApplyStart, "aws_vpc.this", "create"), event(11, engine.ApplyComplete, "aws_vpc.this", "create"),
		event(12, engine.ApplyStart, "aws_vpc.this", "delete"), event(13, engine.ApplyErrored, "aws_vpc.this", "delete"),
		event(13, engine.ApplyStart, "aws_vpc.left", "create"), // its end is never told
		command(14, "network", engine.CommandApply, engine.Failed),
		layer(14, "network", engine.Progress{Kind: engine.ProgressLayer, Status: engine.Failed, Err: failure}),
		layer(14, "audit", engine.Progress{Kind: engine.ProgressLayer, Status: engine.Running}),
		{Time: at(20), Kind: engine.ProgressEnd, Status: engine.Failed, Err: failure},
		{Time: at(21), Kind: engine.ProgressNote, Text: "after the run"},
	}
}

func getenv(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func options(environ map[string]string) telemetry.Options {
	return telemetry.Options{Command: "apply", Environment: "staging", Version: "v0", Getenv: getenv(environ), Now: func() time.Time { return at(30) }}
}

// TestSpans looks at each span: what it is part of, how long it was, how it ended.
func TestSpans(t *testing.T) {
	t.Parallel()
	exporter := &kept{}
	o := options(map[string]string{"TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
	o.Exporter = exporter
	spans, err := telemetry.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range told() {
		spans.Show(p)
	}
	if err := spans.Close(t.Context(), time.Minute, errors.New("the run failed")); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"b7ad6b7169203331": "the pipeline's"}
	for _, s := range exporter.spans {
		names[s.SpanContext.SpanID().String()] = s.Name
	}
	var got []string
	for _, s := range exporter.spans {
		if s.SpanContext.TraceID().String() != "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("%s is of another trace", s.Name)
		}
		line := names[s.Parent.SpanID().String()] + " > " + s.Name + " " + s.EndTime.Sub(s.StartTime).String()
		if s.Status.Code == codes.Error {
			line += " error: " + s.Status.Description
		}
		got = append(got, line)
		for _, a := range s.Attributes {
			if strings.Contains(a.Value.String(), secret) {
				t.Errorf("%s tells what the provider said: %s", s.Name, a.Key)
			}
		}
	}
	slices.Sort(got)
	want := []string{
		"apply deployment > layer audit 6s",
		"apply deployment > layer network 6s error: terraform apply failed",
		"apply deployment > phase snapshot 2s",
		"apply staging > apply deployment 14s error: terraform apply failed",
		"apply staging > terraform plan 4s",
		"layer network > terraform apply 5s",
		"layer network > terraform init 1s",
		"terraform apply > create aws_vpc 1s",
		"terraform apply > create aws_vpc 7s",
		"terraform apply > delete aws_vpc 1s error: the provider reported an error",
	}
	if diff := cmp.Diff(want, got[:len(got)-1]); diff != "" {
		t.Error(diff)
	}
	if last := got[len(got)-1]; !strings.HasPrefix(last, "the pipeline's > apply staging ") || !strings.HasSuffix(last, "error: the run failed") {
		t.Error(last)
	}
}

// TestCollector tells a collector as the standard's variables say.
func TestCollector(t *testing.T) {
	var mu sync.Mutex
	got := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &request)
		}
		if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("X-Team") != "blue" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, of := range request.GetResourceSpans() {
			service := ""
			for _, a := range of.GetResource().GetAttributes() {
				if a.GetKey() == "service.name" {
					service = a.GetValue().GetStringValue()
				}
			}
			for _, in := range of.GetScopeSpans() {
				for _, s := range in.GetSpans() {
					got[s.GetName()] = service
				}
			}
		}
	}))
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=blue")
	t.Setenv("OTEL_SERVICE_NAME", "deployments")
	spans, err := telemetry.Start(t.Context(), options(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range told() {
		spans.Show(p)
	}
	if err := spans.Close(t.Context(), time.Minute, nil); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 10 || got["apply deployment"] != "deployments" {
		t.Errorf("the collector got %v", got)
	}
}

// A collector that cannot be told is a problem with a code, soon.
func TestCollectorThatFails(t *testing.T) {
	hangs := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/hangs") {
			select {
			case <-hangs:
			case <-r.Context().Done():
			}
		}
		w.WriteHeader(http.StatusForbidden)
	}))
	defer server.Close()
	defer close(hangs)
	for name, endpoint := range map[string]string{"refuses": server.URL, "hangs": server.URL + "/hangs", "is not there": "http://127.0.0.1:1"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
			spans, err := telemetry.Start(t.Context(), options(nil))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range told() {
				spans.Show(p)
			}
			begun := time.Now()
			err = spans.Close(t.Context(), 500*time.Millisecond, nil)
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			if !problem.Is(err, problem.TelemetryFailed) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestUnknownProtocol(t *testing.T) {
	t.Parallel()
	_, err := telemetry.Start(t.Context(), options(map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}))
	if !problem.Is(err, problem.TelemetryFailed) || !strings.Contains(err.Error(), "http/json") {
		t.Errorf("got %v", err)
	}
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		spans, err := telemetry.Start(t.Context(), options(map[string]string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": protocol}))
		if err != nil {
			t.Fatal(err)
		}
		_ = spans.Close(t.Context(), time.Millisecond, nil)
	}
}

// kept keeps spans beyond the provider's end.
type kept struct{ spans tracetest.SpanStubs }

func (k *kept) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	k.spans = append(k.spans, tracetest.SpanStubsFromReadOnlySpans(spans)...)
	return nil
}

func (*kept) Shutdown(context.Context) error { return nil }
