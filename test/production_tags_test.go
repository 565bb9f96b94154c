package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/google/go-cmp/cmp"
)

// tags are a resource's, by key.
type tags map[string]string

// tagKeys are those that everything carries (R7.2: cost by tag).
func tagKeys() []string {
	return []string{"CostCenter", "DataClassification", "Environment", "Layer", "ManagedBy", "Owner", "Project", "Release"}
}

// checkTags holds everything that takes tags to the catalogue's eight.
func checkTags(t *testing.T, s *stack) {
	known := s.taggedResources(t)
	found := s.tagsByService(t)
	for _, arn := range s.taggable(t) {
		found[arn] = known[arn]
	}
	for id, each := range s.networkTags(t) {
		found[id] = each
	}
	// Environment and project are checked by value; the others are the same for
	// all, whatever the environment says.
	shared := map[string]map[string]bool{}
	seen := map[string]bool{}
	for resource, have := range found {
		for _, key := range tagKeys() {
			if have[key] == "" {
				t.Errorf("R7.2: %s has no tag %s: %v", resource, key, have)
			}
		}
		if len(have) == 0 {
			continue
		}
		if have["Project"] != s.project() || have["Environment"] != s.Environment || have["ManagedBy"] != "terraform" || !slices.Contains(layers, have["Layer"]) {
			t.Errorf("R7.2: tags of %s: %v", resource, have)
		}
		seen[have["Layer"]] = true
		for _, key := range []string{"CostCenter", "DataClassification", "Owner", "Release"} {
			if shared[key] == nil {
				shared[key] = map[string]bool{}
			}
			shared[key][have[key]] = true
		}
	}
	for key, values := range shared {
		if len(values) != 1 {
			t.Errorf("R7.2: tag %s has several values: %v", key, sorted(keys(values)))
		}
	}
	if diff := cmp.Diff(layers, sorted(keys(seen))); diff != "" {
		t.Errorf("R7.2: layers by their resources' tags (-want +got):\n%s", diff)
	}
}

// taggedResources gives what the resource groups tagging API knows in both
// regions, by ARN.
func (s *stack) taggedResources(t *testing.T) map[string]tags {
	t.Helper()
	all := map[string]tags{}
	for _, region := range []aws.Config{s.config, s.usEast1} {
		pages := resourcegroupstaggingapi.NewGetResourcesPaginator(resourcegroupstaggingapi.NewFromConfig(region), &resourcegroupstaggingapi.GetResourcesInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, resource := range page.ResourceTagMappingList {
				have := tags{}
				for _, tag := range resource.Tags {
					have[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
				}
				all[aws.ToString(resource.ResourceARN)] = have
			}
		}
	}
	return all
}

// taggable gives the ARNs of what the tagging API knows, as the services list
// them: a resource without tags is unknown to that API.
func (s *stack) taggable(t *testing.T) []string {
	t.Helper()
	in, account := s.config.Region, s.Account
	all := []string{
		"arn:aws:cloudfront::" + account + ":distribution/" + s.output(t, "distribution_id"),
		"arn:aws:rds:" + in + ":" + account + ":cluster:" + s.Name,
		"arn:aws:rds:" + in + ":" + account + ":db:" + s.Name + "-1",
		"arn:aws:rds:" + in + ":" + account + ":db:" + s.Name + "-2",
		s.output(t, "state_machine_arn"),
	}
	for _, name := range s.functionNames(t) {
		all = append(all, "arn:aws:lambda:"+in+":"+account+":function:"+name)
	}
	for _, group := range s.logGroups(t) {
		all = append(all, "arn:aws:logs:"+in+":"+account+":log-group:"+aws.ToString(group.LogGroupName))
	}
	for _, arn := range s.secretARNs(t) {
		if !strings.Contains(arn, ":secret:rds!") { // RDS makes that one
			all = append(all, arn)
		}
	}
	for _, attributes := range s.queues(t) {
		all = append(all, attributes["QueueArn"])
	}
	for _, name := range s.bucketNames(t) {
		if name != s.Bucket { // the tool makes it before there is a layer
			all = append(all, "arn:aws:s3:::"+name)
		}
	}
	for _, region := range []aws.Config{s.config, s.usEast1} {
		all = append(all, keys(s.topics(t, region))...)
		for _, key := range s.keys(t, region) {
			if !strings.Contains(aws.ToString(key.Description), s.Bucket) {
				all = append(all, aws.ToString(key.Arn))
			}
		}
		pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(region), &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String(s.Name + "-")})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, each := range page.MetricAlarms {
				all = append(all, aws.ToString(each.AlarmArn))
			}
		}
	}
	return all
}

// networkTags gives the tags of the network's resources, which have ids only.
func (s *stack) networkTags(t *testing.T) map[string]tags {
	t.Helper()
	all := map[string]tags{}
	pages := ec2.NewDescribeTagsPaginator(ec2.NewFromConfig(s.config), &ec2.DescribeTagsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range page.Tags {
			id := aws.ToString(tag.ResourceId)
			if all[id] == nil {
				all[id] = tags{}
			}
			all[id][aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
	}
	ours, kinds := map[string]tags{}, map[string]int{}
	for id, have := range all {
		if have["Project"] == s.project() && have["Environment"] == s.Environment {
			kind, _, _ := strings.Cut(id, "-")
			ours[id] = have
			kinds[kind]++
		}
	}
	want := map[string]int{"eipalloc": 1, "fl": 1, "igw": 1, "nat": 1, "rtb": 3, "sg": 3, "sgr": 3, "subnet": 4, "vpc": 1, "vpce": 1}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("R7.2: the network's resources that are tagged as ours (-want +got):\n%s", diff)
	}
	return ours
}
