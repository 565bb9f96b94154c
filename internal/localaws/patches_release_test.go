package localaws_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// releaseQuestions are about what a deployment of a release asks beyond Terraform:
// aliases, invalidations, alarms and metrics.
func releaseQuestions() []question {
	return []question{
		{"637_lambda_alias_revision", "an old revision", staleAlias, "PreconditionFailedException"},
		{"637_lambda_alias_revision", "after a change", movedAlias, "another revision"},
		{"736_cloudfront_invalidations", "one reference twice", invalidatedTwice, "the same, Completed, then InvalidationBatchAlreadyExists"},
		{"736_cloudfront_invalidations", "of no distribution", invalidationsOfNone, "NoSuchDistribution"},
		{"861_cloudwatch_alarm_filters", "by topic and state", filteredAlarms, "filtered-2"},
		{"862_cloudwatch_composite_alarms", "life of an alarm", compositeAlarm, "by type ALARM(one), else nothing, then deleted"},
		{"880_cloudwatch_metric_data", "without dimensions", metricOfNone, "1, then 1"},
		{"880_cloudwatch_metric_data", "with three dimensions", metricOfThree, "4"},
		{"880_cloudwatch_metric_data", "listed", listedMetrics, "3"},
	}
}

// moveTwice changes an alias twice from the revision that it had at first.
func moveTwice(ctx context.Context, to aws.Config, name string) (before, after *string, second, err error) {
	api, err := newAlias(ctx, to, name)
	if err != nil {
		return nil, nil, nil, err
	}
	alias := aws.String("live")
	found, err := api.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: &name, Name: alias})
	if err != nil {
		return nil, nil, nil, err
	}
	move := func(version string) (*lambda.UpdateAliasOutput, error) {
		return api.UpdateAlias(ctx, &lambda.UpdateAliasInput{FunctionName: &name, Name: alias, FunctionVersion: &version, RevisionId: found.RevisionId})
	}
	moved, err := move("2")
	if err != nil {
		return nil, nil, nil, err
	}
	_, second = move("1")
	return found.RevisionId, moved.RevisionId, second, nil
}

func staleAlias(ctx context.Context, to aws.Config) (string, error) {
	_, _, second, err := moveTwice(ctx, to, "stale-alias")
	if err != nil {
		return code(err)
	}
	if second == nil {
		return "moved", nil
	}
	return code(second)
}

func movedAlias(ctx context.Context, to aws.Config) (string, error) {
	before, after, _, err := moveTwice(ctx, to, "moved-alias")
	if err != nil {
		return code(err)
	}
	if aws.ToString(before) == aws.ToString(after) {
		return "the same revision", nil
	}
	return "another revision", nil
}

func invalidate(ctx context.Context, api *cloudfront.Client, id *string, reference string, paths ...string) (*cftypes.Invalidation, error) {
	made, err := api.CreateInvalidation(ctx, &cloudfront.CreateInvalidationInput{DistributionId: id, InvalidationBatch: &cftypes.InvalidationBatch{
		CallerReference: &reference, Paths: &cftypes.Paths{Quantity: aws.Int32(int32(len(paths))), Items: paths},
	}})
	if err != nil {
		return nil, err
	}
	found, err := api.GetInvalidation(ctx, &cloudfront.GetInvalidationInput{DistributionId: id, Id: made.Invalidation.Id})
	if err != nil {
		return nil, err
	}
	return found.Invalidation, nil
}

func invalidatedTwice(ctx context.Context, to aws.Config) (string, error) {
	api, created, err := distribution(ctx, to, "invalidated-twice", nil)
	if err != nil {
		return code(err)
	}
	id := created.Distribution.Id
	first, err := invalidate(ctx, api, id, "once", "/a", "/b*")
	if err != nil {
		return code(err)
	}
	second, err := invalidate(ctx, api, id, "once", "/a", "/b*")
	if err != nil {
		return code(err)
	}
	same := "another"
	if *first.Id == *second.Id {
		same = "the same"
	}
	_, err = invalidate(ctx, api, id, "once", "/c")
	if err == nil {
		return same + ", " + *second.Status, nil
	}
	refused, err := code(err)
	return same + ", " + *second.Status + ", then " + refused, err
}

func invalidationsOfNone(ctx context.Context, to aws.Config) (string, error) {
	_, err := cloudfront.NewFromConfig(to).ListInvalidations(ctx, &cloudfront.ListInvalidationsInput{DistributionId: aws.String("E000000000NONE")})
	if err == nil {
		return "none", nil
	}
	return code(err)
}

// watchtower asks CloudWatch in JSON, which moto knows by itself.
func watchtower(ctx context.Context, to aws.Config, operation string, input, into any) error {
	body, err := json.Marshal(input)
	if err != nil {
		return err
	}
	status, answer, err := raw(ctx, to, "monitoring", http.MethodPost, "/", body, map[string]string{
		"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801." + operation,
	})
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s: %d %s", operation, status, answer)
	}
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal([]byte(answer), into)
}

type object = map[string]any

