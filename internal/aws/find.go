package aws

import "context"

// finder looks in the account for one type's object. It gives its import id.
type finder func(ctx context.Context, values planned, taken map[string]bool) (importID string, found bool, err error)

// finders lists the types that Find can look for, in three groups.
//
// Of the types not listed, creating again is harmless where AWS takes the same
// request twice: the default security group, a secret's policy and rotation,
// the settings of a bucket, a log resource policy, alarms, dashboards. What is
// left of the others shows in Untracked, by its tags.
func (c *Client) finders() map[string]finder {
	return map[string]finder{
		// Numbered by AWS: known by their tags and structure.
		"aws_eip":              c.findAddress,
		"aws_flow_log":         c.findFlowLog,
		"aws_internet_gateway": c.findInternetGateway,
		"aws_kms_key":          c.findPlannedKey,
		"aws_nat_gateway":      c.findNATGateway,
		"aws_route_table":      c.findRouteTable,
		"aws_subnet":           c.findSubnet,
		"aws_vpc":              c.findVPC,
		"aws_vpc_endpoint":     c.findEndpoint,

		// Named: a creation would collide.
		"aws_cloudwatch_log_group":        c.findLogGroup,
		"aws_db_parameter_group":          c.findParameterGroup,
		"aws_db_subnet_group":             c.findSubnetGroup,
		"aws_iam_policy":                  c.findPolicy,
		"aws_iam_role":                    c.findRole,
		"aws_kms_alias":                   c.findAlias,
		"aws_rds_cluster":                 c.findCluster,
		"aws_rds_cluster_instance":        c.findInstance,
		"aws_rds_cluster_parameter_group": c.findClusterParameterGroup,
		"aws_s3_bucket":                   c.findBucket,
		"aws_secretsmanager_secret":       c.findSecret,
		"aws_security_group":              c.findSecurityGroup,

		// Relations: known by what they join.
		"aws_iam_role_policy":                 c.findRolePolicy,
		"aws_iam_role_policy_attachment":      c.findAttachment,
		"aws_route":                           c.findRoute,
		"aws_route_table_association":         c.findAssociation,
		"aws_secretsmanager_secret_version":   c.findSecretVersion,
		"aws_vpc_security_group_egress_rule":  c.findEgressRule,
		"aws_vpc_security_group_ingress_rule": c.findIngressRule,
	}
}

// HalfMade reports whether what Find gives of a type has to be replaced. A new
// security group lets everything out until the provider has taken away the
// rule that AWS gives it; neither import nor update does that. What else is
// made in several steps is completed by an update.
func (c *Client) HalfMade(resourceType string) bool { return resourceType == "aws_security_group" }

// Find looks for an object that a creation with these planned values would
// collide with or duplicate. It finds nothing, without an error, when the
// values that identify the object are not known yet, when the type is not one
// it can look for, and when what has the name belongs to someone else by its
// tags.
//
// taken are ids of all types together, so names do not count in it: a cluster
// and its subnet group may share one.
func (c *Client) Find(ctx context.Context, resourceType string, values map[string]any, taken map[string]bool) (importID string, found bool, err error) {
	find, ok := c.finders()[resourceType]
	if !ok {
		return "", false, nil
	}
	importID, found, err = find(ctx, values, taken)
	if err != nil || !found {
		return "", false, err
	}
	return importID, true, nil
}
