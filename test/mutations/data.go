package mutations

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// dataMutations are changes of the database, of what is kept and of tags.
func dataMutations() []mutation {
	all := append(databaseMutations(), keepingMutations()...)
	for i := range all {
		all[i].area = "data"
	}
	return all
}

func databaseMutations() []mutation {
	cluster := func(name, check string, to, back rds.ModifyDBClusterInput) mutation {
		return mutation{
			name: name, checks: []string{check},
			change: func(t *testing.T, w *world) func() {
				set := func(input rds.ModifyDBClusterInput) {
					input.DBClusterIdentifier, input.ApplyImmediately = &w.name, aws.Bool(true)
					_, err := rds.NewFromConfig(w.config).ModifyDBCluster(t.Context(), &input)
					try(t, err)
				}
				set(to)
				return func() { set(back) }
			},
		}
	}
	instance := func(name string, to, back rds.ModifyDBInstanceInput) mutation {
		return mutation{
			name: name, checks: []string{"data.instances"},
			change: func(t *testing.T, w *world) func() {
				set := func(input rds.ModifyDBInstanceInput) {
					input.DBInstanceIdentifier, input.ApplyImmediately = aws.String(w.name+"-1"), aws.Bool(true)
					_, err := rds.NewFromConfig(w.config).ModifyDBInstance(t.Context(), &input)
					try(t, err)
				}
				set(to)
				return func() { set(back) }
			},
		}
	}
	return []mutation{
		cluster("backups kept too short", "data.backup-window", rds.ModifyDBClusterInput{BackupRetentionPeriod: aws.Int32(3)}, rds.ModifyDBClusterInput{BackupRetentionPeriod: aws.Int32(1)}),
		cluster("backups at another hour", "data.backup-window", rds.ModifyDBClusterInput{PreferredBackupWindow: aws.String("12:00-13:00")}, rds.ModifyDBClusterInput{PreferredBackupWindow: aws.String("03:00-04:00")}),
		cluster("database too large", "data.cluster",
			rds.ModifyDBClusterInput{ServerlessV2ScalingConfiguration: &rdstypes.ServerlessV2ScalingConfiguration{MinCapacity: aws.Float64(0.5), MaxCapacity: aws.Float64(16)}},
			rds.ModifyDBClusterInput{ServerlessV2ScalingConfiguration: &rdstypes.ServerlessV2ScalingConfiguration{MinCapacity: aws.Float64(0.5), MaxCapacity: aws.Float64(1)}}),
		cluster("no sign-in by IAM", "data.cluster", rds.ModifyDBClusterInput{EnableIAMDatabaseAuthentication: aws.Bool(false)}, rds.ModifyDBClusterInput{EnableIAMDatabaseAuthentication: aws.Bool(true)}),
		cluster("log not exported", "data.audit-log",
			rds.ModifyDBClusterInput{CloudwatchLogsExportConfiguration: &rdstypes.CloudwatchLogsExportConfiguration{DisableLogTypes: []string{"postgresql"}}},
			rds.ModifyDBClusterInput{CloudwatchLogsExportConfiguration: &rdstypes.CloudwatchLogsExportConfiguration{EnableLogTypes: []string{"postgresql"}}}),
		instance("public instance", rds.ModifyDBInstanceInput{PubliclyAccessible: aws.Bool(true)}, rds.ModifyDBInstanceInput{PubliclyAccessible: aws.Bool(false)}),
		{
			name: "no audit log", checks: []string{"data.audit-log"},
			change: func(t *testing.T, w *world) func() { return w.parameter(t, "pgaudit.log", "none", "ddl,role,write") },
		},
		{
			name: "bound values logged", checks: []string{"data.audit-log"},
			change: func(t *testing.T, w *world) func() { return w.parameter(t, "pgaudit.log_parameter", "1", "0") },
		},
		{
			name: "password not changed", checks: []string{"data.credentials"},
			change: func(t *testing.T, w *world) func() {
				client, secret := secretsmanager.NewFromConfig(w.config), w.output(t, "database_master_user_secret_arn")
				set := func(days int64) {
					_, err := client.RotateSecret(t.Context(), &secretsmanager.RotateSecretInput{SecretId: &secret, RotateImmediately: aws.Bool(false), RotationRules: &smtypes.RotationRulesType{AutomaticallyAfterDays: &days}})
					try(t, err)
				}
				set(365)
				return func() { set(30) }
			},
		},
		{
			name: "shared snapshot", checks: []string{"data.snapshots-private"},
			change: func(t *testing.T, w *world) func() {
				client, name := rds.NewFromConfig(w.config), w.name+"-shared-by-hand"
				_, err := client.CreateDBClusterSnapshot(t.Context(), &rds.CreateDBClusterSnapshotInput{DBClusterIdentifier: &w.name, DBClusterSnapshotIdentifier: &name})
				try(t, err)
				undo := func() {
					_, err := client.DeleteDBClusterSnapshot(t.Context(), &rds.DeleteDBClusterSnapshotInput{DBClusterSnapshotIdentifier: &name})
					try(t, err)
				}
				if _, err := client.ModifyDBClusterSnapshotAttribute(t.Context(), &rds.ModifyDBClusterSnapshotAttributeInput{DBClusterSnapshotIdentifier: &name, AttributeName: aws.String("restore"), ValuesToAdd: []string{"all"}}); err != nil {
					undo()
					t.Fatal(err)
				}
				return undo
			},
		},
	}
}

