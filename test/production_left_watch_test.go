package test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/xray"
)

// watchListers list what watches over the rest.
func watchListers() map[string]lister {
	return map[string]lister{
		"log groups": func(ctx context.Context, _ *stack, region aws.Config) (all []string, err error) {
			pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(cloudwatchlogs.NewFromConfig(region), &cloudwatchlogs.DescribeLogGroupsInput{})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				for _, each := range page.LogGroups {
					all = append(all, aws.ToString(each.LogGroupName))
				}
			}
			return all, nil
		},
		// API Gateway names them by the API's id, which nobody can ask for any more
		// once the API is gone.
		"execution logs": func(ctx context.Context, s *stack, region aws.Config) ([]string, error) {
			out, err := cloudwatchlogs.NewFromConfig(region).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("API-Gateway-Execution-Logs_" + s.apiID)})
			return names(out, err, func() (all []string) {
				for _, each := range out.LogGroups {
					all = append(all, s.claim(true, aws.ToString(each.LogGroupName)))
				}
				return all
			})
		},
		"saved queries": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := cloudwatchlogs.NewFromConfig(region).DescribeQueryDefinitions(ctx, &cloudwatchlogs.DescribeQueryDefinitionsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.QueryDefinitions {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
		"alarms": func(ctx context.Context, _ *stack, region aws.Config) (all []string, err error) {
			pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(region), &cloudwatch.DescribeAlarmsInput{})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				for _, each := range page.MetricAlarms {
					all = append(all, aws.ToString(each.AlarmName))
				}
			}
			return all, nil
		},
		"dashboards": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := cloudwatch.NewFromConfig(region).ListDashboards(ctx, &cloudwatch.ListDashboardsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.DashboardEntries {
					all = append(all, aws.ToString(each.DashboardName))
				}
				return all
			})
		},
		"trails": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := cloudtrail.NewFromConfig(region).ListTrails(ctx, &cloudtrail.ListTrailsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.Trails {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
		"trace groups": func(ctx context.Context, s *stack, region aws.Config) ([]string, error) {
			out, err := xray.NewFromConfig(region).GetGroups(ctx, &xray.GetGroupsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.Groups {
					all = append(all, s.claim(s.names(each.GroupName), aws.ToString(each.GroupName)))
				}
				return all
			})
		},
		"sampling rules": func(ctx context.Context, s *stack, region aws.Config) ([]string, error) {
			out, err := xray.NewFromConfig(region).GetSamplingRules(ctx, &xray.GetSamplingRulesInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.SamplingRuleRecords {
					all = append(all, s.claim(s.names(each.SamplingRule.RuleName), aws.ToString(each.SamplingRule.RuleName)))
				}
				return all
			})
		},
		"budgets": func(ctx context.Context, s *stack, region aws.Config) ([]string, error) {
			out, err := budgets.NewFromConfig(region).DescribeBudgets(ctx, &budgets.DescribeBudgetsInput{AccountId: &s.Account})
			return names(out, err, func() (all []string) {
				for _, each := range out.Budgets {
					all = append(all, aws.ToString(each.BudgetName))
				}
				return all
			})
		},
		"anomaly monitors": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := costexplorer.NewFromConfig(region).GetAnomalyMonitors(ctx, &costexplorer.GetAnomalyMonitorsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.AnomalyMonitors {
					all = append(all, aws.ToString(each.MonitorName))
				}
				return all
			})
		},
		"anomaly subscriptions": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := costexplorer.NewFromConfig(region).GetAnomalySubscriptions(ctx, &costexplorer.GetAnomalySubscriptionsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.AnomalySubscriptions {
					all = append(all, aws.ToString(each.SubscriptionName))
				}
				return all
			})
		},
	}
}
