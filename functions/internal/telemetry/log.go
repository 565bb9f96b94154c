// Package telemetry writes what a function tells of itself: JSON logs with the
// request's id and its X-Ray trace, and metrics in CloudWatch's embedded format.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Options are what every line of a log says of the function.
type Options struct {
	Function string // such as "goals"
	Release  string
	Level    slog.Level
}

// NewLogger logs JSON to out, one object a line. Lines that are logged with a context
// of WithRequest have its ids.
func NewLogger(out io.Writer, options Options) *slog.Logger {
	handler := slog.NewJSONHandler(out, &slog.HandlerOptions{Level: options.Level, ReplaceAttr: timestamp})
	return slog.New(requestHandler{handler}).With("function", options.Function, "release", options.Release)
}

// timestamp gives a line's time the name that Lambda looks for.
func timestamp(groups []string, attribute slog.Attr) slog.Attr {
	if len(groups) == 0 && attribute.Key == slog.TimeKey {
		attribute.Key = "timestamp"
	}
	return attribute
}

// Always logs at INFO whatever the logger's level is: what metric filters count must
// not depend on how much else is logged.
func Always(ctx context.Context, logger *slog.Logger, message string, attributes ...slog.Attr) {
	record := slog.NewRecord(time.Now(), slog.LevelInfo, message, 0)
	record.AddAttrs(attributes...)
	_ = logger.Handler().Handle(ctx, record) // as Logger does
}

// Request are the ids that connect a line with the request and with its trace.
type Request struct {
	ID      string // API Gateway's id of the request, or Lambda's of the invocation
	TraceID string // such as 1-5759e988-bd862e3fe1be46a994272793; empty without X-Ray
}

type requestKey struct{}

// WithRequest gives ctx the ids. An id that is missing is taken from the invocation.
func WithRequest(ctx context.Context, request Request) context.Context {
	if request.ID == "" {
		if invocation, ok := lambdacontext.FromContext(ctx); ok {
			request.ID = invocation.AwsRequestID
		}
	}
	if request.TraceID == "" {
		request.TraceID = TraceID(traceHeader(ctx))
	}
	return context.WithValue(ctx, requestKey{}, request)
}

// RequestOf are the ids that WithRequest gave; none without it.
func RequestOf(ctx context.Context) Request {
	request, _ := ctx.Value(requestKey{}).(Request)
	return request
}

// traceHeader is what the Lambda runtime put into the context of an invocation.
func traceHeader(ctx context.Context) string {
	header, _ := ctx.Value("x-amzn-trace-id").(string)
	return header
}

// TraceID is the root of an X-Ray header such as "Root=1-…;Parent=…;Sampled=1".
func TraceID(header string) string {
	for part := range strings.SplitSeq(header, ";") {
		if root, found := strings.CutPrefix(strings.TrimSpace(part), "Root="); found {
			return root
		}
	}
	return ""
}

// requestHandler adds the ids of the context.
type requestHandler struct{ slog.Handler }

func (h requestHandler) Handle(ctx context.Context, record slog.Record) error {
	request := RequestOf(ctx)
	if request.ID != "" {
		record.AddAttrs(slog.String("requestId", request.ID))
	}
	if request.TraceID != "" {
		record.AddAttrs(slog.String("traceId", request.TraceID))
	}
	return h.Handler.Handle(ctx, record)
}

func (h requestHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return requestHandler{h.Handler.WithAttrs(attributes)}
}

func (h requestHandler) WithGroup(name string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(name)}
}
