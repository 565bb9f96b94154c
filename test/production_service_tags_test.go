package test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	budgettypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	costtypes "github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	xraytypes "github.com/aws/aws-sdk-go-v2/service/xray/types"
)

// tagsOf reads a service's own type of tags.
func tagsOf[T any](list []T, pair func(T) (key, value *string)) tags {
	have := tags{}
	for _, each := range list {
		key, value := pair(each)
		have[aws.ToString(key)] = aws.ToString(value)
	}
	return have
}

// tagsByService gives the tags of what the tagging API does not know, or not
// everywhere.
func (s *stack) tagsByService(t *testing.T) map[string]tags {
	t.Helper()
	all := map[string]tags{}
	s.identityTags(t, all)
	s.costTags(t, all)
	s.tracingTags(t, all)

	trail := "arn:aws:cloudtrail:" + s.config.Region + ":" + s.Account + ":trail/" + s.Name + "-audit"
	trails, err := cloudtrail.NewFromConfig(s.config).ListTags(t.Context(), &cloudtrail.ListTagsInput{ResourceIdList: []string{trail}})
	mustUnless(t, err)
	all[trail] = nil
	for _, each := range trails.ResourceTagList {
		all[trail] = tagsOf(each.TagsList, func(tag trailtypes.Tag) (key, value *string) { return tag.Key, tag.Value })
	}

	id := s.restAPI(t)
	api, err := apigateway.NewFromConfig(s.config).GetRestApi(t.Context(), &apigateway.GetRestApiInput{RestApiId: &id})
	mustUnless(t, err)
	stage, err := apigateway.NewFromConfig(s.config).GetStage(t.Context(), &apigateway.GetStageInput{RestApiId: &id, StageName: aws.String("v1")})
	mustUnless(t, err)
	all["API "+id], all["stage v1 of "+id] = api.Tags, stage.Tags

	pool, err := cognitoidentityprovider.NewFromConfig(s.config).DescribeUserPool(t.Context(), &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: aws.String(s.output(t, "user_pool_id"))})
	mustUnless(t, err)
	all["user pool "+aws.ToString(pool.UserPool.Name)] = pool.UserPool.UserPoolTags

	group := "arn:aws:scheduler:" + s.config.Region + ":" + s.Account + ":schedule-group/" + s.Name + "-reminders"
	schedules, err := scheduler.NewFromConfig(s.config).ListTagsForResource(t.Context(), &scheduler.ListTagsForResourceInput{ResourceArn: &group})
	mustUnless(t, err)
	all[group] = tagsOf(schedules.Tags, func(tag schedulertypes.Tag) (key, value *string) { return tag.Key, tag.Value })

	rule := "arn:aws:events:" + s.config.Region + ":" + s.Account + ":rule/" + s.Name + "-workflow-ended-early"
	events, err := eventbridge.NewFromConfig(s.config).ListTagsForResource(t.Context(), &eventbridge.ListTagsForResourceInput{ResourceARN: &rule})
	mustUnless(t, err)
	all[rule] = tagsOf(events.Tags, func(tag eventtypes.Tag) (key, value *string) { return tag.Key, tag.Value })
	return all
}

// identityTags: roles, policies and, where it is the stack's, the identity provider.
func (s *stack) identityTags(t *testing.T, all map[string]tags) {
	t.Helper()
	client := iam.NewFromConfig(s.config)
	pair := func(tag iamtypes.Tag) (key, value *string) { return tag.Key, tag.Value }
	for _, role := range s.roles(t) {
		found, err := client.ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: role.RoleName})
		mustUnless(t, err)
		all["role "+aws.ToString(role.RoleName)] = tagsOf(found.Tags, pair)
	}
	pages := iam.NewListPoliciesPaginator(client, &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		mustUnless(t, err)
		for _, each := range page.Policies {
			if !strings.HasPrefix(aws.ToString(each.PolicyName), s.Name+"-") {
				continue
			}
			found, err := client.ListPolicyTags(t.Context(), &iam.ListPolicyTagsInput{PolicyArn: each.Arn})
			mustUnless(t, err)
			all["policy "+aws.ToString(each.PolicyName)] = tagsOf(found.Tags, pair)
		}
	}
	provider := "arn:aws:iam::" + s.Account + ":oidc-provider/" + tokenIssuer
	found, err := client.ListOpenIDConnectProviderTags(t.Context(), &iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: &provider})
	mustUnless(t, err)
	// An account has one; it may be another environment's.
	if have := tagsOf(found.Tags, pair); have["Project"] == s.project() || len(have) == 0 {
		all[provider] = have
	}
}

