package localaws_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// newCluster creates an Aurora PostgreSQL cluster, changed as change says.
func newCluster(ctx context.Context, to aws.Config, name string, change func(*rds.CreateDBClusterInput)) (*rds.Client, *rdstypes.DBCluster, error) {
	api := rds.NewFromConfig(to)
	input := &rds.CreateDBClusterInput{
		DBClusterIdentifier: &name, Engine: aws.String("aurora-postgresql"),
		MasterUsername: aws.String("mandala"), MasterUserPassword: aws.String("not-a-secret"),
	}
	if change != nil {
		change(input)
	}
	created, err := api.CreateDBCluster(ctx, input)
	if err != nil {
		return api, nil, err
	}
	return api, created.DBCluster, nil
}

func describeCluster(ctx context.Context, api *rds.Client, name string) (rdstypes.DBCluster, error) {
	clusters, err := api.DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{DBClusterIdentifier: &name})
	if err != nil {
		return rdstypes.DBCluster{}, err
	}
	return clusters.DBClusters[0], nil
}

func scalingConfiguration(ctx context.Context, to aws.Config) (string, error) {
	api, _, err := newCluster(ctx, to, "provisioned", nil)
	if err != nil {
		return "", err
	}
	cluster, err := describeCluster(ctx, api, "provisioned")
	if err != nil {
		return code(err)
	}
	if cluster.ScalingConfigurationInfo != nil {
		return "present", nil
	}
	return "absent", nil
}

// newInstance creates an instance in a cluster of its own and reads it back.
func newInstance(ctx context.Context, to aws.Config, name string, input rds.CreateDBInstanceInput) (*rdstypes.DBInstance, error) {
	api, _, err := newCluster(ctx, to, name, nil)
	if err != nil {
		return nil, err
	}
	input.DBClusterIdentifier, input.DBInstanceIdentifier = &name, &name
	input.Engine, input.DBInstanceClass = aws.String("aurora-postgresql"), aws.String("db.serverless")
	if _, err := api.CreateDBInstance(ctx, &input); err != nil {
		return nil, err
	}
	instances, err := api.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &name})
	if err != nil {
		return nil, err
	}
	return &instances.DBInstances[0], nil
}

func monitoring(ctx context.Context, to aws.Config) (string, error) {
	instance, err := newInstance(ctx, to, "monitored", rds.CreateDBInstanceInput{
		EnablePerformanceInsights: aws.Bool(true),
		MonitoringInterval:        aws.Int32(60),
		MonitoringRoleArn:         aws.String("arn:aws:iam::123456789012:role/monitoring"),
	})
	if err != nil {
		return code(err)
	}
	return fmt.Sprintf("insights %t %d days, %d s by %s", aws.ToBool(instance.PerformanceInsightsEnabled),
		aws.ToInt32(instance.PerformanceInsightsRetentionPeriod), aws.ToInt32(instance.MonitoringInterval), aws.ToString(instance.MonitoringRoleArn)), nil
}

func certificateAuthority(ctx context.Context, to aws.Config) (string, error) {
	instance, err := newInstance(ctx, to, "certified", rds.CreateDBInstanceInput{})
	if err != nil {
		return code(err)
	}
	return aws.ToString(instance.CACertificateIdentifier), nil
}

func sameCluster(ctx context.Context, to aws.Config) (string, error) {
	if _, _, err := newCluster(ctx, to, "twice", nil); err != nil {
		return "", err
	}
	if _, _, err := newCluster(ctx, to, "twice", nil); err != nil {
		return code(err)
	}
	return "created again", nil
}

func iamAuthentication(ctx context.Context, to aws.Config) (string, error) {
	api, _, err := newCluster(ctx, to, "iam", nil)
	if err != nil {
		return "", err
	}
	if _, err := api.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{
		DBClusterIdentifier: aws.String("iam"), EnableIAMDatabaseAuthentication: aws.Bool(true),
	}); err != nil {
		return code(err)
	}
	cluster, err := describeCluster(ctx, api, "iam")
	if err != nil {
		return code(err)
	}
	return fmt.Sprint(aws.ToBool(cluster.IAMDatabaseAuthenticationEnabled)), nil
}

