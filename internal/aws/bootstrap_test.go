package aws

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func environmentTags(name string) map[string]string {
	return map[string]string{"Project": "goal-mandala", "Environment": name, "ManagedBy": "mandala-deploy"}
}

func bootstrapped(t *testing.T, c *Client, bucket string) []string {
	t.Helper()
	changes, err := c.Bootstrap(t.Context(), bucket, environmentTags(bucket))
	if err != nil {
		t.Fatalf("bootstrap: %v", err)
	}
	return changes
}

func TestBootstrapFromNothing(t *testing.T) {
	t.Parallel()
	for _, region := range []string{"us-east-1", "eu-central-1"} {
		t.Run(region, func(t *testing.T) {
			t.Parallel()
			c, bucket := client(t, region), "boot-"+region
			first := bootstrapped(t, c, bucket)
			if len(first) < 9 || !strings.HasPrefix(first[0], "created bucket "+bucket+" in "+region) {
				t.Errorf("first run: %q", first)
			}
			if second := bootstrapped(t, c, bucket); second != nil {
				t.Errorf("second run changed %q", second)
			}
			if diff := cmp.Diff(rightSettings(), settings(t, c, bucket)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			store := c.Store(bucket)
			if _, err := store.Put(t.Context(), "leases/environment.json", []byte("{}"), engine.Condition{Absent: true}); err != nil {
				t.Errorf("the bucket cannot be written: %v", err)
			}
		})
	}
}

// bucketSettings is what a bucket says of itself.
type bucketSettings struct {
	Public     [4]bool // blocked, by each of the four switches
	Ownership  types.ObjectOwnership
	Algorithm  types.ServerSideEncryption
	OwnKey     bool
	BucketKey  bool
	Rotation   bool
	Versioning types.BucketVersioningStatus
	TLSOnly    bool
	Rules      []string
	Tagged     bool
}

func rightSettings() bucketSettings {
	return bucketSettings{
		Public:    [4]bool{true, true, true, true},
		Ownership: types.ObjectOwnershipBucketOwnerEnforced, Algorithm: types.ServerSideEncryptionAwsKms, OwnKey: true, BucketKey: true, Rotation: true,
		Versioning: types.BucketVersioningStatusEnabled, TLSOnly: true,
		Rules: []string{"mandala-old-versions 365", "mandala-incomplete-uploads 7"}, Tagged: true,
	}
}

func settings(t *testing.T, c *Client, bucket string) bucketSettings {
	t.Helper()
	var s bucketSettings
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	public, err := c.s3.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: &bucket})
	must(err)
	block := public.PublicAccessBlockConfiguration
	s.Public = [4]bool{isTrue(block.BlockPublicAcls), isTrue(block.BlockPublicPolicy), isTrue(block.IgnorePublicAcls), isTrue(block.RestrictPublicBuckets)}
	owner, err := c.s3.GetBucketOwnershipControls(t.Context(), &s3.GetBucketOwnershipControlsInput{Bucket: &bucket})
	must(err)
	s.Ownership = owner.OwnershipControls.Rules[0].ObjectOwnership
	encryption, err := c.s3.GetBucketEncryption(t.Context(), &s3.GetBucketEncryptionInput{Bucket: &bucket})
	must(err)
	rule := encryption.ServerSideEncryptionConfiguration.Rules[0]
	s.Algorithm, s.BucketKey = rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm, *rule.BucketKeyEnabled
	key, err := c.kms.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: awssdk.String("alias/" + bucket)})
	must(err)
	s.OwnKey = *key.KeyMetadata.Arn == *rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID
	rotation, err := c.kms.GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: key.KeyMetadata.KeyId})
	must(err)
	s.Rotation = rotation.KeyRotationEnabled
	versioning, err := c.s3.GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: &bucket})
	must(err)
	s.Versioning = versioning.Status
	policy, err := c.s3.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &bucket})
	must(err)
	_, differs, err := withTLSOnly(*policy.Policy, "aws", bucket)
	must(err)
	s.TLSOnly = !differs
	lifecycle, err := c.s3.GetBucketLifecycleConfiguration(t.Context(), &s3.GetBucketLifecycleConfigurationInput{Bucket: &bucket})
	must(err)
	for _, rule := range lifecycle.Rules {
		switch {
		case rule.NoncurrentVersionExpiration != nil:
			s.Rules = append(s.Rules, fmt.Sprintf("%s %d", *rule.ID, *rule.NoncurrentVersionExpiration.NoncurrentDays))
		case rule.AbortIncompleteMultipartUpload != nil:
			s.Rules = append(s.Rules, fmt.Sprintf("%s %d", *rule.ID, *rule.AbortIncompleteMultipartUpload.DaysAfterInitiation))
		default:
			s.Rules = append(s.Rules, *rule.ID)
		}
	}
	tags, err := c.s3.GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: &bucket})
	must(err)
	have := map[string]string{}
	for _, tag := range tags.TagSet {
		have[*tag.Key] = *tag.Value
	}
	s.Tagged = c.hasTags(have, environmentTags(bucket))
	return s
}

