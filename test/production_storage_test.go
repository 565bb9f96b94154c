package test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

func keys[V any](of map[string]V) []string { return slices.Collect(maps.Keys(of)) }

func hasSuffix(text *string, suffix string) bool {
	return strings.HasSuffix(aws.ToString(text), suffix)
}

// storage gives a client for S3.
func (s *stack) storage() *s3.Client {
	return s3.NewFromConfig(s.config, func(o *s3.Options) { o.UsePathStyle = !kit.OnAWS() })
}

// bucketPolicy gives a bucket's policy.
func (s *stack) bucketPolicy(t *testing.T, name string) policy {
	t.Helper()
	found, err := s.storage().GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &name})
	if err != nil {
		t.Fatalf("policy of bucket %s: %v", name, err)
	}
	return parsePolicy(t, "policy of bucket "+name, aws.ToString(found.Policy))
}

// checkClosed holds a bucket to what all have in common: nothing is public,
// everything is encrypted, at rest and on the way.
func checkClosed(t *testing.T, id string, s *stack, name string) {
	t.Helper()
	client := s.storage()
	public, err := client.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: &name})
	if err != nil {
		t.Errorf("%s: bucket %s: public access: %v", id, name, err)
		return
	}
	p := public.PublicAccessBlockConfiguration
	encryption, err := client.GetBucketEncryption(t.Context(), &s3.GetBucketEncryptionInput{Bucket: &name})
	if err != nil {
		t.Errorf("R4.4: bucket %s: encryption: %v", name, err)
		return
	}
	var algorithms []s3types.ServerSideEncryption
	for _, rule := range encryption.ServerSideEncryptionConfiguration.Rules {
		if rule.ApplyServerSideEncryptionByDefault != nil {
			algorithms = append(algorithms, rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm)
		}
	}
	arn := "arn:aws:s3:::" + name
	facts(t, id, map[string]bool{
		"bucket " + name + ": all public access blocked": aws.ToBool(p.BlockPublicAcls) && aws.ToBool(p.BlockPublicPolicy) && aws.ToBool(p.IgnorePublicAcls) && aws.ToBool(p.RestrictPublicBuckets),
		"bucket " + name + ": encrypted (R4.4)":          slices.Equal(algorithms, []s3types.ServerSideEncryption{s3types.ServerSideEncryptionAes256}) || slices.Equal(algorithms, []s3types.ServerSideEncryption{s3types.ServerSideEncryptionAwsKms}),
		"bucket " + name + ": TLS only (R4.4)":           s.bucketPolicy(t, name).DeniesPlain([]string{"s3:*"}, arn, arn+"/*"),
	})
}

// project gives the project's name, the first part of every name.
func (s *stack) project() string { return strings.TrimSuffix(s.Name, "-"+s.Environment) }
