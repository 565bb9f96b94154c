package test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// checkAPI holds the REST API to R1.2, R3.3 and R3.4.
func checkAPI(t *testing.T, s *stack) {
	client, id := apigateway.NewFromConfig(s.config), s.restAPI(t)
	api, err := client.GetRestApi(t.Context(), &apigateway.GetRestApiInput{RestApiId: &id})
	if err != nil {
		t.Fatal(err)
	}
	facts(t, "R1.2: API", map[string]bool{
		"named by its environment": aws.ToString(api.Name) == s.Name+"-api",
		"regional":                 api.EndpointConfiguration != nil && slices.Equal(api.EndpointConfiguration.Types, []apitypes.EndpointType{apitypes.EndpointTypeRegional}),
		"open to CloudFront":       !api.DisableExecuteApiEndpoint,
		"told by the deployment":   strings.Contains(s.output(t, "api_url"), id+".execute-api."),
	})
	checkStage(t, s, client, id)

	resources, err := client.GetResources(t.Context(), &apigateway.GetResourcesInput{RestApiId: &id, Embed: []string{"methods"}, Limit: aws.Int32(500)})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]apitypes.Method{}
	for _, resource := range resources.Items {
		if len(resource.ResourceMethods) > 0 {
			found[aws.ToString(resource.Path)] = resource.ResourceMethods
		}
	}
	authorizer, origin := checkAuthorizer(t, s, client, id), s.applicationURL(t)
	checkGatewayResponses(t, client, id, origin)
	called := map[string]bool{}
	for _, want := range endpoints() {
		for _, method := range strings.Fields(want.methods) {
			route, there := found[want.path][method]
			if !there {
				t.Errorf("R1.2: there is no %s %s", method, want.path)
				continue
			}
			called[want.function] = true
			if alias := ":function:" + s.Name + "-" + want.function + ":live/invocations"; route.MethodIntegration == nil || !strings.HasSuffix(aws.ToString(route.MethodIntegration.Uri), alias) {
				t.Errorf("R1.2: %s %s does not call the alias of %s: %+v", method, want.path, want.function, route.MethodIntegration)
			}
		}
	}
	// What the catalogue does not name is held to the rules, too.
	for path, methods := range found {
		preflight, there := methods["OPTIONS"]
		if !there {
			t.Errorf("R1.2: %s answers no preflight", path)
		}
		checkPreflight(t, path, preflight, methods, origin)
		for method, route := range methods {
			if method != "OPTIONS" {
				checkRoute(t, method+" "+path, route, authorizer)
			}
		}
	}
	for function := range called {
		checkAPIPermission(t, s, id, function)
	}
}

// checkStage holds the stage to its limits and logs.
func checkStage(t *testing.T, s *stack, client *apigateway.Client, id string) {
	t.Helper()
	stages, err := client.GetStages(t.Context(), &apigateway.GetStagesInput{RestApiId: &id})
	if err != nil || len(stages.Item) != 1 || aws.ToString(stages.Item[0].StageName) != "v1" {
		t.Fatalf("R1.2: the API has not the one stage v1: %+v, %v", stages, err)
	}
	stage := stages.Item[0]
	settings, there := stage.MethodSettings["*/*"]
	if !there || stage.AccessLogSettings == nil || len(stage.MethodSettings) != 1 {
		t.Fatalf("R1.2: the stage has not one setting for all methods and an access log: %+v", stage)
	}
	facts(t, "R1.2: stage", map[string]bool{
		"1,000 requests a second": settings.ThrottlingRateLimit == 1000,
		"bursts of 2,000":         settings.ThrottlingBurstLimit == 2000,
		"metrics":                 settings.MetricsEnabled,
		"INFO execution log":      aws.ToString(settings.LoggingLevel) == "INFO",
		"nothing out of a cache":  !settings.CachingEnabled && !stage.CacheClusterEnabled,
		"no second version":       stage.CanarySettings == nil,
	})
	facts(t, "R1.4: stage", map[string]bool{"bodies and tokens stay out of the log": !settings.DataTraceEnabled})
	facts(t, "R3.3: stage", map[string]bool{"X-Ray is active": stage.TracingEnabled})

	var entry map[string]string
	if err := json.Unmarshal([]byte(aws.ToString(stage.AccessLogSettings.Format)), &entry); err != nil {
		t.Errorf("R3.4: the access log is not JSON: %v", err)
	}
	for member, value := range map[string]string{
		"requestId": "$context.requestId", "requestTime": "$context.requestTime", "httpMethod": "$context.httpMethod", "resourcePath": "$context.resourcePath",
		"status": "$context.status", "responseLatency": "$context.responseLatency", "ip": "$context.identity.sourceIp", "xrayTraceId": "$context.xrayTraceId",
	} {
		if entry[member] != value {
			t.Errorf("R3.4: the access log has %s = %q, not %s", member, entry[member], value)
		}
	}
	access, key := "/aws/apigateway/"+s.Name+"-api/access", s.functionsKey(t)
	facts(t, "R3.4: stage", map[string]bool{"accesses go to their log group": strings.HasSuffix(aws.ToString(stage.AccessLogSettings.DestinationArn), ":log-group:"+access)})
	checkLogGroup(t, s, access, key)
	checkLogGroup(t, s, "API-Gateway-Execution-Logs_"+id+"/v1", key)

	account, err := client.GetAccount(t.Context(), &apigateway.GetAccountInput{})
	if err != nil || aws.ToString(account.CloudwatchRoleArn) == "" {
		t.Errorf("R3.4: API Gateway has no role to write logs with: %+v, %v", account, err)
	}
	if _, err := client.GetDeployment(t.Context(), &apigateway.GetDeploymentInput{RestApiId: &id, DeploymentId: stage.DeploymentId}); err != nil {
		t.Errorf("R1.2: the stage serves no deployment: %v", err)
	}
}

