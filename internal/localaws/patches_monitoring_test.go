package localaws_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	budgetstypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	cetypes "github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	xraytypes "github.com/aws/aws-sdk-go-v2/service/xray/types"
)

// monitoringQuestions are about CloudWatch, Logs, SNS, X-Ray, Budgets and Cost Explorer: patches 800 to 899.
func monitoringQuestions() []question {
	return []question{
		{"800_cloudwatch_cbor", "an alarm by the SDK", alarmBySDK, "threshold 5, Sum, configured by now"},
		{"800_cloudwatch_cbor", "unknown alarm", unknownAlarm, "ResourceNotFound"},
		{"810_logs_query_definitions", "saved, changed, deleted", queryDefinition, "filter level = \"ERROR\", then 0"},
		{"820_xray_groups", "group", traceGroup, "fault true, Layer monitoring"},
		{"820_xray_groups", "group deleted", deletedTraceGroup, "InvalidRequestException"},
		{"820_xray_groups", "sampling rule", samplingRule, "0.5 of api/v1, then 0"},
		{"830_ce_anomalies", "monitor and subscription", anomalySubscription, "renamed IMMEDIATE Layer monitoring"},
		{"830_ce_anomalies", "monitor deleted", deletedMonitor, "UnknownMonitorException"},
		{"840_budgets_subscribers", "subscribers", budgetSubscribers, "operations@example.com"},
		{"840_budgets_subscribers", "changed limit", changedBudget, "120, 1 notification"},
		{"840_budgets_subscribers", "tags", budgetTags, "Layer monitoring"},
		{"850_cloudwatch_alarm_tags", "alarm of a deleted one's name", alarmAgain, "0 tags"},
		{"860_cloudwatch_alarm_state", "changed alarm", changedAlarm, "ALARM, threshold 7.0"},
	}
}

func queryDefinition(ctx context.Context, to aws.Config) (string, error) {
	api := cloudwatchlogs.NewFromConfig(to)
	name := aws.String("example/errors")
	saved, err := api.PutQueryDefinition(ctx, &cloudwatchlogs.PutQueryDefinitionInput{Name: name, QueryString: aws.String("limit 1")})
	if err != nil {
		return code(err)
	}
	if _, err := api.PutQueryDefinition(ctx, &cloudwatchlogs.PutQueryDefinitionInput{
		Name: name, QueryDefinitionId: saved.QueryDefinitionId, QueryString: aws.String(`filter level = "ERROR"`),
	}); err != nil {
		return code(err)
	}
	prefix := &cloudwatchlogs.DescribeQueryDefinitionsInput{QueryDefinitionNamePrefix: name}
	found, err := api.DescribeQueryDefinitions(ctx, prefix)
	if err != nil || len(found.QueryDefinitions) != 1 {
		return fmt.Sprintf("%+v", found), err
	}
	if _, err := api.DeleteQueryDefinition(ctx, &cloudwatchlogs.DeleteQueryDefinitionInput{QueryDefinitionId: saved.QueryDefinitionId}); err != nil {
		return code(err)
	}
	left, err := api.DescribeQueryDefinitions(ctx, prefix)
	if err != nil {
		return code(err)
	}
	return fmt.Sprintf("%s, then %d", aws.ToString(found.QueryDefinitions[0].QueryString), len(left.QueryDefinitions)), nil
}

func createTraceGroup(ctx context.Context, api *xray.Client, name string) (*string, error) {
	made, err := api.CreateGroup(ctx, &xray.CreateGroupInput{
		GroupName: &name, FilterExpression: aws.String("fault"),
		InsightsConfiguration: &xraytypes.InsightsConfiguration{InsightsEnabled: aws.Bool(true)},
		Tags:                  []xraytypes.Tag{{Key: aws.String("Layer"), Value: aws.String("monitoring")}},
	})
	if err != nil {
		return nil, err
	}
	return made.Group.GroupARN, nil
}

func traceGroup(ctx context.Context, to aws.Config) (string, error) {
	api := xray.NewFromConfig(to)
	arn, err := createTraceGroup(ctx, api, "kept")
	if err != nil {
		return code(err)
	}
	got, err := api.GetGroup(ctx, &xray.GetGroupInput{GroupARN: arn})
	if err != nil {
		return code(err)
	}
	tags, err := api.ListTagsForResource(ctx, &xray.ListTagsForResourceInput{ResourceARN: arn})
	if err != nil || len(tags.Tags) != 1 {
		return fmt.Sprintf("%+v", tags), err
	}
	return fmt.Sprintf("%s %t, %s %s", aws.ToString(got.Group.FilterExpression), aws.ToBool(got.Group.InsightsConfiguration.InsightsEnabled),
		aws.ToString(tags.Tags[0].Key), aws.ToString(tags.Tags[0].Value)), nil
}

