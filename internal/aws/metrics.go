package aws

import (
	"context"
	"slices"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

var _ engine.Metrics = (*Client)(nil)

// metricPeriod is how finely Lambda's metrics are divided. CloudWatch gives a whole
// period or none of it, so up to this long before a time counts, too.
const metricPeriod = time.Minute

// Calls counts a version's calls by way of an alias. Lambda tells them apart by
// these three dimensions, and by all of them together only.
func (c *Client) Calls(ctx context.Context, function, alias, version string, since time.Time) (calls, failed int, err error) {
	dimension := func(name, value string) types.Dimension { return types.Dimension{Name: &name, Value: &value} }
	sum := func(id, metric string) types.MetricDataQuery {
		return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{
			Stat: awssdk.String("Sum"), Period: awssdk.Int32(int32(metricPeriod.Seconds())),
			Metric: &types.Metric{Namespace: awssdk.String("AWS/Lambda"), MetricName: &metric, Dimensions: []types.Dimension{
				dimension("FunctionName", function), dimension("Resource", function+":"+alias), dimension("ExecutedVersion", version),
			}},
		}}
	}
	const invocations, errors = "invocations", "errors"
	start := since.Truncate(metricPeriod)
	pages := cloudwatch.NewGetMetricDataPaginator(c.metrics, &cloudwatch.GetMetricDataInput{
		MetricDataQueries: []types.MetricDataQuery{sum(invocations, "Invocations"), sum(errors, "Errors")},
		StartTime:         &start, EndTime: awssdk.Time(time.Now().Add(metricPeriod)),
	})
	sums := map[string]float64{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, 0, failure(ctx, "count the calls of function "+function, err)
		}
		for _, result := range page.MetricDataResults {
			for _, value := range result.Values {
				sums[awssdk.ToString(result.Id)] += value
			}
		}
	}
	return int(sums[invocations]), int(sums[errors]), nil
}

// Alarming names the alarms, metric and composite ones, that tell a topic and are
// in alarm: they lie in the topic's region. One whose actions are switched off tells
// nobody.
func (c *Client) Alarming(ctx context.Context, topic string) ([]string, error) {
	var names []string
	note := func(name *string, enabled *bool, actions []string) {
		if awssdk.ToBool(enabled) && slices.Contains(actions, topic) { // a prefix names other topics, too
			names = append(names, awssdk.ToString(name))
		}
	}
	in := c
	if c.east != nil && regionOf(topic) == globalRegion { // CloudFront's
		in = c.east
	}
	pages := cloudwatch.NewDescribeAlarmsPaginator(in.metrics, &cloudwatch.DescribeAlarmsInput{
		ActionPrefix: &topic, StateValue: types.StateValueAlarm,
		AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure(ctx, "look for alarms that tell "+topic, err)
		}
		for _, alarm := range page.MetricAlarms {
			note(alarm.AlarmName, alarm.ActionsEnabled, alarm.AlarmActions)
		}
		for _, alarm := range page.CompositeAlarms {
			note(alarm.AlarmName, alarm.ActionsEnabled, alarm.AlarmActions)
		}
	}
	slices.Sort(names)
	return names, nil
}
