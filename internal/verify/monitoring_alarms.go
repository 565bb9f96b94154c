package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
)

func alarmChecks() []Check {
	return append([]Check{
		{
			ID: "monitoring.alarms", Area: Monitoring, Requirements: []string{"R3.2"},
			Title:  "every alarm of the catalogue stands at its threshold, over 2 × 5 minutes",
			Reads:  []string{"cloudwatch:DescribeAlarms", "rds:DescribeDBInstances"},
			Remedy: "apply the layer monitoring; a threshold is changed by monitoring.thresholds of the environment's values, which the catalogue does not follow",
			Run:    alarmsFollowTheCatalogue,
		},
		{
			ID: "monitoring.outage-alarms", Area: Monitoring, Requirements: []string{"R3.2"},
			Title:  "an outage alarms within five minutes",
			Reads:  []string{"cloudwatch:DescribeAlarms", "rds:DescribeDBInstances"},
			Remedy: "apply the layer monitoring: its alarms …-outage and …-unavailable look at single minutes",
			Run:    outagesAlarmAtOnce,
		},
		{
			ID: "monitoring.alarm-actions", Area: Monitoring, Requirements: []string{"R3.2"},
			Title:  "every alarm tells its topic",
			Reads:  []string{"cloudwatch:DescribeAlarms"},
			Remedy: "apply the layer monitoring; actions that somebody switched off are on again with `aws cloudwatch enable-alarm-actions`",
			Run:    alarmsTell,
		},
	}, alertChecks()...)
}

// alarmsOf reads all metric alarms of the environment, by name without its prefix.
func alarmsOf(ctx context.Context, s *Subject, in awssdk.Config) (map[string]types.MetricAlarm, error) {
	return recall(ctx, "alarms "+in.Region, func(ctx context.Context) (map[string]types.MetricAlarm, error) {
		all := map[string]types.MetricAlarm{}
		pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(in), &cloudwatch.DescribeAlarmsInput{
			AlarmNamePrefix: awssdk.String(s.Name() + "-"), AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, each := range page.MetricAlarms {
				all[strings.TrimPrefix(text(each.AlarmName), s.Name()+"-")] = each
			}
		}
		return all, nil
	})
}

// databaseInstances gives the identifiers of the database's instances without the
// name's prefix: each has its alarms.
func databaseInstances(ctx context.Context, s *Subject) ([]string, error) {
	return recall(ctx, "database-instances", func(ctx context.Context) ([]string, error) {
		var names []string
		pages := rds.NewDescribeDBInstancesPaginator(rds.NewFromConfig(s.AWS), &rds.DescribeDBInstancesInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, each := range page.DBInstances {
				if text(each.DBClusterIdentifier) == s.Name() {
					names = append(names, strings.TrimPrefix(text(each.DBInstanceIdentifier), s.Name()+"-"))
				}
			}
		}
		return sorted(names), nil
	})
}

// limit is what the catalogue says of an alarm.
type limit struct {
	over    float64
	metrics []string // names that it looks at
}

