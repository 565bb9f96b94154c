package verify

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// securityMutations are changes of who may do what, what is recorded, and what is
// closed and encrypted.
func securityMutations() []mutation {
	all := slices.Concat(roleMutations(), bucketMutations(), trailMutations(), messageMutations(), functionMutations(), networkMutations(), otherMutations(), siteMutations(), poolMutations(), apiMutations())
	for i := range all {
		all[i].area = "security"
	}
	return all
}

// try ends the test where AWS refuses a change: nothing would be proved.
func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// got gives what a call answered.
func got[T any](answer T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		try(t, err)
		return answer
	}
}

func (w *world) storage() *s3.Client {
	return s3.NewFromConfig(w.config, func(o *s3.Options) { o.UsePathStyle = true })
}

// everybody is a statement that allows an action to all.
func everybody(action, resource string) map[string]any {
	return map[string]any{"Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}
}

// rewritten gives a policy document with its statements changed.
func rewritten(t *testing.T, document string, change func(statements []any) []any) string {
	t.Helper()
	var policy map[string]any
	try(t, json.Unmarshal([]byte(document), &policy))
	statements, ok := policy["Statement"].([]any)
	if !ok {
		t.Fatalf("no list of statements: %s", document)
	}
	policy["Statement"] = change(statements)
	body, err := json.Marshal(policy)
	try(t, err)
	return string(body)
}

// withoutDenials leaves only what allows something.
func withoutDenials(statements []any) []any {
	return slices.DeleteFunc(statements, func(each any) bool { return each.(map[string]any)["Effect"] == "Deny" })
}

// openTo adds a statement for everybody.
func openTo(action, resource string) func([]any) []any {
	return func(statements []any) []any { return append(statements, everybody(action, resource)) }
}

func roleMutations() []mutation {
	return []mutation{
		{
			name: "wildcard policy", checks: []string{"security.least-privilege"},
			change: func(t *testing.T, w *world) func() {
				client, role := iam.NewFromConfig(w.config), w.name+"-functions-api"
				_, err := client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("by-hand"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a"}]}`)})
				try(t, err)
				return func() {
					_, err := client.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: aws.String("by-hand")})
					try(t, err)
				}
			},
		},
		{
			name: "all resources", checks: []string{"security.least-privilege"},
			change: func(t *testing.T, w *world) func() {
				client, role := iam.NewFromConfig(w.config), w.name+"-workflow"
				_, err := client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("by-hand"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Sid":"ReadAll","Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`)})
				try(t, err)
				return func() {
					_, err := client.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: aws.String("by-hand")})
					try(t, err)
				}
			},
		},
		{
			name: "administrator", checks: []string{"security.least-privilege"},
			change: func(t *testing.T, w *world) func() {
				client, role, policy := iam.NewFromConfig(w.config), w.name+"-functions-auth", "arn:aws:iam::aws:policy/AdministratorAccess"
				_, err := client.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: &policy})
				try(t, err)
				return func() {
					_, err := client.DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: &policy})
					try(t, err)
				}
			},
		},
		{
			name: "deploy role for every branch", checks: []string{"security.trust"},
			change: func(t *testing.T, w *world) func() {
				return w.trusts(t, w.name+"-delivery-deploy", func(document string) string {
					return strings.ReplaceAll(document, ":environment:", ":ref:refs/heads/")
				})
			},
		},
		{
			name: "role for another account", checks: []string{"security.trust"},
			change: func(t *testing.T, w *world) func() {
				return w.trusts(t, w.name+"-functions-reminder", func(string) string {
					return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::210987654321:root"},"Action":"sts:AssumeRole"}]}`
				})
			},
		},
	}
}

// trusts changes who may take a role.
func (w *world) trusts(t *testing.T, role string, change func(document string) string) func() {
	t.Helper()
	client := iam.NewFromConfig(w.config)
	found := got(client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &role}))(t)
	before, err := url.PathUnescape(aws.ToString(found.Role.AssumeRolePolicyDocument))
	try(t, err)
	set := func(document string) {
		_, err := client.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &role, PolicyDocument: &document})
		try(t, err)
	}
	set(change(before))
	return func() { set(before) }
}

