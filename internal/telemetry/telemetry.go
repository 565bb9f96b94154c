// Package telemetry tells an OpenTelemetry collector of runs: a span for each command of
// the tool, deployment, phase, layer, Terraform command and resource. Where and how it
// is told say the standard OTEL_… variables. Spans hold addresses, actions and ids,
// never values of resources.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Options say what is told of.
type Options struct {
	Command     string // of the tool, for example "apply"
	Environment string
	Version     string // of the tool
	Getenv      func(string) string
	Now         func() time.Time
	// Exporter takes the spans; nil is the one that the OTEL_… variables describe.
	Exporter sdktrace.SpanExporter
}

// Start begins to tell. It asks the collector nothing yet.
func Start(ctx context.Context, options Options) (*Spans, error) {
	exporter := options.Exporter
	if exporter == nil {
		var err error
		if exporter, err = newExporter(ctx, options.Getenv); err != nil {
			return nil, &problem.Error{Code: problem.TelemetryFailed, Where: problem.Location{Flag: "--otel"}, What: "no collector can be told of the run", Err: err}
		}
	}
	// What the environment says of the service wins.
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", "mandala-deploy"), attribute.String("service.version", options.Version)), resource.WithFromEnv())
	if err != nil && about == nil {
		return nil, &problem.Error{Code: problem.TelemetryFailed, Where: problem.Location{Flag: "--otel"}, What: "the telemetry's own attributes cannot be read", Err: err}
	}
	watched := &watched{SpanExporter: exporter}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(watched), sdktrace.WithResource(about))
	// A pipeline that has a trace of its own goes on with it.
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{
		"traceparent": options.Getenv("TRACEPARENT"), "tracestate": options.Getenv("TRACESTATE"),
	})
	s := &Spans{provider: provider, exporter: watched, now: options.Now, tracer: provider.Tracer("mandala-deploy"),
		layers: map[step]*open{}, commands: map[step]*open{}, phases: map[string]*open{}, resources: map[resourceKey]*open{}}
	s.root = s.begin(&open{ctx: ctx}, options.Command+" "+options.Environment, options.Now(), attribute.String("mandala.environment", options.Environment))
	return s, nil
}

// newExporter gives the exporter that the variables describe.
func newExporter(ctx context.Context, getenv func(string) string) (sdktrace.SpanExporter, error) {
	protocol := getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
	if protocol == "" {
		protocol = getenv("OTEL_EXPORTER_OTLP_PROTOCOL")
	}
	switch protocol {
	case "", "http/protobuf":
		return otlptracehttp.New(ctx)
	case "grpc":
		return otlptracegrpc.New(ctx)
	}
	return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q: http/protobuf and grpc are known", protocol)
}

// Close ends what is open and hands the collector the rest, for so long at most. The
// error tells of spans that were not taken, now or earlier.
func (s *Spans) Close(ctx context.Context, wait time.Duration, failure error) error {
	s.endAll(failure)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wait)
	defer cancel()
	err := s.provider.Shutdown(ctx)
	if err = errors.Join(s.exporter.failure(), err); err != nil {
		return &problem.Error{Code: problem.TelemetryFailed, Where: problem.Location{Flag: "--otel"}, What: "the collector was not told of all", Err: err}
	}
	return nil
}

// watched remembers the first failure of an exporter, which the SDK would print.
type watched struct {
	sdktrace.SpanExporter

	mu  sync.Mutex
	err error
}

// ExportSpans never fails.
func (w *watched) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := w.SpanExporter.ExportSpans(ctx, spans)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
	return nil
}

func (w *watched) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// open is a span at work, with the context for what happens inside it.
type open struct {
	ctx  context.Context
	span trace.Span
}

func (s *Spans) begin(parent *open, name string, at time.Time, attributes ...attribute.KeyValue) *open {
	ctx, span := s.tracer.Start(parent.ctx, name, trace.WithTimestamp(at), trace.WithAttributes(attributes...))
	return &open{ctx: ctx, span: span}
}

// end ends a span; nil is none.
func (o *open) end(at time.Time, err error, attributes ...attribute.KeyValue) {
	if o == nil {
		return
	}
	o.span.SetAttributes(attributes...)
	if err != nil {
		text := err.Error()
		if found := problem.Find(err); len(found) > 0 { // the provider's own words stay out
			o.span.SetAttributes(attribute.String("error.type", string(found[0].Code)))
			text = found[0].What
		}
		o.span.SetStatus(codes.Error, text)
	}
	o.span.End(trace.WithTimestamp(at))
}
