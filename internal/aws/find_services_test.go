package aws

import (
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Of nothing, every look-up says that there is nothing, each in its service's
// own words.
func TestFindNothing(t *testing.T) {
	t.Parallel()
	c := client(t, "us-east-2")
	bucketFor(t, "find-nothing")
	none := map[string]any{
		"comment": "none", "configuration_set_name": "none", "distribution_id": "none", "domain": "none.example", "domain_name": "none.example", "endpoint": "none",
		"function_name": "none", "group_name": "none", "key": "none", "name": "none", "protocol": "lambda", "qualifier": nil,
		"rest_api_id": "none", "rule_name": "none", "scope": "REGIONAL", "stage_name": "none", "statement_id": "none",
		"topic_arn": "arn:aws:sns:us-east-2:123456789012:none", "type": "A", "url": "https://none.example",
		"user_pool_id": "us-east-2_none", "zone_id": "ZNONE", "bucket": "find-nothing", "tags_all": tagged("none"),
	}
	for resourceType, how := range kinds {
		if how.find == nil || resourceType == "aws_s3_bucket" {
			continue
		}
		t.Run(resourceType, func(t *testing.T) {
			t.Parallel()
			finding{resourceType, none, nil, ""}.check(t, c)
			finding{resourceType, map[string]any{}, nil, ""}.check(t, c)
		})
	}
}

func TestFindByNameAlone(t *testing.T) {
	t.Parallel()
	c, ctx := client(t, "us-east-2"), t.Context()
	made, err := c.users.CreateUserPool(ctx, &cognito.CreateUserPoolInput{PoolName: awssdk.String("app"), UserPoolTags: map[string]string{"Environment": "staging", "Name": "app"}})
	if err != nil {
		t.Fatal(err)
	}
	pool := *made.UserPool.Id
	app, err := c.users.CreateUserPoolClient(ctx, &cognito.CreateUserPoolClientInput{UserPoolId: &pool, ClientName: awssdk.String("app")})
	if err != nil {
		t.Fatal(err)
	}
	id := *app.UserPoolClient.ClientId
	if _, err := c.users.CreateUserPoolDomain(ctx, &cognito.CreateUserPoolDomainInput{Domain: awssdk.String("app"), UserPoolId: &pool}); err != nil {
		t.Fatal(err)
	}
	rule, err := c.events.PutRule(ctx, &eventbridge.PutRuleInput{Name: awssdk.String("ended"), EventPattern: awssdk.String(`{"source":["aws.states"]}`)})
	if err != nil || rule.RuleArn == nil {
		t.Fatal(err)
	}
	if _, err := c.queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: awssdk.String("letters"), Tags: map[string]string{"Environment": "staging"}}); err != nil {
		t.Fatal(err)
	}
	url, err := c.queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: awssdk.String("letters")})
	if err != nil {
		t.Fatal(err)
	}
	query, err := c.logs.PutQueryDefinition(ctx, &cloudwatchlogs.PutQueryDefinitionInput{Name: awssdk.String("app/errors"), QueryString: awssdk.String("fields @message")})
	if err != nil {
		t.Fatal(err)
	}
	edge, err := c.edge.CreateFunction(ctx, &cloudfront.CreateFunctionInput{Name: awssdk.String("find-edge"), FunctionCode: []byte("function handler(event) { return event.request; }"), FunctionConfig: &types.FunctionConfig{Comment: awssdk.String(""), Runtime: types.FunctionRuntimeCloudfrontJs20}})
	if err != nil || edge.FunctionSummary == nil {
		t.Fatal(err)
	}
	put(t, bucketFor(t, "find-object"), "index.html", "<html>")
	queryARN := "arn:aws:logs:us-east-2:123456789012:query-definition:" + *query.QueryDefinitionId
	client := map[string]any{"user_pool_id": pool, "name": "app"}
	tests := map[string]finding{
		"user pool":                          {"aws_cognito_user_pool", map[string]any{"name": "app", "tags_all": tagged("app")}, nil, pool},
		"user pool of someone else":          {"aws_cognito_user_pool", map[string]any{"name": "app", "tags_all": tagged("other")}, nil, ""},
		"client":                             {"aws_cognito_user_pool_client", client, nil, pool + "/" + id},
		"client, in a state":                 {"aws_cognito_user_pool_client", client, map[string]bool{id: true}, ""},
		"client, imported":                   {"aws_cognito_user_pool_client", client, map[string]bool{pool + "/" + id: true}, ""},
		"domain":                             {"aws_cognito_user_pool_domain", map[string]any{"domain": "app", "user_pool_id": pool}, nil, "app"},
		"domain of another pool":             {"aws_cognito_user_pool_domain", map[string]any{"domain": "app", "user_pool_id": "other"}, nil, ""},
		"event rule":                         {"aws_cloudwatch_event_rule", map[string]any{"name": "ended"}, nil, "ended"},
		"queue":                              {"aws_sqs_queue", map[string]any{"name": "letters", "tags_all": tagged("letters")}, nil, *url.QueueUrl},
		"queue of someone else":              {"aws_sqs_queue", map[string]any{"name": "letters", "tags_all": tagged("letters", "Environment", "other")}, nil, ""},
		"saved query":                        {"aws_cloudwatch_query_definition", map[string]any{"name": "app/errors"}, nil, queryARN},
		"saved query, in a state":            {"aws_cloudwatch_query_definition", map[string]any{"name": "app/errors"}, map[string]bool{*query.QueryDefinitionId: true}, ""},
		"only a prefix of the query":         {"aws_cloudwatch_query_definition", map[string]any{"name": "app/err"}, nil, ""},
		"CloudFront function, not published": {"aws_cloudfront_function", map[string]any{"name": "find-edge"}, nil, "find-edge"},
		"CloudFront function to be replaced": {"aws_cloudfront_function", map[string]any{"name": "find-edge"}, map[string]bool{"find-edge": true}, ""},
		"object":                             {"aws_s3_object", map[string]any{"bucket": "find-object", "key": "index.html"}, nil, "find-object/index.html"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { t.Parallel(); test.check(t, c) })
	}
}
