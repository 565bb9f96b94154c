package aws

import (
	"context"
	"fmt"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// importRule says how a type is imported where that is not by the id it
// reports. The rules are those of the "Import" sections of the provider's
// documentation, version 5.100.
type importRule struct {
	// template builds the import id from planned values: {name} is one of
	// them, {a|b} the first one set, {id} the reported id.
	template string
	// never: the provider has no import for the type.
	never bool
	// recreate: the object lives in the state alone, or creating it again
	// writes the same settings, so there is nothing to adopt.
	recreate bool
}

func importRules() map[string]importRule {
	rules := map[string]importRule{
		"aws_route":                                 {template: "{route_table_id}_{destination_cidr_block|destination_ipv6_cidr_block|destination_prefix_list_id}"},
		"aws_iam_role_policy_attachment":            {template: "{role}/{policy_arn}"},
		"aws_iam_user_policy_attachment":            {template: "{user}/{policy_arn}"},
		"aws_iam_group_policy_attachment":           {template: "{group}/{policy_arn}"},
		"aws_cloudwatch_log_metric_filter":          {template: "{log_group_name}:{name}"},
		"aws_cloudwatch_log_stream":                 {template: "{log_group_name}:{name}"},
		"aws_cloudwatch_log_subscription_filter":    {template: "{log_group_name}|{name}"},
		"aws_cloudwatch_event_target":               {template: "{event_bus_name}/{rule}/{target_id}"},
		"aws_s3_object":                             {template: "{bucket}/{key}"},
		"aws_lambda_alias":                          {template: "{function_name}/{name}"},
		"aws_lambda_permission":                     {template: "{function_name}/{statement_id}"},
		"aws_lambda_provisioned_concurrency_config": {template: "{function_name},{qualifier}"},
		"aws_cognito_user_pool_client":              {template: "{user_pool_id}/{id}"},
		"aws_cognito_user_group":                    {template: "{user_pool_id}/{name}"},
		"aws_cognito_identity_provider":             {template: "{user_pool_id}:{provider_name}"},
		"aws_api_gateway_authorizer":                {template: "{rest_api_id}/{id}"},
		"aws_api_gateway_deployment":                {template: "{rest_api_id}/{id}"},
		"aws_api_gateway_gateway_response":          {template: "{rest_api_id}/{response_type}"},
		"aws_api_gateway_integration":               {template: "{rest_api_id}/{resource_id}/{http_method}"},
		"aws_api_gateway_integration_response":      {template: "{rest_api_id}/{resource_id}/{http_method}/{status_code}"},
		"aws_api_gateway_method":                    {template: "{rest_api_id}/{resource_id}/{http_method}"},
		"aws_api_gateway_method_response":           {template: "{rest_api_id}/{resource_id}/{http_method}/{status_code}"},
		"aws_api_gateway_method_settings":           {template: "{rest_api_id}/{stage_name}/{method_path}"},
		"aws_api_gateway_model":                     {template: "{rest_api_id}/{name}"},
		"aws_api_gateway_request_validator":         {template: "{rest_api_id}/{id}"},
		"aws_api_gateway_resource":                  {template: "{rest_api_id}/{id}"},
		"aws_api_gateway_stage":                     {template: "{rest_api_id}/{stage_name}"},
		"aws_api_gateway_usage_plan_key":            {template: "{usage_plan_id}/{key_id}"},
		"aws_appautoscaling_target":                 {template: "{service_namespace}/{resource_id}/{scalable_dimension}"},
		"aws_appautoscaling_policy":                 {template: "{service_namespace}/{resource_id}/{scalable_dimension}/{name}"},
		"aws_wafv2_web_acl":                         {template: "{id}/{name}/{scope}"},
		"aws_wafv2_ip_set":                          {template: "{id}/{name}/{scope}"},
		"aws_wafv2_rule_group":                      {template: "{id}/{name}/{scope}"},

		"aws_security_group_rule": {never: true}, // its import id lists every source; use the vpc_security_group_… types
		"aws_network_acl_rule":    {never: true}, // likewise
		"aws_iam_access_key":      {never: true}, // importable, but the secret is lost
	}
	for _, again := range []string{
		"terraform_data", "null_resource", "time_sleep", "time_static", "time_rotating", "time_offset",
		"random_id", "random_integer", "random_password", "random_pet", "random_shuffle", "random_string", "random_uuid",
		"aws_acm_certificate_validation", "aws_lambda_invocation",
	} {
		rules[again] = importRule{recreate: true}
	}
	return rules
}

// ImportID gives the id with which Terraform imports a resource that reported
// id on its creation; for most types the same. It is "" with ok when there is
// nothing to import: the object lives in the state alone and can be created
// again, or a planned value that the id is made of is not known yet, so that a
// later round must ask again.
func (c *Client) ImportID(ctx context.Context, resourceType, id string, values map[string]any) (importID string, ok bool, err error) {
	switch {
	case resourceType == "aws_route_table_association":
		return c.associationImportID(ctx, id)
	case resourceType == "aws_secretsmanager_secret_version" && writeOnly(values):
		return "", true, nil
	}
	rule, special := importRules()[resourceType]
	switch {
	case rule.never:
		return "", false, nil
	case rule.recreate:
		return "", true, nil
	case special:
		filled, known := fill(rule.template, id, values)
		if !known && resourceType == "aws_route" {
			filled, known = routeFromID(id, values)
		}
		if !known {
			return "", true, nil
		}
		return filled, true, nil
	default:
		return id, true, nil
	}
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
		switch name {
		case "id":
		case "status_code":
			value = values.text(name)
			if n, isNumber := values.number(name); value == "" && isNumber {
				value = fmt.Sprint(n)
			}
		case "event_bus_name": // unset is the default bus
			value = values.text(name)
			if value == "" {
				value = "default"
			}
		default:
			value = values.first(strings.Split(name, "|")...)
		}
		if value == "" {
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
