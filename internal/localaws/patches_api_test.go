package localaws_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// apiQuestions are about API Gateway, WAF, ACM and Route53: patches 670 to 699.
func apiQuestions() []question {
	return []question{
		{"670_apigateway_import", "authorizer", importedAuthorizer, "cognito COGNITO_USER_POOLS by method.request.header.Authorization"},
		{"670_apigateway_import", "method", importedMethod, "listGoals COGNITO_USER_POOLS, AWS_PROXY, validated true, needs method.request.path.goalId true"},
		{"670_apigateway_import", "preflight", importedPreflight, "MOCK answers 204 with 'https://app.example.com'"},
		{"670_apigateway_import", "gateway response", importedGatewayResponse, "429 'https://app.example.com'"},
		{"670_apigateway_import", "model", importedModel, "Problem"},
		{"670_apigateway_import", "the same document again", importedTwice, "/ /goals /goals/{goalId}, the same root"},
		{"670_apigateway_import", "a smaller document over it", importedLess, "/ /health, 0 authorizers"},
	}
}

// goalsDocument is an API of one path with what an imported document may hold;
// moto cannot import a preflight, so it comes where it is asked for.
func goalsDocument(preflight string) string {
	return `{
  "openapi": "3.0.1",
  "info": {"title": "imported", "description": "imported", "version": "v1"},
  "paths": {"/goals/{goalId}": {` + preflight + `"get": {
    "operationId": "listGoals",
    "parameters": [{"name": "goalId", "in": "path", "required": true, "schema": {"type": "string"}}],
    "responses": {"200": {"description": "goals"}},
    "security": [{"cognito": []}],
    "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST",
      "uri": "arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/arn:aws:lambda:ap-northeast-1:123456789012:function:goals:live/invocations"}
  }}},
  "components": {
    "schemas": {"Problem": {"type": "object", "description": "RFC 9457"}},
    "securitySchemes": {"cognito": {"type": "apiKey", "name": "Authorization", "in": "header",
      "x-amazon-apigateway-authtype": "cognito_user_pools",
      "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools",
        "providerARNs": ["arn:aws:cognito-idp:ap-northeast-1:123456789012:userpool/ap-northeast-1_example"]}}}
  },
  "x-amazon-apigateway-gateway-responses": {"THROTTLED": {"statusCode": "429",
    "responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'https://app.example.com'"}}},
  "x-amazon-apigateway-request-validator": "parameters",
  "x-amazon-apigateway-request-validators": {"parameters": {"validateRequestBody": false, "validateRequestParameters": true}}
}`
}

const healthDocument = `{
  "openapi": "3.0.1",
  "info": {"title": "imported", "description": "imported", "version": "v1"},
  "paths": {"/health": {"get": {"responses": {"200": {"description": "alive"}}}}}
}`

const preflightOperation = `"options": {
  "responses": {"204": {"description": "preflight", "headers": {"Access-Control-Allow-Origin": {"schema": {"type": "string"}}}}},
  "x-amazon-apigateway-integration": {"type": "mock",
    "requestTemplates": {"application/json": "{\"statusCode\": 204}"},
    "responses": {"default": {"statusCode": "204",
      "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'https://app.example.com'"}}}}
},`

// newAPI gives a new REST API into which the documents were imported, one over
// the other.
func newAPI(ctx context.Context, to aws.Config, mode apitypes.PutMode, documents ...string) (*apigateway.Client, *string, error) {
	api := apigateway.NewFromConfig(to)
	created, err := api.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("imported")})
	if err != nil {
		return nil, nil, err
	}
	for _, document := range documents {
		if _, err := api.PutRestApi(ctx, &apigateway.PutRestApiInput{RestApiId: created.Id, Mode: mode, Body: []byte(document)}); err != nil {
			return nil, nil, err
		}
	}
	return api, created.Id, nil
}

// resourceAt gives the id of the resource at path.
func resourceAt(ctx context.Context, api *apigateway.Client, id *string, path string) (*string, error) {
	found, err := api.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: id})
	if err != nil {
		return nil, err
	}
	for _, item := range found.Items {
		if aws.ToString(item.Path) == path {
			return item.Id, nil
		}
	}
	return nil, fmt.Errorf("no resource at %s", path)
}

func importedAuthorizer(ctx context.Context, to aws.Config) (string, error) {
	api, id, err := newAPI(ctx, to, apitypes.PutModeOverwrite, goalsDocument(""))
	if err != nil {
		return code(err)
	}
	found, err := api.GetAuthorizers(ctx, &apigateway.GetAuthorizersInput{RestApiId: id})
	if err != nil {
		return code(err)
	}
	if len(found.Items) != 1 {
		return fmt.Sprintf("%d authorizers", len(found.Items)), nil
	}
	authorizer := found.Items[0]
	return fmt.Sprintf("%s %s by %s", aws.ToString(authorizer.Name), authorizer.Type, aws.ToString(authorizer.IdentitySource)), nil
}

