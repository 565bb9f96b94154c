package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	tagtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
)

// tagKeys are the tags that everything carries.
var tagKeys = []string{"CostCenter", "DataClassification", "Environment", "Layer", "ManagedBy", "Owner", "Project", "Release"}

func tagChecks() []Check {
	remedy := "apply the resource's layer, which tags it by the provider's default_tags; what somebody made by hand under the environment's name goes"
	return []Check{
		{
			ID: "data.tags", Title: "everything that keeps or works on data carries the eight tags", Requirements: []string{"R7.2"}, Reads: []string{"tag:GetResources", "the lists of each service"},
			Remedy: remedy, Run: resourcesTagged,
		},
		{
			ID: "data.tags-of-roles", Title: "every role carries the eight tags", Requirements: []string{"R7.2"}, Reads: []string{"iam:ListRoleTags"},
			Remedy: remedy, Run: rolesTagged,
		},
		{
			ID: "data.tags-of-network", Title: "the network's parts carry the eight tags", Requirements: []string{"R7.2"}, Reads: []string{"ec2:DescribeTags"},
			Remedy: remedy, Run: networkTagged,
		},
	}
}

// judgeTags holds a resource's tags to the eight.
func judgeTags(v *verdict, s *Subject, what string, have tags) {
	var missing []string
	for _, key := range tagKeys {
		if have[key] == "" {
			missing = append(missing, key)
		}
	}
	v.must(len(missing) == 0, "%s lacks the tags %s", what, strings.Join(missing, ", "))
	v.must(have["Project"] == "" || have["Project"] == s.Project, "%s is tagged as of project %s", what, have["Project"])
	v.must(have["Environment"] == "" || have["Environment"] == s.Environment, "%s is tagged as of environment %s", what, have["Environment"])
}

// taggedIn gives what the tagging API knows in a region, by ARN: what has these tags,
// or everything. It does not know what has no tags.
func taggedIn(ctx context.Context, region awssdk.Config, having ...tagtypes.TagFilter) (map[string]tags, error) {
	found, err := listOf(ctx, "what is tagged", resourcegroupstaggingapi.NewGetResourcesPaginator(resourcegroupstaggingapi.NewFromConfig(region), &resourcegroupstaggingapi.GetResourcesInput{TagFilters: having}),
		func(page *resourcegroupstaggingapi.GetResourcesOutput) []tagtypes.ResourceTagMapping {
			return page.ResourceTagMappingList
		})
	if err != nil {
		return nil, err
	}
	all := map[string]tags{}
	for _, each := range found {
		all[text(each.ResourceARN)] = tagsOf(each.Tags, func(tag tagtypes.Tag) (key, value *string) { return tag.Key, tag.Value })
	}
	return all, nil
}

// taggableOf gives the ARNs of the environment's resources, as the services list them.
func taggableOf(ctx context.Context, s *Subject) ([]string, error) {
	var all []string
	in := func(service, resource string) string {
		return "arn:aws:" + service + ":" + s.Region + ":" + s.Account + ":" + resource
	}
	cluster, err := clusterOf(ctx, s)
	if err != nil {
		return nil, err
	}
	instances, err := instancesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	all = append(all, text(cluster.DBClusterArn))
	for _, each := range instances {
		all = append(all, text(each.DBInstanceArn))
	}
	functions, err := functionsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, each := range functions {
		all = append(all, in("lambda", "function:"+each.name))
	}
	groups, err := logGroupsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, each := range groups {
		all = append(all, in("logs", "log-group:"+text(each.LogGroupName)))
	}
	more, err := keepersOf(ctx, s)
	if err != nil {
		return nil, err
	}
	machine, err := s.Output("state_machine_arn")
	if err != nil {
		return nil, err
	}
	distribution, err := distributionOf(ctx, s)
	if err != nil {
		return nil, err
	}
	return append(append(all, more...), machine, text(distribution.ARN)), nil
}

