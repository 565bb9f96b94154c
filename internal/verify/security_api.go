package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// stageName is the API's stage.
const stageName = "v1"

// openPaths are the paths that need no sign-in.
var openPaths = []string{"/health", "/unsubscribe"}

// restAPIOf gives the environment's REST API.
func restAPIOf(ctx context.Context, s *Subject) (types.RestApi, error) {
	return recall(ctx, "REST API of security", func(ctx context.Context) (types.RestApi, error) {
		name := s.Name() + "-api"
		all, err := listOf(ctx, "the REST APIs", apigateway.NewGetRestApisPaginator(apigateway.NewFromConfig(s.AWS), &apigateway.GetRestApisInput{}),
			func(page *apigateway.GetRestApisOutput) []types.RestApi { return page.Items })
		if err != nil {
			return types.RestApi{}, err
		}
		return lookup("API "+name, slices.DeleteFunc(all, func(each types.RestApi) bool { return text(each.Name) != name }), nil)
	})
}

// routesOf gives the API's methods by path and method.
func routesOf(ctx context.Context, s *Subject) (map[string]map[string]types.Method, error) {
	return recall(ctx, "routes", func(ctx context.Context) (map[string]map[string]types.Method, error) {
		api, err := restAPIOf(ctx, s)
		if err != nil {
			return nil, err
		}
		found, err := listOf(ctx, "the API's routes", apigateway.NewGetResourcesPaginator(apigateway.NewFromConfig(s.AWS), &apigateway.GetResourcesInput{
			RestApiId: api.Id, Embed: []string{"methods"}, Limit: awssdk.Int32(500),
		}), func(page *apigateway.GetResourcesOutput) []types.Resource { return page.Items })
		if err != nil {
			return nil, err
		}
		all := map[string]map[string]types.Method{}
		for _, each := range found {
			if len(each.ResourceMethods) > 0 {
				all[text(each.Path)] = each.ResourceMethods
			}
		}
		return all, nil
	})
}

// stageOf gives the API's stage.
func stageOf(ctx context.Context, s *Subject) (*apigateway.GetStageOutput, error) {
	return recall(ctx, "stage of security", func(ctx context.Context) (*apigateway.GetStageOutput, error) {
		api, err := restAPIOf(ctx, s)
		if err != nil {
			return nil, err
		}
		found, err := apigateway.NewFromConfig(s.AWS).GetStage(ctx, &apigateway.GetStageInput{RestApiId: api.Id, StageName: awssdk.String(stageName)})
		if answered(err, "NotFoundException") {
			return nil, &Failure{Reasons: []string{"the API has no stage " + stageName}}
		}
		return found, err
	})
}

func apiChecks() []Check {
	return []Check{
		{
			ID: "security.api-authorizer", Title: "every route but /health, /unsubscribe and preflights needs a sign-in with the environment's user pool", Requirements: []string{"R1.2"},
			Reads:  []string{"apigateway:GET /restapis/…/authorizers", "apigateway:GET /restapis/…/resources"},
			Remedy: "apply the layer api, which imports all routes anew, and look in the trail for who changed one",
			Run:    apiAuthorizer,
		},
		{
			ID: "security.api-anonymous", Title: "the API refuses whoever has not signed in, measured", Requirements: []string{"R1.2"}, Reads: []string{"GET of each path without variables, without a token"},
			Remedy: "where security.api-authorizer passes, the stage serves an older deployment of the API: apply the layer api",
			Run:    apiAnonymous,
		},
		{
			ID: "security.api-cors", Title: "only pages of the configured origins may call the API", Requirements: []string{"R1.2"}, Reads: []string{"apigateway:GET /restapis/…/resources", "apigateway:GET /restapis/…/gatewayresponses", "lambda:GetFunctionConfiguration"},
			Remedy: "set application_url and api.cors_origins to what the environment has, and apply the layers api and functions",
			Run:    apiCORS,
		},
		{
			ID: "security.api-logs", Title: "every call is logged, without bodies and tokens", Requirements: []string{"R1.2", "R1.4", "R8.1"}, Reads: []string{"apigateway:GET /restapis/…/stages/v1"},
			Remedy: "apply the layer api; where bodies were logged, delete the streams that have them",
			Run:    apiLogs,
		},
		{
			ID: "security.api-throttling", Title: "the API takes 1,000 requests a second and bursts of 2,000", Requirements: []string{"R1.2"}, Reads: []string{"apigateway:GET /restapis/…/stages/v1"},
			Remedy: "apply the layer api (api.throttle)",
			Run:    apiThrottling,
		},
		{
			ID: "security.api-regional", Title: "the API is REGIONAL and serves its stage v1", Requirements: []string{"R1.2"}, Reads: []string{"apigateway:GET /restapis", "apigateway:GET /restapis/…/stages/v1"},
			Remedy: "apply the layer api",
			Run:    apiRegional,
		},
	}
}

