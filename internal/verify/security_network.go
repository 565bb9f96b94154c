package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// network is the environment's VPC.
type network struct {
	id      string
	cidr    string
	subnets []types.Subnet
	private []string // ids of the subnets that no internet gateway is reached from directly
	groups  []types.SecurityGroup
}

// group gives a security group by its name.
func (n network) group(name string) *types.SecurityGroup {
	for i := range n.groups {
		if text(n.groups[i].GroupName) == name {
			return &n.groups[i]
		}
	}
	return nil
}

// networkOf reads the environment's VPC.
func networkOf(ctx context.Context, s *Subject) (network, error) {
	return recall(ctx, "network", func(ctx context.Context) (network, error) {
		id, err := s.Output("vpc_id")
		if err != nil {
			return network{}, err
		}
		client, n := ec2.NewFromConfig(s.AWS), network{id: id}
		found, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{id}})
		if err != nil {
			return n, fmt.Errorf("VPC %s: %w", id, err)
		}
		vpc, err := lookup("VPC "+id, found.Vpcs, nil)
		if err != nil {
			return n, err
		}
		n.cidr = text(vpc.CidrBlock)
		inside := []types.Filter{{Name: awssdk.String("vpc-id"), Values: []string{id}}}
		if n.subnets, err = listOf(ctx, "the subnets", ec2.NewDescribeSubnetsPaginator(client, &ec2.DescribeSubnetsInput{Filters: inside}),
			func(page *ec2.DescribeSubnetsOutput) []types.Subnet { return page.Subnets }); err != nil {
			return n, err
		}
		if n.groups, err = listOf(ctx, "the security groups", ec2.NewDescribeSecurityGroupsPaginator(client, &ec2.DescribeSecurityGroupsInput{Filters: inside}),
			func(page *ec2.DescribeSecurityGroupsOutput) []types.SecurityGroup { return page.SecurityGroups }); err != nil {
			return n, err
		}
		tables, err := listOf(ctx, "the route tables", ec2.NewDescribeRouteTablesPaginator(client, &ec2.DescribeRouteTablesInput{Filters: inside}),
			func(page *ec2.DescribeRouteTablesOutput) []types.RouteTable { return page.RouteTables })
		if err != nil {
			return n, err
		}
		for _, table := range tables {
			n.addPrivate(table)
		}
		slices.Sort(n.private)
		return n, nil
	})
}

func (n *network) addPrivate(table types.RouteTable) {
	open := slices.ContainsFunc(table.Routes, func(each types.Route) bool { return strings.HasPrefix(text(each.GatewayId), "igw-") })
	for _, association := range table.Associations {
		if !open && association.SubnetId != nil {
			n.private = append(n.private, *association.SubnetId)
		}
	}
}

func networkChecks() []Check {
	return []Check{
		{
			ID: "security.network", Title: "the VPC has two private and two public subnets in two zones, and one way out at most per zone", Requirements: []string{"R1.5", "R6.3"},
			Reads:  []string{"ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeNatGateways"},
			Remedy: "apply the layer network; a subnet that gives out public addresses or has lost its zone was changed by hand",
			Run:    networkShape,
		},
		{
			ID: "security.security-groups", Title: "only the functions reach the database, nothing reaches them, and the default group is closed", Requirements: []string{"R1.5", "R4.3"},
			Reads:  []string{"ec2:DescribeSecurityGroups"},
			Remedy: "remove the rules that docs/security.md does not name, and look in the trail for who added them; an apply of the layer network puts missing ones back",
			Run:    securityGroups,
		},
		{
			ID: "security.flow-log", Title: "the VPC's traffic is logged", Requirements: []string{"R1.5"}, Reads: []string{"ec2:DescribeFlowLogs"},
			Remedy: "apply the layer network; where the log is there but does not deliver, look at the role PREFIX-flow-log",
			Run:    flowLog,
		},
	}
}

func networkShape(ctx context.Context, s *Subject) ([]string, error) {
	n, err := networkOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	v.must(n.cidr == "10.0.0.0/16", "the VPC has the addresses %s, not 10.0.0.0/16", n.cidr)
	public, private := map[string]int{}, map[string]int{}
	for _, each := range n.subnets {
		kind := public
		if slices.Contains(n.private, text(each.SubnetId)) {
			kind = private
		}
		kind[text(each.AvailabilityZone)]++
		v.must(!awssdk.ToBool(each.MapPublicIpOnLaunch), "subnet %s gives out public addresses", text(each.SubnetId))
	}
	v.must(len(private) == 2, "the private subnets are in %d zones, not 2: %v", len(private), private)
	v.must(len(public) == 2, "the public subnets are in %d zones, not 2: %v", len(public), public)

	gateways := 0
	found, err := listOf(ctx, "the NAT gateways", ec2.NewDescribeNatGatewaysPaginator(ec2.NewFromConfig(s.AWS), &ec2.DescribeNatGatewaysInput{
		Filter: []types.Filter{{Name: awssdk.String("vpc-id"), Values: []string{n.id}}},
	}), func(page *ec2.DescribeNatGatewaysOutput) []types.NatGateway { return page.NatGateways })
	if err != nil {
		return nil, err
	}
	for _, each := range found {
		if each.State != types.NatGatewayStateDeleted && each.State != types.NatGatewayStateDeleting {
			gateways++
			v.must(each.State == types.NatGatewayStateAvailable || each.State == types.NatGatewayStatePending, "NAT gateway %s is %s", text(each.NatGatewayId), each.State)
		}
	}
	// The root tells its public addresses: none, one, or one per zone, as configured.
	addresses, _ := s.Outputs["nat_public_ips"].(map[string]any)
	v.must(gateways == len(addresses) && gateways <= 2, "there are %d NAT gateways, and the root made %d", gateways, len(addresses))
	v.saw("%s, private subnets %v, public subnets %v, %d NAT gateways", n.cidr, private, public, gateways)
	return v.give()
}

