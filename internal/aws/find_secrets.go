package aws

import (
	"context"
	"fmt"
	"slices"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func (c *Client) findPlannedKey(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	return c.findKey(ctx, values.text("description"), values.tags(), taken)
}

// findAlias finds an alias that points to the planned key. One that points
// elsewhere is someone else's.
func (c *Client) findAlias(ctx context.Context, values planned, _ map[string]bool) (string, bool, error) {
	name, target := values.text("name"), values.text("target_key_id")
	if name == "" || target == "" {
		return "", false, nil
	}
	key, err := c.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &name})
	if isCode(err, "NotFoundException") {
		return "", false, nil
	}
	if err != nil {
		return "", false, failure(ctx, "look for key "+name, err)
	}
	same := awssdk.ToString(key.KeyMetadata.KeyId) == target || awssdk.ToString(key.KeyMetadata.Arn) == target
	return name, same, nil
}

// findSecret refuses a secret that waits for its deletion: it can be neither
// created, for its name is taken, nor imported.
func (c *Client) findSecret(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	name := values.text("name")
	if name == "" {
		return "", false, nil
	}
	secret, err := c.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &name})
	if isCode(err, "ResourceNotFoundException") {
		return "", false, nil
	}
	if err != nil {
		return "", false, failure(ctx, "look for secret "+name, err)
	}
	if awssdk.ToString(secret.Name) != name || taken[awssdk.ToString(secret.ARN)] {
		return "", false, nil
	}
	if secret.DeletedDate != nil {
		return "", false, &problem.Error{
			Code: problem.CannotAdopt,
			What: fmt.Sprintf("secret %s was deleted at %s, and its name stays taken until its recovery window ends", name, secret.DeletedDate.UTC().Format(time.RFC3339)),
			Next: fmt.Sprintf("`aws secretsmanager restore-secret --secret-id %[1]s` brings it back; `aws secretsmanager delete-secret --secret-id %[1]s --force-delete-without-recovery` frees the name", name),
		}
	}
	tags := map[string]string{}
	for _, tag := range secret.Tags {
		tags[awssdk.ToString(tag.Key)] = awssdk.ToString(tag.Value)
	}
	return awssdk.ToString(secret.ARN), !c.foreign(tags, values.tags()), nil
}

// writeOnly tells a secret version whose value is in no state. Adopting one
// makes the provider replace it, for it cannot read which write the version
// was; a second version beside the first harms nobody.
func writeOnly(values planned) bool {
	_, versioned := values.number("secret_string_wo_version")
	return versioned
}

// findSecretVersion finds the current version of a secret. It reads ids only,
// never a value.
func (c *Client) findSecretVersion(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	secret := values.text("secret_id")
	if secret == "" || writeOnly(values) {
		return "", false, nil
	}
	pages := secretsmanager.NewListSecretVersionIdsPaginator(c.secrets, &secretsmanager.ListSecretVersionIdsInput{SecretId: &secret})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isCode(err, "ResourceNotFoundException") {
			return "", false, nil
		}
		if err != nil {
			return "", false, failure(ctx, "list the versions of secret "+secret, err)
		}
		for _, version := range page.Versions {
			id := secret + "|" + awssdk.ToString(version.VersionId)
			if slices.Contains(version.VersionStages, "AWSCURRENT") && !taken[id] {
				return id, true, nil
			}
		}
	}
	return "", false, nil
}
