package mutations

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"
)

func functionMutations() []mutation {
	// draft changes the draft of the function goals.
	draft := func(name, check string, change func(w *world, before *lambda.GetFunctionConfigurationOutput) (to, back lambda.UpdateFunctionConfigurationInput)) mutation {
		return mutation{
			name: name, checks: []string{check},
			change: func(t *testing.T, w *world) func() {
				client, function := lambda.NewFromConfig(w.config), w.function(t, "goals")
				before := got(client.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &function}))(t)
				to, back := change(w, before)
				set := func(input lambda.UpdateFunctionConfigurationInput) {
					input.FunctionName = &function
					_, err := client.UpdateFunctionConfiguration(t.Context(), &input)
					try(t, err)
				}
				set(to)
				return func() { set(back) }
			},
		}
	}
	return []mutation{
		draft("function outside the VPC", "security.functions-network", func(_ *world, before *lambda.GetFunctionConfigurationOutput) (to, back lambda.UpdateFunctionConfigurationInput) {
			return lambda.UpdateFunctionConfigurationInput{VpcConfig: &lambdatypes.VpcConfig{SubnetIds: []string{}, SecurityGroupIds: []string{}}},
				lambda.UpdateFunctionConfigurationInput{VpcConfig: &lambdatypes.VpcConfig{SubnetIds: before.VpcConfig.SubnetIds, SecurityGroupIds: before.VpcConfig.SecurityGroupIds}}
		}),
		draft("secret in the environment", "security.no-secret-values", func(_ *world, before *lambda.GetFunctionConfigurationOutput) (to, back lambda.UpdateFunctionConfigurationInput) {
			changed := map[string]string{"DATABASE_PASSWORD": "correct horse battery staple"}
			for name, value := range before.Environment.Variables {
				changed[name] = value
			}
			return lambda.UpdateFunctionConfigurationInput{Environment: &lambdatypes.Environment{Variables: changed}},
				lambda.UpdateFunctionConfigurationInput{Environment: &lambdatypes.Environment{Variables: before.Environment.Variables}}
		}),
		draft("environment under a foreign key", "security.functions-encrypted", func(w *world, before *lambda.GetFunctionConfigurationOutput) (to, back lambda.UpdateFunctionConfigurationInput) {
			return lambda.UpdateFunctionConfigurationInput{KMSKeyArn: aws.String("arn:aws:kms:" + w.config.Region + ":" + w.account + ":key/00000000-0000-0000-0000-000000000000")},
				lambda.UpdateFunctionConfigurationInput{KMSKeyArn: before.KMSKeyArn}
		}),
		draft("role of another group", "security.role-per-group", func(w *world, before *lambda.GetFunctionConfigurationOutput) (to, back lambda.UpdateFunctionConfigurationInput) {
			return lambda.UpdateFunctionConfigurationInput{Role: aws.String("arn:aws:iam::" + w.account + ":role/" + w.name + "-functions-migrate")},
				lambda.UpdateFunctionConfigurationInput{Role: before.Role}
		}),
		{
			name: "reserved concurrency", checks: []string{"security.functions-concurrency"},
			change: func(t *testing.T, w *world) func() {
				client, function := lambda.NewFromConfig(w.config), w.function(t, "goals")
				_, err := client.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: &function, ReservedConcurrentExecutions: aws.Int32(5)})
				try(t, err)
				return func() {
					_, err := client.DeleteFunctionConcurrency(t.Context(), &lambda.DeleteFunctionConcurrencyInput{FunctionName: &function})
					try(t, err)
				}
			},
		},
		{
			name: "function for everybody", checks: []string{"security.functions-private"},
			change: func(t *testing.T, w *world) func() {
				client, function := lambda.NewFromConfig(w.config), w.function(t, "migrate")
				_, err := client.AddPermission(t.Context(), &lambda.AddPermissionInput{FunctionName: &function, StatementId: aws.String("everybody"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("*")})
				try(t, err)
				return func() {
					_, err := client.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: &function, StatementId: aws.String("everybody")})
					try(t, err)
				}
			},
		},
	}
}

