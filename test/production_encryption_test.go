package test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"
)

// checkEncryption holds everything that keeps or carries data to R4.4, and all
// logs to R3.4's 30 days.
func checkEncryption(t *testing.T, s *stack) {
	// Every key by ARN: whatever names another one names none of ours.
	ours := map[string]bool{}
	for _, region := range []aws.Config{s.config, s.usEast1} {
		client := kms.NewFromConfig(region)
		for _, key := range s.keys(t, region) {
			rotation, err := client.GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: key.KeyId})
			if err != nil || !rotation.KeyRotationEnabled || key.KeyManager != kmstypes.KeyManagerTypeCustomer || key.KeyState != kmstypes.KeyStateEnabled {
				t.Errorf("R4.4: key %q is not ours, on and rotated: %+v, %v", aws.ToString(key.Description), rotation, err)
			}
			ours[aws.ToString(key.Arn)] = true
		}
		for arn, topic := range s.topics(t, region) {
			facts(t, "R4.4", map[string]bool{
				arn + ": a key of ours": ours[topic["KmsMasterKeyId"]],
				arn + ": TLS only":      parsePolicy(t, arn, topic["Policy"]).DeniesPlain([]string{"sns:Publish"}, arn),
			})
		}
	}
	if len(ours) != 9 {
		t.Errorf("R4.4: %d keys, not those of network, secrets, database, functions, reminders, audit, alerts (in two regions) and the tool's bucket", len(ours))
	}
	buckets := s.bucketNames(t)
	if diff := cmp.Diff(sorted([]string{s.Bucket, s.output(t, "site_bucket"), s.Name + "-site-logs-" + s.Account, s.output(t, "trail_bucket"), s.Name + "-audit-log-" + s.Account}), sorted(buckets)); diff != "" {
		t.Errorf("R4.4: buckets (-want +got):\n%s", diff)
	}
	for _, name := range buckets {
		checkClosed(t, "R4.4", s, name)
	}
	for address, attributes := range s.queues(t) {
		facts(t, "R4.4", map[string]bool{
			address + ": a key of ours": ours[attributes["KmsMasterKeyId"]],
			address + ": TLS only":      parsePolicy(t, address, attributes["Policy"]).DeniesPlain([]string{"sqs:*", "sqs:SendMessage"}, attributes["QueueArn"]),
		})
	}
	groups := s.logGroups(t)
	if len(groups) != len(s.functionNames(t))+6 {
		t.Errorf("R3.4: %d log groups, not one per function and those of the API (2), the workflow, the database, the trail and the VPC", len(groups))
	}
	for _, group := range groups {
		name := aws.ToString(group.LogGroupName)
		facts(t, "R4.4", map[string]bool{
			"log group " + name + ": a key of ours":       ours[aws.ToString(group.KmsKeyId)],
			"log group " + name + ": kept 30 days (R3.4)": aws.ToInt32(group.RetentionInDays) == 30,
		})
	}
	checkEncryptedData(t, s, ours)
}

// checkEncryptedData: the database, the secrets and the functions' environments.
func checkEncryptedData(t *testing.T, s *stack, ours map[string]bool) {
	t.Helper()
	clusters, err := rds.NewFromConfig(s.config).DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{DBClusterIdentifier: &s.Name})
	if err != nil || len(clusters.DBClusters) != 1 {
		t.Fatalf("R4.4: clusters: %+v, %v", clusters, err)
	}
	facts(t, "R4.4", map[string]bool{
		"database: a key of ours": aws.ToBool(clusters.DBClusters[0].StorageEncrypted) && ours[aws.ToString(clusters.DBClusters[0].KmsKeyId)],
	})
	secrets := secretsmanager.NewFromConfig(s.config)
	for _, arn := range s.secretARNs(t) {
		found, err := secrets.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &arn})
		if err != nil || !ours[aws.ToString(found.KmsKeyId)] {
			t.Errorf("R4.4: secret %s is not encrypted with a key of ours: %+v, %v", arn, found, err)
		}
	}
	functions := lambda.NewFromConfig(s.config)
	for _, name := range s.functionNames(t) {
		found, err := functions.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
		if err != nil || !ours[aws.ToString(found.KMSKeyArn)] {
			t.Errorf("R4.4: the environment of %s is not encrypted with a key of ours: %+v, %v", name, found, err)
			continue
		}
		for variable, value := range found.Environment.Variables {
			if strings.Contains(variable, "SECRET") && !strings.HasPrefix(value, "arn:aws:secretsmanager:") && variable != "SECRETS_CACHE_SECONDS" {
				t.Errorf("R1.4: %s of %s is not the ARN of a secret", variable, name)
			}
		}
	}
}
