package aws

import (
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	waftypes "github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

// The environments with domains of their own have what the local one lacks.
func TestFindRecord(t *testing.T) {
	t.Parallel()
	c := client(t, "eu-west-3")
	zone, err := c.names.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: awssdk.String("records.example"), CallerReference: awssdk.String("records")})
	if err != nil {
		t.Fatal(err)
	}
	id := (*zone.HostedZone.Id)[len("/hostedzone/"):]
	for _, name := range []string{"api.records.example", "_amazonses.records.example"} {
		_, err := c.names.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{HostedZoneId: &id, ChangeBatch: &route53types.ChangeBatch{Changes: []route53types.Change{{
			Action: route53types.ChangeActionCreate,
			ResourceRecordSet: &route53types.ResourceRecordSet{Name: &name, Type: route53types.RRTypeTxt, TTL: awssdk.Int64(60),
				ResourceRecords: []route53types.ResourceRecord{{Value: awssdk.String(`"x"`)}}},
		}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	record := func(zone, name, kind string) map[string]any {
		return map[string]any{"zone_id": zone, "name": name, "type": kind}
	}
	const kind = "aws_route53_record"
	want := id + "_api.records.example_TXT"
	tests := map[string]finding{
		"record":                    {kind, record(id, "api.records.example", "TXT"), nil, want},
		"record, written otherwise": {kind, record(id, "API.records.example.", "TXT"), nil, want},
		"record with an underscore": {kind, record(id, "_amazonses.records.example", "TXT"), nil, id + "__amazonses.records.example_TXT"},
		"taken":                     {kind, record(id, "api.records.example", "TXT"), map[string]bool{want: true}, ""},
		"another type":              {kind, record(id, "api.records.example", "A"), nil, ""},
		"a name before":             {kind, record(id, "aaa.records.example", "TXT"), nil, ""},
		"no such zone":              {kind, record("ZNONE", "api.records.example", "TXT"), nil, ""},
		"name not known":            {kind, map[string]any{"zone_id": id, "type": "TXT"}, nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { t.Parallel(); test.check(t, c) })
	}
}

func TestFindDomainOfAnAPI(t *testing.T) {
	t.Parallel()
	c, name := client(t, "eu-central-1"), "api.domain.example"
	api, err := c.apis.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: awssdk.String("api"), Tags: map[string]string{"Environment": "staging", "Name": "api"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.apis.CreateDomainName(t.Context(), &apigateway.CreateDomainNameInput{
		DomainName: &name, Tags: map[string]string{"Environment": "staging"},
		RegionalCertificateArn: awssdk.String("arn:aws:acm:eu-central-1:123456789012:certificate/x"),
		EndpointConfiguration:  &apitypes.EndpointConfiguration{Types: []apitypes.EndpointType{apitypes.EndpointTypeRegional}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.apis.CreateBasePathMapping(t.Context(), &apigateway.CreateBasePathMappingInput{DomainName: &name, RestApiId: api.Id}); err != nil {
		t.Fatal(err)
	}
	tags := map[string]any{"Environment": "staging", "Name": "api"}
	tests := map[string]finding{
		"domain":                 {"aws_api_gateway_domain_name", map[string]any{"domain_name": name, "tags_all": tagged("x")}, nil, name},
		"domain of someone else": {"aws_api_gateway_domain_name", map[string]any{"domain_name": name, "tags_all": tagged("x", "Environment", "other")}, nil, ""},
		"no such domain":         {"aws_api_gateway_domain_name", map[string]any{"domain_name": "none.example"}, nil, ""},
		"mapping":                {"aws_api_gateway_base_path_mapping", map[string]any{"domain_name": name}, nil, name + "/"},
		"no such path":           {"aws_api_gateway_base_path_mapping", map[string]any{"domain_name": name, "base_path": "none"}, nil, ""},
		"API":                    {"aws_api_gateway_rest_api", map[string]any{"name": "api", "tags_all": tags}, nil, *api.Id},
		"API, taken":             {"aws_api_gateway_rest_api", map[string]any{"name": "api", "tags_all": tags}, map[string]bool{*api.Id: true}, ""},
		"API of someone else":    {"aws_api_gateway_rest_api", map[string]any{"name": "api", "tags_all": tagged("other")}, nil, ""},
		"no such stage":          {"aws_api_gateway_stage", map[string]any{"rest_api_id": *api.Id, "stage_name": "none"}, nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { t.Parallel(); test.check(t, c) })
	}
}

// CloudFront's certificates and web ACLs, and the topics of its alarms, are in
// us-east-1 whatever the environment's region is.
func TestFindInTheGlobalRegion(t *testing.T) {
	t.Parallel()
	c := client(t, "ap-southeast-1")
	ctx := t.Context()
	certificate, err := c.east.certificates.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: awssdk.String("site.example"), Tags: []acmtypes.Tag{
		{Key: awssdk.String("Environment"), Value: awssdk.String("staging")}, {Key: awssdk.String("Name"), Value: awssdk.String("site")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	topic, err := c.east.topics.CreateTopic(ctx, &sns.CreateTopicInput{Name: awssdk.String("alerts-global")})
	if err != nil {
		t.Fatal(err)
	}
	subscription, err := c.east.topics.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: awssdk.String("lambda"), Endpoint: awssdk.String("arn:aws:lambda:ap-southeast-1:123456789012:function:f:live"), ReturnSubscriptionArn: true})
	if err != nil {
		t.Fatal(err)
	}
	visibility := &waftypes.VisibilityConfig{MetricName: awssdk.String("m")}
	acl, err := c.east.firewall.CreateWebACL(ctx, &wafv2.CreateWebACLInput{Name: awssdk.String("site"), Scope: waftypes.ScopeCloudfront, DefaultAction: &waftypes.DefaultAction{Allow: &waftypes.AllowAction{}}, VisibilityConfig: visibility})
	if err != nil {
		t.Fatal(err)
	}
	subscribed := func(endpoint string) map[string]any {
		return map[string]any{"topic_arn": *topic.TopicArn, "protocol": "lambda", "endpoint": endpoint}
	}
	tests := map[string]finding{
		"certificate":                 {"aws_acm_certificate", map[string]any{"domain_name": "site.example", "tags_all": tagged("site")}, nil, *certificate.CertificateArn},
		"certificate, taken":          {"aws_acm_certificate", map[string]any{"domain_name": "site.example", "tags_all": tagged("site")}, map[string]bool{*certificate.CertificateArn: true}, ""},
		"certificate of someone else": {"aws_acm_certificate", map[string]any{"domain_name": "site.example", "tags_all": tagged("other")}, nil, ""},
		"topic":                       {"aws_sns_topic", map[string]any{"name": "alerts-global"}, nil, *topic.TopicArn},
		"no such topic":               {"aws_sns_topic", map[string]any{"name": "none"}, nil, ""},
		"subscription":                {"aws_sns_topic_subscription", subscribed("arn:aws:lambda:ap-southeast-1:123456789012:function:f:live"), nil, *subscription.SubscriptionArn},
		"no such subscription":        {"aws_sns_topic_subscription", subscribed("arn:aws:lambda:ap-southeast-1:123456789012:function:f"), nil, ""},
		"web ACL":                     {"aws_wafv2_web_acl", map[string]any{"name": "site", "scope": "CLOUDFRONT"}, nil, *acl.Summary.Id + "/site/CLOUDFRONT"},
		"web ACL, taken":              {"aws_wafv2_web_acl", map[string]any{"name": "site", "scope": "CLOUDFRONT"}, map[string]bool{*acl.Summary.Id: true}, ""},
		"web ACL of another scope":    {"aws_wafv2_web_acl", map[string]any{"name": "site", "scope": "REGIONAL"}, nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { t.Parallel(); test.check(t, c) })
	}
}
