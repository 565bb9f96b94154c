package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

func TestLinesHaveTheRequestsIDs(t *testing.T) {
	t.Parallel()
	invocation := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "invocation"})
	//nolint:staticcheck // the Lambda runtime's own key is a string
	invocation = context.WithValue(invocation, "x-amzn-trace-id", "Self=1-a;Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
	tests := map[string]struct {
		ctx  context.Context
		want map[string]any
	}{
		"none":           {ctx: t.Context(), want: map[string]any{}},
		"the API's":      {ctx: telemetry.WithRequest(invocation, telemetry.Request{ID: "api"}), want: map[string]any{"requestId": "api", "traceId": "1-5759e988-bd862e3fe1be46a994272793"}},
		"the invocation": {ctx: telemetry.WithRequest(invocation, telemetry.Request{}), want: map[string]any{"requestId": "invocation", "traceId": "1-5759e988-bd862e3fe1be46a994272793"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			logger := telemetry.NewLogger(&out, telemetry.Options{Function: "goals", Release: "v1.2.0", Level: slog.LevelInfo})
			logger.DebugContext(test.ctx, "not this")
			logger.With("key", "value").InfoContext(test.ctx, "message")
			var got map[string]any
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if at, err := time.Parse(time.RFC3339, fmt.Sprint(got["timestamp"])); err != nil || time.Since(at) > time.Minute {
				t.Errorf("the timestamp is %v: %v", got["timestamp"], err)
			}
			delete(got, "timestamp")
			for name, value := range map[string]any{"level": "INFO", "msg": "message", "function": "goals", "release": "v1.2.0", "key": "value"} {
				test.want[name] = value
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsCountedDoesNotDependOnTheLevel(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := telemetry.NewLogger(&out, telemetry.Options{Function: "reminder", Release: "v1.2.0", Level: slog.LevelError})
	logger.WarnContext(t.Context(), "not this")
	telemetry.Always(telemetry.WithRequest(t.Context(), telemetry.Request{ID: "api"}), logger, "counted", slog.Int("mails_sent", 2))
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "timestamp")
	want := map[string]any{"level": "INFO", "msg": "counted", "function": "reminder", "release": "v1.2.0", "requestId": "api", "mails_sent": 2.0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMetricsAreInTheEmbeddedFormat(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	metrics := telemetry.NewMetrics(&out, func() time.Time { return time.UnixMilli(1700000000123) })
	err := metrics.Write(
		map[string]string{"Function": "goals", "Environment": "local"}, map[string]string{"requestId": "api"},
		telemetry.Metric{Name: "Requests", Unit: telemetry.Count, Value: 1},
		telemetry.Metric{Name: "Latency", Unit: telemetry.Milliseconds, Value: 1.5})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Environment":"local","Function":"goals","Latency":1.5,"Requests":1,"_aws":{"CloudWatchMetrics":[{"Namespace":"GoalMandala",` +
		`"Dimensions":[["Environment","Function"]],"Metrics":[{"Name":"Requests","Unit":"Count"},{"Name":"Latency","Unit":"Milliseconds"}]}],` +
		`"Timestamp":1700000000123},"requestId":"api"}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
