package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"
)

// facts reports those that do not hold.
func facts(t *testing.T, id string, holds map[string]bool) {
	t.Helper()
	for fact, ok := range holds {
		if !ok {
			t.Errorf("%s: %s: does not hold", id, fact)
		}
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// checkNetwork holds the network to R1.5 and R4.3.
func checkNetwork(t *testing.T, s *stack) {
	client, vpcID := ec2.NewFromConfig(s.config), s.output(t, "vpc_id")
	inVPC := []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpcID}}}
	vpcs, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{vpcID}})
	if err != nil || len(vpcs.Vpcs) != 1 || aws.ToString(vpcs.Vpcs[0].CidrBlock) != "10.0.0.0/16" {
		t.Fatalf("R1.5: VPC %s: %+v, %v", vpcID, vpcs, err)
	}
	subnets, err := client.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{Filters: inVPC})
	if err != nil {
		t.Fatal(err)
	}
	zones := map[string]int{}
	for _, subnet := range subnets.Subnets {
		zones[aws.ToString(subnet.AvailabilityZone)]++
		if aws.ToBool(subnet.MapPublicIpOnLaunch) {
			t.Errorf("R1.5: subnet %s gives out public addresses", aws.ToString(subnet.SubnetId))
		}
	}
	if diff := cmp.Diff(map[string]int{"ap-northeast-1a": 2, "ap-northeast-1c": 2}, zones); diff != "" {
		t.Errorf("R1.5: subnets by zone (-want +got):\n%s", diff)
	}
	gateways, err := client.DescribeNatGateways(t.Context(), &ec2.DescribeNatGatewaysInput{Filter: inVPC})
	if err != nil || len(gateways.NatGateways) != 1 {
		t.Errorf("R1.5: NAT gateways: %v, %v", gateways, err)
	}
	logs, err := client.DescribeFlowLogs(t.Context(), &ec2.DescribeFlowLogsInput{Filter: []ec2types.Filter{{Name: aws.String("resource-id"), Values: []string{vpcID}}}})
	if err != nil || len(logs.FlowLogs) != 1 || logs.FlowLogs[0].TrafficType != ec2types.TrafficTypeAll {
		t.Errorf("R1.5: flow logs: %v, %v", logs, err)
	}
	groups, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: inVPC})
	if err != nil {
		t.Fatal(err)
	}
	functions := ""
	for _, g := range groups.SecurityGroups {
		if aws.ToString(g.GroupName) == s.Name+"-functions" {
			functions = aws.ToString(g.GroupId)
		}
	}
	for _, g := range groups.SecurityGroups {
		in := g.IpPermissions
		switch aws.ToString(g.GroupName) {
		case "default":
			if len(in)+len(g.IpPermissionsEgress) != 0 {
				t.Error("R1.5: the default security group is not closed")
			}
		case s.Name + "-functions":
			if len(in) != 0 {
				t.Errorf("R4.3: something reaches the functions: %+v", in)
			}
		case s.Name + "-database":
			if len(g.IpPermissionsEgress) != 0 || len(in) != 1 || aws.ToInt32(in[0].FromPort) != 5432 || aws.ToInt32(in[0].ToPort) != 5432 ||
				len(in[0].IpRanges)+len(in[0].Ipv6Ranges)+len(in[0].PrefixListIds) != 0 ||
				len(in[0].UserIdGroupPairs) != 1 || aws.ToString(in[0].UserIdGroupPairs[0].GroupId) != functions {
				t.Errorf("R4.3: the database's group lets more through than 5432 from the functions: %+v", g)
			}
		}
	}
}

// checkSecrets holds the secrets to R1.4.
func checkSecrets(t *testing.T, s *stack) {
	client, keys := secretsmanager.NewFromConfig(s.config), kms.NewFromConfig(s.config)
	for _, name := range []string{"jwt-key", "external-api", "slack-webhook"} {
		secret, err := client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String(s.Name + "/" + name)})
		if err != nil {
			t.Errorf("R1.4: secret %s: %v", name, err)
			continue
		}
		rotation, err := keys.GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: secret.KmsKeyId})
		if err != nil || !rotation.KeyRotationEnabled {
			t.Errorf("R1.4: the key of secret %s does not rotate: %v, %v", name, rotation, err)
		}
	}
	jwt, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(s.Name + "/jwt-key")})
	if err != nil {
		t.Fatal(err)
	}
	value := aws.ToString(jwt.SecretString)
	if len(value) < 43 { // of 62 letters and digits, so 256 bits
		t.Fatalf("R1.4: the JWT key has %d characters", len(value))
	}
	for _, layer := range layers {
		if strings.Contains(string(s.For(t).Object(s.Bucket, "states/"+layer+".tfstate")), value) {
			t.Errorf("R1.4: the JWT key stands in the state of %s", layer)
		}
	}
}

