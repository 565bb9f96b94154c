package verify

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
)

func reminderChecks() []Check {
	return []Check{
		{
			ID: "monitoring.reminder-schedule", Area: Monitoring, Requirements: []string{"R1.7"},
			Title:  "reminders go out on weekdays at 01:00 UTC",
			Reads:  []string{"scheduler:GetSchedule"},
			Remedy: "apply the layer reminders; reminders.schedule of the environment's values sets it",
			Run:    remindersAreScheduled,
		},
		{
			ID: "monitoring.reminder-retries", Area: Monitoring, Requirements: []string{"R1.7"},
			Title:  "a reminders' call that fails is tried twice more, and then kept",
			Reads:  []string{"scheduler:GetSchedule", "lambda:GetFunctionEventInvokeConfig"},
			Remedy: "apply the layers reminders and functions",
			Run:    remindersAreTriedAgain,
		},
		{
			ID: "monitoring.reminder-alarms", Area: Monitoring, Requirements: []string{"R1.7", "R3.2"},
			Title:  "reminders that fail, take long or do not leave alarm",
			Reads:  []string{"cloudwatch:DescribeAlarms"},
			Remedy: "apply the layer monitoring",
			Run:    remindersAlarm,
		},
		{
			ID: "monitoring.reminder-mails-counted", Area: Monitoring, Requirements: []string{"R1.7"},
			Title:  "mails that left and mails that failed are counted",
			Reads:  []string{"logs:DescribeMetricFilters"},
			Remedy: "apply the layer reminders, which has the metric filters",
			Run:    mailsAreCounted,
		},
		{
			ID: "monitoring.reminder-mail-settings", Area: Monitoring, Requirements: []string{"R1.7"},
			Title:  "reminders are mailed by SES, with links into the application and a signed one to unsubscribe",
			Reads:  []string{"lambda:GetFunctionConfiguration"},
			Remedy: "apply the layer functions: it tells function reminder the sender, the links and the key",
			Run:    reminderKnowsItsMail,
		},
	}
}

func reminderSchedule(ctx context.Context, s *Subject) (*scheduler.GetScheduleOutput, error) {
	return recall(ctx, "schedule", func(ctx context.Context) (*scheduler.GetScheduleOutput, error) {
		name := s.Name() + "-reminders"
		return scheduler.NewFromConfig(s.AWS).GetSchedule(ctx, &scheduler.GetScheduleInput{Name: &name, GroupName: &name})
	})
}

func remindersAreScheduled(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	schedule, err := reminderSchedule(ctx, s)
	if answered(err, "ResourceNotFoundException") {
		v.must(false, "there is no schedule %s-reminders", s.Name())
		return v.give()
	}
	if err != nil {
		return nil, err
	}
	v.saw("%s %s, %s", text(schedule.ScheduleExpression), text(schedule.ScheduleExpressionTimezone), schedule.State)
	v.must(schedule.State == schedulertypes.ScheduleStateEnabled, "the schedule is %s", schedule.State)
	v.must(text(schedule.ScheduleExpression) == "cron(0 1 ? * MON-FRI *)" && text(schedule.ScheduleExpressionTimezone) == "UTC",
		"reminders go out at %s %s", text(schedule.ScheduleExpression), text(schedule.ScheduleExpressionTimezone))
	v.must(schedule.Target != nil && strings.HasSuffix(text(schedule.Target.Arn), ":function:"+s.Name()+"-reminder:"+liveAlias), "the schedule does not call alias live of function reminder")
	return v.give()
}

func remindersAreTriedAgain(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	schedule, err := reminderSchedule(ctx, s)
	if err != nil {
		return nil, err
	}
	target := schedule.Target
	v.must(target != nil && target.RetryPolicy != nil && aws.ToInt32(target.RetryPolicy.MaximumRetryAttempts) == 2, "the schedule's call is not tried twice more")
	v.must(target != nil && target.DeadLetterConfig != nil && strings.HasSuffix(text(target.DeadLetterConfig.Arn), ":"+s.Name()+"-reminders-dead-letters"), "a call that the scheduler gave up is lost")
	retries, err := lambda.NewFromConfig(s.AWS).GetFunctionEventInvokeConfig(ctx, &lambda.GetFunctionEventInvokeConfigInput{
		FunctionName: aws.String(s.Name() + "-reminder"), Qualifier: aws.String(liveAlias),
	})
	switch {
	case answered(err, "ResourceNotFoundException"):
		v.must(false, "function reminder has no setting of retries")
	case err != nil:
		return nil, err
	default:
		v.saw("%d retries by Lambda", aws.ToInt32(retries.MaximumRetryAttempts))
		v.must(aws.ToInt32(retries.MaximumRetryAttempts) == 2, "function reminder is tried %d times more", aws.ToInt32(retries.MaximumRetryAttempts))
	}
	return v.give()
}

func remindersAlarm(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	alarms, err := alarmsOf(ctx, s, s.AWS)
	if err != nil {
		return nil, err
	}
	for name, over := range map[string]float64{"reminders-errors": 0, "reminders-duration": 240000, "reminders-mail-failure-rate": 5} {
		alarm, there := alarms[name]
		v.must(there, "there is no alarm %s", name)
		v.must(!there || aws.ToFloat64(alarm.Threshold) == over && alarm.ComparisonOperator == types.ComparisonOperatorGreaterThanThreshold,
			"alarm %s is raised at %s %g, not above %g", name, alarm.ComparisonOperator, aws.ToFloat64(alarm.Threshold), over)
	}
	v.saw("errors, duration and mail failure rate of the reminders")
	return v.give()
}

func mailsAreCounted(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	found, err := cloudwatchlogs.NewFromConfig(s.AWS).DescribeMetricFilters(ctx, &cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: aws.String("/aws/lambda/" + s.Name() + "-reminder")})
	if err != nil {
		return nil, err
	}
	counted := map[string]string{}
	for _, filter := range found.MetricFilters {
		for _, metric := range filter.MetricTransformations {
			if text(metric.MetricNamespace) == "GoalMandala/"+s.Name() {
				counted[text(metric.MetricName)] = text(metric.MetricValue)
			}
		}
	}
	v.saw("%d metrics of the mails", len(counted))
	v.must(counted["ReminderMailsSent"] == "$.mails_sent", "mails that left are not counted")
	v.must(counted["ReminderMailsFailed"] == "$.mails_failed", "mails that failed are not counted")
	return v.give()
}

func reminderKnowsItsMail(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	functions, err := liveFunctions(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, f := range functions {
		if f.short != "reminder" {
			continue
		}
		told := map[string]string{}
		if f.Environment != nil {
			told = f.Environment.Variables
		}
		v.saw("from %s, links to %s", told["MAIL_FROM"], told["APPLICATION_URL"])
		v.must(strings.Contains(told["MAIL_FROM"], "@") && told["MAIL_CONFIGURATION_SET"] != "", "function reminder does not know how it mails")
		v.must(strings.HasPrefix(told["APPLICATION_URL"], "https://"), "function reminder does not know where the application is")
		v.must(strings.HasPrefix(told["JWT_KEY_SECRET_ARN"], "arn:"), "function reminder does not know the key of its links")
		return v.give()
	}
	v.must(false, "there is no function reminder")
	return v.give()
}
