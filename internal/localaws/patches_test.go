package localaws_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
)

const region = "ap-northeast-1"

// A question is put to the emulator with and without the patches: with them
// it has to answer what AWS answers, without them something else. The day moto
// is right by itself, the second half fails and the patch can go.
type question struct {
	patch string // file name without .py
	name  string
	ask   func(ctx context.Context, to aws.Config) (string, error)
	want  string
}

// questions are all of them, in the order of the patches' numbers.
func questions() []question {
	return slices.SortedStableFunc(slices.Values(slices.Concat(baseQuestions(), authQuestions(), functionQuestions(),
		workflowQuestions(), eventQuestions(), apiQuestions(), frontendQuestions(), monitoringQuestions(), releaseQuestions())),
		func(a, b question) int { return strings.Compare(a.patch, b.patch) })
}

func baseQuestions() []question {
	return []question{
		{"010_one_request_at_a_time", "one winner of a conditional put", winners, "1"},
		{"020_missing_operation", "operation", missingOperation, "501 NotImplementedByLocalAWS"},
		{"020_missing_operation", "service", missingService, "501 NotImplementedByLocalAWS"},
		{"110_s3_conditional_policy", "object under a TLS-only policy", tlsOnly, "content"},
		{"111_s3_suspended_versions", "a version and its marker, one by one", suspendedVersions, "1 marker, then nothing"},
		{"210_rds_scaling_configuration", "phantom block", scalingConfiguration, "absent"},
		{"220_rds_instance_monitoring", "settings read back", monitoring, "insights true 7 days, 60 s by arn:aws:iam::123456789012:role/monitoring"},
		{"230_rds_cluster_identity", "second cluster of a name", sameCluster, "DBClusterAlreadyExistsFault"},
		{"240_rds_cluster_modify", "IAM authentication", iamAuthentication, "true"},
		{"240_rds_cluster_modify", "cluster after a refused change", refusedChange, "available"},
		{"240_rds_cluster_modify", "unknown cluster", unknownCluster, "DBClusterNotFoundFault"},
		{"241_rds_log_exports", "on, off and on again", logExports, "[postgresql] [] [postgresql]"},
		{"245_rds_adjacent_windows", "a change of an instance", adjacentWindows, "changed"},
		{"250_rds_certificate_authority", "default", certificateAuthority, "rds-ca-rsa2048-g1"},
		{"260_rds_automated_snapshots", "the same cluster again", clusterAgain, "created"},
		{"270_rds_subnet_group_modify", "a changed group", changedSubnetGroup, "1 subnet"},
		{"280_rds_local_endpoint", "cluster and instance", localEndpoint, "one socket"},
		{"290_rds_managed_secret", "whose it is", managedSecret, "mandala"},
		{"310_kms_rotation_period", "period", rotationPeriod, "180"},
		{"410_ec2_rule_descriptions", "rule that names a group", ruleDescription, "functions"},
		{"410_ec2_rule_descriptions", "changed description", changedDescription, "now functions"},
		{"410_ec2_rule_descriptions", "rule for every protocol", everyProtocol, "changed"},
		{"420_ec2_flow_log_status", "log group by ARN", flowLogStatus, "SUCCESS"},
		{"510_secrets_managed_rotation", "cancel", cancelManagedRotation, "off"},
	}
}

func TestPatches(t *testing.T) {
	t.Parallel()
	_, mended := up(t)
	_, plain := up(t, "all")
	for _, q := range questions() {
		t.Run(q.patch+"/"+q.name, func(t *testing.T) {
			t.Parallel()
			got, err := q.ask(t.Context(), client(mended.Address))
			if err != nil || got != q.want {
				t.Errorf("with the patch: got %q, %v; want %q", got, err, q.want)
			}
			got, err = q.ask(t.Context(), client(plain.Address))
			if err != nil {
				t.Errorf("without the patch: %v", err)
			}
			if got == q.want {
				t.Errorf("moto answers %q without the patch: %s.py can go", got, q.patch)
			}
			t.Logf("without the patch: %s", got)
		})
	}
}

func TestEveryPatchHasAQuestion(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("emulator/patches/*.py")
	if err != nil {
		t.Fatal(err)
	}
	var have, asked []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{`"""Fault: `, "\nEvidence: ", "\nIt can go when "} {
			if !strings.Contains(string(content), part) {
				t.Errorf("%s does not say %q", file, strings.TrimSpace(part))
			}
		}
		have = append(have, strings.TrimSuffix(filepath.Base(file), ".py"))
	}
	for _, q := range questions() {
		asked = append(asked, q.patch)
	}
	if diff := cmp.Diff(have, slices.Compact(asked)); diff != "" {
		t.Errorf("patches and questions differ (-patches +questions):\n%s", diff)
	}
}

