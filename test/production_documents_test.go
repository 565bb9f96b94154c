package test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// document is a policy and where it was found.
type document struct {
	kind, name string
	owner      string // the role, of an identity policy
	policy
}

// documents gives every policy document of the stack, in both of its regions.
func (s *stack) documents(t *testing.T) []document {
	t.Helper()
	var all []document
	add := func(kind, name, body string) {
		if body != "" {
			all = append(all, document{kind: kind, name: name, policy: parsePolicy(t, kind+" "+name, body)})
		}
	}
	for _, role := range s.roles(t) {
		name := aws.ToString(role.RoleName)
		add("trust", name, aws.ToString(role.AssumeRolePolicyDocument))
		for policy, document := range s.identityPolicies(t, name) {
			all = append(all, documentOf("identity", name, name+", "+policy, document))
		}
	}
	s.resourcePolicies(t, add)
	for _, region := range []aws.Config{s.config, s.usEast1} {
		for arn, topic := range s.topics(t, region) {
			add("topic", arn, topic["Policy"])
		}
		client := kms.NewFromConfig(region)
		for _, key := range s.keys(t, region) {
			found, err := client.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: key.KeyId, PolicyName: aws.String("default")})
			if err != nil {
				t.Fatalf("R4.1: policy of key %s: %v", aws.ToString(key.Description), err)
			}
			add("key", aws.ToString(key.Description), aws.ToString(found.Policy))
		}
	}
	return all
}

func documentOf(kind, owner, name string, p policy) document {
	return document{kind: kind, name: name, owner: owner, policy: p}
}

// resourcePolicies adds those of the stack's region alone.
func (s *stack) resourcePolicies(t *testing.T, add func(kind, name, body string)) {
	t.Helper()
	for _, name := range s.bucketNames(t) {
		found, err := s.storage().GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &name})
		mustUnless(t, err, "NoSuchBucketPolicy")
		if err == nil {
			add("bucket", name, aws.ToString(found.Policy))
		}
	}
	for address, attributes := range s.queues(t) {
		add("queue", address, attributes[string(sqstypes.QueueAttributeNamePolicy)])
	}
	functions := lambda.NewFromConfig(s.config)
	for _, name := range s.functionNames(t) {
		for _, qualifier := range []*string{nil, aws.String("live")} {
			found, err := functions.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: &name, Qualifier: qualifier})
			mustUnless(t, err, "ResourceNotFoundException")
			if err == nil {
				add("function", name, aws.ToString(found.Policy))
			}
		}
	}
	secrets := secretsmanager.NewFromConfig(s.config)
	for _, arn := range s.secretARNs(t) {
		found, err := secrets.GetResourcePolicy(t.Context(), &secretsmanager.GetResourcePolicyInput{SecretId: &arn})
		mustUnless(t, err)
		add("secret", arn, aws.ToString(found.ResourcePolicy))
	}
	logs, err := cloudwatchlogs.NewFromConfig(s.config).DescribeResourcePolicies(t.Context(), &cloudwatchlogs.DescribeResourcePoliciesInput{})
	mustUnless(t, err)
	for _, each := range logs.ResourcePolicies {
		if body := aws.ToString(each.PolicyDocument); strings.Contains(body, s.Name) {
			add("logs", aws.ToString(each.PolicyName), body)
		}
	}
	api, err := apigateway.NewFromConfig(s.config).GetRestApi(t.Context(), &apigateway.GetRestApiInput{RestApiId: aws.String(s.restAPI(t))})
	mustUnless(t, err)
	add("API", aws.ToString(api.Name), strings.ReplaceAll(aws.ToString(api.Policy), `\"`, `"`))
}

// mustUnless ends the test on an error of another kind than these.
func mustUnless(t *testing.T, err error, codes ...string) {
	t.Helper()
	var known smithy.APIError
	if errors.As(err, &known) {
		for _, code := range codes {
			if known.ErrorCode() == code {
				return
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