func networkMutations() []mutation {
	// opened lets addresses or members into a security group.
	opened := func(name, group string, rule ec2types.IpPermission) mutation {
		return mutation{
			name: name, checks: []string{"security.security-groups"},
			change: func(t *testing.T, w *world) func() {
				client := ec2.NewFromConfig(w.config)
				found := got(client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: []ec2types.Filter{
					{Name: aws.String("vpc-id"), Values: []string{w.output(t, "vpc_id")}},
					{Name: aws.String("group-name"), Values: []string{strings.ReplaceAll(group, "PREFIX", w.name)}},
				}}))(t)
				id := found.SecurityGroups[0].GroupId
				_, err := client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: id, IpPermissions: []ec2types.IpPermission{rule}})
				try(t, err)
				return func() {
					_, err := client.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: id, IpPermissions: []ec2types.IpPermission{rule}})
					try(t, err)
				}
			},
		}
	}
	tcp := func(port int32, cidr string) ec2types.IpPermission {
		return ec2types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, IpRanges: []ec2types.IpRange{{CidrIp: &cidr}}}
	}
	return []mutation{
		opened("database for the internet", "PREFIX-database", tcp(5432, "0.0.0.0/0")),
		opened("database for an office", "PREFIX-database", tcp(5432, "203.0.113.0/24")),
		opened("functions reachable", "PREFIX-functions", tcp(443, "10.0.0.0/16")),
		opened("default group open", "default", tcp(22, "10.0.0.0/16")),
		{
			name: "public addresses", checks: []string{"security.network"},
			change: func(t *testing.T, w *world) func() {
				client := ec2.NewFromConfig(w.config)
				ids, ok := w.outputs["public_subnet_ids"].([]any)
				if !ok {
					named, _ := w.outputs["public_subnet_ids"].(map[string]any)
					for _, id := range named {
						ids = append(ids, id)
					}
				}
				subnet, _ := ids[0].(string)
				set := func(to bool) {
					_, err := client.ModifySubnetAttribute(t.Context(), &ec2.ModifySubnetAttributeInput{SubnetId: &subnet, MapPublicIpOnLaunch: &ec2types.AttributeBooleanValue{Value: &to}})
					try(t, err)
				}
				set(true)
				return func() { set(false) }
			},
		},
	}
}

func otherMutations() []mutation {
	return []mutation{
		{
			name: "key does not rotate", checks: []string{"security.keys"},
			change: func(t *testing.T, w *world) func() {
				client := kms.NewFromConfig(w.config)
				id := got(client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String("alias/" + w.name + "-functions")}))(t).KeyMetadata.KeyId
				_, err := client.DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: id})
				try(t, err)
				return func() {
					_, err := client.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: id})
					try(t, err)
				}
			},
		},
		{
			name: "key for another account", checks: []string{"security.keys-private"},
			change: func(t *testing.T, w *world) func() {
				client := kms.NewFromConfig(w.config)
				id := got(client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String("alias/" + w.name + "-secrets")}))(t).KeyMetadata.KeyId
				before := aws.ToString(got(client.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: id, PolicyName: aws.String("default")}))(t).Policy)
				set := func(document string) {
					_, err := client.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: id, PolicyName: aws.String("default"), Policy: &document})
					try(t, err)
				}
				set(rewritten(t, before, func(statements []any) []any {
					return append(statements, map[string]any{"Sid": "Friends", "Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::210987654321:root"}, "Action": "kms:Decrypt", "Resource": "*"})
				}))
				return func() { set(before) }
			},
		},
		{
			name: "log group without key", checks: []string{"security.logs-encrypted"},
			change: func(t *testing.T, w *world) func() {
				client, name := cloudwatchlogs.NewFromConfig(w.config), "/aws/lambda/"+w.name+"-by-hand"
				_, err := client.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name})
				try(t, err)
				return func() {
					_, err := client.DeleteLogGroup(t.Context(), &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &name})
					try(t, err)
				}
			},
		},
		{
			name: "secret about to be deleted", checks: []string{"security.secrets"},
			change: func(t *testing.T, w *world) func() {
				client, name := secretsmanager.NewFromConfig(w.config), w.name+"/slack-webhook"
				_, err := client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: &name, RecoveryWindowInDays: aws.Int64(30)})
				try(t, err)
				return func() {
					_, err := client.RestoreSecret(t.Context(), &secretsmanager.RestoreSecretInput{SecretId: &name})
					try(t, err)
				}
			},
		},
		{
			name: "database without TLS", checks: []string{"security.database-tls"},
			change: func(t *testing.T, w *world) func() { return w.parameter(t, "rds.force_ssl", "0", "1") },
		},
		{
			name: "mail without TLS", checks: []string{"security.mail-tls"},
			change: func(t *testing.T, w *world) func() {
				client := ses.NewFromConfig(w.config)
				set := func(to sestypes.TlsPolicy) {
					_, err := client.PutConfigurationSetDeliveryOptions(t.Context(), &ses.PutConfigurationSetDeliveryOptionsInput{ConfigurationSetName: &w.name, DeliveryOptions: &sestypes.DeliveryOptions{TlsPolicy: to}})
					try(t, err)
				}
				set(sestypes.TlsPolicyOptional)
				return func() { set(sestypes.TlsPolicyRequire) }
			},
		},
	}
}

// parameter changes one of the database's parameters.
func (w *world) parameter(t *testing.T, name, to, back string) func() {
	t.Helper()
	client := rds.NewFromConfig(w.config)
	group := got(client.DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{DBClusterIdentifier: &w.name}))(t).DBClusters[0].DBClusterParameterGroup
	set := func(value string) {
		_, err := client.ModifyDBClusterParameterGroup(t.Context(), &rds.ModifyDBClusterParameterGroupInput{
			DBClusterParameterGroupName: group, Parameters: []rdstypes.Parameter{{ParameterName: &name, ParameterValue: &value, ApplyMethod: rdstypes.ApplyMethodImmediate}},
		})
		try(t, err)
	}
	set(to)
	return func() { set(back) }
}