func apiAuthorizer(ctx context.Context, s *Subject) ([]string, error) {
	api, err := restAPIOf(ctx, s)
	if err != nil {
		return nil, err
	}
	pool, err := poolOf(ctx, s)
	if err != nil {
		return nil, err
	}
	routes, err := routesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	found, err := apigateway.NewFromConfig(s.AWS).GetAuthorizers(ctx, &apigateway.GetAuthorizersInput{RestApiId: api.Id, Limit: awssdk.Int32(500)})
	if err != nil {
		return nil, fmt.Errorf("the API's authorizers: %w", err)
	}
	var v verdict
	ours := map[string]bool{}
	for _, each := range found.Items {
		ours[text(each.Id)] = each.Type == types.AuthorizerTypeCognitoUserPools && slices.Equal(each.ProviderARNs, []string{text(pool.Arn)})
		v.must(ours[text(each.Id)], "the authorizer %s asks others than the environment's user pool: %v", text(each.Name), each.ProviderARNs)
	}
	v.must(len(found.Items) > 0, "the API has no authorizer")
	closed, open := judgeRoutes(&v, routes, ours)
	v.saw("%d methods need a sign-in, %d do not", closed, open)
	return v.give()
}

// judgeRoutes counts the methods that need a sign-in and those that do not.
func judgeRoutes(v *verdict, routes map[string]map[string]types.Method, authorizers map[string]bool) (closed, open int) {
	for path, methods := range routes {
		for method, route := range methods {
			if method == http.MethodOptions || slices.Contains(openPaths, path) {
				open++
				continue
			}
			closed++
			v.must(text(route.AuthorizationType) == "COGNITO_USER_POOLS" && authorizers[text(route.AuthorizerId)], "%s %s needs no sign-in: %s", method, path, text(route.AuthorizationType))
		}
	}
	v.must(closed > 0, "the API has no route that needs a sign-in")
	return closed, open
}

func apiAnonymous(ctx context.Context, s *Subject) ([]string, error) {
	routes, err := routesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	asked := 0
	for path, methods := range routes {
		if _, there := methods[http.MethodGet]; !there || slices.Contains(openPaths, path) || strings.Contains(path, "{") {
			continue
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.API+path, nil)
		if err != nil {
			return nil, err
		}
		response, err := s.HTTP.Do(request)
		if err != nil {
			return nil, fmt.Errorf("the API: %w", err)
		}
		_ = response.Body.Close()
		asked++
		v.must(response.StatusCode == http.StatusUnauthorized, "GET %s without a token is answered with %d, not 401", path, response.StatusCode)
	}
	v.must(asked > 0, "the API has no path to ask")
	v.saw("%d paths answer 401 to whoever has no token", asked)
	return v.give()
}

func apiCORS(ctx context.Context, s *Subject) ([]string, error) {
	api, err := restAPIOf(ctx, s)
	if err != nil {
		return nil, err
	}
	routes, err := routesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	functions, err := functionsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	configured := ""
	for _, each := range functions {
		if each.short == "goals" {
			configured = each.states()[0].environment["CORS_ORIGINS"]
		}
	}
	origins := strings.Split(configured, ",")
	for _, origin := range origins {
		v.must(safeOrigin(origin, of(plainOrigins, s.Environment)), "pages of %q may call the API", origin)
	}
	want := "'" + origins[0] + "'"
	for path, methods := range routes {
		preflight, there := methods[http.MethodOptions]
		if !there || preflight.MethodIntegration == nil {
			v.must(false, "%s answers no preflight", path)
			continue
		}
		for _, response := range preflight.MethodIntegration.IntegrationResponses {
			got := response.ResponseParameters["method.response.header.Access-Control-Allow-Origin"]
			v.must(got == want, "the preflight of %s lets pages of %s in, not %s", path, got, want)
		}
	}
	responses, err := apigateway.NewFromConfig(s.AWS).GetGatewayResponses(ctx, &apigateway.GetGatewayResponsesInput{RestApiId: api.Id, Limit: awssdk.Int32(500)})
	if err != nil {
		return nil, fmt.Errorf("the API's own responses: %w", err)
	}
	for _, each := range responses.Items {
		if got, there := each.ResponseParameters["gatewayresponse.header.Access-Control-Allow-Origin"]; there {
			v.must(got == want, "pages of %s may read %s, not those of %s", got, each.ResponseType, want)
		}
	}
	v.saw("origins %v", origins)
	return v.give()
}