func bucketMutations() []mutation {
	return []mutation{
		{
			name: "public access block off", checks: []string{"security.buckets-blocked"},
			change: func(t *testing.T, w *world) func() {
				client, name := w.storage(), w.output(t, "site_bucket")
				before := got(client.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: &name}))(t)
				_, err := client.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &name})
				try(t, err)
				return func() {
					_, err := client.PutPublicAccessBlock(t.Context(), &s3.PutPublicAccessBlockInput{Bucket: &name, PublicAccessBlockConfiguration: before.PublicAccessBlockConfiguration})
					try(t, err)
				}
			},
		},
		{
			name: "one kind of public access", checks: []string{"security.buckets-blocked"},
			change: func(t *testing.T, w *world) func() {
				client, name := w.storage(), w.output(t, "trail_bucket")
				before := got(client.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: &name}))(t)
				changed := *before.PublicAccessBlockConfiguration
				changed.RestrictPublicBuckets = aws.Bool(false)
				set := func(to *s3types.PublicAccessBlockConfiguration) {
					_, err := client.PutPublicAccessBlock(t.Context(), &s3.PutPublicAccessBlockInput{Bucket: &name, PublicAccessBlockConfiguration: to})
					try(t, err)
				}
				set(&changed)
				return func() { set(before.PublicAccessBlockConfiguration) }
			},
		},
		{
			name: "public bucket", checks: []string{"security.buckets-private", "security.site-bucket"},
			change: func(t *testing.T, w *world) func() {
				name := w.output(t, "site_bucket")
				return w.bucketPolicy(t, name, openTo("s3:GetObject", "arn:aws:s3:::"+name+"/*"))
			},
		},
		{
			name: "bucket without TLS", checks: []string{"security.buckets-tls"},
			change: func(t *testing.T, w *world) func() {
				return w.bucketPolicy(t, w.name+"-audit-log-"+w.account, withoutDenials)
			},
		},
		{
			name: "versioning suspended", checks: []string{"security.site-bucket"},
			change: func(t *testing.T, w *world) func() {
				client, name := w.storage(), w.output(t, "site_bucket")
				set := func(to s3types.BucketVersioningStatus) {
					_, err := client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: &name, VersioningConfiguration: &s3types.VersioningConfiguration{Status: to}})
					try(t, err)
				}
				set(s3types.BucketVersioningStatusSuspended)
				return func() { set(s3types.BucketVersioningStatusEnabled) }
			},
		},
		{
			name: "site's accesses not logged", checks: []string{"security.site-bucket"},
			change: func(t *testing.T, w *world) func() {
				client, name := w.storage(), w.output(t, "site_bucket")
				before := got(client.GetBucketLogging(t.Context(), &s3.GetBucketLoggingInput{Bucket: &name}))(t)
				set := func(to *s3types.LoggingEnabled) {
					_, err := client.PutBucketLogging(t.Context(), &s3.PutBucketLoggingInput{Bucket: &name, BucketLoggingStatus: &s3types.BucketLoggingStatus{LoggingEnabled: to}})
					try(t, err)
				}
				set(nil)
				return func() { set(before.LoggingEnabled) }
			},
		},
		{
			name: "trail's files for ever", checks: []string{"security.trail-retention"},
			change: func(t *testing.T, w *world) func() { return w.noLifecycle(t, w.output(t, "trail_bucket")) },
		},
	}
}

// bucketPolicy changes a bucket's policy.
func (w *world) bucketPolicy(t *testing.T, name string, change func([]any) []any) func() {
	t.Helper()
	client := w.storage()
	before := aws.ToString(got(client.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &name}))(t).Policy)
	set := func(document string) {
		_, err := client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &name, Policy: &document})
		try(t, err)
	}
	set(rewritten(t, before, change))
	return func() { set(before) }
}

