package verify

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	budgettypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	tagtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
)

func spendingChecks() []Check {
	return []Check{
		{
			ID: "cost.budget", Area: Cost, Requirements: []string{"R7.2"},
			Title:  "a monthly budget tells at 80 and 100 %, and of a forecast beyond it",
			Reads:  []string{"budgets:ViewBudget"},
			Remedy: "apply the layer monitoring; monitoring.budget of the environment's values and verify.monthly_budget_usd of deploy.hcl say the limit, and agree",
			Run:    budgetStands,
		},
		{
			ID: "cost.anomalies", Area: Cost, Requirements: []string{"R7.2"},
			Title:  "cost that is out of the ordinary is looked for, and told at once",
			Reads:  []string{"ce:GetAnomalyMonitors", "ce:GetAnomalySubscriptions"},
			Remedy: "apply the layer monitoring; monitoring.anomaly of the environment's values switches it on",
			Run:    anomaliesAreTold,
		},
		{
			ID: "cost.spend", Area: Cost, Requirements: []string{"R7.2"},
			Title:  "the month so far, carried on to its end, stays inside the budget",
			Reads:  []string{"ce:GetCostAndUsage"},
			Remedy: "see in Cost Explorer which service grew, grouped by tag Layer; verify.monthly_budget_usd of deploy.hcl is the limit",
			Run:    spendingStaysInside,
		},
		{
			ID: "cost.tags", Area: Cost, Requirements: []string{"R7.2"},
			Title:  "what is deployed carries the tags by which its cost is told apart",
			Reads:  []string{"tag:GetResources"},
			Remedy: "apply every layer: the provider's default tags reach all that takes tags",
			Run:    resourcesAreTagged,
		},
	}
}

func budgetStands(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	client, name := budgets.NewFromConfig(global(s)), s.Name()+"-monthly"
	found, err := client.DescribeBudget(ctx, &budgets.DescribeBudgetInput{AccountId: &s.Account, BudgetName: &name})
	if answered(err, "NotFoundException") {
		v.must(false, "there is no budget %s", name)
		return v.give()
	}
	if err != nil {
		return nil, err
	}
	limit := 0.0
	if found.Budget.BudgetLimit != nil {
		limit, _ = strconv.ParseFloat(text(found.Budget.BudgetLimit.Amount), 64)
	}
	v.saw("%s: %g USD, %s", name, limit, found.Budget.TimeUnit)
	v.must(found.Budget.TimeUnit == budgettypes.TimeUnitMonthly && found.Budget.BudgetType == budgettypes.BudgetTypeCost, "the budget is of %s, %s", found.Budget.BudgetType, found.Budget.TimeUnit)
	v.must(limit == s.Settings.Verify.MonthlyBudgetUSD, "the budget is %g USD, deploy.hcl says %g", limit, s.Settings.Verify.MonthlyBudgetUSD)
	notifications, err := client.DescribeNotificationsForBudget(ctx, &budgets.DescribeNotificationsForBudgetInput{AccountId: &s.Account, BudgetName: &name})
	if err != nil {
		return nil, err
	}
	topic := topicARN(s, global(s), "alerts-global")
	told := map[string]bool{}
	for _, each := range notifications.Notifications {
		subscribers, err := client.DescribeSubscribersForNotification(ctx, &budgets.DescribeSubscribersForNotificationInput{AccountId: &s.Account, BudgetName: &name, Notification: &each})
		if err != nil {
			return nil, err
		}
		told[fmt.Sprintf("%s %g", each.NotificationType, each.Threshold)] = slices.ContainsFunc(subscribers.Subscribers, func(to budgettypes.Subscriber) bool {
			return to.SubscriptionType == budgettypes.SubscriptionTypeSns && text(to.Address) == topic
		})
	}
	v.saw("%d notifications", len(told))
	for _, each := range []string{"ACTUAL 80", "ACTUAL 100", "FORECASTED 100"} {
		v.must(told[each], "topic alerts-global is not told of %s %%", each)
	}
	return v.give()
}

