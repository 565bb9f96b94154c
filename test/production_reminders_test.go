package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
)

// checkReminders holds the daily reminders to R1.7. That the function has 512 MB
// and 300 seconds is checkFunctions's, that the unsubscribe link works without a
// sign-in checkAPI's, and that the mails exist checkAuth's.
func checkReminders(t *testing.T, s *stack) {
	name, function := s.Name+"-reminders", s.Name+"-reminder"
	schedule, err := scheduler.NewFromConfig(s.config).GetSchedule(t.Context(), &scheduler.GetScheduleInput{Name: &name, GroupName: &name})
	if err != nil {
		t.Fatalf("R1.7: schedule %s: %v", name, err)
	}
	target := schedule.Target
	if target == nil || target.RetryPolicy == nil || target.DeadLetterConfig == nil || schedule.FlexibleTimeWindow == nil {
		t.Fatalf("R1.7: the schedule lacks a target, retries, dead letters or a window: %+v", schedule)
	}
	dead := checkQueue(t, s, "R1.7", s.Name+"-reminders-dead-letters", s.functionsKey(t))
	facts(t, "R1.7", map[string]bool{
		"enabled":                         schedule.State == schedulertypes.ScheduleStateEnabled,
		"weekdays at 01:00":               aws.ToString(schedule.ScheduleExpression) == "cron(0 1 ? * MON-FRI *)",
		"in UTC":                          aws.ToString(schedule.ScheduleExpressionTimezone) == "UTC",
		"on the minute":                   schedule.FlexibleTimeWindow.Mode == schedulertypes.FlexibleTimeWindowModeOff,
		"calls the alias of the function": strings.HasSuffix(aws.ToString(target.Arn), ":function:"+function+":live"),
		"with a role of its own":          strings.Contains(aws.ToString(target.RoleArn), ":role/"+s.Name+"-reminders"),
		"2 retries of the call":           aws.ToInt32(target.RetryPolicy.MaximumRetryAttempts) == 2,
		"a lost call is kept":             aws.ToString(target.DeadLetterConfig.Arn) == dead,
	})

	retries, err := lambda.NewFromConfig(s.config).GetFunctionEventInvokeConfig(t.Context(), &lambda.GetFunctionEventInvokeConfigInput{FunctionName: &function, Qualifier: aws.String("live")})
	if err != nil || aws.ToInt32(retries.MaximumRetryAttempts) != 2 {
		t.Errorf("R1.7: the function is not tried again twice: %+v, %v", retries, err)
	}
	configuration, err := lambda.NewFromConfig(s.config).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &function, Qualifier: aws.String("live")})
	if err != nil || configuration.Environment == nil {
		t.Fatalf("R1.7: %s: %+v, %v", function, configuration, err)
	}
	told := configuration.Environment.Variables
	facts(t, "R1.7", map[string]bool{
		"mails by SES":                       strings.Contains(told["MAIL_FROM"], "@") && told["MAIL_CONFIGURATION_SET"] == s.Name,
		"deep links into the application":    strings.HasPrefix(told["APPLICATION_URL"], "https://"),
		"unsubscribe links have a signature": told["JWT_KEY_SECRET_ARN"] != "",
	})
	checkMailMetrics(t, s, function)
	checkReminderAlarms(t, s)
}

// checkMailMetrics sees that the function's log is counted into the two metrics
// that the failure rate is made of.
func checkMailMetrics(t *testing.T, s *stack, function string) {
	t.Helper()
	filters, err := cloudwatchlogs.NewFromConfig(s.config).DescribeMetricFilters(t.Context(), &cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: aws.String("/aws/lambda/" + function)})
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]string{}
	for _, filter := range filters.MetricFilters {
		for _, metric := range filter.MetricTransformations {
			if aws.ToString(metric.MetricNamespace) == "GoalMandala/"+s.Name {
				counted[aws.ToString(metric.MetricName)] = aws.ToString(metric.MetricValue)
			}
		}
	}
	facts(t, "R1.7", map[string]bool{
		"mails that failed are counted": counted["ReminderMailsFailed"] == "$.mails_failed",
		"mails sent are counted":        counted["ReminderMailsSent"] == "$.mails_sent",
	})
}

// checkReminderAlarms sees that an error, a long run and failing mails alarm.
func checkReminderAlarms(t *testing.T, s *stack) {
	t.Helper()
	limits := map[string]float64{"errors": 0, "duration": 240000, "mail-failure-rate": 5}
	client := cloudwatch.NewFromConfig(s.config)
	for what, limit := range limits {
		name := s.Name + "-reminders-" + what
		found, err := client.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}})
		if err != nil || len(found.MetricAlarms) != 1 {
			t.Errorf("R1.7: alarm %s: %+v, %v", name, found, err)
			continue
		}
		alarm := found.MetricAlarms[0]
		facts(t, "R1.7: "+name, map[string]bool{
			"at its limit":            aws.ToFloat64(alarm.Threshold) == limit && alarm.ComparisonOperator == "GreaterThanThreshold",
			"tells the alerts' topic": aws.ToBool(alarm.ActionsEnabled) && slices.Contains(alarm.AlarmActions, s.output(t, "alerts_topic_arn")),
		})
	}
}