// noLifecycle takes a bucket's lifecycle away.
func (w *world) noLifecycle(t *testing.T, name string) func() {
	t.Helper()
	client := w.storage()
	before := got(client.GetBucketLifecycleConfiguration(t.Context(), &s3.GetBucketLifecycleConfigurationInput{Bucket: &name}))(t)
	_, err := client.DeleteBucketLifecycle(t.Context(), &s3.DeleteBucketLifecycleInput{Bucket: &name})
	try(t, err)
	return func() {
		_, err := client.PutBucketLifecycleConfiguration(t.Context(), &s3.PutBucketLifecycleConfigurationInput{
			Bucket: &name, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{Rules: before.Rules},
			TransitionDefaultMinimumObjectSize: before.TransitionDefaultMinimumObjectSize,
		})
		try(t, err)
	}
}

func trailMutations() []mutation {
	updated := func(name string, change, undo cloudtrail.UpdateTrailInput) mutation {
		return mutation{
			name: name, checks: []string{"security.trail"},
			change: func(t *testing.T, w *world) func() {
				client, trail := cloudtrail.NewFromConfig(w.config), w.name+"-audit"
				set := func(to cloudtrail.UpdateTrailInput) {
					to.Name = &trail
					_, err := client.UpdateTrail(t.Context(), &to)
					try(t, err)
				}
				set(change)
				return func() { set(undo) }
			},
		}
	}
	return []mutation{
		{
			name: "trail stopped", checks: []string{"security.trail-logging"},
			change: func(t *testing.T, w *world) func() {
				client, trail := cloudtrail.NewFromConfig(w.config), w.name+"-audit"
				_, err := client.StopLogging(t.Context(), &cloudtrail.StopLoggingInput{Name: &trail})
				try(t, err)
				return func() {
					_, err := client.StartLogging(t.Context(), &cloudtrail.StartLoggingInput{Name: &trail})
					try(t, err)
				}
			},
		},
		updated("trail without digests", cloudtrail.UpdateTrailInput{EnableLogFileValidation: aws.Bool(false)}, cloudtrail.UpdateTrailInput{EnableLogFileValidation: aws.Bool(true)}),
		updated("trail of one region", cloudtrail.UpdateTrailInput{IsMultiRegionTrail: aws.Bool(false)}, cloudtrail.UpdateTrailInput{IsMultiRegionTrail: aws.Bool(true)}),
		updated("trail without global services", cloudtrail.UpdateTrailInput{IncludeGlobalServiceEvents: aws.Bool(false)}, cloudtrail.UpdateTrailInput{IncludeGlobalServiceEvents: aws.Bool(true)}),
		{
			name: "trail without data events", checks: []string{"security.trail-events"},
			change: func(t *testing.T, w *world) func() {
				client, trail := cloudtrail.NewFromConfig(w.config), w.name+"-audit"
				before := got(client.GetEventSelectors(t.Context(), &cloudtrail.GetEventSelectorsInput{TrailName: &trail}))(t)
				set := func(to []trailtypes.AdvancedEventSelector) {
					_, err := client.PutEventSelectors(t.Context(), &cloudtrail.PutEventSelectorsInput{TrailName: &trail, AdvancedEventSelectors: to})
					try(t, err)
				}
				set(before.AdvancedEventSelectors[:1])
				return func() { set(before.AdvancedEventSelectors) }
			},
		},
	}
}