// filteredAlarms makes three alarms, of which two tell the topic that is asked for and
// two are in alarm.
func filteredAlarms(ctx context.Context, to aws.Config) (string, error) {
	const topics = "arn:aws:sns:ap-northeast-1:123456789012:"
	for i, topic := range []string{"filtered", "filtered", "other"} {
		name := fmt.Sprintf("filtered-%d", i+1)
		if err := watchtower(ctx, to, "PutMetricAlarm", object{
			"AlarmName": name, "Namespace": "Test", "MetricName": "Errors", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
			"Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "AlarmActions": []string{topics + topic},
		}, nil); err != nil {
			return "", err
		}
		if i == 0 {
			continue
		}
		if err := watchtower(ctx, to, "SetAlarmState", object{"AlarmName": name, "StateValue": "ALARM", "StateReason": "test"}, nil); err != nil {
			return "", err
		}
	}
	var found struct{ MetricAlarms []struct{ AlarmName string } }
	err := watchtower(ctx, to, "DescribeAlarms", object{"ActionPrefix": topics + "filtered", "StateValue": "ALARM"}, &found)
	names := []string{}
	for _, alarm := range found.MetricAlarms {
		names = append(names, alarm.AlarmName)
	}
	return strings.Join(names, " "), err
}

func compositeAlarm(ctx context.Context, to aws.Config) (string, error) {
	if err := watchtower(ctx, to, "PutCompositeAlarm", object{"AlarmName": "composite", "AlarmRule": "ALARM(one)"}, nil); err != nil {
		return err.Error(), ctx.Err()
	}
	describe := func(types ...string) (string, error) {
		filter := object{"AlarmNames": []string{"composite"}}
		if len(types) > 0 {
			filter["AlarmTypes"] = types
		}
		var found struct{ MetricAlarms, CompositeAlarms []struct{ AlarmRule string } }
		if err := watchtower(ctx, to, "DescribeAlarms", filter, &found); err != nil || len(found.CompositeAlarms) == 0 {
			return fmt.Sprintf("nothing%.0d", len(found.MetricAlarms)), err
		}
		return found.CompositeAlarms[0].AlarmRule, nil
	}
	byType, err := describe("CompositeAlarm")
	if err != nil {
		return "", err
	}
	other, err := describe()
	if err != nil {
		return "", err
	}
	if err := watchtower(ctx, to, "DeleteAlarms", object{"AlarmNames": []string{"composite"}}, nil); err != nil {
		return "", err
	}
	after, err := describe("CompositeAlarm")
	if after == "nothing" {
		after = "deleted"
	}
	return "by type " + byType + ", else " + other + ", then " + after, err
}

// measure puts a metric of AWS's namespace by three sets of dimensions, with values 1,
// 2 and 4.
func measure(ctx context.Context, to aws.Config, name string) (dimensions []object, err error) {
	dimensions = []object{{"Name": "FunctionName", "Value": name}, {"Name": "Resource", "Value": name + ":live"}, {"Name": "ExecutedVersion", "Value": "2"}}
	var data []object
	for i, set := range [][]object{{}, dimensions[:1], dimensions} {
		value := float64(int(1) << i)
		data = append(data, object{
			"MetricName": name, "Dimensions": set, "Timestamp": time.Now().Unix(), "Unit": "Count",
			"StatisticValues": object{"SampleCount": 1, "Sum": value, "Minimum": value, "Maximum": value},
		})
	}
	return dimensions, watchtower(ctx, to, "PutMetricData", object{"Namespace": "AWS/Test", "MetricData": data}, nil)
}

// sum gives what GetMetricData and GetMetricStatistics find.
func sum(ctx context.Context, to aws.Config, name string, dimensions []object) (data, statistics string, err error) {
	start, end := time.Now().Add(-time.Hour).Unix(), time.Now().Add(time.Minute).Unix()
	metric := object{"Namespace": "AWS/Test", "MetricName": name, "Dimensions": dimensions}
	var found struct{ MetricDataResults []struct{ Values []float64 } }
	if err := watchtower(ctx, to, "GetMetricData", object{
		"StartTime": start, "EndTime": end,
		"MetricDataQueries": []object{{"Id": "a", "MetricStat": object{"Metric": metric, "Period": 60, "Stat": "Sum"}}},
	}, &found); err != nil {
		return "", "", err
	}
	total := 0.0
	for _, result := range found.MetricDataResults {
		for _, value := range result.Values {
			total += value
		}
	}
	metric["StartTime"], metric["EndTime"], metric["Period"], metric["Statistics"] = start, end, 60, []string{"Sum"}
	var listed struct{ Datapoints []struct{ Sum float64 } }
	if err := watchtower(ctx, to, "GetMetricStatistics", metric, &listed); err != nil {
		return "", "", err
	}
	other := 0.0
	for _, point := range listed.Datapoints {
		other += point.Sum
	}
	return fmt.Sprint(total), fmt.Sprint(other), nil
}

func metricOfNone(ctx context.Context, to aws.Config) (string, error) {
	if _, err := measure(ctx, to, "of-none"); err != nil {
		return "", err
	}
	data, statistics, err := sum(ctx, to, "of-none", []object{})
	return data + ", then " + statistics, err
}

// metricOfThree asks for the dimensions in another order.
func metricOfThree(ctx context.Context, to aws.Config) (string, error) {
	dimensions, err := measure(ctx, to, "of-three")
	if err != nil {
		return "", err
	}
	data, _, err := sum(ctx, to, "of-three", []object{dimensions[1], dimensions[2], dimensions[0]})
	return data, err
}

func listedMetrics(ctx context.Context, to aws.Config) (string, error) {
	for range 2 {
		if _, err := measure(ctx, to, "listed"); err != nil {
			return "", err
		}
	}
	var found struct{ Metrics []struct{ MetricName string } }
	err := watchtower(ctx, to, "ListMetrics", object{"Namespace": "AWS/Test", "MetricName": "listed"}, &found)
	return fmt.Sprint(len(found.Metrics)), err
}
