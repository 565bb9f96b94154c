package localaws_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// logExports gives a cluster's exported logs as they are switched on, off and on again.
func logExports(ctx context.Context, to aws.Config) (string, error) {
	api, _, err := newCluster(ctx, to, "exports", nil)
	if err != nil {
		return "", err
	}
	var told []string
	for _, change := range []rdstypes.CloudwatchLogsExportConfiguration{
		{EnableLogTypes: []string{"postgresql"}}, {DisableLogTypes: []string{"postgresql"}}, {EnableLogTypes: []string{"postgresql"}},
	} {
		if _, err := api.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{DBClusterIdentifier: aws.String("exports"), CloudwatchLogsExportConfiguration: &change}); err != nil {
			return code(err)
		}
		cluster, err := describeCluster(ctx, api, "exports")
		if err != nil {
			return code(err)
		}
		told = append(told, fmt.Sprint(cluster.EnabledCloudwatchLogsExports))
	}
	return strings.Join(told, " "), nil
}

// adjacentWindows changes an instance that is maintained when its backup has ended.
func adjacentWindows(ctx context.Context, to aws.Config) (string, error) {
	instance, err := newInstance(ctx, to, "adjacent", rds.CreateDBInstanceInput{PreferredMaintenanceWindow: aws.String("sun:04:00-sun:05:00")})
	if err != nil {
		return code(err)
	}
	api := rds.NewFromConfig(to)
	if _, err := api.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{DBClusterIdentifier: instance.DBClusterIdentifier, PreferredBackupWindow: aws.String("03:00-04:00")}); err != nil {
		return code(err)
	}
	if _, err := api.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: instance.DBInstanceIdentifier, PubliclyAccessible: aws.Bool(true)}); err != nil {
		return code(err)
	}
	return "changed", nil
}

// flowLogStatus tells whether a flow log delivers to a group that it names by ARN.
func flowLogStatus(ctx context.Context, to aws.Config) (string, error) {
	if _, err := cloudwatchlogs.NewFromConfig(to).CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/flow")}); err != nil {
		return "", err
	}
	api := ec2.NewFromConfig(to)
	vpc, err := api.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
	if err != nil {
		return "", err
	}
	_, err = api.CreateFlowLogs(ctx, &ec2.CreateFlowLogsInput{
		ResourceIds: []string{*vpc.Vpc.VpcId}, ResourceType: ec2types.FlowLogsResourceTypeVpc, TrafficType: ec2types.TrafficTypeAll,
		LogDestination: aws.String("arn:aws:logs:" + region + ":123456789012:log-group:/flow"), DeliverLogsPermissionArn: aws.String("arn:aws:iam::123456789012:role/flow"),
	})
	if err != nil {
		return code(err)
	}
	found, err := api.DescribeFlowLogs(ctx, &ec2.DescribeFlowLogsInput{})
	if err != nil {
		return code(err)
	}
	return aws.ToString(found.FlowLogs[0].DeliverLogsStatus), nil
}
