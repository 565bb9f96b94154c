package aws

import (
	"context"
	"maps"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	xraytypes "github.com/aws/aws-sdk-go-v2/service/xray/types"
)

// readTrail passes over the shadows that trails of other regions throw here.
func (c *Client) readTrail(ctx context.Context, values planned) (object, error) {
	name := values.text("name")
	listing, err := c.trails.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{TrailNameList: []string{name}, IncludeShadowTrails: awssdk.Bool(false)})
	if err != nil {
		return object{}, err
	}
	for _, trail := range listing.TrailList {
		if awssdk.ToString(trail.Name) != name {
			continue
		}
		arn := awssdk.ToString(trail.TrailARN)
		answer, err := c.trails.ListTags(ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{arn}})
		if err != nil {
			return object{}, err
		}
		tags := map[string]string{}
		for _, each := range answer.ResourceTagList {
			maps.Copy(tags, tagMap(each.TagsList, func(t trailtypes.Tag) (key, value *string) { return t.Key, t.Value }))
		}
		return object{importID: arn, number: arn, tags: tags}, nil
	}
	return object{}, errAbsent
}

// listQueryDefinitions gives those of exactly the planned name, which has the
// environment in it; saved queries have no tags.
func (c *Client) listQueryDefinitions(ctx context.Context, values planned) ([]candidate, error) {
	name := values.text("name")
	input := &cloudwatchlogs.DescribeQueryDefinitionsInput{QueryDefinitionNamePrefix: &name}
	var candidates []candidate
	for {
		page, err := c.logs.DescribeQueryDefinitions(ctx, input)
		if err != nil {
			return nil, err
		}
		for _, each := range page.QueryDefinitions {
			if awssdk.ToString(each.Name) != name {
				continue
			}
			id := awssdk.ToString(each.QueryDefinitionId)
			arn, err := c.queryDefinitionARN(ctx, id)
			if err != nil {
				return nil, err
			}
			candidates = append(candidates, candidate{id: arn, number: id, bare: true})
		}
		if input.NextToken = page.NextToken; awssdk.ToString(input.NextToken) == "" {
			return candidates, nil
		}
	}
}

// queryDefinitionARN is the id by which a saved query is imported. It reports
// its number alone.
func (c *Client) queryDefinitionARN(ctx context.Context, id string) (string, error) {
	return c.arn(ctx, "logs", "query-definition:"+id)
}

// readTraceGroup knows X-Ray's word for a group that it lacks: an invalid
// request.
func (c *Client) readTraceGroup(ctx context.Context, values planned) (object, error) {
	name := values.text("group_name")
	answer, err := c.traces.GetGroup(ctx, &xray.GetGroupInput{GroupName: &name})
	if isCode(err, "InvalidRequestException") && strings.Contains(err.Error(), "not found") {
		return object{}, errAbsent
	}
	if err != nil {
		return object{}, err
	}
	arn := awssdk.ToString(answer.Group.GroupARN)
	tags, err := c.traceTags(ctx, arn)
	return object{importID: arn, number: arn, tags: tags}, err
}

func (c *Client) readSamplingRule(ctx context.Context, values planned) (object, error) {
	name := values.text("rule_name")
	pages := xray.NewGetSamplingRulesPaginator(c.traces, &xray.GetSamplingRulesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return object{}, err
		}
		for _, each := range page.SamplingRuleRecords {
			if each.SamplingRule == nil || awssdk.ToString(each.SamplingRule.RuleName) != name {
				continue
			}
			tags, err := c.traceTags(ctx, awssdk.ToString(each.SamplingRule.RuleARN))
			return object{importID: name, tags: tags}, err
		}
	}
	return object{}, errAbsent
}

func (c *Client) traceTags(ctx context.Context, arn string) (map[string]string, error) {
	listing, err := c.traces.ListTagsForResource(ctx, &xray.ListTagsForResourceInput{ResourceARN: &arn})
	if err != nil {
		return nil, err
	}
	return tagMap(listing.Tags, func(t xraytypes.Tag) (key, value *string) { return t.Key, t.Value }), nil
}
