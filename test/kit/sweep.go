package kit

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// keyDays is how long AWS keeps a key that is to be deleted, at least.
const keyDays = 7

// Discard takes a copy away with all that it left: lines are the values with
// which it can be destroyed. It goes as far as it gets, and tells what failed.
func (e *Ephemeral) Discard(lines string) {
	e.t.Helper()
	e.Set(lines)
	// What was never applied, or only in part, needs no lifting.
	e.Run("unlock", e.Environment, "--confirm", e.Environment, "--force")
	var status struct {
		Layers []struct {
			Name      string
			Resources int
		}
	}
	e.JSON(0, &status, "status", e.Environment)
	var there []string
	for _, layer := range status.Layers {
		if layer.Resources > 0 {
			there = append(there, "--layer", layer.Name)
		}
	}
	if applied := e.Apply(there...); applied.Code != 0 {
		e.t.Logf("lifting the protections: %s", applied)
	}
	if destroyed := e.Run("destroy", e.Environment, "--confirm", e.Environment); destroyed.Code != 0 {
		e.t.Errorf("%s is left: %s", e.Name, destroyed)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	if err := e.removeBucket(ctx); err != nil {
		e.t.Errorf("bucket %s is left: %v", e.Bucket, err)
	}
}

// Apply plans and applies with an approval, as an environment asks for that
// requires one. It gives the result of the apply, or of the plan if there is
// nothing to apply or it failed.
func (e *Ephemeral) Apply(flags ...string) Result {
	e.t.Helper()
	const changes = 2
	plan := e.Run(append([]string{"plan", e.Environment, "--detailed-exitcode", "--out", "approval.json"}, flags...)...)
	if plan.Code != changes {
		return plan
	}
	return e.Run(append([]string{"apply", e.Environment, "--approval", "approval.json"}, flags...)...)
}

func (e *Ephemeral) removeBucket(ctx context.Context) error {
	client := e.S3(ctx)
	pages := s3.NewListObjectVersionsPaginator(client, &s3.ListObjectVersionsInput{Bucket: &e.Bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		var objects []types.ObjectIdentifier
		for _, each := range page.Versions {
			objects = append(objects, types.ObjectIdentifier{Key: each.Key, VersionId: each.VersionId})
		}
		for _, each := range page.DeleteMarkers {
			objects = append(objects, types.ObjectIdentifier{Key: each.Key, VersionId: each.VersionId})
		}
		for _, each := range objects {
			if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &e.Bucket, Key: each.Key, VersionId: each.VersionId}); err != nil {
				return err
			}
		}
	}
	if _, err := client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &e.Bucket}); err != nil {
		return err
	}
	keys, alias := kms.NewFromConfig(e.Config(Region)), "alias/"+e.Bucket
	key, err := keys.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
	if err != nil {
		return err
	}
	if _, err := keys.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: &alias}); err != nil {
		return err
	}
	_, err = keys.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: key.KeyMetadata.KeyId, PendingWindowInDays: aws.Int32(keyDays)})
	return err
}

// Leftover is a copy that a test left behind.
type Leftover struct {
	Environment string
	ID          string // as NewEphemeral takes it
}

// Leftovers lists the copies in the account that are older than age, by the
// tool's buckets.
func Leftovers(t testing.TB, client *s3.Client, age time.Duration) []Leftover {
	t.Helper()
	out, err := client.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var all []Leftover
	for _, bucket := range out.Buckets {
		name, ours := strings.CutPrefix(aws.ToString(bucket.Name), EphemeralPrefix)
		name, tool := strings.CutSuffix(name, "-deploy")
		id, environment, whole := strings.Cut(name, "-")
		if ours && tool && whole && time.Since(aws.ToTime(bucket.CreationDate)) >= age {
			all = append(all, Leftover{Environment: environment, ID: id})
		}
	}
	return all
}