func importedMethod(ctx context.Context, to aws.Config) (string, error) {
	api, id, err := newAPI(ctx, to, apitypes.PutModeOverwrite, goalsDocument(""))
	if err != nil {
		return code(err)
	}
	resource, err := resourceAt(ctx, api, id, "/goals/{goalId}")
	if err != nil {
		return code(err)
	}
	method, err := api.GetMethod(ctx, &apigateway.GetMethodInput{RestApiId: id, ResourceId: resource, HttpMethod: aws.String("GET")})
	if err != nil {
		return code(err)
	}
	required := ""
	for name, needed := range method.RequestParameters {
		required += fmt.Sprintf("%s %t", name, needed)
	}
	return fmt.Sprintf("%s %s, %s, validated %t, needs %s", aws.ToString(method.OperationName), aws.ToString(method.AuthorizationType),
		method.MethodIntegration.Type, aws.ToString(method.RequestValidatorId) != "", required), nil
}

func importedPreflight(ctx context.Context, to aws.Config) (string, error) {
	api, id, err := newAPI(ctx, to, apitypes.PutModeOverwrite, goalsDocument(preflightOperation))
	if err != nil {
		return code(err)
	}
	resource, err := resourceAt(ctx, api, id, "/goals/{goalId}")
	if err != nil {
		return code(err)
	}
	method, err := api.GetMethod(ctx, &apigateway.GetMethodInput{RestApiId: id, ResourceId: resource, HttpMethod: aws.String("OPTIONS")})
	if err != nil {
		return code(err)
	}
	answer := method.MethodIntegration.IntegrationResponses["204"]
	return fmt.Sprintf("%s answers %s with %s", method.MethodIntegration.Type, aws.ToString(answer.StatusCode),
		answer.ResponseParameters["method.response.header.Access-Control-Allow-Origin"]), nil
}

func importedGatewayResponse(ctx context.Context, to aws.Config) (string, error) {
	api, id, err := newAPI(ctx, to, apitypes.PutModeOverwrite, goalsDocument(""))
	if err != nil {
		return code(err)
	}
	found, err := api.GetGatewayResponse(ctx, &apigateway.GetGatewayResponseInput{RestApiId: id, ResponseType: apitypes.GatewayResponseTypeThrottled})
	if err != nil {
		return code(err)
	}
	return fmt.Sprintf("%s %s", aws.ToString(found.StatusCode), found.ResponseParameters["gatewayresponse.header.Access-Control-Allow-Origin"]), nil
}

func importedModel(ctx context.Context, to aws.Config) (string, error) {
	api, id, err := newAPI(ctx, to, apitypes.PutModeOverwrite, goalsDocument(""))
	if err != nil {
		return code(err)
	}
	found, err := api.GetModels(ctx, &apigateway.GetModelsInput{RestApiId: id})
	if err != nil {
		return code(err)
	}
	names := ""
	for _, model := range found.Items {
		names += aws.ToString(model.Name)
	}
	return names, nil
}

func importedTwice(ctx context.Context, to aws.Config) (string, error) {
	document := goalsDocument("")
	api, id, err := newAPI(ctx, to, apitypes.PutModeMerge, document, document)
	if err != nil {
		return code(err)
	}
	paths, err := pathsOf(ctx, api, id)
	if err != nil {
		return code(err)
	}
	described, err := api.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: id})
	if err != nil {
		return code(err)
	}
	root, err := resourceAt(ctx, api, id, "/")
	if err != nil {
		return code(err)
	}
	if aws.ToString(root) != aws.ToString(described.RootResourceId) {
		return paths + ", another root", nil
	}
	return paths + ", the same root", nil
}

func importedLess(ctx context.Context, to aws.Config) (string, error) {
	api, id, err := newAPI(ctx, to, apitypes.PutModeOverwrite, goalsDocument(preflightOperation), healthDocument)
	if err != nil {
		return code(err)
	}
	paths, err := pathsOf(ctx, api, id)
	if err != nil {
		return code(err)
	}
	found, err := api.GetAuthorizers(ctx, &apigateway.GetAuthorizersInput{RestApiId: id})
	if err != nil {
		return code(err)
	}
	return fmt.Sprintf("%s, %d authorizers", paths, len(found.Items)), nil
}

// pathsOf gives the paths of an API, in order.
func pathsOf(ctx context.Context, api *apigateway.Client, id *string) (string, error) {
	found, err := api.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: id})
	if err != nil {
		return "", err
	}
	var paths []string
	for _, item := range found.Items {
		paths = append(paths, aws.ToString(item.Path))
	}
	slices.Sort(paths)
	return strings.Join(paths, " "), nil
}
