package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// tlsOnly is the id of our statement in the bucket's policy.
const tlsOnly = "DenyWithoutTLS"

// The lifecycle of the bucket, in days.
const (
	oldVersionDays = 365
	uploadDays     = 7
	oldVersionRule = "mandala-old-versions"
	uploadRule     = "mandala-incomplete-uploads"
)

func (b *bootstrap) requireTLS(ctx context.Context) error {
	got, err := b.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &b.bucket})
	if err != nil && !isCode(err, "NoSuchBucketPolicy") {
		return failure(ctx, "read the policy of "+b.bucket, err)
	}
	current := ""
	if err == nil {
		current = awssdk.ToString(got.Policy)
	}
	policy, differs, err := withTLSOnly(current, b.partition(), b.bucket)
	if err != nil {
		return fmt.Errorf("policy of bucket %s: %w", b.bucket, err)
	}
	if !differs {
		return nil
	}
	if _, err := b.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &b.bucket, Policy: &policy}); err != nil {
		return failure(ctx, "set the policy of "+b.bucket, err)
	}
	b.did("denied access without TLS to bucket %s", b.bucket)
	return nil
}

// partition is the first part of the region's ARNs, as the key's ARN has it.
func (b *bootstrap) partition() string {
	parts := strings.SplitN(b.keyARN, ":", 3)
	if len(parts) == 3 {
		return parts[1]
	}
	return "aws"
}

// withTLSOnly gives a bucket policy, "" or JSON, with our statement in it and
// the others as they are; differs is false when it is there already.
func withTLSOnly(policy, partition, bucket string) (with string, differs bool, err error) {
	arn := fmt.Sprintf("arn:%s:s3:::%s", partition, bucket)
	ours := map[string]any{
		"Sid": tlsOnly, "Effect": "Deny", "Principal": "*", "Action": "s3:*",
		"Resource":  []any{arn, arn + "/*"},
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}
	document := map[string]any{"Version": "2012-10-17"}
	if policy != "" {
		if err := json.Unmarshal([]byte(policy), &document); err != nil {
			return "", false, err
		}
	}
	statements, ok := document["Statement"].([]any)
	if !ok && document["Statement"] != nil { // a sole statement may stand without a list
		statements = []any{document["Statement"]}
	}
	at := slices.IndexFunc(statements, func(s any) bool {
		statement, _ := s.(map[string]any)
		return statement["Sid"] == tlsOnly
	})
	switch {
	case at >= 0 && reflect.DeepEqual(statements[at], any(ours)):
		return policy, false, nil
	case at >= 0:
		statements[at] = ours
	default:
		statements = append(statements, ours)
	}
	document["Statement"] = statements
	body, err := json.Marshal(document)
	return string(body), true, err
}

func (b *bootstrap) expire(ctx context.Context) error {
	got, err := b.s3.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &b.bucket})
	if err != nil && !isCode(err, "NoSuchLifecycleConfiguration") {
		return failure(ctx, "read the lifecycle of "+b.bucket, err)
	}
	var have []types.LifecycleRule
	if err == nil {
		have = got.Rules
	}
	rules, differs := withOurRules(have)
	if !differs {
		return nil
	}
	_, err = b.s3.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
		Bucket: &b.bucket, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules},
	})
	if err != nil {
		return failure(ctx, "set the lifecycle of "+b.bucket, err)
	}
	b.did("let old versions in bucket %s expire after %d days and incomplete uploads after %d", b.bucket, oldVersionDays, uploadDays)
	return nil
}

// withOurRules gives lifecycle rules with ours in place and the others kept.
func withOurRules(have []types.LifecycleRule) (rules []types.LifecycleRule, differs bool) {
	everything := &types.LifecycleRuleFilter{Prefix: awssdk.String("")}
	versions := types.LifecycleRule{
		ID: awssdk.String(oldVersionRule), Status: types.ExpirationStatusEnabled, Filter: everything,
		NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{NoncurrentDays: awssdk.Int32(oldVersionDays)},
	}
	uploads := types.LifecycleRule{
		ID: awssdk.String(uploadRule), Status: types.ExpirationStatusEnabled, Filter: everything,
		AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: awssdk.Int32(uploadDays)},
	}
	right := 0
	for _, rule := range have {
		switch awssdk.ToString(rule.ID) {
		case oldVersionRule:
			if e := rule.NoncurrentVersionExpiration; rule.Status == types.ExpirationStatusEnabled && e != nil && awssdk.ToInt32(e.NoncurrentDays) == oldVersionDays {
				right++
			}
		case uploadRule:
			if a := rule.AbortIncompleteMultipartUpload; rule.Status == types.ExpirationStatusEnabled && a != nil && awssdk.ToInt32(a.DaysAfterInitiation) == uploadDays {
				right++
			}
		default:
			rules = append(rules, rule)
		}
	}
	return append(rules, versions, uploads), right != 2
}

func (b *bootstrap) tagBucket(ctx context.Context) error {
	got, err := b.s3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &b.bucket})
	if err != nil && !isCode(err, "NoSuchTagSet") {
		return failure(ctx, "read the tags of "+b.bucket, err)
	}
	all := map[string]string{}
	if err == nil {
		for _, tag := range got.TagSet {
			if key := awssdk.ToString(tag.Key); !strings.HasPrefix(key, "aws:") { // AWS keeps its own, and takes none
				all[key] = awssdk.ToString(tag.Value)
			}
		}
	}
	before := maps.Clone(all)
	maps.Copy(all, b.tags)
	if maps.Equal(before, all) {
		return nil
	}
	var set []types.Tag
	for _, key := range sortedKeys(all) {
		value := all[key]
		set = append(set, types.Tag{Key: &key, Value: &value})
	}
	if _, err := b.s3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: &b.bucket, Tagging: &types.Tagging{TagSet: set}}); err != nil {
		return failure(ctx, "tag "+b.bucket, err)
	}
	b.did("tagged bucket %s", b.bucket)
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