func deletedTraceGroup(ctx context.Context, to aws.Config) (string, error) {
	api := xray.NewFromConfig(to)
	arn, err := createTraceGroup(ctx, api, "deleted")
	if err != nil {
		return code(err)
	}
	if _, err := api.DeleteGroup(ctx, &xray.DeleteGroupInput{GroupARN: arn}); err != nil {
		return code(err)
	}
	_, err = api.GetGroup(ctx, &xray.GetGroupInput{GroupARN: arn})
	return code(err)
}

func samplingRule(ctx context.Context, to aws.Config) (string, error) {
	api := xray.NewFromConfig(to)
	every := aws.String("*")
	if _, err := api.CreateSamplingRule(ctx, &xray.CreateSamplingRuleInput{SamplingRule: &xraytypes.SamplingRule{
		RuleName: aws.String("api"), ServiceName: aws.String("api/v1"), FixedRate: 0.1, Priority: aws.Int32(1000), Version: aws.Int32(1),
		Host: every, HTTPMethod: every, ResourceARN: every, ServiceType: every, URLPath: every,
	}}); err != nil {
		return code(err)
	}
	if _, err := api.UpdateSamplingRule(ctx, &xray.UpdateSamplingRuleInput{
		SamplingRuleUpdate: &xraytypes.SamplingRuleUpdate{RuleName: aws.String("api"), FixedRate: aws.Float64(0.5)},
	}); err != nil {
		return code(err)
	}
	found, err := api.GetSamplingRules(ctx, &xray.GetSamplingRulesInput{})
	if err != nil || len(found.SamplingRuleRecords) != 1 {
		return fmt.Sprintf("%+v", found), err
	}
	rule := found.SamplingRuleRecords[0].SamplingRule
	if _, err := api.DeleteSamplingRule(ctx, &xray.DeleteSamplingRuleInput{RuleName: rule.RuleName}); err != nil {
		return code(err)
	}
	left, err := api.GetSamplingRules(ctx, &xray.GetSamplingRulesInput{})
	if err != nil {
		return code(err)
	}
	return fmt.Sprintf("%g of %s, then %d", rule.FixedRate, aws.ToString(rule.ServiceName), len(left.SamplingRuleRecords)), nil
}

func createMonitor(ctx context.Context, api *costexplorer.Client, name string) (*string, error) {
	made, err := api.CreateAnomalyMonitor(ctx, &costexplorer.CreateAnomalyMonitorInput{AnomalyMonitor: &cetypes.AnomalyMonitor{
		MonitorName: &name, MonitorType: cetypes.MonitorTypeCustom,
		MonitorSpecification: &cetypes.Expression{Tags: &cetypes.TagValues{Key: aws.String("Project"), Values: []string{"goal-mandala"}}},
	}})
	if err != nil {
		return nil, err
	}
	return made.MonitorArn, nil
}

func anomalySubscription(ctx context.Context, to aws.Config) (string, error) {
	api := costexplorer.NewFromConfig(to)
	monitor, err := createMonitor(ctx, api, "named")
	if err != nil {
		return code(err)
	}
	if _, err := api.UpdateAnomalyMonitor(ctx, &costexplorer.UpdateAnomalyMonitorInput{MonitorArn: monitor, MonitorName: aws.String("renamed")}); err != nil {
		return code(err)
	}
	made, err := api.CreateAnomalySubscription(ctx, &costexplorer.CreateAnomalySubscriptionInput{
		AnomalySubscription: &cetypes.AnomalySubscription{
			SubscriptionName: aws.String("alerts"), Frequency: cetypes.AnomalySubscriptionFrequencyImmediate, MonitorArnList: []string{*monitor},
			Subscribers: []cetypes.Subscriber{{Address: aws.String("arn:aws:sns:us-east-1:123456789012:alerts"), Type: cetypes.SubscriberTypeSns}},
		},
		ResourceTags: []cetypes.ResourceTag{{Key: aws.String("Layer"), Value: aws.String("monitoring")}},
	})
	if err != nil {
		return code(err)
	}
	monitors, err := api.GetAnomalyMonitors(ctx, &costexplorer.GetAnomalyMonitorsInput{MonitorArnList: []string{*monitor}})
	if err != nil {
		return code(err)
	}
	subscriptions, err := api.GetAnomalySubscriptions(ctx, &costexplorer.GetAnomalySubscriptionsInput{SubscriptionArnList: []string{*made.SubscriptionArn}})
	if err != nil {
		return code(err)
	}
	tags, err := api.ListTagsForResource(ctx, &costexplorer.ListTagsForResourceInput{ResourceArn: made.SubscriptionArn})
	if err != nil || len(tags.ResourceTags) != 1 {
		return fmt.Sprintf("%+v", tags), err
	}
	return fmt.Sprintf("%s %s %s %s", aws.ToString(monitors.AnomalyMonitors[0].MonitorName), subscriptions.AnomalySubscriptions[0].Frequency,
		aws.ToString(tags.ResourceTags[0].Key), aws.ToString(tags.ResourceTags[0].Value)), nil
}