// keepersOf gives the ARNs of buckets, keys, secrets, topics and queues, but not of
// those that the tool or RDS makes.
func keepersOf(ctx context.Context, s *Subject) ([]string, error) {
	var all []string
	buckets, err := bucketsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	for name := range buckets {
		if name != s.Settings.State.Bucket {
			all = append(all, "arn:aws:s3:::"+name)
		}
	}
	keys, err := keysOf(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, each := range keys {
		if each.alias != "alias/"+s.Settings.State.Bucket {
			all = append(all, each.arn)
		}
	}
	secrets, err := secretsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, each := range secrets {
		if each.about != nil && text(each.about.OwningService) == "" {
			all = append(all, text(each.about.ARN))
		}
	}
	topics, err := topicsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	queues, err := queuesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	return slices.AppendSeq(slices.AppendSeq(all, maps.Keys(topics)), maps.Keys(queues)), nil
}

func resourcesTagged(ctx context.Context, s *Subject) ([]string, error) {
	known := map[string]tags{}
	for _, region := range regions(s) {
		found, err := taggedIn(ctx, region)
		if err != nil {
			return nil, err
		}
		maps.Copy(known, found)
	}
	expected, err := taggableOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	for _, arn := range expected {
		judgeTags(&v, s, arn, known[arn])
	}
	if err := judgeOwnTags(ctx, s, &v); err != nil {
		return nil, err
	}
	v.saw("%d resources", len(expected)+4)
	return v.give()
}

// judgeOwnTags looks at what the tagging API does not know everywhere: the trail, the
// API and its stage, and the user pool.
func judgeOwnTags(ctx context.Context, s *Subject, v *verdict) error {
	trail, err := trailOf(ctx, s)
	if err != nil {
		return err
	}
	found, err := cloudtrail.NewFromConfig(s.AWS).ListTags(ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{text(trail.TrailARN)}})
	if err != nil {
		return fmt.Errorf("the trail's tags: %w", err)
	}
	have := tags{}
	for _, each := range found.ResourceTagList { // one, or none
		maps.Copy(have, tagsOf(each.TagsList, func(tag trailtypes.Tag) (key, value *string) { return tag.Key, tag.Value }))
	}
	judgeTags(v, s, "trail "+text(trail.Name), have)
	api, err := restAPIOf(ctx, s)
	if err != nil {
		return err
	}
	one, err := apigateway.NewFromConfig(s.AWS).GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: api.Id})
	if err != nil {
		return fmt.Errorf("the API's tags: %w", err)
	}
	stage, err := stageOf(ctx, s)
	if err != nil {
		return err
	}
	pool, err := poolOf(ctx, s)
	if err != nil {
		return err
	}
	judgeTags(v, s, "API "+text(api.Name), one.Tags)
	judgeTags(v, s, "stage "+stageName+" of the API", stage.Tags)
	judgeTags(v, s, "user pool "+text(pool.Name), pool.UserPoolTags)
	return nil
}

func rolesTagged(ctx context.Context, s *Subject) ([]string, error) {
	roles, err := rolesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	client := iam.NewFromConfig(s.AWS)
	for _, each := range roles {
		found, err := listOf(ctx, "the tags of role "+each.name, iam.NewListRoleTagsPaginator(client, &iam.ListRoleTagsInput{RoleName: &each.name}),
			func(page *iam.ListRoleTagsOutput) []iamtypes.Tag { return page.Tags })
		if err != nil {
			return nil, err
		}
		judgeTags(&v, s, "role "+each.name, tagsOf(found, func(tag iamtypes.Tag) (key, value *string) { return tag.Key, tag.Value }))
	}
	v.must(len(roles) > 0, "%s has no roles", s.Name())
	v.saw("%d roles", len(roles))
	return v.give()
}

func networkTagged(ctx context.Context, s *Subject) ([]string, error) {
	n, err := networkOf(ctx, s)
	if err != nil {
		return nil, err
	}
	ids := []string{n.id}
	for _, each := range n.subnets {
		ids = append(ids, text(each.SubnetId))
	}
	for _, each := range n.groups {
		ids = append(ids, text(each.GroupId))
	}
	found, err := listOf(ctx, "the network's tags", ec2.NewDescribeTagsPaginator(ec2.NewFromConfig(s.AWS), &ec2.DescribeTagsInput{
		Filters: []ec2types.Filter{{Name: awssdk.String("resource-id"), Values: ids}},
	}), func(page *ec2.DescribeTagsOutput) []ec2types.TagDescription { return page.Tags })
	if err != nil {
		return nil, err
	}
	byID := map[string][]ec2types.TagDescription{}
	for _, tag := range found {
		byID[text(tag.ResourceId)] = append(byID[text(tag.ResourceId)], tag)
	}
	var v verdict
	for _, id := range slices.Compact(sorted(ids)) {
		judgeTags(&v, s, id, tagsOf(byID[id], func(tag ec2types.TagDescription) (key, value *string) { return tag.Key, tag.Value }))
	}
	v.saw("%d parts", len(ids))
	return v.give()
}
