package aws

import (
	"context"
	"net/http"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func (c *Client) findLogGroup(ctx context.Context, values planned, _ map[string]bool) (string, bool, error) {
	name := values.text("name")
	if name == "" {
		return "", false, nil
	}
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(c.logs, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", false, failure(ctx, "look for log group "+name, err)
		}
		for _, group := range page.LogGroups {
			if awssdk.ToString(group.LogGroupName) != name {
				continue
			}
			arn := awssdk.ToString(group.LogGroupArn)
			if arn == "" {
				return name, true, nil
			}
			tags, err := c.logs.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: &arn})
			if err != nil {
				return "", false, failure(ctx, "read the tags of log group "+name, err)
			}
			return name, !c.foreign(tags.Tags, values.tags()), nil
		}
	}
	return "", false, nil
}

func iamTags(tags []iamtypes.Tag) map[string]string {
	all := map[string]string{}
	for _, tag := range tags {
		all[awssdk.ToString(tag.Key)] = awssdk.ToString(tag.Value)
	}
	return all
}

func (c *Client) findRole(ctx context.Context, values planned, _ map[string]bool) (string, bool, error) {
	name := values.text("name")
	if name == "" {
		return "", false, nil
	}
	role, err := c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if isCode(err, "NoSuchEntity") {
		return "", false, nil
	}
	if err != nil {
		return "", false, failure(ctx, "look for role "+name, err)
	}
	return name, !c.foreign(iamTags(role.Role.Tags), values.tags()), nil
}

// findPolicy goes by name and path: the ARN, by which a policy is imported, is
// known only from a listing.
func (c *Client) findPolicy(ctx context.Context, values planned, _ map[string]bool) (string, bool, error) {
	name := values.text("name")
	if name == "" {
		return "", false, nil
	}
	pages := iam.NewListPoliciesPaginator(c.iam, &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", false, failure(ctx, "list policies", err)
		}
		for _, policy := range page.Policies {
			if awssdk.ToString(policy.PolicyName) != name {
				continue
			}
			full, err := c.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: policy.Arn}) // listings have no tags
			if err != nil {
				return "", false, failure(ctx, "look at policy "+name, err)
			}
			return awssdk.ToString(policy.Arn), !c.foreign(iamTags(full.Policy.Tags), values.tags()), nil
		}
	}
	return "", false, nil
}

func (c *Client) findRolePolicy(ctx context.Context, values planned, _ map[string]bool) (string, bool, error) {
	role, name := values.text("role"), values.text("name")
	if role == "" || name == "" {
		return "", false, nil
	}
	_, err := c.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
	if isCode(err, "NoSuchEntity") {
		return "", false, nil
	}
	if err != nil {
		return "", false, failure(ctx, "look for policy "+name+" of role "+role, err)
	}
	return role + ":" + name, true, nil
}

func (c *Client) findAttachment(ctx context.Context, values planned, _ map[string]bool) (string, bool, error) {
	role, policy := values.text("role"), values.text("policy_arn")
	if role == "" || policy == "" {
		return "", false, nil
	}
	pages := iam.NewListAttachedRolePoliciesPaginator(c.iam, &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isCode(err, "NoSuchEntity") {
			return "", false, nil
		}
		if err != nil {
			return "", false, failure(ctx, "list the policies of role "+role, err)
		}
		for _, attached := range page.AttachedPolicies {
			if awssdk.ToString(attached.PolicyArn) == policy {
				return role + "/" + policy, true, nil
			}
		}
	}
	return "", false, nil
}

// findBucket finds a bucket of this account only: names are the world's.
func (c *Client) findBucket(ctx context.Context, values planned, _ map[string]bool) (string, bool, error) {
	name := values.text("bucket")
	if name == "" {
		return "", false, nil
	}
	who, err := c.Identity(ctx)
	if err != nil {
		return "", false, err
	}
	_, err = c.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name, ExpectedBucketOwner: &who.Account})
	if code := status(err); code == http.StatusNotFound || code == http.StatusForbidden {
		return "", false, nil
	}
	if err != nil {
		return "", false, failure(ctx, "look for bucket "+name, err)
	}
	tags, err := c.s3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &name})
	if isCode(err, "NoSuchTagSet") {
		return name, true, nil
	}
	if err != nil {
		return "", false, failure(ctx, "read the tags of bucket "+name, err)
	}
	have := map[string]string{}
	for _, tag := range tags.TagSet {
		have[awssdk.ToString(tag.Key)] = awssdk.ToString(tag.Value)
	}
	return name, !c.foreign(have, values.tags()), nil
}

// readIdentityProvider goes by the issuer's address: AWS takes one provider of
// each, and its ARN ends in it.
func (c *Client) readIdentityProvider(ctx context.Context, values planned) (object, error) {
	arn, err := c.arnIn(ctx, "", "iam", "oidc-provider/"+strings.TrimPrefix(values.text("url"), "https://"))
	if err != nil {
		return object{}, err
	}
	provider, err := c.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn})
	if err != nil {
		return object{}, err
	}
	return object{importID: arn, number: arn, tags: iamTags(provider.Tags)}, nil
}

func (c *Client) readObject(ctx context.Context, values planned) (object, error) {
	bucket, key := values.text("bucket"), values.text("key")
	_, err := c.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	return object{importID: bucket + "/" + key}, err
}
