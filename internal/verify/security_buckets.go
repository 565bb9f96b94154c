package verify

import (
	"context"
	"fmt"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

// bucket is one of the environment's, with its settings.
type bucket struct {
	name       string
	blocked    *types.PublicAccessBlockConfiguration // nil where nothing is blocked
	policy     iampolicy.Document
	rules      []types.ServerSideEncryptionRule
	versioning types.BucketVersioningStatus
	lifecycle  []types.LifecycleRule
	minimum    types.TransitionDefaultMinimumObjectSize
	logsTo     string // bucket of its access log
	ownership  types.ObjectOwnership
}

// days gives the days after which objects change their class, by class, and those
// after which they are deleted, as "expiry".
func (b bucket) days() map[string]int32 {
	days := map[string]int32{}
	for _, rule := range b.lifecycle {
		if rule.Status != types.ExpirationStatusEnabled {
			continue
		}
		for _, transition := range rule.Transitions {
			days[string(transition.StorageClass)] = awssdk.ToInt32(transition.Days)
		}
		if rule.Expiration != nil && awssdk.ToInt32(rule.Expiration.Days) > 0 {
			days["expiry"] = awssdk.ToInt32(rule.Expiration.Days)
		}
	}
	return days
}

// bucketsOf gives the environment's buckets by name, the tool's own included.
func bucketsOf(ctx context.Context, s *Subject) (map[string]bucket, error) {
	return recall(ctx, "buckets", func(ctx context.Context) (map[string]bucket, error) {
		client, all := storage(s), map[string]bucket{}
		listed, err := listOf(ctx, "the buckets", s3.NewListBucketsPaginator(client, &s3.ListBucketsInput{}), func(page *s3.ListBucketsOutput) []types.Bucket { return page.Buckets })
		if err != nil {
			return nil, err
		}
		for _, each := range listed {
			name := text(each.Name)
			if name != s.Settings.State.Bucket && !strings.HasPrefix(name, s.Name()+"-") {
				continue
			}
			if all[name], err = readBucket(ctx, client, name); err != nil {
				return nil, fmt.Errorf("bucket %s: %w", name, err)
			}
		}
		return all, nil
	})
}

// readBucket reads a bucket's settings; AWS answers with an error for one that is not set.
func readBucket(ctx context.Context, client *s3.Client, name string) (bucket, error) {
	b := bucket{name: name}
	public, err := client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &name})
	if err == nil {
		b.blocked = public.PublicAccessBlockConfiguration
	} else if !answered(err, "NoSuchPublicAccessBlockConfiguration") {
		return b, err
	}
	policy, err := client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &name})
	if err == nil {
		if b.policy, err = iampolicy.Read("bucket "+name, text(policy.Policy)); err != nil {
			return b, err
		}
	} else if !answered(err, "NoSuchBucketPolicy") {
		return b, err
	}
	encryption, err := client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &name})
	if err == nil {
		b.rules = encryption.ServerSideEncryptionConfiguration.Rules
	} else if !answered(err, "ServerSideEncryptionConfigurationNotFoundError") {
		return b, err
	}
	versioning, err := client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &name})
	if err != nil {
		return b, err
	}
	b.versioning = versioning.Status
	lifecycle, err := client.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &name})
	if err == nil {
		b.lifecycle, b.minimum = lifecycle.Rules, lifecycle.TransitionDefaultMinimumObjectSize
	} else if !answered(err, "NoSuchLifecycleConfiguration") {
		return b, err
	}
	logging, err := client.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: &name})
	if err != nil {
		return b, err
	}
	if logging.LoggingEnabled != nil {
		b.logsTo = text(logging.LoggingEnabled.TargetBucket)
	}
	ownership, err := client.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: &name})
	if err == nil && len(ownership.OwnershipControls.Rules) > 0 {
		b.ownership = ownership.OwnershipControls.Rules[0].ObjectOwnership
	} else if err != nil && !answered(err, "OwnershipControlsNotFoundError") {
		return b, err
	}
	return b, nil
}

