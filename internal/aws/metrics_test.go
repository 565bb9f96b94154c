package aws

import (
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/google/go-cmp/cmp"
)

// count puts one of Lambda's metrics, as Lambda does itself.
func count(t *testing.T, c *Client, at time.Time, metric string, value float64, dimensions ...string) {
	t.Helper()
	datum := types.MetricDatum{MetricName: &metric, Timestamp: &at, Unit: types.StandardUnitCount, StatisticValues: &types.StatisticSet{
		SampleCount: &value, Sum: &value, Minimum: awssdk.Float64(0), Maximum: awssdk.Float64(1),
	}}
	names := []string{"FunctionName", "Resource", "ExecutedVersion"}
	for i, value := range dimensions {
		datum.Dimensions = append(datum.Dimensions, types.Dimension{Name: &names[i], Value: &value})
	}
	if _, err := c.metrics.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{Namespace: awssdk.String("AWS/Lambda"), MetricData: []types.MetricDatum{datum}}); err != nil {
		t.Fatal(err)
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	c := client(t, region)
	now := time.Now()
	since := now.Add(-10 * time.Minute)
	for _, at := range []time.Time{since.Add(-2 * time.Minute), since, now.Add(-time.Minute), now, now} {
		count(t, c, at, "Invocations", 10, "called", "called:live", "2")
		count(t, c, at, "Errors", 1, "called", "called:live", "2")
	}
	count(t, c, now, "Invocations", 3, "called", "called:live", "1")
	count(t, c, now, "Invocations", 5, "called", "called:canary", "2")
	count(t, c, now, "Invocations", 100, "called")
	count(t, c, now, "Invocations", 100)
	for _, tt := range []struct {
		alias, version string
		calls, failed  int
	}{{"live", "2", 40, 4}, {"live", "1", 3, 0}, {"canary", "2", 5, 0}, {"live", "3", 0, 0}} {
		calls, failed, err := c.Calls(t.Context(), "called", tt.alias, tt.version, since)
		if err != nil || calls != tt.calls || failed != tt.failed {
			t.Errorf("%s to version %s: %d calls, %d failed, %v", tt.alias, tt.version, calls, failed, err)
		}
	}
}

func TestAlarming(t *testing.T) {
	t.Parallel()
	c := client(t, "us-east-2")
	const topic, edge = "arn:aws:sns:us-east-2:123456789012:alerts", "arn:aws:sns:us-east-1:123456789012:alerts"
	for _, alarm := range []struct {
		in          *Client
		name, topic string
		state       types.StateValue
		enabled     bool
	}{
		{c, "errors", topic, types.StateValueAlarm, true},
		{c, "latency", topic, types.StateValueAlarm, true},
		{c, "quiet", topic, types.StateValueOk, true},
		{c, "unknown", topic, types.StateValueInsufficientData, true},
		{c, "muted", topic, types.StateValueAlarm, false},
		{c, "elsewhere", topic + "-of-others", types.StateValueAlarm, true},
		{c.east, "cloudfront", edge, types.StateValueAlarm, true},
	} {
		if _, err := alarm.in.metrics.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
			AlarmName: &alarm.name, AlarmActions: []string{alarm.topic}, ActionsEnabled: &alarm.enabled, Namespace: awssdk.String("AWS/Lambda"),
			MetricName: awssdk.String("Errors"), Statistic: types.StatisticSum, ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold,
			EvaluationPeriods: awssdk.Int32(1), Period: awssdk.Int32(300), Threshold: awssdk.Float64(5),
		}); err != nil {
			t.Fatal(err)
		}
		raise(t, alarm.in, alarm.name, alarm.state)
	}
	if _, err := c.metrics.PutCompositeAlarm(t.Context(), &cloudwatch.PutCompositeAlarmInput{
		AlarmName: awssdk.String("all"), AlarmActions: []string{topic}, AlarmRule: awssdk.String("ALARM(errors)"),
	}); err != nil {
		t.Fatal(err)
	}
	raise(t, c, "all", types.StateValueAlarm)
	for of, want := range map[string][]string{topic: {"all", "errors", "latency"}, edge: {"cloudfront"}, topic + "-of-nobody": nil} {
		names, err := c.Alarming(t.Context(), of)
		if diff := cmp.Diff(want, names); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", of, err, diff)
		}
	}
}

func raise(t *testing.T, c *Client, alarm string, state types.StateValue) {
	t.Helper()
	if _, err := c.metrics.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: &alarm, StateValue: state, StateReason: awssdk.String("test")}); err != nil {
		t.Fatal(err)
	}
}