func messageMutations() []mutation {
	return []mutation{
		{
			name: "public topic", checks: []string{"security.messages-private"},
			change: func(t *testing.T, w *world) func() {
				topic := w.output(t, "alerts_topic_arn")
				return w.topicPolicy(t, topic, openTo("sns:Publish", topic))
			},
		},
		{
			name: "topic without TLS", checks: []string{"security.messages-tls"},
			change: func(t *testing.T, w *world) func() {
				return w.topicPolicy(t, w.output(t, "alerts_topic_arn"), withoutDenials)
			},
		},
		{
			name: "topic without key", checks: []string{"security.messages-encrypted"},
			change: func(t *testing.T, w *world) func() {
				client, topic := sns.NewFromConfig(w.config), w.output(t, "alerts_topic_arn")
				before := got(client.GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: &topic}))(t).Attributes["KmsMasterKeyId"]
				set := func(key string) {
					_, err := client.SetTopicAttributes(t.Context(), &sns.SetTopicAttributesInput{TopicArn: &topic, AttributeName: aws.String("KmsMasterKeyId"), AttributeValue: &key})
					try(t, err)
				}
				set("")
				return func() { set(before) }
			},
		},
		{
			name: "public queue", checks: []string{"security.messages-private"},
			change: func(t *testing.T, w *world) func() {
				client, name := sqs.NewFromConfig(w.config), w.name+"-functions-dead-letters"
				address := got(client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &name}))(t).QueueUrl
				found := got(client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: address, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll}}))(t).Attributes
				set := func(document string) {
					_, err := client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: address, Attributes: map[string]string{"Policy": document}})
					try(t, err)
				}
				set(rewritten(t, found["Policy"], openTo("sqs:ReceiveMessage", found["QueueArn"])))
				return func() { set(found["Policy"]) }
			},
		},
	}
}

// topicPolicy changes a topic's policy.
func (w *world) topicPolicy(t *testing.T, topic string, change func([]any) []any) func() {
	t.Helper()
	client := sns.NewFromConfig(w.config)
	before := got(client.GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: &topic}))(t).Attributes["Policy"]
	set := func(document string) {
		_, err := client.SetTopicAttributes(t.Context(), &sns.SetTopicAttributesInput{TopicArn: &topic, AttributeName: aws.String("Policy"), AttributeValue: &document})
		try(t, err)
	}
	set(rewritten(t, before, change))
	return func() { set(before) }
}

func functionMutations() []mutation {
	// draft changes the draft of the function goals.
	draft := func(name, check string, change func(w *world, before *lambda.GetFunctionConfigurationOutput) (to, back lambda.UpdateFunctionConfigurationInput)) mutation {
		return mutation{
			name: name, checks: []string{check},
			change: func(t *testing.T, w *world) func() {
				client, function := lambda.NewFromConfig(w.config), w.function(t, "goals")
				before := got(client.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &function}))(t)
				to, back := change(w, before)
				set := func(input lambda.UpdateFunctionConfigurationInput) {
					input.FunctionName = &function
					_, err := client.UpdateFunctionConfiguration(t.Context(), &input)
					try(t, err)
				}
				set(to)
				return func() { set(back) }
			},
		}
	}
	return []mutation{
		draft("function outside the VPC", "security.functions-network", func(_ *world, before *lambda.GetFunctionConfigurationOutput) (to, back lambda.UpdateFunctionConfigurationInput) {
			return lambda.UpdateFunctionConfigurationInput{VpcConfig: &lambdatypes.VpcConfig{SubnetIds: []string{}, SecurityGroupIds: []string{}}},
				lambda.UpdateFunctionConfigurationInput{VpcConfig: &lambdatypes.VpcConfig{SubnetIds: before.VpcConfig.SubnetIds, SecurityGroupIds: before.VpcConfig.SecurityGroupIds}}
		}),
		draft("secret in the environment", "security.no-secret-values", func(_ *world, before *lambda.GetFunctionConfigurationOutput) (to, back lambda.UpdateFunctionConfigurationInput) {
			changed := map[string]string{"DATABASE_PASSWORD": "correct horse battery staple"}
			for name, value := range before.Environment.Variables {
				changed[name] = value
			}
			return lambda.UpdateFunctionConfigurationInput{Environment: &lambdatypes.Environment{Variables: changed}},
				lambda.UpdateFunctionConfigurationInput{Environment: &lambdatypes.Environment{Variables: before.Environment.Variables}}
		}),
		draft("environment under a foreign key", "security.functions-encrypted", func(w *world, before *lambda.GetFunctionConfigurationOutput) (to, back lambda.UpdateFunctionConfigurationInput) {
			return lambda.UpdateFunctionConfigurationInput{KMSKeyArn: aws.String("arn:aws:kms:" + w.config.Region + ":" + w.account + ":key/00000000-0000-0000-0000-000000000000")},
				lambda.UpdateFunctionConfigurationInput{KMSKeyArn: before.KMSKeyArn}
		}),
		draft("role of another group", "security.role-per-group", func(w *world, before *lambda.GetFunctionConfigurationOutput) (to, back lambda.UpdateFunctionConfigurationInput) {
			return lambda.UpdateFunctionConfigurationInput{Role: aws.String("arn:aws:iam::" + w.account + ":role/" + w.name + "-functions-migrate")},
				lambda.UpdateFunctionConfigurationInput{Role: before.Role}
		}),
		{
			name: "reserved concurrency", checks: []string{"security.functions-concurrency"},
			change: func(t *testing.T, w *world) func() {
				client, function := lambda.NewFromConfig(w.config), w.function(t, "goals")
				_, err := client.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: &function, ReservedConcurrentExecutions: aws.Int32(5)})
				try(t, err)
				return func() {
					_, err := client.DeleteFunctionConcurrency(t.Context(), &lambda.DeleteFunctionConcurrencyInput{FunctionName: &function})
					try(t, err)
				}
			},
		},
		{
			name: "function for everybody", checks: []string{"security.functions-private"},
			change: func(t *testing.T, w *world) func() {
				client, function := lambda.NewFromConfig(w.config), w.function(t, "migrate")
				_, err := client.AddPermission(t.Context(), &lambda.AddPermissionInput{FunctionName: &function, StatementId: aws.String("everybody"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("*")})
				try(t, err)
				return func() {
					_, err := client.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: &function, StatementId: aws.String("everybody")})
					try(t, err)
				}
			},
		},
	}
}

