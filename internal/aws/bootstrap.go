package aws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// bucketWait bounds how long a new bucket may take to be seen.
const bucketWait = 30 * time.Second

// bootstrap is one run of Bootstrap: each step reads first and changes only
// what differs.
type bootstrap struct {
	*Client
	bucket  string
	account string
	tags    map[string]string
	keyARN  string
	changed []string
}

func (b *bootstrap) did(format string, args ...any) {
	b.changed = append(b.changed, fmt.Sprintf(format, args...))
}

// Bootstrap creates or corrects an environment's bucket and its KMS key,
// alias/<bucket>, and gives one line per change; none when all is as it
// should be. Settings of the bucket beyond those it keeps (statements of the
// policy, lifecycle rules, tags) are left as they are. When it fails half-way,
// the lines say what was changed, and the next run goes on.
func (c *Client) Bootstrap(ctx context.Context, bucket string, tags map[string]string) ([]string, error) {
	who, err := c.Identity(ctx)
	if err != nil {
		return nil, err
	}
	b := &bootstrap{Client: c, bucket: bucket, account: who.Account, tags: tags}
	for _, step := range []func(context.Context) error{
		b.createBucket,
		b.blockPublicAccess,
		b.ownObjects,
		b.ensureKey,
		b.rotateKey,
		b.encrypt,
		b.version,
		b.requireTLS,
		b.expire,
		b.tagBucket,
	} {
		if err := step(ctx); err != nil {
			return b.changed, err
		}
	}
	return b.changed, nil
}

func (b *bootstrap) createBucket(ctx context.Context) error {
	doing := "create bucket " + b.bucket
	// With the expected owner a bucket of another account answers 403 even
	// where its policy lets us in.
	head := &s3.HeadBucketInput{Bucket: &b.bucket, ExpectedBucketOwner: &b.account}
	_, err := b.s3.HeadBucket(ctx, head)
	switch {
	case err == nil:
		return nil
	case status(err) == http.StatusForbidden:
		return b.taken(err)
	case status(err) != http.StatusNotFound:
		return failure(ctx, "look for bucket "+b.bucket, err)
	}
	input := &s3.CreateBucketInput{Bucket: &b.bucket, ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}
	// us-east-1 is the default and not a valid constraint.
	if b.region != "us-east-1" {
		input.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(b.region)}
	}
	_, err = b.s3.CreateBucket(ctx, input)
	switch {
	case isCode(err, "BucketAlreadyExists"):
		return b.taken(err)
	case isCode(err, "BucketAlreadyOwnedByYou"): // created by another run in between
		return nil
	case err != nil:
		return failure(ctx, doing, err)
	}
	if err := s3.NewBucketExistsWaiter(b.s3).Wait(ctx, head, bucketWait); err != nil {
		return failure(ctx, "wait for bucket "+b.bucket, err)
	}
	b.did("created bucket %s in %s", b.bucket, b.region)
	return nil
}

func (b *bootstrap) taken(err error) error {
	return &problem.Error{
		Code: problem.BucketTaken,
		What: fmt.Sprintf("bucket %s belongs to another account than %s, or its owner denies access to it", b.bucket, b.account),
		Err:  apiError(err),
	}
}

func (b *bootstrap) blockPublicAccess(ctx context.Context) error {
	yes := true
	want := types.PublicAccessBlockConfiguration{BlockPublicAcls: &yes, BlockPublicPolicy: &yes, IgnorePublicAcls: &yes, RestrictPublicBuckets: &yes}
	got, err := b.s3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &b.bucket})
	if err != nil && !isCode(err, "NoSuchPublicAccessBlockConfiguration") {
		return failure(ctx, "read the public access block of "+b.bucket, err)
	}
	if err == nil && got.PublicAccessBlockConfiguration != nil {
		have := *got.PublicAccessBlockConfiguration
		if isTrue(have.BlockPublicAcls) && isTrue(have.BlockPublicPolicy) && isTrue(have.IgnorePublicAcls) && isTrue(have.RestrictPublicBuckets) {
			return nil
		}
	}
	if _, err := b.s3.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: &b.bucket, PublicAccessBlockConfiguration: &want}); err != nil {
		return failure(ctx, "block public access to "+b.bucket, err)
	}
	b.did("blocked all public access to bucket %s", b.bucket)
	return nil
}

// ownObjects turns ACLs off, so that every object belongs to the account.
func (b *bootstrap) ownObjects(ctx context.Context) error {
	got, err := b.s3.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: &b.bucket})
	if err != nil && !isCode(err, "OwnershipControlsNotFoundError") {
		return failure(ctx, "read the ownership controls of "+b.bucket, err)
	}
	if err == nil && got.OwnershipControls != nil {
		for _, rule := range got.OwnershipControls.Rules {
			if rule.ObjectOwnership == types.ObjectOwnershipBucketOwnerEnforced {
				return nil
			}
		}
	}
	_, err = b.s3.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{
		Bucket: &b.bucket,
		OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{
			ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced,
		}}},
	})
	if err != nil {
		return failure(ctx, "set the ownership controls of "+b.bucket, err)
	}
	b.did("made the account the owner of every object in bucket %s", b.bucket)
	return nil
}

func (b *bootstrap) encrypt(ctx context.Context) error {
	got, err := b.s3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &b.bucket})
	if err != nil && !isCode(err, "ServerSideEncryptionConfigurationNotFoundError") {
		return failure(ctx, "read the encryption of "+b.bucket, err)
	}
	if err == nil && got.ServerSideEncryptionConfiguration != nil {
		for _, rule := range got.ServerSideEncryptionConfiguration.Rules {
			by := rule.ApplyServerSideEncryptionByDefault
			if by != nil && by.SSEAlgorithm == types.ServerSideEncryptionAwsKms && by.KMSMasterKeyID != nil &&
				*by.KMSMasterKeyID == b.keyARN && isTrue(rule.BucketKeyEnabled) {
				return nil
			}
		}
	}
	yes := true
	_, err = b.s3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: &b.bucket,
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
				SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: &b.keyARN,
			},
			BucketKeyEnabled: &yes,
		}}},
	})
	if err != nil {
		return failure(ctx, "encrypt "+b.bucket, err)
	}
	b.did("encrypted bucket %s with key %s", b.bucket, b.keyARN)
	return nil
}

func (b *bootstrap) version(ctx context.Context) error {
	got, err := b.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &b.bucket})
	if err != nil {
		return failure(ctx, "read the versioning of "+b.bucket, err)
	}
	if got.Status == types.BucketVersioningStatusEnabled {
		return nil
	}
	_, err = b.s3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket:                  &b.bucket,
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		return failure(ctx, "version "+b.bucket, err)
	}
	b.did("turned on versioning of bucket %s", b.bucket)
	return nil
}

func isTrue(p *bool) bool { return p != nil && *p }

// errKeyGone says that a key is on its way to deletion.
var errKeyGone = errors.New("the key is scheduled for deletion")
