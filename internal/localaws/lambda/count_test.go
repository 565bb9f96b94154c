package lambda_test

import (
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	mandalaaws "github.com/goal-mandala/mandala-deploy/internal/aws"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/lambda"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/metrics"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// counting is a plane that tells CloudWatch of its calls.
func counting(t *testing.T) (address string) {
	t.Helper()
	return plane(t, func(o *lambda.Options) {
		o.Metrics = metrics.New(t.Context(), upstream.New(o.Emulator), slog.New(slog.NewTextHandler(t.Output(), nil)))
		t.Cleanup(o.Metrics.Close)
	})
}

// measured gives a statistic of the last hour; dimensions are names and values.
func measured(t *testing.T, address, metric, statistic string, dimensions ...string) float64 {
	t.Helper()
	query := &cwtypes.Metric{Namespace: aws.String("AWS/Lambda"), MetricName: &metric}
	for i := 0; i < len(dimensions); i += 2 {
		query.Dimensions = append(query.Dimensions, cwtypes.Dimension{Name: &dimensions[i], Value: &dimensions[i+1]})
	}
	found, err := cloudwatch.NewFromConfig(client(address)).GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(time.Now().Add(-time.Hour)), EndTime: aws.Time(time.Now().Add(time.Minute)),
		MetricDataQueries: []cwtypes.MetricDataQuery{{Id: aws.String("a"), MetricStat: &cwtypes.MetricStat{Metric: query, Period: aws.Int32(3600), Stat: &statistic}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, result := range found.MetricDataResults {
		for _, value := range result.Values {
			total += value
		}
	}
	return total
}

func TestCallsAreCounted(t *testing.T) {
	t.Parallel()
	address := counting(t)
	api := deploy(t, address, "counted", func(in *awslambda.CreateFunctionInput) { in.Publish = true })
	name := aws.String("counted")
	if _, err := api.CreateAlias(t.Context(), &awslambda.CreateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("1")}); err != nil {
		t.Fatal(err)
	}
	fail := `{"do":"fail","text":"no luck"}`
	for function, payloads := range map[string][]string{
		"counted": {"{}"}, "counted:1": {"{}", fail}, "counted:$LATEST": {"{}"}, "counted:live": {"{}", "{}", fail},
	} {
		for _, payload := range payloads {
			invoke(t, api, function, payload)
		}
	}
	if _, err := api.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("counted:live"), InvocationType: types.InvocationTypeEvent}); err != nil {
		t.Fatal(err)
	}
	const function, resource, executed = "FunctionName", "Resource", "ExecutedVersion"
	eventually(t, func() error {
		if got := measured(t, address, "Invocations", "Sum", function, "counted"); got != 8 {
			return fmt.Errorf("%v calls of the function", got)
		}
		return nil
	})
	for _, tt := range []struct {
		metric     string
		want       float64
		dimensions []string
	}{
		{"Errors", 2, []string{function, "counted"}},
		{"Invocations", 1, []string{function, "counted", resource, "counted"}},
		{"Invocations", 2, []string{function, "counted", resource, "counted:1"}},
		{"Invocations", 1, []string{function, "counted", resource, "counted:$LATEST"}},
		{"Invocations", 4, []string{function, "counted", resource, "counted:live"}},
		{"Invocations", 4, []string{function, "counted", resource, "counted:live", executed, "1"}},
		{"Errors", 1, []string{function, "counted", resource, "counted:live", executed, "1"}},
		{"Invocations", 0, []string{function, "counted", resource, "counted:1", executed, "1"}},
		{"Throttles", 0, []string{function, "counted"}},
	} {
		if got := measured(t, address, tt.metric, "Sum", tt.dimensions...); got != tt.want {
			t.Errorf("%s of %v: %v, want %v", tt.metric, tt.dimensions, got, tt.want)
		}
	}
	if got := measured(t, address, "Invocations", "Sum"); got < 8 {
		t.Errorf("%v calls of all functions", got)
	}
	if got := measured(t, address, "Duration", "Maximum", function, "counted"); got <= 0 {
		t.Errorf("a duration of %v ms", got)
	}
}

func TestConcurrencyAndThrottlesAreCounted(t *testing.T) {
	t.Parallel()
	address := counting(t)
	api := deploy(t, address, "crowded", nil)
	name := aws.String("crowded")
	if _, err := api.PutFunctionConcurrency(t.Context(), &awslambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(2)}); err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			_, _ = api.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: name, Payload: []byte(`{"do":"sleep","millis":2000}`)})
		})
	}
	callers.Wait()
	eventually(t, func() error {
		calls, throttles := measured(t, address, "Invocations", "Sum", "FunctionName", "crowded"), measured(t, address, "Throttles", "Sum", "FunctionName", "crowded")
		most := measured(t, address, "ConcurrentExecutions", "Maximum", "FunctionName", "crowded")
		if calls != 2 || throttles != 2 || most != 2 {
			return fmt.Errorf("%v calls, %v throttled, %v at once", calls, throttles, most)
		}
		return nil
	})
}

// A release's functions are led to their versions by steps, each watched by its calls.
func TestStepsOfAnAlias(t *testing.T) {
	t.Parallel()
	address := counting(t)
	api := deploy(t, address, "stepped", func(in *awslambda.CreateFunctionInput) { in.Publish = true })
	name := aws.String("stepped")
	if _, err := api.UpdateFunctionConfiguration(t.Context(), &awslambda.UpdateFunctionConfigurationInput{FunctionName: name, MemorySize: aws.Int32(512)}); err != nil {
		t.Fatal(err)
	}
	if _, err := api.PublishVersion(t.Context(), &awslambda.PublishVersionInput{FunctionName: name}); err != nil {
		t.Fatal(err)
	}
	if _, err := api.CreateAlias(t.Context(), &awslambda.CreateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("1")}); err != nil {
		t.Fatal(err)
	}
	cloud, err := mandalaaws.New(t.Context(), mandalaaws.Options{
		Region: region, Endpoint: address, PathStyle: true, Credentials: &mandalaaws.Static{AccessKeyID: "AKIAMANDALALOCAL0000", SecretAccessKey: "local"},
	})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	const calls = 40
	ran := map[string]int{}
	for _, step := range []engine.Alias{{Version: "1", Shares: map[string]float64{"2": 0.5}}, {Version: "2"}} {
		now, err := cloud.Alias(t.Context(), "stepped", "live")
		if err != nil {
			t.Fatal(err)
		}
		step.Revision = now.Revision
		if err := cloud.MoveAlias(t.Context(), "stepped", "live", step); err != nil {
			t.Fatal(err)
		}
		for range calls {
			ran[*invoke(t, api, "stepped:live", "{}").ExecutedVersion]++
		}
	}
	if ran["1"] == 0 || ran["1"] >= calls || ran["2"] <= calls {
		t.Errorf("calls by version: %v", ran)
	}
	eventually(t, func() error {
		for version, want := range ran {
			got, failed, err := cloud.Calls(t.Context(), "stepped", "live", version, begin)
			if err != nil || got != want || failed != 0 {
				return fmt.Errorf("version %s: %d calls, %d failed; want %d: %w", version, got, failed, want, err)
			}
		}
		return nil
	})
}