// client gives a configuration for the SDK's clients. It tries again only what
// got lost on the way: no answer of the emulator is asked for twice.
func client(address string) aws.Config {
	set := localaws.Environment(address, region)
	return aws.Config{
		BaseEndpoint: aws.String(set["AWS_ENDPOINT_URL"]),
		Region:       set["AWS_REGION"],
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Retryables = []retry.IsErrorRetryable{retry.NoRetryCanceledError{}, retry.RetryableConnectionError{}}
			})
		},
		Credentials: credentials.NewStaticCredentialsProvider(set["AWS_ACCESS_KEY_ID"], set["AWS_SECRET_ACCESS_KEY"], ""),
	}
}

// code gives the error code of AWS in err, or err.
func code(err error) (string, error) {
	var failure smithy.APIError
	if errors.As(err, &failure) {
		return failure.ErrorCode(), nil
	}
	return "", err
}

func bucket(ctx context.Context, to aws.Config, name string) (*s3.Client, error) {
	api := s3.NewFromConfig(to, func(o *s3.Options) { o.UsePathStyle = true })
	// us-east-1 is the one region where a bucket needs no location.
	_, err := api.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}, func(o *s3.Options) { o.Region = "us-east-1" })
	return api, err
}

// winners lets several create the same object and gives how many succeed, at
// worst of some rounds. Between the check and the write moto searches the body
// for a checksum with a pattern that backtracks: this body keeps each request
// there for some 50 ms, long enough for the others to pass the check, too.
func winners(ctx context.Context, to aws.Config) (string, error) {
	if _, err := bucket(ctx, to, "race"); err != nil {
		return "", err
	}
	body := bytes.Repeat([]byte("x-amz-checksum-a:"), 800)
	worst := int32(0)
	const rounds = 10 // where nothing keeps two from winning, one round may pass without
	for round := range rounds {
		if worst > 1 {
			break
		}
		var won atomic.Int32
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				headers := map[string]string{"If-None-Match": "*", "X-Amz-Sdk-Checksum-Algorithm": "SHA256"}
				status, _, err := raw(ctx, to, "s3", http.MethodPut, fmt.Sprintf("/race/%d", round), body, headers)
				if err == nil && status == http.StatusOK {
					won.Add(1)
				}
			})
		}
		all.Wait()
		worst = max(worst, won.Load())
	}
	return fmt.Sprint(worst), ctx.Err()
}

// raw sends a request with a signature's scope but no valid signature.
func raw(ctx context.Context, to aws.Config, service, method, path string, body []byte, headers map[string]string) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, *to.BaseEndpoint+path, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAMANDALALOCAL0000/20260101/"+region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

func missingOperation(ctx context.Context, to aws.Config) (string, error) {
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	status, answer, err := raw(ctx, to, "ec2", http.MethodPost, "/", []byte("Action=DescribeTrunkInterfaceAssociations&Version=2016-11-15"), form)
	return statusAndCode(status, answer), err
}

func missingService(ctx context.Context, to aws.Config) (string, error) {
	status, answer, err := raw(ctx, to, "access-analyzer", http.MethodGet, "/analyzer", nil, nil)
	return statusAndCode(status, answer), err
}

func statusAndCode(status int, answer string) string {
	if strings.Contains(answer, localaws.CodeNotImplemented) {
		answer = localaws.CodeNotImplemented
	}
	return fmt.Sprintf("%d %s", status, answer)
}

func tlsOnly(ctx context.Context, to aws.Config) (string, error) {
	api, err := bucket(ctx, to, "closed")
	if err != nil {
		return "", err
	}
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*",
		"Resource":["arn:aws:s3:::closed","arn:aws:s3:::closed/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
	if _, err := api.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String("closed"), Policy: aws.String(policy)}); err != nil {
		return "", err
	}
	key := aws.String("object")
	if _, err := api.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("closed"), Key: key, Body: strings.NewReader("content")}); err != nil {
		return code(err)
	}
	object, err := api.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("closed"), Key: key})
	if err != nil {
		return code(err)
	}
	defer object.Body.Close()
	content, err := io.ReadAll(object.Body)
	return string(content), err
}

func rotationPeriod(ctx context.Context, to aws.Config) (string, error) {
	api := kms.NewFromConfig(to)
	key, err := api.CreateKey(ctx, &kms.CreateKeyInput{})
	if err != nil {
		return "", err
	}
	id := key.KeyMetadata.KeyId
	if _, err := api.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: id, RotationPeriodInDays: aws.Int32(180)}); err != nil {
		return code(err)
	}
	status, err := api.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: id})
	if err != nil {
		return code(err)
	}
	return fmt.Sprint(aws.ToInt32(status.RotationPeriodInDays)), nil
}

