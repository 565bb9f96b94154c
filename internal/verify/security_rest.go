package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

// key is one of the environment's KMS keys.
type key struct {
	alias, arn string
	meta       kmstypes.KeyMetadata
	rotates    bool
	policy     iampolicy.Document
}

// keyRing are the environment's keys.
type keyRing []key

// have reports whether a key, by ARN, id or alias, is one of them.
func (r keyRing) have(name string) bool {
	return name != "" && slices.ContainsFunc(r, func(each key) bool {
		return name == each.arn || name == text(each.meta.KeyId) || name == each.alias || strings.HasSuffix(name, ":"+each.alias)
	})
}

// keysOf gives the keys of both regions.
func keysOf(ctx context.Context, s *Subject) (keyRing, error) {
	return recall(ctx, "keys", func(ctx context.Context) (keyRing, error) {
		var all keyRing
		for _, region := range regions(s) {
			client := kms.NewFromConfig(region)
			aliases, err := listOf(ctx, "the keys", kms.NewListAliasesPaginator(client, &kms.ListAliasesInput{}), func(page *kms.ListAliasesOutput) []kmstypes.AliasListEntry { return page.Aliases })
			if err != nil {
				return nil, err
			}
			for _, alias := range aliases {
				if !strings.HasPrefix(text(alias.AliasName), "alias/"+s.Name()+"-") {
					continue
				}
				found, err := readKey(ctx, client, text(alias.AliasName), alias.TargetKeyId)
				if err != nil {
					return nil, fmt.Errorf("key %s: %w", text(alias.AliasName), err)
				}
				all = append(all, found)
			}
		}
		return all, nil
	})
}

func readKey(ctx context.Context, client *kms.Client, alias string, id *string) (key, error) {
	found, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: id})
	if err != nil {
		return key{}, err
	}
	k := key{alias: alias, arn: text(found.KeyMetadata.Arn), meta: *found.KeyMetadata}
	if k.meta.KeyState == kmstypes.KeyStateEnabled {
		rotation, err := client.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: id})
		if err != nil {
			return key{}, err
		}
		k.rotates = rotation.KeyRotationEnabled
	}
	document, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: id, PolicyName: awssdk.String("default")})
	if err != nil {
		return key{}, err
	}
	k.policy, err = iampolicy.Read("key "+alias, text(document.Policy))
	return k, err
}

// logGroupsOf gives the environment's log groups, that of the API's stage included,
// whose name API Gateway chooses.
func logGroupsOf(ctx context.Context, s *Subject) ([]logtypes.LogGroup, error) {
	return recall(ctx, "log groups", func(ctx context.Context) ([]logtypes.LogGroup, error) {
		api, err := restAPIOf(ctx, s)
		if err != nil {
			return nil, err
		}
		var all []logtypes.LogGroup
		stage := "API-Gateway-Execution-Logs_" + text(api.Id) + "/" + stageName
		groups, err := listOf(ctx, "the log groups", cloudwatchlogs.NewDescribeLogGroupsPaginator(cloudwatchlogs.NewFromConfig(s.AWS), &cloudwatchlogs.DescribeLogGroupsInput{}),
			func(page *cloudwatchlogs.DescribeLogGroupsOutput) []logtypes.LogGroup { return page.LogGroups })
		if err != nil {
			return nil, err
		}
		for _, each := range groups {
			if name := text(each.LogGroupName); name == stage || strings.Contains(name+"/", "/"+s.Name()+"/") || strings.Contains(name, "/"+s.Name()+"-") {
				all = append(all, each)
			}
		}
		return all, nil
	})
}

