package aws

import (
	"context"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
)

// listDistributions goes by tags: the reference that the provider makes up for
// each creation lets AWS take any number of the same. The comment only saves
// reading the tags of what cannot be meant.
func (c *Client) listDistributions(ctx context.Context, values planned) ([]candidate, error) {
	var candidates []candidate
	pages := cloudfront.NewListDistributionsPaginator(c.edge, &cloudfront.ListDistributionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, each := range page.DistributionList.Items {
			if comment := awssdk.ToString(each.Comment); comment != "" && comment != values.text("comment") {
				continue
			}
			listing, err := c.edge.ListTagsForResource(ctx, &cloudfront.ListTagsForResourceInput{Resource: each.ARN})
			if err != nil {
				return nil, err
			}
			tags := tagMap(listing.Tags.Items, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
			candidates = append(candidates, candidate{id: awssdk.ToString(each.Id), tags: tags})
		}
	}
	return candidates, nil
}

func (c *Client) readMonitoringSubscription(ctx context.Context, values planned) (object, error) {
	distribution := values.text("distribution_id")
	_, err := c.edge.GetMonitoringSubscription(ctx, &cloudfront.GetMonitoringSubscriptionInput{DistributionId: &distribution})
	return object{importID: distribution}, err
}

// readEdgeFunction gives the name as the function's number as well: a replace
// that creates first cannot have made a second one of the name, so the one
// that a state has is the old one.
func (c *Client) readEdgeFunction(ctx context.Context, values planned) (object, error) {
	name := values.text("name")
	_, err := c.edge.DescribeFunction(ctx, &cloudfront.DescribeFunctionInput{Name: &name, Stage: types.FunctionStageDevelopment})
	return object{importID: name, number: name}, err
}

func (c *Client) readOriginAccessControl(ctx context.Context, values planned) (object, error) {
	pages := cloudfront.NewListOriginAccessControlsPaginator(c.edge, &cloudfront.ListOriginAccessControlsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return object{}, err
		}
		for _, each := range page.OriginAccessControlList.Items {
			if id := awssdk.ToString(each.Id); awssdk.ToString(each.Name) == values.text("name") {
				return object{importID: id, number: id}, nil
			}
		}
	}
	return object{}, errAbsent
}

// readCachePolicy and readHeadersPolicy page by hand: the SDK has no
// paginators for them.
func (c *Client) readCachePolicy(ctx context.Context, values planned) (object, error) {
	input := &cloudfront.ListCachePoliciesInput{Type: types.CachePolicyTypeCustom}
	for {
		page, err := c.edge.ListCachePolicies(ctx, input)
		if err != nil {
			return object{}, err
		}
		for _, each := range page.CachePolicyList.Items {
			if id := awssdk.ToString(each.CachePolicy.Id); awssdk.ToString(each.CachePolicy.CachePolicyConfig.Name) == values.text("name") {
				return object{importID: id, number: id}, nil
			}
		}
		if input.Marker = page.CachePolicyList.NextMarker; awssdk.ToString(input.Marker) == "" {
			return object{}, errAbsent
		}
	}
}

func (c *Client) readHeadersPolicy(ctx context.Context, values planned) (object, error) {
	input := &cloudfront.ListResponseHeadersPoliciesInput{Type: types.ResponseHeadersPolicyTypeCustom}
	for {
		page, err := c.edge.ListResponseHeadersPolicies(ctx, input)
		if err != nil {
			return object{}, err
		}
		for _, each := range page.ResponseHeadersPolicyList.Items {
			if id := awssdk.ToString(each.ResponseHeadersPolicy.Id); awssdk.ToString(each.ResponseHeadersPolicy.ResponseHeadersPolicyConfig.Name) == values.text("name") {
				return object{importID: id, number: id}, nil
			}
		}
		if input.Marker = page.ResponseHeadersPolicyList.NextMarker; awssdk.ToString(input.Marker) == "" {
			return object{}, errAbsent
		}
	}
}