// groupRule creates a group and, in it, one rule.
func groupRule(ctx context.Context, to aws.Config, name string, rule ec2types.IpPermission) (*ec2.Client, *string, *string, error) {
	api := ec2.NewFromConfig(to)
	group, err := api.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: &name, Description: &name})
	if err != nil {
		return nil, nil, nil, err
	}
	if len(rule.UserIdGroupPairs) > 0 {
		rule.UserIdGroupPairs[0].GroupId = group.GroupId
	}
	created, err := api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: group.GroupId, IpPermissions: []ec2types.IpPermission{rule},
	})
	if err != nil {
		return nil, nil, nil, err
	}
	return api, group.GroupId, created.SecurityGroupRules[0].SecurityGroupRuleId, nil
}

func postgres() ec2types.IpPermission {
	return ec2types.IpPermission{
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432),
		UserIdGroupPairs: []ec2types.UserIdGroupPair{{Description: aws.String("functions")}},
	}
}

func describeRule(ctx context.Context, api *ec2.Client, rule *string) (string, error) {
	rules, err := api.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{*rule}})
	if err != nil {
		return code(err)
	}
	return aws.ToString(rules.SecurityGroupRules[0].Description), nil
}

func ruleDescription(ctx context.Context, to aws.Config) (string, error) {
	api, _, rule, err := groupRule(ctx, to, "described", postgres())
	if err != nil {
		return "", err
	}
	return describeRule(ctx, api, rule)
}

// changedDescription gives the description of the group's own listing, where
// moto shows a changed one as a range without addresses.
func changedDescription(ctx context.Context, to aws.Config) (string, error) {
	api, group, rule, err := groupRule(ctx, to, "redescribed", postgres())
	if err != nil {
		return "", err
	}
	_, err = api.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{
		GroupId: group,
		SecurityGroupRules: []ec2types.SecurityGroupRuleUpdate{{
			SecurityGroupRuleId: rule,
			SecurityGroupRule: &ec2types.SecurityGroupRuleRequest{
				IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432),
				ReferencedGroupId: group, Description: aws.String("now functions"),
			},
		}},
	})
	if err != nil {
		return code(err)
	}
	groups, err := api.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{*group}})
	if err != nil {
		return code(err)
	}
	permission := groups.SecurityGroups[0].IpPermissions[0]
	if len(permission.IpRanges) > 0 {
		return "a range without addresses", nil
	}
	return aws.ToString(permission.UserIdGroupPairs[0].Description), nil
}

func everyProtocol(ctx context.Context, to aws.Config) (string, error) {
	api, group, rule, err := groupRule(ctx, to, "every-protocol", ec2types.IpPermission{
		IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.0.0.0/16"), Description: aws.String("before")}},
	})
	if err != nil {
		return "", err
	}
	_, err = api.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{
		GroupId: group,
		SecurityGroupRules: []ec2types.SecurityGroupRuleUpdate{{
			SecurityGroupRuleId: rule,
			SecurityGroupRule: &ec2types.SecurityGroupRuleRequest{
				IpProtocol: aws.String("-1"), CidrIpv4: aws.String("10.0.0.0/16"), Description: aws.String("changed"),
			},
		}},
	})
	if err != nil {
		return code(err)
	}
	return describeRule(ctx, api, rule)
}

func cancelManagedRotation(ctx context.Context, to aws.Config) (string, error) {
	_, cluster, err := newCluster(ctx, to, "managed-rotation", func(in *rds.CreateDBClusterInput) {
		in.ManageMasterUserPassword, in.MasterUserPassword = aws.Bool(true), nil
	})
	if err != nil {
		return "", err
	}
	api, secret := secretsmanager.NewFromConfig(to), cluster.MasterUserSecret.SecretArn
	if _, err := api.RotateSecret(ctx, &secretsmanager.RotateSecretInput{
		SecretId: secret, RotateImmediately: aws.Bool(false),
		RotationRules: &smtypes.RotationRulesType{AutomaticallyAfterDays: aws.Int64(30)},
	}); err != nil {
		return code(err)
	}
	if _, err := api.CancelRotateSecret(ctx, &secretsmanager.CancelRotateSecretInput{SecretId: secret}); err != nil {
		return code(err)
	}
	after, err := api.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: secret})
	if err != nil {
		return code(err)
	}
	if aws.ToBool(after.RotationEnabled) {
		return "on", nil
	}
	return "off", nil
}