// checkDatabase holds the database to R1.1 and R4.4.
func checkDatabase(t *testing.T, s *stack) {
	client := rds.NewFromConfig(s.config)
	clusters, err := client.DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{DBClusterIdentifier: &s.Name})
	if err != nil || len(clusters.DBClusters) != 1 {
		t.Fatalf("R1.1: clusters: %v, %v", clusters, err)
	}
	c := clusters.DBClusters[0]
	scaling := c.ServerlessV2ScalingConfiguration
	facts(t, "R1.1", map[string]bool{
		"Aurora PostgreSQL":           aws.ToString(c.Engine) == "aurora-postgresql",
		"encrypted with KMS":          aws.ToBool(c.StorageEncrypted) && aws.ToString(c.KmsKeyId) != "",
		"IAM authentication":          aws.ToBool(c.IAMDatabaseAuthenticationEnabled),
		"database goalmandalamain":    aws.ToString(c.DatabaseName) == "goalmandalamain",
		"7 days of backups":           aws.ToInt32(c.BackupRetentionPeriod) == 7,
		"backup 03:00-04:00":          aws.ToString(c.PreferredBackupWindow) == "03:00-04:00",
		"maintenance sun 04:00-05:00": aws.ToString(c.PreferredMaintenanceWindow) == "sun:04:00-sun:05:00",
		"logs exported":               cmp.Equal(c.EnabledCloudwatchLogsExports, []string{"postgresql"}),
		"password managed by RDS":     c.MasterUserSecret != nil,
		"serverless 0.5 to 2.0 ACU":   scaling != nil && aws.ToFloat64(scaling.MinCapacity) == 0.5 && aws.ToFloat64(scaling.MaxCapacity) == 2,
		"writer and reader":           len(c.DBClusterMembers) == 2,
		"deletion protection":         aws.ToBool(c.DeletionProtection),
	})
	parameters, err := client.DescribeDBClusterParameters(t.Context(), &rds.DescribeDBClusterParametersInput{DBClusterParameterGroupName: c.DBClusterParameterGroup})
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, p := range parameters.Parameters {
		values[aws.ToString(p.ParameterName)] = aws.ToString(p.ParameterValue)
	}
	facts(t, "R1.1", map[string]bool{
		"TLS forced":             values["rds.force_ssl"] == "1",
		"slow queries from 1 s":  values["log_min_duration_statement"] == "1000",
		"audit log":              strings.Contains(values["shared_preload_libraries"], "pgaudit") && values["pgaudit.log"] != "",
		"no bound values logged": values["pgaudit.log_parameter"] == "0",
	})
	instances, err := client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	if err != nil {
		t.Fatal(err)
	}
	zones := map[string]bool{}
	for _, i := range instances.DBInstances {
		if aws.ToString(i.DBClusterIdentifier) != s.Name {
			continue
		}
		zones[aws.ToString(i.AvailabilityZone)] = true
		if !aws.ToBool(i.PerformanceInsightsEnabled) || aws.ToInt32(i.MonitoringInterval) != 60 || aws.ToBool(i.PubliclyAccessible) {
			t.Errorf("R1.1: instance %s: insights %v, monitoring %v s, public %v", aws.ToString(i.DBInstanceIdentifier),
				aws.ToBool(i.PerformanceInsightsEnabled), aws.ToInt32(i.MonitoringInterval), aws.ToBool(i.PubliclyAccessible))
		}
	}
	if len(zones) != 2 {
		t.Errorf("R1.1: the instances stand in %v", zones)
	}
	secret, err := secretsmanager.NewFromConfig(s.config).DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: c.MasterUserSecret.SecretArn})
	if err != nil || secret.RotationRules == nil || aws.ToInt64(secret.RotationRules.AutomaticallyAfterDays) != 30 {
		t.Errorf("R1.1: the credentials do not rotate every 30 days: %+v, %v", secret, err)
	}
}
