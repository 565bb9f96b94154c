package mutations

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
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