func refusedChange(ctx context.Context, to aws.Config) (string, error) {
	api, _, err := newCluster(ctx, to, "refused", nil)
	if err != nil {
		return "", err
	}
	if _, err := api.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{
		DBClusterIdentifier: aws.String("refused"), RotateMasterUserPassword: aws.Bool(true), ApplyImmediately: aws.Bool(false),
	}); err == nil {
		return "not refused", nil
	}
	// The first answer after a creation is "creating".
	if _, err := describeCluster(ctx, api, "refused"); err != nil {
		return code(err)
	}
	cluster, err := describeCluster(ctx, api, "refused")
	if err != nil {
		return code(err)
	}
	return aws.ToString(cluster.Status), nil
}

func unknownCluster(ctx context.Context, to aws.Config) (string, error) {
	_, err := rds.NewFromConfig(to).ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{DBClusterIdentifier: aws.String("nobody"), Port: aws.Int32(5433)})
	return code(err)
}

// clusterAgain creates, deletes and creates a cluster, three times, for the
// clock may step into another minute in between.
func clusterAgain(ctx context.Context, to aws.Config) (string, error) {
	for range 3 {
		api, _, err := newCluster(ctx, to, "again", nil)
		if err != nil {
			return code(err)
		}
		if _, err := api.DeleteDBCluster(ctx, &rds.DeleteDBClusterInput{
			DBClusterIdentifier: aws.String("again"), SkipFinalSnapshot: aws.Bool(true),
		}); err != nil {
			return code(err)
		}
	}
	return "created", nil
}

func changedSubnetGroup(ctx context.Context, to aws.Config) (string, error) {
	network := ec2.NewFromConfig(to)
	vpc, err := network.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
	if err != nil {
		return code(err)
	}
	var subnets []string
	for i, zone := range []string{"a", "c"} {
		subnet, err := network.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId,
			CidrBlock: aws.String(fmt.Sprintf("10.9.%d.0/24", i)), AvailabilityZone: aws.String(region + zone)})
		if err != nil {
			return code(err)
		}
		subnets = append(subnets, aws.ToString(subnet.Subnet.SubnetId))
	}
	api, name := rds.NewFromConfig(to), aws.String("changed")
	if _, err := api.CreateDBSubnetGroup(ctx, &rds.CreateDBSubnetGroupInput{
		DBSubnetGroupName: name, DBSubnetGroupDescription: aws.String("a group"), SubnetIds: subnets}); err != nil {
		return code(err)
	}
	if _, err := api.ModifyDBSubnetGroup(ctx, &rds.ModifyDBSubnetGroupInput{DBSubnetGroupName: name, SubnetIds: subnets[:1]}); err != nil {
		return code(err)
	}
	groups, err := api.DescribeDBSubnetGroups(ctx, &rds.DescribeDBSubnetGroupsInput{DBSubnetGroupName: name})
	if err != nil {
		return code(err)
	}
	return fmt.Sprintf("%d subnet", len(groups.DBSubnetGroups[0].Subnets)), nil
}

// localEndpoint looks for the socket where the cluster and an instance of it are
// said to answer.
func localEndpoint(ctx context.Context, to aws.Config) (string, error) {
	instance, err := newInstance(ctx, to, "reached", rds.CreateDBInstanceInput{})
	if err != nil {
		return code(err)
	}
	cluster, err := describeCluster(ctx, rds.NewFromConfig(to), "reached")
	if err != nil {
		return code(err)
	}
	host := aws.ToString(cluster.Endpoint)
	if aws.ToString(cluster.ReaderEndpoint) != host || aws.ToString(instance.Endpoint.Address) != host {
		return "several hosts", nil
	}
	info, err := os.Stat(filepath.Join(host, fmt.Sprintf(".s.PGSQL.%d", aws.ToInt32(cluster.Port))))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no socket", nil
	case err != nil:
		return "", err
	case info.Mode().Type() != fs.ModeSocket:
		return "no socket", nil
	}
	return "one socket", nil
}

// managedSecret reads whose password the secret of a cluster holds.
func managedSecret(ctx context.Context, to aws.Config) (string, error) {
	_, cluster, err := newCluster(ctx, to, "managed", func(in *rds.CreateDBClusterInput) {
		in.MasterUserPassword, in.ManageMasterUserPassword = nil, aws.Bool(true)
	})
	if err != nil {
		return code(err)
	}
	value, err := secretsmanager.NewFromConfig(to).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: cluster.MasterUserSecret.SecretArn})
	if err != nil {
		return code(err)
	}
	var credentials struct{ Username string }
	if err := json.Unmarshal([]byte(aws.ToString(value.SecretString)), &credentials); err != nil {
		return "", err
	}
	return credentials.Username, nil
}
