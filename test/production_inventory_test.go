package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// roles gives the stack's roles, those that layers made and any other.
func (s *stack) roles(t *testing.T) []iamtypes.Role {
	t.Helper()
	var all []iamtypes.Role
	pages := iam.NewListRolesPaginator(iam.NewFromConfig(s.config), &iam.ListRolesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, role := range page.Roles {
			if strings.HasPrefix(aws.ToString(role.RoleName), s.Name+"-") {
				all = append(all, role)
			}
		}
	}
	return all
}

// identityStatements gives what a role may and may not do, by its inline and its
// managed policies.
func (s *stack) identityStatements(t *testing.T, role string) []statement {
	t.Helper()
	var all []statement
	for _, each := range s.identityPolicies(t, role) {
		all = append(all, each.Statement...)
	}
	return all
}

// identityPolicies gives a role's policies by name.
func (s *stack) identityPolicies(t *testing.T, role string) map[string]policy {
	t.Helper()
	client, all := iam.NewFromConfig(s.config), map[string]policy{}
	inline := iam.NewListRolePoliciesPaginator(client, &iam.ListRolePoliciesInput{RoleName: &role})
	for inline.HasMorePages() {
		page, err := inline.NextPage(t.Context())
		if err != nil {
			t.Fatalf("R4.1: policies of role %s: %v", role, err)
		}
		for _, name := range page.PolicyNames {
			found, err := client.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
			if err != nil {
				t.Fatalf("R4.1: policy %s of role %s: %v", name, role, err)
			}
			all["inline "+name] = parsePolicy(t, role+"/"+name, aws.ToString(found.PolicyDocument))
		}
	}
	attached := iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	for attached.HasMorePages() {
		page, err := attached.NextPage(t.Context())
		if err != nil {
			t.Fatalf("R4.1: policies of role %s: %v", role, err)
		}
		for _, each := range page.AttachedPolicies {
			found, err := client.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: each.PolicyArn})
			if err != nil {
				t.Fatalf("R4.1: policy %s: %v", aws.ToString(each.PolicyArn), err)
			}
			version, err := client.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: each.PolicyArn, VersionId: found.Policy.DefaultVersionId})
			if err != nil {
				t.Fatalf("R4.1: policy %s: %v", aws.ToString(each.PolicyArn), err)
			}
			all["managed "+aws.ToString(each.PolicyName)] = parsePolicy(t, aws.ToString(each.PolicyArn), aws.ToString(version.PolicyVersion.Document))
		}
	}
	return all
}

// bucketNames gives the stack's buckets, the tool's included.
func (s *stack) bucketNames(t *testing.T) []string {
	t.Helper()
	found, err := s.storage().ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, bucket := range found.Buckets {
		if name := aws.ToString(bucket.Name); strings.HasPrefix(name, s.Name+"-") {
			all = append(all, name)
		}
	}
	return all
}

// keys gives the stack's own keys in a region, by their aliases; the tool's
// included.
func (s *stack) keys(t *testing.T, region aws.Config) []kmstypes.KeyMetadata {
	t.Helper()
	client := kms.NewFromConfig(region)
	var all []kmstypes.KeyMetadata
	pages := kms.NewListAliasesPaginator(client, &kms.ListAliasesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, alias := range page.Aliases {
			if !strings.HasPrefix(aws.ToString(alias.AliasName), "alias/"+s.Name+"-") {
				continue
			}
			key, err := client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: alias.TargetKeyId})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, *key.KeyMetadata)
		}
	}
	return all
}

// topics gives the attributes of the stack's topics in a region by ARN.
func (s *stack) topics(t *testing.T, region aws.Config) map[string]map[string]string {
	t.Helper()
	client, all := sns.NewFromConfig(region), map[string]map[string]string{}
	pages := sns.NewListTopicsPaginator(client, &sns.ListTopicsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, topic := range page.Topics {
			if arn := aws.ToString(topic.TopicArn); strings.Contains(arn, ":"+s.Name+"-") {
				found, err := client.GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: &arn})
				if err != nil {
					t.Fatal(err)
				}
				all[arn] = found.Attributes
			}
		}
	}
	return all
}

// queues gives the attributes of the stack's queues by address.
func (s *stack) queues(t *testing.T) map[string]map[string]string {
	t.Helper()
	client, all := sqs.NewFromConfig(s.config), map[string]map[string]string{}
	found, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: aws.String(s.Name + "-")})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range found.QueueUrls {
		attributes, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &address, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll}})
		if err != nil {
			t.Fatal(err)
		}
		all[address] = attributes.Attributes
	}
	return all
}

// secretARNs gives the stack's secrets, that of the database's master included.
func (s *stack) secretARNs(t *testing.T) []string {
	t.Helper()
	all := []string{s.output(t, "database_master_user_secret_arn")}
	found, ok := s.outputs["secret_arns"].(map[string]any)
	if !ok || len(found) != 3 {
		t.Fatalf("R1.4: the root does not name three secrets: %v", s.outputs["secret_arns"])
	}
	for _, arn := range found {
		if text, ok := arn.(string); ok {
			all = append(all, text)
		}
	}
	return slices.Compact(sorted(all))
}

// logGroups gives the stack's log groups, that of the API's stage included, whose
// name API Gateway chooses.
func (s *stack) logGroups(t *testing.T) []logtypes.LogGroup {
	t.Helper()
	var all []logtypes.LogGroup
	stage := "API-Gateway-Execution-Logs_" + s.restAPI(t) + "/v1"
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(cloudwatchlogs.NewFromConfig(s.config), &cloudwatchlogs.DescribeLogGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range page.LogGroups {
			if name := aws.ToString(group.LogGroupName); name == stage || strings.Contains(name+"/", "/"+s.Name+"/") || strings.Contains(name, "/"+s.Name+"-") {
				all = append(all, group)
			}
		}
	}
	return all
}
