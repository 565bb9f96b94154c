package aws

import (
	"context"
	"fmt"
	"slices"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// ensureKey finds the bucket's key by its alias, or creates both. A key that a
// run left without its alias, having been killed in between, is found again by
// its description and tags.
func (b *bootstrap) ensureKey(ctx context.Context) error {
	alias := "alias/" + b.bucket
	known, err := b.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
	if err == nil {
		return b.useKey(known.KeyMetadata, alias)
	}
	if !isCode(err, "NotFoundException") {
		return failure(ctx, "look for key "+alias, err)
	}
	description := "States, releases and records in bucket " + b.bucket
	id, found, err := b.findKey(ctx, description, b.tags, nil)
	if err != nil {
		return err
	}
	if !found {
		created, err := b.kms.CreateKey(ctx, &kms.CreateKeyInput{Description: &description, Tags: kmsTags(b.tags)})
		if err != nil {
			return failure(ctx, "create the key of "+b.bucket, err)
		}
		id = awssdk.ToString(created.KeyMetadata.KeyId)
		b.did("created key %s", id)
	}
	if _, err := b.kms.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: &id}); err != nil {
		return failure(ctx, "name the key "+alias, err)
	}
	b.did("named key %s %s", id, alias)
	known, err = b.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
	if err != nil {
		return failure(ctx, "look for key "+id, err)
	}
	return b.useKey(known.KeyMetadata, alias)
}

func (b *bootstrap) useKey(key *kmstypes.KeyMetadata, alias string) error {
	b.keyARN = awssdk.ToString(key.Arn)
	if key.KeyState == kmstypes.KeyStatePendingDeletion || key.KeyState == kmstypes.KeyStatePendingReplicaDeletion {
		return &problem.Error{
			Code: problem.StorageFailed,
			What: fmt.Sprintf("%s, the key of bucket %s, cannot be used", alias, b.bucket),
			Next: fmt.Sprintf("without it everything in the bucket is lost: `aws kms cancel-key-deletion --key-id %[1]s`, then `aws kms enable-key --key-id %[1]s`", awssdk.ToString(key.KeyId)),
			Err:  errKeyGone,
		}
	}
	return nil
}

func (b *bootstrap) rotateKey(ctx context.Context) error {
	got, err := b.kms.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: &b.keyARN})
	if err != nil {
		return failure(ctx, "read the rotation of key "+b.keyARN, err)
	}
	if got.KeyRotationEnabled {
		return nil
	}
	if _, err := b.kms.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: &b.keyARN}); err != nil {
		return failure(ctx, "turn on the rotation of key "+b.keyARN, err)
	}
	b.did("turned on rotation of key %s", b.keyARN)
	return nil
}

// findKey looks for a usable key by its description and its tags.
func (c *Client) findKey(ctx context.Context, description string, tags map[string]string, taken map[string]bool) (string, bool, error) {
	if len(tags) == 0 {
		return "", false, nil
	}
	var candidates []candidate
	pages := kms.NewListKeysPaginator(c.kms, &kms.ListKeysInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", false, failure(ctx, "list keys", err)
		}
		for _, entry := range page.Keys {
			each, ok, err := c.describeCandidate(ctx, awssdk.ToString(entry.KeyId), description)
			if err != nil {
				return "", false, err
			}
			if ok {
				candidates = append(candidates, each)
			}
		}
	}
	id, found := c.pick(candidates, tags, taken)
	return id, found, nil
}

// describeCandidate reads a key; ok is false for one that is not ours to use.
func (c *Client) describeCandidate(ctx context.Context, id, description string) (candidate, bool, error) {
	key, err := c.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
	if isCode(err, "NotFoundException", "AccessDeniedException") { // some keys of an account are closed to all but a few
		return candidate{}, false, nil
	}
	if err != nil {
		return candidate{}, false, failure(ctx, "look at key "+id, err)
	}
	usable := []kmstypes.KeyState{kmstypes.KeyStateEnabled, kmstypes.KeyStateDisabled, kmstypes.KeyStateCreating}
	meta := key.KeyMetadata
	if meta.KeyManager != kmstypes.KeyManagerTypeCustomer || !slices.Contains(usable, meta.KeyState) ||
		awssdk.ToString(meta.Description) != description {
		return candidate{}, false, nil
	}
	found := candidate{id: id, tags: map[string]string{}}
	pages := kms.NewListResourceTagsPaginator(c.kms, &kms.ListResourceTagsInput{KeyId: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isCode(err, "AccessDeniedException") {
			return candidate{}, false, nil
		}
		if err != nil {
			return candidate{}, false, failure(ctx, "read the tags of key "+id, err)
		}
		for _, tag := range page.Tags {
			found.tags[awssdk.ToString(tag.TagKey)] = awssdk.ToString(tag.TagValue)
		}
	}
	return found, true, nil
}

func kmsTags(tags map[string]string) []kmstypes.Tag {
	var all []kmstypes.Tag
	for _, key := range sortedKeys(tags) {
		value := tags[key]
		all = append(all, kmstypes.Tag{TagKey: &key, TagValue: &value})
	}
	return all
}