func keepingMutations() []mutation {
	return []mutation{
		{
			name: "log kept for ever", checks: []string{"data.log-retention"},
			change: func(t *testing.T, w *world) func() {
				client, name := cloudwatchlogs.NewFromConfig(w.config), "/aws/lambda/"+w.function(t, "goals")
				_, err := client.DeleteRetentionPolicy(t.Context(), &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: &name})
				try(t, err)
				return func() {
					_, err := client.PutRetentionPolicy(t.Context(), &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: &name, RetentionInDays: aws.Int32(30)})
					try(t, err)
				}
			},
		},
		{
			name: "access logs kept for ever", checks: []string{"data.access-log-retention"},
			change: func(t *testing.T, w *world) func() { return w.noLifecycle(t, w.name+"-site-logs-"+w.account) },
		},
		{
			name: "accounts cannot be deleted", checks: []string{"data.account-deletion"},
			change: func(t *testing.T, w *world) func() {
				client, role, policy := iam.NewFromConfig(w.config), w.name+"-functions-auth", "auth"
				found := got(client.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &policy}))(t)
				before, err := url.PathUnescape(aws.ToString(found.PolicyDocument))
				try(t, err)
				_, err = client.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: &policy})
				try(t, err)
				return func() {
					_, err := client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &policy, PolicyDocument: &before})
					try(t, err)
				}
			},
		},
		{
			name: "function without tag", checks: []string{"data.tags"},
			change: func(t *testing.T, w *world) func() {
				client := lambda.NewFromConfig(w.config)
				arn := got(client.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(w.function(t, "goals"))}))(t).FunctionArn
				before := got(client.ListTags(t.Context(), &lambda.ListTagsInput{Resource: arn}))(t).Tags
				_, err := client.UntagResource(t.Context(), &lambda.UntagResourceInput{Resource: arn, TagKeys: []string{"CostCenter"}})
				try(t, err)
				return func() {
					_, err := client.TagResource(t.Context(), &lambda.TagResourceInput{Resource: arn, Tags: map[string]string{"CostCenter": before["CostCenter"]}})
					try(t, err)
				}
			},
		},
		{
			name: "role without tag", checks: []string{"data.tags-of-roles"},
			change: func(t *testing.T, w *world) func() {
				client, role := iam.NewFromConfig(w.config), w.name+"-functions-api"
				before := got(client.ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: &role}))(t).Tags
				_, err := client.UntagRole(t.Context(), &iam.UntagRoleInput{RoleName: &role, TagKeys: []string{"Owner"}})
				try(t, err)
				return func() {
					for _, tag := range before {
						if aws.ToString(tag.Key) == "Owner" {
							_, err := client.TagRole(t.Context(), &iam.TagRoleInput{RoleName: &role, Tags: []iamtypes.Tag{tag}})
							try(t, err)
						}
					}
				}
			},
		},
		{
			name: "VPC of another environment", checks: []string{"data.tags-of-network"},
			change: func(t *testing.T, w *world) func() {
				set := func(environment string) {
					_, err := ec2.NewFromConfig(w.config).CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: []string{w.output(t, "vpc_id")}, Tags: []ec2types.Tag{{Key: aws.String("Environment"), Value: &environment}}})
					try(t, err)
				}
				set("staging")
				return func() { set(w.subject.Environment) }
			},
		},
	}
}
