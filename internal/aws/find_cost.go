package aws

import (
	"context"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	costtypes "github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
)

func (c *Client) readBudget(ctx context.Context, values planned) (object, error) {
	who, err := c.Identity(ctx)
	if err != nil {
		return object{}, err
	}
	name := values.text("name")
	_, err = c.budgets.DescribeBudget(ctx, &budgets.DescribeBudgetInput{AccountId: &who.Account, BudgetName: &name})
	return object{importID: who.Account + ":" + name}, err
}

func (c *Client) listAnomalyMonitors(ctx context.Context, values planned) ([]candidate, error) {
	var candidates []candidate
	pages := costexplorer.NewGetAnomalyMonitorsPaginator(c.costs, &costexplorer.GetAnomalyMonitorsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, each := range page.AnomalyMonitors {
			if awssdk.ToString(each.MonitorName) != values.text("name") {
				continue
			}
			next, err := c.costCandidate(ctx, awssdk.ToString(each.MonitorArn))
			if err != nil {
				return nil, err
			}
			candidates = append(candidates, next)
		}
	}
	return candidates, nil
}

func (c *Client) listAnomalySubscriptions(ctx context.Context, values planned) ([]candidate, error) {
	var candidates []candidate
	pages := costexplorer.NewGetAnomalySubscriptionsPaginator(c.costs, &costexplorer.GetAnomalySubscriptionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, each := range page.AnomalySubscriptions {
			if awssdk.ToString(each.SubscriptionName) != values.text("name") {
				continue
			}
			next, err := c.costCandidate(ctx, awssdk.ToString(each.SubscriptionArn))
			if err != nil {
				return nil, err
			}
			candidates = append(candidates, next)
		}
	}
	return candidates, nil
}

func (c *Client) costCandidate(ctx context.Context, arn string) (candidate, error) {
	listing, err := c.costs.ListTagsForResource(ctx, &costexplorer.ListTagsForResourceInput{ResourceArn: &arn})
	if err != nil {
		return candidate{}, err
	}
	tags := tagMap(listing.ResourceTags, func(t costtypes.ResourceTag) (key, value *string) { return t.Key, t.Value })
	return candidate{id: arn, tags: tags}, nil
}