// cataloguedAlarms are those of R3.2: the region's, and those of us-east-1.
func cataloguedAlarms(ctx context.Context, s *Subject) (regional, east map[string]limit, err error) {
	names, err := functionNames(s)
	if err != nil {
		return nil, nil, err
	}
	instances, err := databaseInstances(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	regional = map[string]limit{
		"api-5xx-rate":          {5, []string{"5XXError", "Count"}},
		"workflow-failure-rate": {10, []string{"ExecutionsFailed", "ExecutionsSucceeded", "ExecutionsTimedOut"}},
	}
	for short := range names {
		regional["function-"+short+"-error-rate"] = limit{5, []string{"Errors", "Invocations"}}
	}
	for _, instance := range instances {
		regional["database-"+instance+"-connections"] = limit{45, []string{"DatabaseConnections"}}
	}
	return regional, map[string]limit{"cloudfront-5xx-rate": {5, []string{"5xxErrorRate"}}}, nil
}

// looksAt gives the names of an alarm's metrics, sorted, and its period in seconds.
func looksAt(alarm types.MetricAlarm) (metrics []string, period int32) {
	period = awssdk.ToInt32(alarm.Period)
	if alarm.MetricName != nil {
		metrics = append(metrics, *alarm.MetricName)
	}
	for _, query := range alarm.Metrics {
		if query.MetricStat != nil && query.MetricStat.Metric != nil {
			metrics = append(metrics, text(query.MetricStat.Metric.MetricName))
			period = awssdk.ToInt32(query.MetricStat.Period)
		}
	}
	return slices.Compact(sorted(metrics)), period
}

func alarmsFollowTheCatalogue(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	regional, east, err := cataloguedAlarms(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, place := range []struct {
		in   awssdk.Config
		want map[string]limit
	}{{s.AWS, regional}, {global(s), east}} {
		found, err := alarmsOf(ctx, s, place.in)
		if err != nil {
			return nil, err
		}
		v.saw("%d alarms in %s, %d of them the catalogue's", len(found), place.in.Region, len(place.want))
		for name, want := range place.want {
			alarm, there := found[name]
			if !there {
				v.must(false, "there is no alarm %s in %s", name, place.in.Region)
				continue
			}
			metrics, period := looksAt(alarm)
			v.must(awssdk.ToFloat64(alarm.Threshold) == want.over && alarm.ComparisonOperator == types.ComparisonOperatorGreaterThanThreshold,
				"alarm %s is raised at %s %g, not above %g", name, alarm.ComparisonOperator, awssdk.ToFloat64(alarm.Threshold), want.over)
			v.must(same(metrics, want.metrics...), "alarm %s looks at %v", name, metrics)
			v.must(period == 300 && awssdk.ToInt32(alarm.EvaluationPeriods) == 2, "alarm %s looks at %d × %d s, not 2 × 300 s", name, awssdk.ToInt32(alarm.EvaluationPeriods), period)
		}
	}
	return v.give()
}

func outagesAlarmAtOnce(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	names, err := functionNames(s)
	if err != nil {
		return nil, err
	}
	instances, err := databaseInstances(ctx, s)
	if err != nil {
		return nil, err
	}
	regional := []string{"api-5xx-outage", "workflow-outage"}
	for short := range names {
		regional = append(regional, "function-"+short+"-outage")
	}
	for _, instance := range instances {
		regional = append(regional, "database-"+instance+"-unavailable")
	}
	for _, place := range []struct {
		in   awssdk.Config
		want []string
	}{{s.AWS, regional}, {global(s), []string{"cloudfront-5xx-outage"}}} {
		found, err := alarmsOf(ctx, s, place.in)
		if err != nil {
			return nil, err
		}
		v.saw("%d alarms of outages in %s", len(place.want), place.in.Region)
		for _, name := range place.want {
			alarm, there := found[name]
			if !there {
				v.must(false, "there is no alarm %s in %s", name, place.in.Region)
				continue
			}
			_, period := looksAt(alarm)
			needed := awssdk.ToInt32(alarm.DatapointsToAlarm)
			if needed == 0 {
				needed = awssdk.ToInt32(alarm.EvaluationPeriods)
			}
			v.must(period > 0 && period*needed <= 300, "alarm %s takes %d × %d s", name, needed, period)
		}
	}
	return v.give()
}

// aboutNotifier reports whether an alarm is about the function that writes to Slack
// or the queue of what it failed at: those are told by mail only.
func aboutNotifier(name string) bool {
	return strings.HasPrefix(name, "function-slack-notifier-") || name == "dead-letters-functions"
}

func alarmsTell(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	for _, place := range []struct {
		in    awssdk.Config
		topic string
	}{{s.AWS, "alerts"}, {global(s), "alerts-global"}} {
		found, err := alarmsOf(ctx, s, place.in)
		if err != nil {
			return nil, err
		}
		v.saw("%d alarms in %s", len(found), place.in.Region)
		v.must(len(found) > 0, "there is no alarm in %s", place.in.Region)
		for name, alarm := range found {
			topic := topicARN(s, place.in, place.topic)
			if aboutNotifier(name) {
				topic = topicARN(s, place.in, "alerts-delivery")
			}
			v.must(awssdk.ToBool(alarm.ActionsEnabled), "the actions of alarm %s are switched off", name)
			v.must(slices.Contains(alarm.AlarmActions, topic), "alarm %s does not tell %s", name, topic)
		}
	}
	return v.give()
}

// topicARN gives the ARN of one of the environment's topics.
func topicARN(s *Subject, in awssdk.Config, name string) string {
	return fmt.Sprintf("arn:aws:sns:%s:%s:%s-%s", in.Region, s.Account, s.Name(), name)
}