func networkMutations() []mutation {
	// opened lets addresses or members into a security group.
	opened := func(name, group string, rule ec2types.IpPermission) mutation {
		return mutation{
			name: name, checks: []string{"security.security-groups"},
			change: func(t *testing.T, w *world) func() {
				client := ec2.NewFromConfig(w.config)
				found := got(client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: []ec2types.Filter{
					{Name: aws.String("vpc-id"), Values: []string{w.output(t, "vpc_id")}},
					{Name: aws.String("group-name"), Values: []string{strings.ReplaceAll(group, "PREFIX", w.name)}},
				}}))(t)
				id := found.SecurityGroups[0].GroupId
				_, err := client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: id, IpPermissions: []ec2types.IpPermission{rule}})
				try(t, err)
				return func() {
					_, err := client.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: id, IpPermissions: []ec2types.IpPermission{rule}})
					try(t, err)
				}
			},
		}
	}
	tcp := func(port int32, cidr string) ec2types.IpPermission {
		return ec2types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, IpRanges: []ec2types.IpRange{{CidrIp: &cidr}}}
	}
	return []mutation{
		opened("database for the internet", "PREFIX-database", tcp(5432, "0.0.0.0/0")),
		opened("database for an office", "PREFIX-database", tcp(5432, "203.0.113.0/24")),
		opened("functions reachable", "PREFIX-functions", tcp(443, "10.0.0.0/16")),
		opened("default group open", "default", tcp(22, "10.0.0.0/16")),
		{
			name: "public addresses", checks: []string{"security.network"},
			change: func(t *testing.T, w *world) func() {
				client := ec2.NewFromConfig(w.config)
				ids, ok := w.outputs["public_subnet_ids"].([]any)
				if !ok {
					named, _ := w.outputs["public_subnet_ids"].(map[string]any)
					for _, id := range named {
						ids = append(ids, id)
					}
				}
				subnet, _ := ids[0].(string)
				set := func(to bool) {
					_, err := client.ModifySubnetAttribute(t.Context(), &ec2.ModifySubnetAttributeInput{SubnetId: &subnet, MapPublicIpOnLaunch: &ec2types.AttributeBooleanValue{Value: &to}})
					try(t, err)
				}
				set(true)
				return func() { set(false) }
			},
		},
	}
}

