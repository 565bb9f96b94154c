package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/google/go-cmp/cmp"
)

// alarm is what matters of one; its metrics read "NAMESPACE NAME NAME=VALUE STAT".
type alarm struct {
	Over               float64 // the value beyond which it is raised
	AtIt               bool    // it is raised at the value, too
	Seconds            int32   // of a period
	Periods, Datapoint int32
	Missing            string
	Expression         string
	Metrics            []string
}

// Ratios, as the alarms compute them.
const (
	apiRate      = "IF(requests > 0, 100 * failures / requests, 0)"
	functionRate = "IF(invocations > 0, 100 * errors / invocations, 0)"
	mailRate     = "IF(FILL(sent, 0) + FILL(failed, 0) > 0, 100 * FILL(failed, 0) / (FILL(sent, 0) + FILL(failed, 0)), 0)"
	workflowRate = "IF(FILL(failed, 0) + FILL(timed_out, 0) + FILL(succeeded, 0) > 0, 100 * (FILL(failed, 0) + FILL(timed_out, 0)) / (FILL(failed, 0) + FILL(timed_out, 0) + FILL(succeeded, 0)), 0)"
)

// rate is an alarm of R3.2: 2 x 5 minutes over a percentage or a count.
func rate(over float64, expression string, metrics ...string) alarm {
	return alarm{Over: over, Seconds: 300, Periods: 2, Datapoint: 2, Missing: "notBreaching", Expression: expression, Metrics: sorted(metrics)}
}

// daily is an alarm of R1.7: what runs once a day never has data twice in a row.
func daily(over float64, expression string, metrics ...string) alarm {
	a := rate(over, expression, metrics...)
	a.Periods, a.Datapoint = 1, 1
	return a
}

// outage is an alarm that tells within 5 minutes (property 4): 2 of 3 minutes.
func outage(of alarm) alarm {
	of.Over, of.Seconds, of.Periods, of.Datapoint = 50, 60, 3, 2
	return of
}

// wantedAlarms are those of R3.2, R1.7 and property 4, by short name: the
// region's, and those of us-east-1.
func wantedAlarms(t *testing.T, s *stack, functions map[string]string) (regional, global map[string]alarm) {
	t.Helper()
	api, lambda := " ApiName="+s.Name+"-api Stage=v1 Sum", "AWS/Lambda "
	states := " StateMachineArn=" + s.output(t, "state_machine_arn") + " Sum"
	reminder := " FunctionName=" + functions["reminder"] + " "
	mails := "GoalMandala/" + s.Name + " "
	regional = map[string]alarm{
		"api-5xx-rate":                rate(5, apiRate, "AWS/ApiGateway 5XXError"+api, "AWS/ApiGateway Count"+api),
		"workflow-failure-rate":       rate(10, workflowRate, "AWS/States ExecutionsFailed"+states, "AWS/States ExecutionsSucceeded"+states, "AWS/States ExecutionsTimedOut"+states),
		"reminders-errors":            daily(0, "", lambda+"Errors"+reminder+"Sum"),
		"reminders-duration":          daily(240000, "", lambda+"Duration"+reminder+"Maximum"),
		"reminders-mail-failure-rate": daily(5, mailRate, mails+"ReminderMailsFailed Sum", mails+"ReminderMailsSent Sum"),
	}
	regional["api-5xx-outage"] = outage(regional["api-5xx-rate"])
	quick := daily(3, "FILL(failed, 0) + FILL(timed_out, 0)", "AWS/States ExecutionsFailed"+states, "AWS/States ExecutionsTimedOut"+states)
	quick.AtIt = true
	regional["workflow-outage"] = quick
	for short, name := range functions {
		a := rate(5, functionRate, lambda+"Errors FunctionName="+name+" Sum", lambda+"Invocations FunctionName="+name+" Sum")
		regional["function-"+short+"-error-rate"], regional["function-"+short+"-outage"] = a, outage(a)
	}
	instances, err := rds.NewFromConfig(s.config).DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range instances.DBInstances {
		if aws.ToString(each.DBClusterIdentifier) != s.Name {
			continue
		}
		identifier := aws.ToString(each.DBInstanceIdentifier)
		connections := rate(45, "", "AWS/RDS DatabaseConnections DBInstanceIdentifier="+identifier+" Maximum")
		connections.Missing = "ignore" // the other one tells
		unavailable := outage(connections)
		unavailable.Missing, unavailable.AtIt = "breaching", true
		key := "database-" + strings.TrimPrefix(identifier, s.Name+"-")
		regional[key+"-connections"], regional[key+"-unavailable"] = connections, unavailable
	}
	cloudfront := rate(5, "", "AWS/CloudFront 5xxErrorRate DistributionId="+s.output(t, "distribution_id")+" Region=Global Average")
	return regional, map[string]alarm{"cloudfront-5xx-rate": cloudfront, "cloudfront-5xx-outage": outage(cloudfront)}
}