// Each setting that drifts is corrected, by itself and with one line.
func TestBootstrapCorrectsDrift(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		drift func(t *testing.T, c *Client, bucket string) error
		line  string
	}{
		"public": {func(t *testing.T, c *Client, bucket string) error {
			t.Helper()
			_, err := c.s3.PutPublicAccessBlock(t.Context(), &s3.PutPublicAccessBlockInput{Bucket: &bucket,
				PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicAcls: awssdk.Bool(true)}})
			return err
		}, "blocked all public access"},
		"versioning": {func(t *testing.T, c *Client, bucket string) error {
			t.Helper()
			_, err := c.s3.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: &bucket,
				VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended}})
			return err
		}, "turned on versioning"},
		"encryption": {func(t *testing.T, c *Client, bucket string) error {
			t.Helper()
			_, err := c.s3.PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{Bucket: &bucket,
				ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
					ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256},
				}}}})
			return err
		}, "encrypted bucket"},
		"policy": {func(t *testing.T, c *Client, bucket string) error {
			t.Helper()
			_, err := c.s3.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: &bucket})
			return err
		}, "denied access without TLS"},
		"lifecycle": {func(t *testing.T, c *Client, bucket string) error {
			t.Helper()
			_, err := c.s3.DeleteBucketLifecycle(t.Context(), &s3.DeleteBucketLifecycleInput{Bucket: &bucket})
			return err
		}, "let old versions"},
		"rotation": {func(t *testing.T, c *Client, bucket string) error {
			t.Helper()
			key, err := c.kms.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: awssdk.String("alias/" + bucket)})
			if err == nil {
				_, err = c.kms.DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: key.KeyMetadata.KeyId})
			}
			return err
		}, "turned on rotation"},
		"tags": {func(t *testing.T, c *Client, bucket string) error {
			t.Helper()
			_, err := c.s3.DeleteBucketTagging(t.Context(), &s3.DeleteBucketTaggingInput{Bucket: &bucket})
			return err
		}, "tagged bucket"},
		"a killed run's key without alias": {func(t *testing.T, c *Client, bucket string) error {
			t.Helper()
			_, err := c.kms.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: awssdk.String("alias/" + bucket)})
			return err
		}, "named key"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, bucket := client(t, region), "drift-"+strings.Map(letter, name)
			bootstrapped(t, c, bucket)
			if err := test.drift(t, c, bucket); err != nil {
				t.Fatal(err)
			}
			changes := bootstrapped(t, c, bucket)
			if len(changes) != 1 || !strings.HasPrefix(changes[0], test.line) {
				t.Errorf("changes %q, want one: %s…", changes, test.line)
			}
			if diff := cmp.Diff(rightSettings(), settings(t, c, bucket)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func letter(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r
	}
	return -1
}

func TestBootstrapKeepsWhatOthersSet(t *testing.T) {
	t.Parallel()
	other := map[string]any{"Sid": "Audit", "Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::123456789012:root"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": other})
	if err != nil {
		t.Fatal(err)
	}
	with, differs, err := withTLSOnly(string(policy), "aws", "b")
	if err != nil || !differs {
		t.Fatalf("differs %v, %v", differs, err)
	}
	var got struct{ Statement []map[string]any }
	if err := json.Unmarshal([]byte(with), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Statement) != 2 || cmp.Diff(other, got.Statement[0]) != "" || got.Statement[1]["Sid"] != tlsOnly {
		t.Errorf("statements %v", got.Statement)
	}
	if _, differs, err := withTLSOnly(with, "aws", "b"); differs || err != nil {
		t.Errorf("a second time: differs %v, %v", differs, err)
	}
	rules, _ := withOurRules([]types.LifecycleRule{{ID: awssdk.String("theirs")}, {ID: awssdk.String(uploadRule)}})
	if len(rules) != 3 || *rules[0].ID != "theirs" {
		t.Errorf("rules %v", rules)
	}
	if _, differs := withOurRules(rules); differs {
		t.Error("rules differ a second time")
	}
}

func TestBootstrapOfAForeignBucket(t *testing.T) {
	t.Parallel()
	tests := map[string]func(w http.ResponseWriter, r *http.Request){
		"seen": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"hidden": func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			w.WriteHeader(http.StatusConflict)
			_, _ = fmt.Fprint(w, `<Error><Code>BucketAlreadyExists</Code><Message>taken</Message></Error>`)
		},
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/" {
					_, _ = fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
					return
				}
				if r.Method == http.MethodHead && r.Header.Get("X-Amz-Expected-Bucket-Owner") != "123456789012" {
					t.Error("the bucket's owner is not checked")
				}
				answer(w, r)
			}))
			t.Cleanup(server.Close)
			changes, err := standIn(t, server.URL).Bootstrap(t.Context(), "taken", nil)
			if !problem.Is(err, problem.BucketTaken) || changes != nil {
				t.Errorf("got %q, %v; want MD0311", changes, err)
			}
		})
	}
}

func TestBootstrapRefusesADyingKey(t *testing.T) {
	t.Parallel()
	c, bucket := client(t, region), "dying-key"
	bootstrapped(t, c, bucket)
	key, err := c.kms.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: awssdk.String("alias/" + bucket)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.kms.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: key.KeyMetadata.KeyId}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Bootstrap(t.Context(), bucket, environmentTags(bucket)); !problem.Is(err, problem.StorageFailed) || !strings.Contains(err.Error(), "scheduled for deletion") {
		t.Errorf("got %v", err)
	}
}
