package aws

import (
	"context"
	"slices"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
)

// Untracked gives, in order, the ARNs of everything in the region that carries
// all these tags, whether a state has it or not. The index behind it lags some
// seconds behind changes, may still list what was deleted, and lacks types
// that the Resource Groups Tagging API does not know.
func (c *Client) Untracked(ctx context.Context, tags map[string]string) ([]string, error) {
	var filters []types.TagFilter
	for _, key := range sortedKeys(tags) {
		filters = append(filters, types.TagFilter{Key: &key, Values: []string{tags[key]}})
	}
	var arns []string
	pages := resourcegroupstaggingapi.NewGetResourcesPaginator(c.tagging, &resourcegroupstaggingapi.GetResourcesInput{TagFilters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure(ctx, "list tagged resources", err)
		}
		for _, resource := range page.ResourceTagMappingList {
			arns = append(arns, awssdk.ToString(resource.ResourceARN))
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns), nil
}
