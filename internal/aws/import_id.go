package aws

import (
	"context"
	"fmt"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// ImportID gives the id with which Terraform imports a resource that reported
// id on its creation; for most types the same. It is "" with ok when there is
// nothing to import: the object lives in the state alone and can be created
// again, or a planned value that the id is made of is not known yet, so that a
// later round must ask again.
func (c *Client) ImportID(ctx context.Context, resourceType, id string, values map[string]any) (importID string, ok bool, err error) {
	how := kinds[resourceType]
	switch {
	case how.never:
		return "", false, nil
	case how.recreate, resourceType == "aws_secretsmanager_secret_version" && writeOnly(values):
		return "", true, nil
	case resourceType == "aws_route_table_association":
		return c.associationImportID(ctx, id)
	case resourceType == "aws_cloudwatch_query_definition":
		importID, err = c.queryDefinitionARN(ctx, id)
		return importID, err == nil, err
	case how.imported == "":
		return id, true, nil
	}
	importID, known := fill(how.imported, id, values)
	if !known && resourceType == "aws_route" {
		importID, known = routeFromID(id, values)
	}
	if !known {
		return "", true, nil
	}
	return importID, true, nil
}

// fill replaces the placeholders of a template; known is false when one of
// them has no value.
func fill(template, id string, values planned) (filled string, known bool) {
	var b strings.Builder
	for {
		before, rest, more := strings.Cut(template, "{")
		b.WriteString(before)
		if !more {
			return b.String(), true
		}
		name, after, _ := strings.Cut(rest, "}")
		value := id
		optional, isOptional := strings.CutPrefix(name, ":")
		switch {
		case name == "id":
		case isOptional:
			if _, known := values[optional]; !known {
				return "", false
			}
			if value = values.text(optional); value != "" {
				value = ":" + value
			}
		case name == "status_code":
			value = values.text(name)
			if n, isNumber := values.number(name); value == "" && isNumber {
				value = fmt.Sprint(n)
			}
		case name == "event_bus_name": // unset is the default bus
			value = values.text(name)
			if value == "" {
				value = "default"
			}
		default:
			value = values.first(strings.Split(name, "|")...)
		}
		if value == "" && !isOptional {
			return "", false
		}
		b.WriteString(value)
		template = after
	}
}

// routeFromID takes the route table from a route's reported id, "r-rtb-…" with
// a hash of the destination appended, while the plan does not know it yet.
func routeFromID(id string, values planned) (string, bool) {
	destination := values.first("destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id")
	table, isRoute := strings.CutPrefix(id, "r-")
	const long = len("rtb-") + 17 // hex digits of a resource id
	if !isRoute || destination == "" || !strings.HasPrefix(table, "rtb-") || len(table) <= long {
		return "", false
	}
	return table[:long] + "_" + destination, true
}

// associationImportID looks an association up: it reports "rtbassoc-…" but is
// imported as subnet (or gateway) and route table.
func (c *Client) associationImportID(ctx context.Context, id string) (string, bool, error) {
	tables, err := c.routeTables(ctx, ec2Filter("association.route-table-association-id", id))
	if err != nil {
		return "", false, err
	}
	for _, table := range tables {
		for _, association := range table.Associations {
			if awssdk.ToString(association.RouteTableAssociationId) == id {
				return associationID(association), true, nil
			}
		}
	}
	return "", true, nil // it is gone again, so it can be created
}

func associationID(association ec2types.RouteTableAssociation) string {
	end := awssdk.ToString(association.SubnetId)
	if end == "" {
		end = awssdk.ToString(association.GatewayId)
	}
	return end + "/" + awssdk.ToString(association.RouteTableId)
}

func (c *Client) routeTables(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.RouteTable, error) {
	var all []ec2types.RouteTable
	pages := ec2.NewDescribeRouteTablesPaginator(c.ec2, &ec2.DescribeRouteTablesInput{Filters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure(ctx, "list route tables", err)
		}
		all = append(all, page.RouteTables...)
	}
	return all, nil
}

// ec2Filter selects by exact values: in EC2's filters * and ? are wildcards.
func ec2Filter(name string, values ...string) ec2types.Filter {
	escape := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`)
	var exact []string
	for _, value := range values {
		exact = append(exact, escape.Replace(value))
	}
	return ec2types.Filter{Name: &name, Values: exact}
}