func apiLogs(ctx context.Context, s *Subject) ([]string, error) {
	stage, err := stageOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	for method, each := range stage.MethodSettings {
		v.must(text(each.LoggingLevel) == "INFO", "%s is logged at %s, not INFO", method, text(each.LoggingLevel))
		v.must(!each.DataTraceEnabled, "%s logs bodies and tokens", method)
		v.must(each.MetricsEnabled, "%s is not measured", method)
	}
	_, all := stage.MethodSettings["*/*"]
	v.must(all, "the stage has no setting for all methods")
	group := "/aws/apigateway/" + s.Name() + "-api/access"
	if stage.AccessLogSettings == nil || !strings.HasSuffix(text(stage.AccessLogSettings.DestinationArn), ":log-group:"+group) {
		v.must(false, "calls are not logged in %s", group)
		return v.give()
	}
	var entry map[string]string
	if json.Unmarshal([]byte(text(stage.AccessLogSettings.Format)), &entry) != nil {
		v.must(false, "the access log is not JSON")
	}
	for member, value := range map[string]string{"requestId": "$context.requestId", "requestTime": "$context.requestTime", "httpMethod": "$context.httpMethod",
		"resourcePath": "$context.resourcePath", "status": "$context.status", "ip": "$context.identity.sourceIp"} {
		v.must(entry[member] == value, "the access log lacks %s", member)
	}
	v.saw("calls in %s", group)
	return v.give()
}

func apiThrottling(ctx context.Context, s *Subject) ([]string, error) {
	stage, err := stageOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	limit := stage.MethodSettings["*/*"]
	v.must(limit.ThrottlingRateLimit == 1000 && limit.ThrottlingBurstLimit == 2000, "the API takes %v requests a second and bursts of %d", limit.ThrottlingRateLimit, limit.ThrottlingBurstLimit)
	v.saw("%v requests a second, bursts of %d, web ACL %q", limit.ThrottlingRateLimit, limit.ThrottlingBurstLimit, text(stage.WebAclArn))
	return v.give()
}

func apiRegional(ctx context.Context, s *Subject) ([]string, error) {
	api, err := restAPIOf(ctx, s)
	if err != nil {
		return nil, err
	}
	stage, err := stageOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	v.must(api.EndpointConfiguration != nil && slices.Equal(api.EndpointConfiguration.Types, []types.EndpointType{types.EndpointTypeRegional}), "the API is not REGIONAL")
	v.must(!stage.CacheClusterEnabled, "the stage answers out of a cache")
	v.must(stage.CanarySettings == nil, "the stage serves a second version")
	v.saw("%s, deployment %s", text(api.Name), text(stage.DeploymentId))
	return v.give()
}

// apiTLS looks at the host names that lead to the API; the API's own endpoint takes
// HTTPS only, which AWS sees to.
func apiTLS(ctx context.Context, s *Subject) ([]string, error) {
	api, err := restAPIOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	client, names := apigateway.NewFromConfig(s.AWS), 0
	domains, err := listOf(ctx, "the API's host names", apigateway.NewGetDomainNamesPaginator(client, &apigateway.GetDomainNamesInput{}),
		func(page *apigateway.GetDomainNamesOutput) []types.DomainName { return page.Items })
	if err != nil {
		return nil, err
	}
	for _, each := range domains {
		mappings, err := client.GetBasePathMappings(ctx, &apigateway.GetBasePathMappingsInput{DomainName: each.DomainName, Limit: awssdk.Int32(500)})
		if err != nil {
			return nil, fmt.Errorf("host name %s: %w", text(each.DomainName), err)
		}
		if !slices.ContainsFunc(mappings.Items, func(m types.BasePathMapping) bool { return text(m.RestApiId) == text(api.Id) }) {
			continue
		}
		names++
		v.must(each.SecurityPolicy == types.SecurityPolicyTls12 || strings.HasPrefix(string(each.SecurityPolicy), "SecurityPolicy_TLS1"), "%s takes TLS older than 1.2: %s", text(each.DomainName), each.SecurityPolicy)
	}
	v.must(strings.HasPrefix(s.API, "https://") || isLocal(s), "the API is called at %s, without TLS", s.API)
	v.saw("%d host names of its own", names)
	return v.give()
}