func deletedMonitor(ctx context.Context, to aws.Config) (string, error) {
	api := costexplorer.NewFromConfig(to)
	monitor, err := createMonitor(ctx, api, "deleted")
	if err != nil {
		return code(err)
	}
	if _, err := api.DeleteAnomalyMonitor(ctx, &costexplorer.DeleteAnomalyMonitorInput{MonitorArn: monitor}); err != nil {
		return code(err)
	}
	_, err = api.GetAnomalyMonitors(ctx, &costexplorer.GetAnomalyMonitorsInput{MonitorArnList: []string{*monitor}})
	return code(err)
}

const budgetAccount = "123456789012"

func spent80() *budgetstypes.Notification {
	return &budgetstypes.Notification{
		NotificationType: budgetstypes.NotificationTypeActual, ComparisonOperator: budgetstypes.ComparisonOperatorGreaterThan,
		Threshold: 80, ThresholdType: budgetstypes.ThresholdTypePercentage,
	}
}

func usd(amount string) *budgetstypes.Spend {
	return &budgetstypes.Spend{Amount: &amount, Unit: aws.String("USD")}
}

func monthly(name, limit string) *budgetstypes.Budget {
	return &budgetstypes.Budget{
		BudgetName: &name, BudgetType: budgetstypes.BudgetTypeCost, TimeUnit: budgetstypes.TimeUnitMonthly, BudgetLimit: usd(limit),
	}
}

func createBudget(ctx context.Context, api *budgets.Client, name string) error {
	_, err := api.CreateBudget(ctx, &budgets.CreateBudgetInput{
		AccountId: aws.String(budgetAccount), Budget: monthly(name, "100"),
		NotificationsWithSubscribers: []budgetstypes.NotificationWithSubscribers{{
			Notification: spent80(),
			Subscribers:  []budgetstypes.Subscriber{{Address: aws.String("operations@example.com"), SubscriptionType: budgetstypes.SubscriptionTypeEmail}},
		}},
		ResourceTags: []budgetstypes.ResourceTag{{Key: aws.String("Layer"), Value: aws.String("monitoring")}},
	})
	return err
}

func budgetSubscribers(ctx context.Context, to aws.Config) (string, error) {
	api := budgets.NewFromConfig(to)
	if err := createBudget(ctx, api, "watched"); err != nil {
		return "", err
	}
	found, err := api.DescribeSubscribersForNotification(ctx, &budgets.DescribeSubscribersForNotificationInput{
		AccountId: aws.String(budgetAccount), BudgetName: aws.String("watched"), Notification: spent80(),
	})
	if err != nil || len(found.Subscribers) != 1 {
		return code(err)
	}
	return aws.ToString(found.Subscribers[0].Address), nil
}

func changedBudget(ctx context.Context, to aws.Config) (string, error) {
	api := budgets.NewFromConfig(to)
	if err := createBudget(ctx, api, "changed"); err != nil {
		return "", err
	}
	if _, err := api.UpdateBudget(ctx, &budgets.UpdateBudgetInput{AccountId: aws.String(budgetAccount), NewBudget: monthly("changed", "120")}); err != nil {
		return code(err)
	}
	got, err := api.DescribeBudget(ctx, &budgets.DescribeBudgetInput{AccountId: aws.String(budgetAccount), BudgetName: aws.String("changed")})
	if err != nil {
		return code(err)
	}
	left, err := api.DescribeNotificationsForBudget(ctx, &budgets.DescribeNotificationsForBudgetInput{
		AccountId: aws.String(budgetAccount), BudgetName: aws.String("changed"),
	})
	if err != nil {
		return code(err)
	}
	return fmt.Sprintf("%s, %d notification", aws.ToString(got.Budget.BudgetLimit.Amount), len(left.Notifications)), nil
}