func securityGroups(ctx context.Context, s *Subject) ([]string, error) {
	n, err := networkOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	judgeGroups(&v, s.Name(), n)
	v.saw("%d security groups", len(n.groups))
	return v.give()
}

// judgeGroups holds the VPC's security groups to R1.5 and R4.3.
func judgeGroups(v *verdict, name string, n network) {
	functions, database := n.group(name+"-functions"), n.group(name+"-database")
	if functions == nil || database == nil {
		v.must(false, "the VPC lacks the security group of the functions or that of the database")
		return
	}
	for _, each := range n.groups {
		for _, rule := range each.IpPermissions {
			v.must(!fromAnywhere(rule), "security group %s lets everybody in: %s", text(each.GroupName), ports(rule))
		}
	}
	if closed := n.group("default"); closed != nil {
		v.must(len(closed.IpPermissions)+len(closed.IpPermissionsEgress) == 0, "the default security group is not closed")
	}
	v.must(len(functions.IpPermissions) == 0, "something reaches the functions: %s", portsOf(functions.IpPermissions))
	for _, rule := range functions.IpPermissionsEgress {
		https := is(rule, 443) && len(rule.UserIdGroupPairs) == 0
		v.must(https || is(rule, 5432) && from(rule, text(database.GroupId)), "the functions reach more than HTTPS and the database: %s", ports(rule))
	}
	v.must(len(database.IpPermissionsEgress) == 0, "the database's group lets the database out: %s", portsOf(database.IpPermissionsEgress))
	in := database.IpPermissions
	v.must(len(in) == 1 && is(in[0], 5432) && from(in[0], text(functions.GroupId)), "the database's group lets in more, or less, than 5432 from the functions: %s", portsOf(in))
}

func fromAnywhere(rule types.IpPermission) bool {
	return slices.ContainsFunc(rule.IpRanges, func(each types.IpRange) bool { return strings.HasSuffix(text(each.CidrIp), "/0") }) ||
		slices.ContainsFunc(rule.Ipv6Ranges, func(each types.Ipv6Range) bool { return strings.HasSuffix(text(each.CidrIpv6), "/0") })
}

func is(rule types.IpPermission, port int32) bool {
	return text(rule.IpProtocol) == "tcp" && awssdk.ToInt32(rule.FromPort) == port && awssdk.ToInt32(rule.ToPort) == port
}

// from reports whether a rule speaks of one security group alone.
func from(rule types.IpPermission, group string) bool {
	return len(rule.IpRanges)+len(rule.Ipv6Ranges)+len(rule.PrefixListIds) == 0 && len(rule.UserIdGroupPairs) == 1 && text(rule.UserIdGroupPairs[0].GroupId) == group
}

func ports(rule types.IpPermission) string {
	return fmt.Sprintf("%s %d-%d", text(rule.IpProtocol), awssdk.ToInt32(rule.FromPort), awssdk.ToInt32(rule.ToPort))
}

func portsOf(rules []types.IpPermission) string {
	all := []string{}
	for _, each := range rules {
		all = append(all, ports(each))
	}
	return strings.Join(sorted(all), ", ")
}

func flowLog(ctx context.Context, s *Subject) ([]string, error) {
	id, err := s.Output("vpc_id")
	if err != nil {
		return nil, err
	}
	logs, err := listOf(ctx, "the flow logs", ec2.NewDescribeFlowLogsPaginator(ec2.NewFromConfig(s.AWS), &ec2.DescribeFlowLogsInput{
		Filter: []types.Filter{{Name: awssdk.String("resource-id"), Values: []string{id}}},
	}), func(page *ec2.DescribeFlowLogsOutput) []types.FlowLog { return page.FlowLogs })
	if err != nil {
		return nil, err
	}
	var v verdict
	v.must(len(logs) > 0, "VPC %s has no flow log", id)
	for _, each := range logs {
		v.must(text(each.FlowLogStatus) == "ACTIVE" && each.TrafficType == types.TrafficTypeAll, "flow log %s is %s and records %s", text(each.FlowLogId), text(each.FlowLogStatus), each.TrafficType)
		v.must(text(each.DeliverLogsStatus) != "FAILED", "flow log %s does not deliver: %s", text(each.FlowLogId), text(each.DeliverLogsErrorMessage))
		v.saw("%s records %s traffic in %s", text(each.FlowLogId), each.TrafficType, text(each.LogDestination))
	}
	return v.give()
}