func otherMutations() []mutation {
	return []mutation{
		{
			name: "key does not rotate", checks: []string{"security.keys"},
			change: func(t *testing.T, w *world) func() {
				client := kms.NewFromConfig(w.config)
				id := got(client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String("alias/" + w.name + "-functions")}))(t).KeyMetadata.KeyId
				_, err := client.DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: id})
				try(t, err)
				return func() {
					_, err := client.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: id})
					try(t, err)
				}
			},
		},
		{
			name: "key for another account", checks: []string{"security.keys-private"},
			change: func(t *testing.T, w *world) func() {
				client := kms.NewFromConfig(w.config)
				id := got(client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String("alias/" + w.name + "-secrets")}))(t).KeyMetadata.KeyId
				before := aws.ToString(got(client.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: id, PolicyName: aws.String("default")}))(t).Policy)
				set := func(document string) {
					_, err := client.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: id, PolicyName: aws.String("default"), Policy: &document})
					try(t, err)
				}
				set(rewritten(t, before, func(statements []any) []any {
					return append(statements, map[string]any{"Sid": "Friends", "Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::210987654321:root"}, "Action": "kms:Decrypt", "Resource": "*"})
				}))
				return func() { set(before) }
			},
		},
		{
			name: "log group without key", checks: []string{"security.logs-encrypted"},
			change: func(t *testing.T, w *world) func() {
				client, name := cloudwatchlogs.NewFromConfig(w.config), "/aws/lambda/"+w.name+"-by-hand"
				_, err := client.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name})
				try(t, err)
				return func() {
					_, err := client.DeleteLogGroup(t.Context(), &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &name})
					try(t, err)
				}
			},
		},
		{
			name: "secret about to be deleted", checks: []string{"security.secrets"},
			change: func(t *testing.T, w *world) func() {
				client, name := secretsmanager.NewFromConfig(w.config), w.name+"/slack-webhook"
				_, err := client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: &name, RecoveryWindowInDays: aws.Int64(30)})
				try(t, err)
				return func() {
					_, err := client.RestoreSecret(t.Context(), &secretsmanager.RestoreSecretInput{SecretId: &name})
					try(t, err)
				}
			},
		},
		{
			name: "database without TLS", checks: []string{"security.database-tls"},
			change: func(t *testing.T, w *world) func() { return w.parameter(t, "rds.force_ssl", "0", "1") },
		},
		{
			name: "mail without TLS", checks: []string{"security.mail-tls"},
			change: func(t *testing.T, w *world) func() {
				client := ses.NewFromConfig(w.config)
				set := func(to sestypes.TlsPolicy) {
					_, err := client.PutConfigurationSetDeliveryOptions(t.Context(), &ses.PutConfigurationSetDeliveryOptionsInput{ConfigurationSetName: &w.name, DeliveryOptions: &sestypes.DeliveryOptions{TlsPolicy: to}})
					try(t, err)
				}
				set(sestypes.TlsPolicyOptional)
				return func() { set(sestypes.TlsPolicyRequire) }
			},
		},
	}
}

// parameter changes one of the database's parameters.
func (w *world) parameter(t *testing.T, name, to, back string) func() {
	t.Helper()
	client := rds.NewFromConfig(w.config)
	group := got(client.DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{DBClusterIdentifier: &w.name}))(t).DBClusters[0].DBClusterParameterGroup
	set := func(value string) {
		_, err := client.ModifyDBClusterParameterGroup(t.Context(), &rds.ModifyDBClusterParameterGroupInput{
			DBClusterParameterGroupName: group, Parameters: []rdstypes.Parameter{{ParameterName: &name, ParameterValue: &value, ApplyMethod: rdstypes.ApplyMethodImmediate}},
		})
		try(t, err)
	}
	set(to)
	return func() { set(back) }
}