// costTags: the budget and the watch for anomalies.
func (s *stack) costTags(t *testing.T, all map[string]tags) {
	t.Helper()
	budget := "arn:aws:budgets::" + s.Account + ":budget/" + s.Name + "-monthly"
	found, err := budgets.NewFromConfig(s.config).ListTagsForResource(t.Context(), &budgets.ListTagsForResourceInput{ResourceARN: &budget})
	mustUnless(t, err)
	all[budget] = tagsOf(found.ResourceTags, func(tag budgettypes.ResourceTag) (key, value *string) { return tag.Key, tag.Value })
	client := costexplorer.NewFromConfig(s.usEast1)
	var arns []string
	monitors, err := client.GetAnomalyMonitors(t.Context(), &costexplorer.GetAnomalyMonitorsInput{})
	mustUnless(t, err)
	for _, each := range monitors.AnomalyMonitors {
		if aws.ToString(each.MonitorName) == s.Name {
			arns = append(arns, aws.ToString(each.MonitorArn))
		}
	}
	subscriptions, err := client.GetAnomalySubscriptions(t.Context(), &costexplorer.GetAnomalySubscriptionsInput{})
	mustUnless(t, err)
	for _, each := range subscriptions.AnomalySubscriptions {
		if aws.ToString(each.SubscriptionName) == s.Name {
			arns = append(arns, aws.ToString(each.SubscriptionArn))
		}
	}
	if len(arns) != 2 {
		t.Errorf("R7.2: not one anomaly monitor and one subscription: %v", arns)
	}
	for _, arn := range arns {
		found, err := client.ListTagsForResource(t.Context(), &costexplorer.ListTagsForResourceInput{ResourceArn: &arn})
		mustUnless(t, err)
		all[arn] = tagsOf(found.ResourceTags, func(tag costtypes.ResourceTag) (key, value *string) { return tag.Key, tag.Value })
	}
}

// tracingTags: the group and the sampling rule of X-Ray.
func (s *stack) tracingTags(t *testing.T, all map[string]tags) {
	t.Helper()
	client := xray.NewFromConfig(s.config)
	var arns []string
	groups, err := client.GetGroups(t.Context(), &xray.GetGroupsInput{})
	mustUnless(t, err)
	for _, each := range groups.Groups {
		if s.names(each.GroupName) {
			arns = append(arns, aws.ToString(each.GroupARN))
		}
	}
	rules, err := client.GetSamplingRules(t.Context(), &xray.GetSamplingRulesInput{})
	mustUnless(t, err)
	for _, each := range rules.SamplingRuleRecords {
		if s.names(each.SamplingRule.RuleName) {
			arns = append(arns, aws.ToString(each.SamplingRule.RuleARN))
		}
	}
	if len(arns) != 2 {
		t.Errorf("R3.3: not one group and one sampling rule: %v", arns)
	}
	for _, arn := range arns {
		found, err := client.ListTagsForResource(t.Context(), &xray.ListTagsForResourceInput{ResourceARN: &arn})
		mustUnless(t, err)
		all[arn] = tagsOf(found.Tags, func(tag xraytypes.Tag) (key, value *string) { return tag.Key, tag.Value })
	}
}
