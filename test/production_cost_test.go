package test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	budgettypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	"github.com/google/go-cmp/cmp"
)

// checkCost holds the budget and the watch for anomalies to R7.2.
func checkCost(t *testing.T, s *stack, topic string) {
	t.Helper()
	client, name := budgets.NewFromConfig(s.config), s.Name+"-monthly"
	found, err := client.DescribeBudget(t.Context(), &budgets.DescribeBudgetInput{AccountId: &s.Account, BudgetName: &name})
	if err != nil {
		t.Fatalf("R7.2: budget %s: %v", name, err)
	}
	b := found.Budget
	limit := 0.0
	if b.BudgetLimit != nil {
		limit, _ = strconv.ParseFloat(aws.ToString(b.BudgetLimit.Amount), 64)
	}
	project := s.project()
	facts(t, "R7.2", map[string]bool{
		"budget: of cost, by the month":     b.BudgetType == budgettypes.BudgetTypeCost && b.TimeUnit == budgettypes.TimeUnitMonthly,
		"budget: 100 USD":                   limit == 100 && aws.ToString(b.BudgetLimit.Unit) == "USD",
		"budget: of this environment's tag": cmp.Equal(sorted(b.CostFilters["TagKeyValue"]), []string{"user:Environment$" + s.Environment, "user:Project$" + project}), //nolint:staticcheck // what the provider sets
	})
	notifications, err := client.DescribeNotificationsForBudget(t.Context(), &budgets.DescribeNotificationsForBudgetInput{AccountId: &s.Account, BudgetName: &name})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, each := range notifications.Notifications {
		subscribers, err := client.DescribeSubscribersForNotification(t.Context(), &budgets.DescribeSubscribersForNotificationInput{AccountId: &s.Account, BudgetName: &name, Notification: &each})
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(subscribers.Subscribers, func(to budgettypes.Subscriber) bool {
			return to.SubscriptionType == budgettypes.SubscriptionTypeSns && aws.ToString(to.Address) == topic
		}) {
			told = append(told, string(each.NotificationType)+" "+strconv.FormatFloat(each.Threshold, 'f', -1, 64))
		}
	}
	if diff := cmp.Diff([]string{"ACTUAL 100", "ACTUAL 80", "FORECASTED 100"}, sorted(told)); diff != "" {
		t.Errorf("R7.2: percentages of the budget that the topic is told (-want +got):\n%s", diff)
	}
	checkAnomalies(t, s, project, topic)
}

func checkAnomalies(t *testing.T, s *stack, project, topic string) {
	t.Helper()
	client := costexplorer.NewFromConfig(s.usEast1)
	monitors, err := client.GetAnomalyMonitors(t.Context(), &costexplorer.GetAnomalyMonitorsInput{})
	if err != nil {
		t.Fatalf("R7.2: anomaly monitors: %v", err)
	}
	monitor := ""
	for _, each := range monitors.AnomalyMonitors {
		if aws.ToString(each.MonitorName) != s.Name {
			continue
		}
		monitor = aws.ToString(each.MonitorArn)
		tag := &types.TagValues{}
		if each.MonitorSpecification != nil && each.MonitorSpecification.Tags != nil {
			tag = each.MonitorSpecification.Tags
		}
		if each.MonitorType != types.MonitorTypeCustom || aws.ToString(tag.Key) != "Project" || !slices.Equal(tag.Values, []string{project}) {
			t.Errorf("R7.2: the anomaly monitor does not watch the project: %+v", each)
		}
	}
	subscriptions, err := client.GetAnomalySubscriptions(t.Context(), &costexplorer.GetAnomalySubscriptionsInput{})
	if err != nil {
		t.Fatalf("R7.2: anomaly subscriptions: %v", err)
	}
	told := false
	for _, each := range subscriptions.AnomalySubscriptions {
		if aws.ToString(each.SubscriptionName) == s.Name {
			told = each.Frequency == types.AnomalySubscriptionFrequencyImmediate && slices.Equal(each.MonitorArnList, []string{monitor}) &&
				len(each.Subscribers) == 1 && aws.ToString(each.Subscribers[0].Address) == topic
		}
	}
	facts(t, "R7.2", map[string]bool{
		"anomalies of cost are looked for":    monitor != "",
		"anomalies of cost are told, at once": told,
	})
}