func anomaliesAreTold(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	client := costexplorer.NewFromConfig(global(s))
	monitors, err := client.GetAnomalyMonitors(ctx, &costexplorer.GetAnomalyMonitorsInput{})
	if err != nil {
		return nil, err
	}
	monitor := ""
	for _, each := range monitors.AnomalyMonitors {
		if text(each.MonitorName) == s.Name() {
			monitor = text(each.MonitorArn)
		}
	}
	subscriptions, err := client.GetAnomalySubscriptions(ctx, &costexplorer.GetAnomalySubscriptionsInput{})
	if err != nil {
		return nil, err
	}
	topic, told := topicARN(s, global(s), "alerts-global"), false
	for _, each := range subscriptions.AnomalySubscriptions {
		if text(each.SubscriptionName) != s.Name() {
			continue
		}
		told = true
		v.saw("subscription %s, %s", s.Name(), each.Frequency)
		v.must(each.Frequency == types.AnomalySubscriptionFrequencyImmediate, "anomalies are told %s", each.Frequency)
		v.must(monitor == "" || slices.Contains(each.MonitorArnList, monitor), "the subscription is to another monitor than %s", s.Name())
		v.must(len(each.MonitorArnList) > 0, "the subscription is to no monitor")
		v.must(slices.ContainsFunc(each.Subscribers, func(to types.Subscriber) bool { return text(to.Address) == topic }), "topic alerts-global is not told of anomalies")
		if monitor == "" && len(each.MonitorArnList) > 0 { // an account takes one monitor of services, which an environment may name
			monitor = each.MonitorArnList[0]
		}
	}
	v.must(monitor != "", "no monitor looks for anomalies of %s", s.Name())
	v.must(told, "nobody is told of anomalies")
	return v.give()
}

func spendingStaysInside(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	now := s.Now().UTC()
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	days := first.AddDate(0, 1, 0).Sub(first).Hours() / 24
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	if !today.After(first) {
		return nil, fmt.Errorf("the month began today, and Cost Explorer tells of whole days: %w", ErrNotMeasurable)
	}
	found, err := costexplorer.NewFromConfig(global(s)).GetCostAndUsage(ctx, &costexplorer.GetCostAndUsageInput{
		TimePeriod:  &types.DateInterval{Start: aws.String(first.Format(time.DateOnly)), End: aws.String(today.Format(time.DateOnly))},
		Granularity: types.GranularityDaily, Metrics: []string{"UnblendedCost"},
		Filter: &types.Expression{And: []types.Expression{
			{Tags: &types.TagValues{Key: aws.String("Project"), Values: []string{s.Project}}},
			{Tags: &types.TagValues{Key: aws.String("Environment"), Values: []string{s.Environment}}},
		}},
		GroupBy: []types.GroupDefinition{{Type: types.GroupDefinitionTypeTag, Key: aws.String("Layer")}},
	})
	if err != nil {
		return nil, err
	}
	if len(found.ResultsByTime) == 0 {
		return nil, fmt.Errorf("Cost Explorer has no figures for this month: %w", ErrNotMeasurable)
	}
	total, layers, last := 0.0, map[string]float64{}, 0.0
	for _, each := range found.ResultsByTime {
		last = amount(each.Total["UnblendedCost"])
		for _, group := range each.Groups {
			usd := amount(group.Metrics["UnblendedCost"])
			last += usd
			for _, key := range group.Keys {
				layers[key] += usd
			}
		}
		total += last
	}
	projected := total / float64(len(found.ResultsByTime)) * days
	v.saw("%.2f USD in %d days, %.2f on the last of them; %.2f by the month's end; %d layers", total, len(found.ResultsByTime), last, projected, len(layers))
	v.must(projected <= s.Settings.Verify.MonthlyBudgetUSD, "the month will cost %.2f USD, more than %g", projected, s.Settings.Verify.MonthlyBudgetUSD)
	return v.give()
}

func amount(value types.MetricValue) float64 {
	usd, _ := strconv.ParseFloat(text(value.Amount), 64) // none is nothing spent
	return usd
}

// resourcesAreTagged looks at all that carries the environment's own tags, so it
// finds what lost the others.
func resourcesAreTagged(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	found, err := taggedIn(ctx, s.AWS,
		tagtypes.TagFilter{Key: aws.String("Project"), Values: []string{s.Project}}, tagtypes.TagFilter{Key: aws.String("Environment"), Values: []string{s.Environment}})
	if err != nil {
		return nil, err
	}
	for arn, have := range found {
		for _, key := range []string{"CostCenter", "Layer", "Owner", "ManagedBy", "DataClassification"} {
			v.must(have[key] != "", "%s has no tag %s", arn, key)
		}
	}
	v.saw("%d resources", len(found))
	v.must(len(found) > 0, "no resource carries the tags Project=%s and Environment=%s", s.Project, s.Environment)
	return v.give()
}
