package aws

import (
	"context"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// rdsDeleting is the status of clusters and instances on their way out. One
// cannot be adopted; creating its successor fails until it is gone.
const rdsDeleting = "deleting"

func rdsTags(tags []types.Tag) map[string]string {
	all := map[string]string{}
	for _, tag := range tags {
		all[awssdk.ToString(tag.Key)] = awssdk.ToString(tag.Value)
	}
	return all
}

// rdsNamed judges a group that was found by its name: its tags need a request
// of their own.
func (c *Client) rdsNamed(ctx context.Context, name string, arn *string, values planned) (string, bool, error) {
	tags, err := c.rds.ListTagsForResource(ctx, &rds.ListTagsForResourceInput{ResourceName: arn})
	if err != nil {
		return "", false, failure(ctx, "read the tags of "+name, err)
	}
	return name, !c.foreign(rdsTags(tags.TagList), values.tags()), nil
}

func (c *Client) findSubnetGroup(ctx context.Context, values planned, _ map[string]bool) (string, bool, error) {
	name := values.text("name")
	if name == "" {
		return "", false, nil
	}
	listing, err := c.rds.DescribeDBSubnetGroups(ctx, &rds.DescribeDBSubnetGroupsInput{DBSubnetGroupName: &name})
	if isCode(err, "DBSubnetGroupNotFoundFault") || (err == nil && len(listing.DBSubnetGroups) == 0) {
		return "", false, nil
	}
	if err != nil {
		return "", false, failure(ctx, "look for database subnet group "+name, err)
	}
	return c.rdsNamed(ctx, name, listing.DBSubnetGroups[0].DBSubnetGroupArn, values)
}

func (c *Client) findClusterParameterGroup(ctx context.Context, values planned, _ map[string]bool) (string, bool, error) {
	name := values.text("name")
	if name == "" {
		return "", false, nil
	}
	listing, err := c.rds.DescribeDBClusterParameterGroups(ctx, &rds.DescribeDBClusterParameterGroupsInput{DBClusterParameterGroupName: &name})
	if isCode(err, "DBParameterGroupNotFound", "DBClusterParameterGroupNotFound") || (err == nil && len(listing.DBClusterParameterGroups) == 0) {
		return "", false, nil
	}
	if err != nil {
		return "", false, failure(ctx, "look for cluster parameter group "+name, err)
	}
	return c.rdsNamed(ctx, name, listing.DBClusterParameterGroups[0].DBClusterParameterGroupArn, values)
}

func (c *Client) findParameterGroup(ctx context.Context, values planned, _ map[string]bool) (string, bool, error) {
	name := values.text("name")
	if name == "" {
		return "", false, nil
	}
	listing, err := c.rds.DescribeDBParameterGroups(ctx, &rds.DescribeDBParameterGroupsInput{DBParameterGroupName: &name})
	if isCode(err, "DBParameterGroupNotFound") || (err == nil && len(listing.DBParameterGroups) == 0) {
		return "", false, nil
	}
	if err != nil {
		return "", false, failure(ctx, "look for parameter group "+name, err)
	}
	return c.rdsNamed(ctx, name, listing.DBParameterGroups[0].DBParameterGroupArn, values)
}

func (c *Client) findCluster(ctx context.Context, values planned, _ map[string]bool) (string, bool, error) {
	name := values.text("cluster_identifier")
	if name == "" {
		return "", false, nil
	}
	listing, err := c.rds.DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{DBClusterIdentifier: &name})
	if isCode(err, "DBClusterNotFoundFault") || (err == nil && len(listing.DBClusters) == 0) {
		return "", false, nil
	}
	if err != nil {
		return "", false, failure(ctx, "look for cluster "+name, err)
	}
	cluster := listing.DBClusters[0]
	ours := awssdk.ToString(cluster.Status) != rdsDeleting && !c.foreign(rdsTags(cluster.TagList), values.tags())
	return name, ours, nil
}

func (c *Client) findInstance(ctx context.Context, values planned, _ map[string]bool) (string, bool, error) {
	name, cluster := values.text("identifier"), values.text("cluster_identifier")
	if name == "" {
		return "", false, nil
	}
	listing, err := c.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &name})
	if isCode(err, "DBInstanceNotFound", "DBInstanceNotFoundFault") || (err == nil && len(listing.DBInstances) == 0) {
		return "", false, nil
	}
	if err != nil {
		return "", false, failure(ctx, "look for database instance "+name, err)
	}
	instance := listing.DBInstances[0]
	ours := awssdk.ToString(instance.DBInstanceStatus) != rdsDeleting &&
		(cluster == "" || awssdk.ToString(instance.DBClusterIdentifier) == cluster) &&
		!c.foreign(rdsTags(instance.TagList), values.tags())
	return name, ours, nil
}
