package aws

import (
	"encoding/json"
	"testing"
)

func TestImportID(t *testing.T) {
	t.Parallel()
	const table = "rtb-0123456789abcdef0"
	tests := map[string]struct {
		resourceType, id string
		values           map[string]any
		want             string
		never            bool
	}{
		"most are imported by their id":  {"aws_vpc", "vpc-1", nil, "vpc-1", false},
		"unknown types as well":          {"aws_something_new", "x", nil, "x", false},
		"route":                          {"aws_route", "r-" + table + "1080289494", map[string]any{"route_table_id": table, "destination_cidr_block": "0.0.0.0/0"}, table + "_0.0.0.0/0", false},
		"route, IPv6":                    {"aws_route", "r-" + table + "1080289494", map[string]any{"route_table_id": table, "destination_cidr_block": "", "destination_ipv6_cidr_block": "::/0"}, table + "_::/0", false},
		"route, table not known":         {"aws_route", "r-" + table + "1080289494", map[string]any{"destination_cidr_block": "0.0.0.0/0"}, table + "_0.0.0.0/0", false},
		"route, nothing known":           {"aws_route", "r-" + table + "1080289494", nil, "", false},
		"inline policy":                  {"aws_iam_role_policy", "role:write", map[string]any{"role": "role", "name": "write"}, "role:write", false},
		"attached policy":                {"aws_iam_role_policy_attachment", "role-2024", map[string]any{"role": "role", "policy_arn": "arn:aws:iam::aws:policy/P"}, "role/arn:aws:iam::aws:policy/P", false},
		"attached policy, role unknown":  {"aws_iam_role_policy_attachment", "role-2024", map[string]any{"role": nil, "policy_arn": "arn"}, "", false},
		"event target on the usual bus":  {"aws_cloudwatch_event_target", "x", map[string]any{"rule": "r", "target_id": "t"}, "default/r/t", false},
		"method response":                {"aws_api_gateway_method_response", "x", map[string]any{"rest_api_id": "a", "resource_id": "r", "http_method": "GET", "status_code": json.Number("200")}, "a/r/GET/200", false},
		"web ACL":                        {"aws_wafv2_web_acl", "id", map[string]any{"name": "n", "scope": "REGIONAL"}, "id/n/REGIONAL", false},
		"permission":                     {"aws_lambda_permission", "s", map[string]any{"function_name": "f", "statement_id": "s", "qualifier": nil}, "f/s", false},
		"permission of an alias":         {"aws_lambda_permission", "s", map[string]any{"function_name": "f", "statement_id": "s", "qualifier": "live"}, "f:live/s", false},
		"permission, alias not known":    {"aws_lambda_permission", "s", map[string]any{"function_name": "f", "statement_id": "s"}, "", false},
		"saved query":                    {"aws_cloudwatch_query_definition", "q", nil, "arn:aws:logs:ap-northeast-1:123456789012:query-definition:q", false},
		"API deployment":                 {"aws_api_gateway_deployment", "d", map[string]any{"rest_api_id": "a"}, "", false},
		"pool client":                    {"aws_cognito_user_pool_client", "c", map[string]any{"user_pool_id": "p"}, "p/c", false},
		"secret version":                 {"aws_secretsmanager_secret_version", "arn|v", map[string]any{"secret_id": "arn"}, "arn|v", false},
		"secret version, write-only":     {"aws_secretsmanager_secret_version", "arn|v", map[string]any{"secret_string_wo_version": float64(1)}, "", false},
		"of the state alone":             {"terraform_data", "uuid", nil, "", false},
		"without import":                 {"aws_security_group_rule", "sgrule-1", nil, "", true},
		"association that is gone again": {"aws_route_table_association", "rtbassoc-gone", nil, "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok, err := client(t, region).ImportID(t.Context(), test.resourceType, test.id, test.values)
			if err != nil || got != test.want || ok == test.never {
				t.Errorf("got %q, %v, %v; want %q, %v", got, ok, err, test.want, !test.never)
			}
		})
	}
}