// checkGatewayResponses looks at what API Gateway answers by itself. CloudFront
// turns a 403 into the application's page: docs/adr/0008-spa-fallback.md.
func checkGatewayResponses(t *testing.T, client *apigateway.Client, id, origin string) {
	t.Helper()
	responses, err := client.GetGatewayResponses(t.Context(), &apigateway.GetGatewayResponsesInput{RestApiId: &id, Limit: aws.Int32(500)})
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[apitypes.GatewayResponseType]string{}
	for _, response := range responses.Items {
		statuses[response.ResponseType] = aws.ToString(response.StatusCode)
		if statuses[response.ResponseType] == "403" {
			t.Errorf("R1.3: %s is answered with 403", response.ResponseType)
		}
		if allowed := response.ResponseParameters["gatewayresponse.header.Access-Control-Allow-Origin"]; !response.DefaultResponse && allowed != "'"+origin+"'" {
			t.Errorf("R1.2: %s may be read by pages of %s, not %s", response.ResponseType, allowed, origin)
		}
	}
	want := map[apitypes.GatewayResponseType]string{
		"ACCESS_DENIED": "401", "EXPIRED_TOKEN": "401", "INVALID_API_KEY": "401", "INVALID_SIGNATURE": "401",
		"MISSING_AUTHENTICATION_TOKEN": "404", "THROTTLED": "429", "UNAUTHORIZED": "401", "WAF_FILTERED": "400",
	}
	for kind, status := range want {
		if statuses[kind] != status {
			t.Errorf("R1.3: %s is answered with %q, not %s", kind, statuses[kind], status)
		}
	}
}

// checkAuthorizer sees that callers are known by the deployment's own user pool;
// it gives the authorizer's id.
func checkAuthorizer(t *testing.T, s *stack, client *apigateway.Client, id string) string {
	t.Helper()
	pool, err := cognitoidentityprovider.NewFromConfig(s.config).DescribeUserPool(t.Context(), &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: aws.String(s.output(t, "user_pool_id"))})
	if err != nil {
		t.Fatal(err)
	}
	found, err := client.GetAuthorizers(t.Context(), &apigateway.GetAuthorizersInput{RestApiId: &id})
	if err != nil || len(found.Items) != 1 {
		t.Fatalf("R1.2: authorizers: %+v, %v", found, err)
	}
	authorizer := found.Items[0]
	facts(t, "R1.2: authorizer", map[string]bool{
		"Cognito's":                    authorizer.Type == apitypes.AuthorizerTypeCognitoUserPools,
		"of the deployment's own pool": slices.Equal(authorizer.ProviderARNs, []string{aws.ToString(pool.UserPool.Arn)}),
		"by the header Authorization":  aws.ToString(authorizer.IdentitySource) == "method.request.header.Authorization",
	})
	return aws.ToString(authorizer.Id)
}

// applicationURL gives the application's origin, as the functions are told it.
func (s *stack) applicationURL(t *testing.T) string {
	t.Helper()
	function, err := lambda.NewFromConfig(s.config).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(s.Name + "-goals")})
	if err != nil || function.Environment == nil || !strings.HasPrefix(function.Environment.Variables["APPLICATION_URL"], "https://") {
		t.Fatalf("R1.2: the functions do not know the application's address: %+v, %v", function, err)
	}
	return function.Environment.Variables["APPLICATION_URL"]
}
