package aws

import (
	"context"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// findSecurityGroup goes by VPC and name, which is unique there; a group whose
// name AWS makes up (name_prefix) goes by its tags.
func (c *Client) findSecurityGroup(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	vpc, name := values.text("vpc_id"), values.text("name")
	if vpc == "" {
		return "", false, nil
	}
	filters := []types.Filter{ec2Filter("vpc-id", vpc)}
	if name != "" {
		filters = append(filters, ec2Filter("group-name", name))
	}
	var candidates []candidate
	pages := ec2.NewDescribeSecurityGroupsPaginator(c.ec2, &ec2.DescribeSecurityGroupsInput{Filters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", false, failure(ctx, "list security groups", err)
		}
		for _, group := range page.SecurityGroups {
			each := candidate{id: awssdk.ToString(group.GroupId), tags: ec2Tags(group.Tags)}
			if name != "" {
				return each.id, !taken[each.id] && !c.foreign(each.tags, values.tags()), nil
			}
			candidates = append(candidates, each)
		}
	}
	id, found := c.pick(candidates, values.tags(), taken)
	return id, found, nil
}

func (c *Client) findIngressRule(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	return c.findGroupRule(ctx, false, values, taken)
}

func (c *Client) findEgressRule(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	return c.findGroupRule(ctx, true, values, taken)
}

// findGroupRule goes by what a rule allows: AWS refuses the same one twice.
func (c *Client) findGroupRule(ctx context.Context, egress bool, values planned, taken map[string]bool) (string, bool, error) {
	group := values.text("security_group_id")
	if group == "" || values.first("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id") == "" {
		return "", false, nil
	}
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(c.ec2, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{ec2Filter("group-id", group)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", false, failure(ctx, "list the rules of security group "+group, err)
		}
		for _, rule := range page.SecurityGroupRules {
			id := awssdk.ToString(rule.SecurityGroupRuleId)
			if isTrue(rule.IsEgress) == egress && !taken[id] && sameRule(rule, values) {
				return id, true, nil
			}
		}
	}
	return "", false, nil
}

func sameRule(rule types.SecurityGroupRule, values planned) bool {
	referenced := ""
	if rule.ReferencedGroupInfo != nil {
		referenced = awssdk.ToString(rule.ReferencedGroupInfo.GroupId)
	}
	// Another account's group is planned as "account/group".
	wanted := values.text("referenced_security_group_id")
	wanted = wanted[strings.LastIndex(wanted, "/")+1:]
	return protocolNumber(awssdk.ToString(rule.IpProtocol)) == protocolNumber(values.text("ip_protocol")) &&
		samePort(rule.FromPort, values, "from_port") && samePort(rule.ToPort, values, "to_port") &&
		awssdk.ToString(rule.CidrIpv4) == values.text("cidr_ipv4") &&
		awssdk.ToString(rule.CidrIpv6) == values.text("cidr_ipv6") &&
		awssdk.ToString(rule.PrefixListId) == values.text("prefix_list_id") &&
		referenced == wanted
}

// samePort compares ports; rules for all protocols have none, which EC2 gives
// as -1.
func samePort(have *int32, values planned, attribute string) bool {
	want, ok := values.number(attribute)
	if !ok {
		want = -1
	}
	return (have == nil && want == -1) || (have != nil && *have == want)
}

func protocolNumber(name string) string {
	switch strings.ToLower(name) {
	case "icmp":
		return "1"
	case "tcp":
		return "6"
	case "udp":
		return "17"
	case "icmpv6":
		return "58"
	case "all":
		return "-1"
	}
	return name
}

func (c *Client) findRoute(ctx context.Context, values planned, _ map[string]bool) (string, bool, error) {
	table := values.text("route_table_id")
	destination := values.first("destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id")
	if table == "" || destination == "" {
		return "", false, nil
	}
	tables, err := c.routeTables(ctx, ec2Filter("route-table-id", table))
	if err != nil {
		return "", false, err
	}
	for _, each := range tables {
		for _, route := range each.Routes {
			for _, have := range []*string{route.DestinationCidrBlock, route.DestinationIpv6CidrBlock, route.DestinationPrefixListId} {
				if awssdk.ToString(have) == destination {
					return table + "_" + destination, true, nil
				}
			}
		}
	}
	return "", false, nil
}

// findAssociation finds the association of the same two. A subnet that is
// associated with another table is someone's decision and left to the error.
func (c *Client) findAssociation(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	table, end := values.text("route_table_id"), values.first("subnet_id", "gateway_id")
	if table == "" || end == "" {
		return "", false, nil
	}
	tables, err := c.routeTables(ctx, ec2Filter("route-table-id", table))
	if err != nil {
		return "", false, err
	}
	for _, each := range tables {
		for _, association := range each.Associations {
			// States know it by its own id, imports by the two.
			if associationID(association) == end+"/"+table && !taken[awssdk.ToString(association.RouteTableAssociationId)] {
				return end + "/" + table, true, nil
			}
		}
	}
	return "", false, nil
}
