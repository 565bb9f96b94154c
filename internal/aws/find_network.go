package aws

import (
	"context"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func ec2Tags(tags []types.Tag) map[string]string {
	all := map[string]string{}
	for _, tag := range tags {
		all[awssdk.ToString(tag.Key)] = awssdk.ToString(tag.Value)
	}
	return all
}

// byName narrows a listing on AWS's side where the resource has a Name tag.
func byName(values planned, filters ...types.Filter) []types.Filter {
	if name := values.tags()["Name"]; name != "" {
		filters = append(filters, ec2Filter("tag:Name", name))
	}
	return filters
}

func (c *Client) findVPC(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	cidr := values.text("cidr_block")
	if cidr == "" {
		return "", false, nil
	}
	var candidates []candidate
	pages := ec2.NewDescribeVpcsPaginator(c.ec2, &ec2.DescribeVpcsInput{Filters: byName(values, ec2Filter("cidr", cidr))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", false, failure(ctx, "list VPCs", err)
		}
		for _, vpc := range page.Vpcs {
			if !isTrue(vpc.IsDefault) {
				candidates = append(candidates, candidate{id: awssdk.ToString(vpc.VpcId), tags: ec2Tags(vpc.Tags)})
			}
		}
	}
	id, found := c.pick(candidates, values.tags(), taken)
	return id, found, nil
}

func (c *Client) findSubnet(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	vpc, cidr := values.text("vpc_id"), values.text("cidr_block")
	if vpc == "" || cidr == "" {
		return "", false, nil
	}
	var candidates []candidate
	pages := ec2.NewDescribeSubnetsPaginator(c.ec2, &ec2.DescribeSubnetsInput{
		Filters: byName(values, ec2Filter("vpc-id", vpc), ec2Filter("cidr-block", cidr)),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", false, failure(ctx, "list subnets", err)
		}
		for _, subnet := range page.Subnets {
			candidates = append(candidates, candidate{id: awssdk.ToString(subnet.SubnetId), tags: ec2Tags(subnet.Tags)})
		}
	}
	id, found := c.pick(candidates, values.tags(), taken)
	return id, found, nil
}

// findInternetGateway also finds one that is not attached yet: it is created
// first and attached then.
func (c *Client) findInternetGateway(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	vpc := values.text("vpc_id")
	var candidates []candidate
	pages := ec2.NewDescribeInternetGatewaysPaginator(c.ec2, &ec2.DescribeInternetGatewaysInput{Filters: byName(values)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", false, failure(ctx, "list internet gateways", err)
		}
		for _, gateway := range page.InternetGateways {
			fits := len(gateway.Attachments) == 0
			for _, attachment := range gateway.Attachments {
				fits = fits || (vpc != "" && awssdk.ToString(attachment.VpcId) == vpc)
			}
			if fits {
				candidates = append(candidates, candidate{id: awssdk.ToString(gateway.InternetGatewayId), tags: ec2Tags(gateway.Tags)})
			}
		}
	}
	id, found := c.pick(candidates, values.tags(), taken)
	return id, found, nil
}

func (c *Client) findAddress(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	listing, err := c.ec2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: byName(values)})
	if err != nil {
		return "", false, failure(ctx, "list elastic addresses", err)
	}
	var candidates []candidate
	for _, address := range listing.Addresses {
		if address.AllocationId != nil {
			candidates = append(candidates, candidate{id: *address.AllocationId, tags: ec2Tags(address.Tags)})
		}
	}
	id, found := c.pick(candidates, values.tags(), taken)
	return id, found, nil
}

func (c *Client) findNATGateway(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	subnet := values.text("subnet_id")
	if subnet == "" {
		return "", false, nil
	}
	alive := ec2Filter("state", string(types.NatGatewayStatePending), string(types.NatGatewayStateAvailable))
	var candidates []candidate
	pages := ec2.NewDescribeNatGatewaysPaginator(c.ec2, &ec2.DescribeNatGatewaysInput{
		Filter: byName(values, ec2Filter("subnet-id", subnet), alive),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", false, failure(ctx, "list NAT gateways", err)
		}
		for _, gateway := range page.NatGateways {
			candidates = append(candidates, candidate{id: awssdk.ToString(gateway.NatGatewayId), tags: ec2Tags(gateway.Tags)})
		}
	}
	id, found := c.pick(candidates, values.tags(), taken)
	return id, found, nil
}

func (c *Client) findRouteTable(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	vpc := values.text("vpc_id")
	if vpc == "" {
		return "", false, nil
	}
	tables, err := c.routeTables(ctx, byName(values, ec2Filter("vpc-id", vpc))...)
	if err != nil {
		return "", false, err
	}
	var candidates []candidate
	for _, table := range tables {
		main := false
		for _, association := range table.Associations {
			main = main || isTrue(association.Main)
		}
		if !main {
			candidates = append(candidates, candidate{id: awssdk.ToString(table.RouteTableId), tags: ec2Tags(table.Tags)})
		}
	}
	id, found := c.pick(candidates, values.tags(), taken)
	return id, found, nil
}

func (c *Client) findEndpoint(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	vpc, service := values.text("vpc_id"), values.text("service_name")
	if vpc == "" || service == "" {
		return "", false, nil
	}
	var candidates []candidate
	pages := ec2.NewDescribeVpcEndpointsPaginator(c.ec2, &ec2.DescribeVpcEndpointsInput{
		Filters: byName(values, ec2Filter("vpc-id", vpc), ec2Filter("service-name", service)),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", false, failure(ctx, "list VPC endpoints", err)
		}
		for _, endpoint := range page.VpcEndpoints {
			switch strings.ToLower(string(endpoint.State)) { // EC2's case differs from its own documentation
			case "deleting", "deleted", "failed", "rejected", "expired":
				continue
			}
			candidates = append(candidates, candidate{id: awssdk.ToString(endpoint.VpcEndpointId), tags: ec2Tags(endpoint.Tags)})
		}
	}
	id, found := c.pick(candidates, values.tags(), taken)
	return id, found, nil
}

func (c *Client) findFlowLog(ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
	resource := values.first("vpc_id", "subnet_id", "eni_id", "transit_gateway_id", "transit_gateway_attachment_id")
	if resource == "" {
		return "", false, nil
	}
	var candidates []candidate
	pages := ec2.NewDescribeFlowLogsPaginator(c.ec2, &ec2.DescribeFlowLogsInput{
		Filter: byName(values, ec2Filter("resource-id", resource)),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", false, failure(ctx, "list flow logs", err)
		}
		for _, flow := range page.FlowLogs {
			candidates = append(candidates, candidate{id: awssdk.ToString(flow.FlowLogId), tags: ec2Tags(flow.Tags)})
		}
	}
	id, found := c.pick(candidates, values.tags(), taken)
	return id, found, nil
}