// aboutNotifier reports whether an alarm, by short name, is about the function
// that writes to Slack or about the queue in which its failed calls end.
func aboutNotifier(name string) bool {
	return strings.HasPrefix(name, "function-slack-notifier-") || name == "dead-letters-functions"
}

// checkAlarms: every alarm of the catalogue stands as it says, and every alarm,
// asked for or not, tells its region's topic; those about the notifier tell
// another one, which does not call it. An alarm about undelivered alerts says
// nothing when it is over, because that would be the next alert not delivered.
func checkAlarms(t *testing.T, s *stack, functions map[string]string, regionalTopic, globalTopic, deliveryTopic string) {
	t.Helper()
	regional, global := wantedAlarms(t, s, functions)
	for topic, region := range map[string]struct {
		in   aws.Config
		want map[string]alarm
	}{regionalTopic: {s.config, regional}, globalTopic: {s.usEast1, global}} {
		got := map[string]alarm{}
		pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(region.in), &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String(s.Name + "-")})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatalf("R3.2: alarms in %s: %v", region.in.Region, err)
			}
			for _, each := range page.MetricAlarms {
				name := strings.TrimPrefix(aws.ToString(each.AlarmName), s.Name+"-")
				if _, ok := region.want[name]; ok {
					got[name] = readAlarm(each)
				}
				told := []string{topic}
				if aboutNotifier(name) {
					told = []string{deliveryTopic}
				}
				over := told
				if strings.HasSuffix(name, "-undelivered") {
					over = nil
				}
				facts(t, "R3.2", map[string]bool{
					"alarm " + name + ": tells its topic":       aws.ToBool(each.ActionsEnabled) && slices.Equal(each.AlarmActions, told),
					"alarm " + name + ": tells when it is over": slices.Equal(each.OKActions, over),
					"alarm " + name + ": says what is wrong":    aws.ToString(each.AlarmDescription) != "",
				})
			}
		}
		if diff := cmp.Diff(region.want, got); diff != "" {
			t.Errorf("R3.2, R1.7: alarms in %s (-want +got):\n%s", region.in.Region, diff)
		}
	}
}

func readAlarm(from types.MetricAlarm) alarm {
	a := alarm{
		Over: aws.ToFloat64(from.Threshold), Seconds: aws.ToInt32(from.Period), Missing: aws.ToString(from.TreatMissingData),
		Periods: aws.ToInt32(from.EvaluationPeriods), Datapoint: aws.ToInt32(from.DatapointsToAlarm),
	}
	switch from.ComparisonOperator {
	case types.ComparisonOperatorGreaterThanThreshold:
	case types.ComparisonOperatorGreaterThanOrEqualToThreshold:
		a.AtIt = true
	default:
		a.Expression = "by " + string(from.ComparisonOperator)
	}
	if from.MetricName != nil {
		a.Metrics = []string{metric(from.Namespace, from.MetricName, from.Dimensions, string(from.Statistic)+aws.ToString(from.ExtendedStatistic))}
	}
	for _, query := range from.Metrics {
		if query.MetricStat == nil {
			a.Expression += aws.ToString(query.Expression)
			continue
		}
		m := query.MetricStat
		a.Seconds = aws.ToInt32(m.Period)
		a.Metrics = append(a.Metrics, metric(m.Metric.Namespace, m.Metric.MetricName, m.Metric.Dimensions, aws.ToString(m.Stat)))
	}
	a.Metrics = sorted(a.Metrics)
	return a
}

func metric(namespace, name *string, dimensions []types.Dimension, stat string) string {
	var of []string
	for _, each := range dimensions {
		of = append(of, aws.ToString(each.Name)+"="+aws.ToString(each.Value))
	}
	parts := append([]string{aws.ToString(namespace), aws.ToString(name)}, sorted(of)...)
	return strings.Join(append(parts, stat), " ")
}