func bucketChecks() []Check {
	return []Check{
		{
			ID: "security.buckets-blocked", Title: "all public access is blocked on every bucket", Requirements: []string{"R1.3", "R4.3"}, Reads: []string{"s3:ListAllMyBuckets", "s3:GetBucketPublicAccessBlock"},
			Remedy: "block all four kinds of public access on the bucket now, then look in the trail for who opened it and who read it since",
			Run:    bucketsBlocked,
		},
		{
			ID: "security.buckets-private", Title: "no bucket's policy allows anything to everybody or to another account", Requirements: []string{"R1.3", "R4.1"}, Reads: []string{"s3:ListAllMyBuckets", "s3:GetBucketPolicy"},
			Remedy: "put the bucket's policy back by an apply of its layer, and look in the trail for who changed it",
			Run:    bucketsPrivate,
		},
		{
			ID: "security.buckets-encrypted", Title: "every bucket encrypts what it keeps", Requirements: []string{"R1.3", "R4.4"}, Reads: []string{"s3:ListAllMyBuckets", "s3:GetEncryptionConfiguration"},
			Remedy: "apply the bucket's layer; objects written meanwhile keep the encryption that they got",
			Run:    bucketsEncrypted,
		},
		{
			ID: "security.buckets-tls", Title: "every bucket refuses plain HTTP", Requirements: []string{"R4.4"}, Reads: []string{"s3:ListAllMyBuckets", "s3:GetBucketPolicy"},
			Remedy: "apply the bucket's layer, whose policy denies everybody what comes without TLS",
			Run:    bucketsTLS,
		},
	}
}

// overBuckets looks at every bucket.
func overBuckets(ctx context.Context, s *Subject, look func(v *verdict, b bucket)) ([]string, error) {
	all, err := bucketsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	names := []string{}
	for name, each := range all {
		names = append(names, name)
		look(&v, each)
	}
	v.must(len(all) > 0, "%s has no buckets", s.Name())
	v.saw("%s", strings.Join(sorted(names), ", "))
	return v.give()
}

func bucketsBlocked(ctx context.Context, s *Subject) ([]string, error) {
	return overBuckets(ctx, s, func(v *verdict, b bucket) {
		p := b.blocked
		v.must(p != nil && awssdk.ToBool(p.BlockPublicAcls) && awssdk.ToBool(p.BlockPublicPolicy) && awssdk.ToBool(p.IgnorePublicAcls) && awssdk.ToBool(p.RestrictPublicBuckets),
			"bucket %s does not block all public access", b.name)
	})
}

func bucketsPrivate(ctx context.Context, s *Subject) ([]string, error) {
	return overBuckets(ctx, s, func(v *verdict, b bucket) {
		for _, fault := range iampolicy.Faults(b.policy, "bucket", s.Account) {
			v.must(false, "bucket %s: %s", b.name, fault)
		}
		for _, each := range b.policy.Allowing() {
			v.must(len(each.Principal["Service"]) == 0 || each.NamesCaller(), "bucket %s: statement %q allows it to %v for anybody", b.name, each.Sid, []string(each.Principal["Service"]))
		}
	})
}

func bucketsEncrypted(ctx context.Context, s *Subject) ([]string, error) {
	return overBuckets(ctx, s, func(v *verdict, b bucket) {
		encrypted := len(b.rules) > 0
		for _, rule := range b.rules {
			by := rule.ApplyServerSideEncryptionByDefault
			encrypted = encrypted && by != nil && by.SSEAlgorithm != ""
		}
		v.must(encrypted, "bucket %s encrypts nothing by itself", b.name)
	})
}

func bucketsTLS(ctx context.Context, s *Subject) ([]string, error) {
	return overBuckets(ctx, s, func(v *verdict, b bucket) {
		arn := "arn:aws:s3:::" + b.name
		v.must(b.policy.DeniesPlain([]string{"s3:*"}, arn, arn+"/*"), "bucket %s takes plain HTTP", b.name)
	})
}