func budgetTags(ctx context.Context, to aws.Config) (string, error) {
	api := budgets.NewFromConfig(to)
	if err := createBudget(ctx, api, "tagged"); err != nil {
		return "", err
	}
	tags, err := api.ListTagsForResource(ctx, &budgets.ListTagsForResourceInput{ResourceARN: aws.String("arn:aws:budgets::" + budgetAccount + ":budget/tagged")})
	if err != nil || len(tags.ResourceTags) != 1 {
		return code(err)
	}
	return aws.ToString(tags.ResourceTags[0].Key) + " " + aws.ToString(tags.ResourceTags[0].Value), nil
}

// alarmBySDK gives "" where the SDK cannot make out the answer.
func alarmBySDK(ctx context.Context, to aws.Config) (string, error) {
	api := cloudwatch.NewFromConfig(to)
	name := aws.String("by-sdk")
	if _, err := api.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{
		AlarmName: name, Namespace: aws.String("AWS/Lambda"), MetricName: aws.String("Errors"), Statistic: cwtypes.StatisticSum,
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, EvaluationPeriods: aws.Int32(1), Period: aws.Int32(300), Threshold: aws.Float64(5),
	}); err != nil {
		return "", ctx.Err()
	}
	found, err := api.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{*name}})
	if err != nil || len(found.MetricAlarms) != 1 {
		return "", err
	}
	alarm := found.MetricAlarms[0]
	when := "never"
	if configured := aws.ToTime(alarm.AlarmConfigurationUpdatedTimestamp); time.Since(configured).Abs() < time.Hour {
		when = "by now"
	}
	return fmt.Sprintf("threshold %g, %s, configured %s", aws.ToFloat64(alarm.Threshold), alarm.Statistic, when), nil
}

func unknownAlarm(ctx context.Context, to aws.Config) (string, error) {
	_, err := cloudwatch.NewFromConfig(to).SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{
		AlarmName: aws.String("unknown"), StateValue: cwtypes.StateValueAlarm, StateReason: aws.String("drill"),
	})
	if told, other := code(err); other == nil {
		return told, nil
	}
	return "", ctx.Err()
}

// alarmForm asks CloudWatch as Terraform's provider does, by a form.
func alarmForm(ctx context.Context, to aws.Config, action string, values ...string) (string, error) {
	form := url.Values{"Action": {action}, "Version": {"2010-08-01"}}
	for i := 0; i < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	status, answer, err := raw(ctx, to, "monitoring", http.MethodPost, "/", []byte(form.Encode()),
		map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s: %d %s", action, status, answer)
	}
	return answer, err
}

func putAlarm(ctx context.Context, to aws.Config, name, threshold string, more ...string) error {
	_, err := alarmForm(ctx, to, "PutMetricAlarm", append([]string{
		"AlarmName", name, "Namespace", "AWS/Lambda", "MetricName", "Errors", "Statistic", "Sum", "Period", "300",
		"ComparisonOperator", "GreaterThanThreshold", "EvaluationPeriods", "1", "Threshold", threshold,
	}, more...)...)
	return err
}

func alarmAgain(ctx context.Context, to aws.Config) (string, error) {
	if err := putAlarm(ctx, to, "again", "5", "Tags.member.1.Key", "Layer", "Tags.member.1.Value", "monitoring"); err != nil {
		return "", err
	}
	if _, err := alarmForm(ctx, to, "DeleteAlarms", "AlarmNames.member.1", "again"); err != nil {
		return "", err
	}
	if err := putAlarm(ctx, to, "again", "5"); err != nil {
		return "", err
	}
	answer, err := alarmForm(ctx, to, "ListTagsForResource", "ResourceARN", "arn:aws:cloudwatch:"+region+":123456789012:alarm:again")
	return fmt.Sprintf("%d tags", strings.Count(answer, "<Key>")), err
}

func changedAlarm(ctx context.Context, to aws.Config) (string, error) {
	if err := putAlarm(ctx, to, "changed", "5"); err != nil {
		return "", err
	}
	if _, err := alarmForm(ctx, to, "SetAlarmState", "AlarmName", "changed", "StateValue", "ALARM", "StateReason", "drill"); err != nil {
		return "", err
	}
	if err := putAlarm(ctx, to, "changed", "7"); err != nil {
		return "", err
	}
	answer, err := alarmForm(ctx, to, "DescribeAlarms", "AlarmNames.member.1", "changed")
	if err != nil {
		return "", err
	}
	state, threshold := between(answer, "<StateValue>", "<"), between(answer, "<Threshold>", "<")
	return state + ", threshold " + threshold, nil
}

// between gives what stands in text after the first one mark and before the next other.
func between(text, one, other string) string {
	_, rest, _ := strings.Cut(text, one)
	found, _, _ := strings.Cut(rest, other)
	return found
}