func restChecks() []Check {
	ours := []string{"kms:ListAliases", "kms:DescribeKey"}
	with := func(more ...string) []string { return append(more, ours...) }
	return []Check{
		{
			ID: "security.keys", Title: "every key of the environment is on, its own and rotates", Requirements: []string{"R1.4", "R4.4"}, Reads: with("kms:GetKeyRotationStatus"),
			Remedy: "switch the rotation on (kms:EnableKeyRotation), or cancel the key's deletion (kms:CancelKeyDeletion), then apply the key's layer",
			Run:    keysRotate,
		},
		{
			ID: "security.logs-encrypted", Title: "every log group is encrypted with a key of the environment's", Requirements: []string{"R1.2", "R4.4"}, Reads: with("logs:DescribeLogGroups"),
			Remedy: "apply the log group's layer; lines written meanwhile stay encrypted with CloudWatch's own key",
			Run:    logsEncrypted,
		},
		{
			ID: "security.messages-encrypted", Title: "every queue and topic is encrypted with a key of the environment's", Requirements: []string{"R4.4"}, Reads: with(messageReads()...),
			Remedy: "apply the layer of the queue or topic, which names its key",
			Run:    messagesEncrypted,
		},
		{
			ID: "security.secrets", Title: "the secrets are there, under a key of the environment's", Requirements: []string{"R1.4", "R4.4"}, Reads: with("secretsmanager:DescribeSecret"),
			Remedy: "restore the secret while its recovery window lasts (secretsmanager:RestoreSecret), or apply the layer secrets and set its value again",
			Run:    secretsStand,
		},
	}
}

func keysRotate(ctx context.Context, s *Subject) ([]string, error) {
	keys, err := keysOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	for _, each := range keys {
		v.must(each.meta.KeyState == kmstypes.KeyStateEnabled, "%s is %s", each.alias, each.meta.KeyState)
		v.must(each.meta.KeyState != kmstypes.KeyStateEnabled || each.rotates, "%s does not rotate", each.alias)
		v.must(each.meta.KeyManager == kmstypes.KeyManagerTypeCustomer, "%s is AWS's own key", each.alias)
	}
	v.must(len(keys) > 0, "%s has no keys", s.Name())
	v.saw("%d keys", len(keys))
	return v.give()
}

func logsEncrypted(ctx context.Context, s *Subject) ([]string, error) {
	keys, err := keysOf(ctx, s)
	if err != nil {
		return nil, err
	}
	groups, err := logGroupsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	for _, each := range groups {
		v.must(keys.have(text(each.KmsKeyId)), "log group %s is encrypted with %s", text(each.LogGroupName), orNothing(text(each.KmsKeyId)))
	}
	v.must(len(groups) > 0, "%s has no log groups", s.Name())
	v.saw("%d log groups", len(groups))
	return v.give()
}

// secret is one of the environment's, but never its value.
type secret struct {
	name   string
	about  *secretsmanager.DescribeSecretOutput
	policy iampolicy.Document
}

// secretsOf gives the environment's secrets, that of the database's master user included.
func secretsOf(ctx context.Context, s *Subject) ([]secret, error) {
	return recall(ctx, "secrets", func(ctx context.Context) ([]secret, error) {
		master, err := s.Output("database_master_user_secret_arn")
		if err != nil {
			return nil, err
		}
		client := secretsmanager.NewFromConfig(s.AWS)
		ids := map[string]string{"the database's master user": master}
		for _, name := range []string{"jwt-key", "external-api", "slack-webhook"} {
			ids[name] = s.Name() + "/" + name
		}
		var all []secret
		for name, id := range ids {
			about, err := client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &id})
			switch {
			case answered(err, "ResourceNotFoundException"):
				all = append(all, secret{name: name})
				continue
			case err != nil:
				return nil, fmt.Errorf("secret %s: %w", id, err)
			}
			found, err := client.GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: &id})
			if err != nil && about.DeletedDate == nil {
				return nil, fmt.Errorf("the policy of secret %s: %w", id, err)
			}
			each := secret{name: name, about: about}
			if found != nil {
				if each.policy, err = iampolicy.Read("secret "+id, text(found.ResourcePolicy)); err != nil {
					return nil, err
				}
			}
			all = append(all, each)
		}
		return all, nil
	})
}

func secretsStand(ctx context.Context, s *Subject) ([]string, error) {
	keys, err := keysOf(ctx, s)
	if err != nil {
		return nil, err
	}
	secrets, err := secretsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	for _, each := range secrets {
		if each.about == nil || each.about.DeletedDate != nil {
			v.must(false, "the secret %s is not there, or about to be deleted", each.name)
			continue
		}
		v.must(keys.have(text(each.about.KmsKeyId)), "the secret %s is encrypted with %s", each.name, orNothing(text(each.about.KmsKeyId)))
		// An operator gives external-api and slack-webhook their values.
		if each.name == "jwt-key" {
			v.must(len(each.about.VersionIdsToStages) > 0, "the secret %s has no value", each.name)
		}
		v.saw("%s with %d versions", each.name, len(each.about.VersionIdsToStages))
	}
	slices.Sort(v.seen)
	return v.give()
}
