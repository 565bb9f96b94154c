package test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"
)

// endpoint is a path of the catalogue, with the methods that it has at least and
// the function that answers them.
type endpoint struct{ path, methods, function string }

// endpoints are all that R1.2 names.
func endpoints() []endpoint {
	return []endpoint{
		{"/health", "GET", "health"},
		{"/unsubscribe", "GET POST", "reminder"},
		{"/auth", "GET", "auth"},
		{"/auth/sign-out", "POST", "auth"},
		{"/profile", "DELETE GET PATCH", "auth"},
		{"/profile/reminders", "GET PUT", "auth"},
		{"/goals", "GET POST", "goals"},
		{"/goals/{goalId}", "DELETE GET PATCH", "goals"},
		{"/goals/{goalId}/sub-goals", "GET POST", "goals"},
		{"/goals/{goalId}/sub-goals/{subGoalId}", "DELETE GET PATCH", "goals"},
		{"/goals/{goalId}/sub-goals/{subGoalId}/actions", "GET POST", "goals"},
		{"/goals/{goalId}/actions", "GET", "goals"},
		{"/goals/{goalId}/actions/{actionId}", "DELETE GET PATCH", "goals"},
		{"/goals/{goalId}/chart", "GET", "goals"},
		{"/goals/{goalId}/change-history", "GET", "goals"},
		{"/goals/{goalId}/progress-history", "GET", "goals"},
		{"/tasks", "GET POST", "tasks"},
		{"/tasks/{taskId}", "DELETE GET PATCH", "tasks"},
		{"/tasks/{taskId}/history", "GET", "tasks"},
		{"/tasks/{taskId}/notes", "GET POST", "tasks"},
		{"/tasks/{taskId}/notes/{noteId}", "DELETE PATCH", "tasks"},
		{"/tasks/bulk/delete", "POST", "tasks"},
		{"/tasks/bulk/status", "POST", "tasks"},
		{"/tasks/views", "GET POST", "tasks"},
		{"/tasks/views/{viewId}", "DELETE GET PATCH", "tasks"},
		{"/reflections", "GET POST", "reflections"},
		{"/reflections/{reflectionId}", "DELETE GET PATCH", "reflections"},
		{"/ai/executions", "POST", "ai"},
		{"/ai/executions/{executionId}", "GET", "ai"},
		{"/ai/executions/{executionId}/cancel", "POST", "ai"},
		{"/ai/executions/{executionId}/retry", "POST", "ai"},
	}
}

// checkRoute holds a route that a function answers to the rules for all.
func checkRoute(t *testing.T, name string, route apitypes.Method, authorizer string) {
	t.Helper()
	_, path, _ := strings.Cut(name, " ")
	open := path == "/health" || path == "/unsubscribe"
	kind := aws.ToString(route.AuthorizationType)
	integration := route.MethodIntegration
	if integration == nil {
		t.Errorf("R1.2: %s is answered by nothing", name)
		return
	}
	facts(t, "R1.2: "+name, map[string]bool{
		"signed in, but for health and unsubscribing": open && kind == "NONE" || !open && kind == "COGNITO_USER_POOLS" && aws.ToString(route.AuthorizerId) == authorizer,
		"a function's proxy":                          integration.Type == apitypes.IntegrationTypeAwsProxy && aws.ToString(integration.HttpMethod) == "POST",
		"by its alias":                                strings.HasSuffix(aws.ToString(integration.Uri), ":live/invocations"),
		"parameters are checked":                      aws.ToString(route.RequestValidatorId) != "",
	})
}

// checkPreflight sees that pages of the application, and no others, may call.
func checkPreflight(t *testing.T, path string, preflight apitypes.Method, methods map[string]apitypes.Method, origin string) {
	t.Helper()
	if preflight.MethodIntegration == nil || len(preflight.MethodIntegration.IntegrationResponses) == 0 {
		t.Errorf("R1.2: the preflight of %s answers nothing: %+v", path, preflight)
		return
	}
	if aws.ToString(preflight.AuthorizationType) != "NONE" || preflight.MethodIntegration.Type != apitypes.IntegrationTypeMock {
		t.Errorf("R1.2: the preflight of %s needs a sign-in or a function: %+v", path, preflight)
	}
	for status, response := range preflight.MethodIntegration.IntegrationResponses {
		if got := response.ResponseParameters["method.response.header.Access-Control-Allow-Origin"]; got != "'"+origin+"'" {
			t.Errorf("R1.2: the preflight of %s allows %s (%s), not %s", path, got, status, origin)
		}
		headers := strings.Split(strings.Trim(response.ResponseParameters["method.response.header.Access-Control-Allow-Headers"], "'"), ",")
		if diff := cmp.Diff([]string{"Authorization", "Content-Type", "Idempotency-Key", "If-Match"}, sorted(headers)); diff != "" {
			t.Errorf("R1.2: headers that the preflight of %s allows (-want +got):\n%s", path, diff)
		}
		var allowed, want []string
		for method := range strings.SplitSeq(strings.Trim(response.ResponseParameters["method.response.header.Access-Control-Allow-Methods"], "'"), ",") {
			allowed = append(allowed, method)
		}
		for method := range methods {
			want = append(want, method)
		}
		if diff := cmp.Diff(sorted(want), sorted(allowed)); diff != "" {
			t.Errorf("R1.2: methods that the preflight of %s allows (-want +got):\n%s", path, diff)
		}
	}
}

// checkAPIPermission sees that this API's stage, and no other, may call the
// alias of a function.
func checkAPIPermission(t *testing.T, s *stack, id, function string) {
	t.Helper()
	found, err := lambda.NewFromConfig(s.config).GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: aws.String(s.Name + "-" + function), Qualifier: aws.String("live")})
	if err != nil {
		t.Errorf("R1.2: API Gateway may not call %s: %v", function, err)
		return
	}
	var policy struct {
		Statement []struct {
			Effect    string
			Action    string
			Principal struct{ Service string }
			Condition struct{ ArnLike map[string]string }
		}
	}
	if err := json.Unmarshal([]byte(aws.ToString(found.Policy)), &policy); err != nil {
		t.Fatal(err)
	}
	may := 0
	for _, statement := range policy.Statement {
		if statement.Principal.Service != "apigateway.amazonaws.com" {
			continue
		}
		may++
		facts(t, "R4.1: "+function, map[string]bool{
			"API Gateway calls it": statement.Effect == "Allow" && statement.Action == "lambda:InvokeFunction",
			"for this stage only":  strings.HasSuffix(statement.Condition.ArnLike["AWS:SourceArn"], ":"+id+"/v1/*"),
		})
	}
	if may != 1 {
		t.Errorf("R4.1: %d statements let API Gateway call %s", may, function)
	}
}
