package localaws_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	budgetstypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	cetypes "github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	xraytypes "github.com/aws/aws-sdk-go-v2/service/xray/types"
)

// monitoringQuestions are about CloudWatch, Logs, SNS, X-Ray, Budgets and Cost Explorer: patches 800 to 899.
func monitoringQuestions() []question {
	return []question{
		{"810_logs_query_definitions", "saved, changed, deleted", queryDefinition, "filter level = \"ERROR\", then 0"},
		{"820_xray_groups", "group", traceGroup, "fault true, Layer monitoring"},
		{"820_xray_groups", "group deleted", deletedTraceGroup, "InvalidRequestException"},
		{"820_xray_groups", "sampling rule", samplingRule, "0.5 of api/v1, then 0"},
		{"830_ce_anomalies", "monitor and subscription", anomalySubscription, "renamed IMMEDIATE Layer monitoring"},
		{"830_ce_anomalies", "monitor deleted", deletedMonitor, "UnknownMonitorException"},
		{"840_budgets_subscribers", "subscribers", budgetSubscribers, "operations@example.com"},
		{"840_budgets_subscribers", "changed limit", changedBudget, "120, 1 notification"},
		{"840_budgets_subscribers", "tags", budgetTags, "Layer monitoring"},
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
