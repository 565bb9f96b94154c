package localaws_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
	"github.com/goal-mandala/mandala-deploy/test/kit/signin"
)

// application is an API as modules/api makes one, in front of a function, with
// users who may call it.
type application struct {
	dir   string
	to    aws.Config
	api   *apigateway.Client
	id    string
	users *users
	token string // of its member
	base  string // address of stage v1
}

// newApplication deploys one to an instance of its own.
func newApplication(t *testing.T) *application {
	t.Helper()
	dir, status := up(t)
	a := &application{dir: dir, to: client(status.Address)}
	a.function(t)
	var err error
	if a.users, err = members(t.Context(), a.to, nil); err != nil {
		t.Fatal(err)
	}
	tokens, err := signin.SignIn(t.Context(), a.to, a.users.pool, a.users.client, member, password)
	if err != nil {
		t.Fatal(err)
	}
	a.token = tokens.ID
	logs := cloudwatchlogs.NewFromConfig(a.to)
	if _, err := logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/access")}); err != nil {
		t.Fatal(err)
	}
	a.api = apigateway.NewFromConfig(a.to)
	made, err := a.api.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("pages")})
	if err != nil {
		t.Fatal(err)
	}
	a.id = *made.Id
	if _, err := a.api.UpdateRestApi(t.Context(), &apigateway.UpdateRestApiInput{RestApiId: &a.id, PatchOperations: []apitypes.PatchOperation{
		{Op: apitypes.OpAdd, Path: aws.String("/binaryMediaTypes"), Value: aws.String("image/*")},
	}}); err != nil {
		t.Fatal(err)
	}
	a.define(t, "1")
	deployment, err := a.api.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &a.id})
	if err != nil {
		t.Fatal(err)
	}
	a.stage(t, "v1", *deployment.Id)
	a.base = status.Address + "/_aws/execute-api/" + a.id + "/v1"
	return a
}

// define imports the API; version is told in a header of its preflights.
func (a *application) define(t *testing.T, version string) {
	t.Helper()
	document, err := os.ReadFile("testdata/pages.json")
	if err != nil {
		t.Fatal(err)
	}
	document = []byte(strings.NewReplacer("USER_POOL", a.users.pool, `"VERSION"`, `"'`+version+`'"`).Replace(string(document)))
	if _, err := a.api.PutRestApi(t.Context(), &apigateway.PutRestApiInput{RestApiId: &a.id, Mode: apitypes.PutModeOverwrite, Body: document}); err != nil {
		t.Fatal(err)
	}
}

func (a *application) stage(t *testing.T, name, deployment string) {
	t.Helper()
	format := `{"path":"$context.path","status":"$context.status","sub":"$context.authorizer.claims.sub","type":"$context.error.responseType","integration":"$context.integration.status","resource":"$context.resourcePath","waf":"$context.waf.status"}`
	if _, err := a.api.CreateStage(t.Context(), &apigateway.CreateStageInput{
		RestApiId: &a.id, StageName: &name, DeploymentId: &deployment, Variables: map[string]string{"colour": "blue"},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.api.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: &a.id, StageName: &name, PatchOperations: []apitypes.PatchOperation{
		{Op: apitypes.OpReplace, Path: aws.String("/accessLogSettings/destinationArn"), Value: aws.String("arn:aws:logs:" + region + ":123456789012:log-group:/access")},
		{Op: apitypes.OpReplace, Path: aws.String("/accessLogSettings/format"), Value: &format},
		{Op: apitypes.OpReplace, Path: aws.String("/*/*/throttling/rateLimit"), Value: aws.String("1000")},
		{Op: apitypes.OpReplace, Path: aws.String("/~1limited/GET/throttling/rateLimit"), Value: aws.String("0.001")},
		{Op: apitypes.OpReplace, Path: aws.String("/~1limited/GET/throttling/burstLimit"), Value: aws.String("1")},
	}}); err != nil {
		t.Fatal(err)
	}
}

// function deploys the function of testdata with the alias live.
func (a *application) function(t *testing.T) {
	t.Helper()
	target := filepath.Join(t.TempDir(), "bootstrap")
	command := exec.CommandContext(t.Context(), "go", "build", "-o", target, "./testdata/pagefunction")
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("building the function: %v\n%s", err, output)
	}
	content, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	var code bytes.Buffer
	archive := zip.NewWriter(&code)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Store}
	header.SetMode(0o755)
	file, err := archive.CreateHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	role, err := iam.NewFromConfig(a.to).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName:                 aws.String("pages"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	api := lambda.NewFromConfig(a.to)
	made, err := api.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		Code: &lambdatypes.FunctionCode{ZipFile: code.Bytes()}, FunctionName: aws.String("pages"), Handler: aws.String("bootstrap"),
		Role: role.Role.Arn, Runtime: lambdatypes.RuntimeProvidedal2023, Timeout: aws.Int32(20), Publish: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: aws.String("pages"), FunctionVersion: made.Version, Name: aws.String("live")}); err != nil {
		t.Fatal(err)
	}
}

// reply is an answer with its body.
type reply struct {
	status int
	header http.Header
	body   string
}

// send asks without an SDK, as a page does.
func send(t *testing.T, method, address, body string, header map[string]string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
		if name == "Host" {
			request.Host = value
		}
	}
	response, err := (&http.Transport{DisableKeepAlives: true, DisableCompression: true}).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(content)}
}

func TestStage(t *testing.T) {
	t.Parallel()
	a := newApplication(t)
	t.Run("requests", func(t *testing.T) { a.requests(t) })
	t.Run("metrics", func(t *testing.T) { a.metrics(t) })
	t.Run("deployments", func(t *testing.T) { a.deployments(t) })
}

// requests asks for much at once.
func (a *application) requests(t *testing.T) {
	signed := map[string]string{"Authorization": a.token}
	const problem, origin = "application/problem+json", "https://app.example.com"

	for name, test := range map[string]struct {
		method, path string
		header       map[string]string
		status       int
		kind, body   string
	}{
		"an unknown path":         {"GET", "/none", nil, 404, problem, `"title":"Not Found"`},
		"an unknown method":       {"DELETE", "/goals/1", signed, 404, problem, `"title":"Not Found"`},
		"no token":                {"GET", "/goals/1", nil, 401, problem, `"status":401`},
		"no token of ours":        {"GET", "/goals/1", map[string]string{"Authorization": "a.b.c"}, 401, problem, `"status":401`},
		"a missing parameter":     {"GET", "/search", nil, 400, problem, `Missing required request parameters: [token]`},
		"a parameter":             {"GET", "/search?token=x", nil, 200, "application/json", `"queryStringParameters":{"token":"x"}`},
		"a fixed path before":     {"GET", "/goals/own", signed, 200, "application/json", `"resource":"/goals/own"`},
		"a greedy path":           {"GET", "/files/a/b%20c", nil, 200, "application/json", `"pathParameters":{"path":"a/b c"}`},
		"a function that fails":   {"GET", "/fails", nil, 502, problem, `"title":"Internal Server Error"`},
		"a malformed answer":      {"GET", "/malformed", nil, 502, problem, `"title":"Internal Server Error"`},
		"a function that is slow": {"GET", "/sleeps", nil, 504, problem, `"title":"Gateway Timeout"`},
		"no such function":        {"GET", "/nowhere", nil, 500, problem, `"title":"Internal Server Error"`},
		"binary where wanted":     {"GET", "/packed", map[string]string{"Accept": "image/png"}, 200, "image/png", "\x00\x01\x02"},
		"binary where not":        {"GET", "/packed", map[string]string{"Accept": "text/html"}, 200, "image/png", "AAEC"},
		"an unknown stage":        {"GET", "/../v2/search", nil, 403, "application/json", `{"message":"Forbidden"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := a.base + test.path
			if after, ok := strings.CutPrefix(test.path, "/../"); ok {
				address = strings.TrimSuffix(a.base, "v1") + after
			}
			got := send(t, test.method, address, "", test.header)
			if test.kind == problem && got.header.Get("Access-Control-Allow-Origin") != origin {
				t.Errorf("the page cannot read it: %v", got.header)
			}
			if got.status != test.status || got.header.Get("Content-Type") != test.kind || !strings.Contains(got.body, test.body) || strings.Contains(got.body, "secret") {
				t.Errorf("got %d %s %s", got.status, got.header.Get("Content-Type"), got.body)
			}
			if id := got.header.Get("X-Amzn-Requestid"); test.status != 403 && len(id) != 36 {
				t.Errorf("no request id, but %q", id)
			}
		})
	}
	t.Run("the event", func(t *testing.T) { t.Parallel(); a.event(t) })
	t.Run("preflights", func(t *testing.T) { t.Parallel(); a.preflights(t) })
	t.Run("a limit", func(t *testing.T) { t.Parallel(); a.limit(t) })
	t.Run("tokens", func(t *testing.T) { t.Parallel(); a.tokens(t) })
	t.Run("a body that is too large", func(t *testing.T) {
		t.Parallel()
		if got := send(t, "POST", a.base+"/search?token=x", strings.Repeat("x", 10<<20+1), nil); got.status != 413 {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
	t.Run("the access log", func(t *testing.T) { t.Parallel(); a.accessLog(t) })
}

// event looks at what a function gets.
func (a *application) event(t *testing.T) {
	address := a.base + "/goals/42?b=1&b=2&q=%E7%9B%AE"
	got := send(t, "POST", address, `{"title":"目標"}`, map[string]string{
		"Authorization": "Bearer " + a.token, "Content-Type": "application/json", "User-Agent": "test", "X-Forwarded-For": "192.0.2.1",
	})
	var event struct {
		Resource, Path, HTTPMethod, Body string
		IsBase64Encoded                  bool
		Headers                          map[string]string
		MultiValueQueryStringParameters  map[string][]string
		QueryStringParameters            map[string]string
		PathParameters, StageVariables   map[string]string
		RequestContext                   struct {
			ResourcePath, Path, Stage, HTTPMethod, OperationName, AccountID, APIID, RequestID string
			Identity                                                                          struct{ SourceIP, UserAgent string }
			Authorizer                                                                        struct{ Claims map[string]string }
		}
	}
	if err := json.Unmarshal([]byte(got.body), &event); err != nil {
		t.Fatalf("%v: %d %s", err, got.status, got.body)
	}
	context := event.RequestContext
	claims := context.Authorizer.Claims
	said := []any{
		event.Resource, event.Path, event.HTTPMethod, event.Body, event.IsBase64Encoded, event.Headers["X-Forwarded-For"], event.Headers["X-Forwarded-Proto"],
		event.MultiValueQueryStringParameters, event.QueryStringParameters, event.PathParameters, event.StageVariables,
		context.ResourcePath, context.Path, context.Stage, context.OperationName, context.AccountID, context.APIID, context.RequestID, context.Identity.SourceIP, context.Identity.UserAgent,
		claims["email"], claims["email_verified"], claims["custom:job_title"], claims["token_use"], claims["aud"],
	}
	want := []any{
		"/goals/{goalId}", "/goals/42", "POST", `{"title":"目標"}`, false, "192.0.2.1, 127.0.0.1", "https",
		map[string][]string{"b": {"1", "2"}, "q": {"目"}}, map[string]string{"b": "2", "q": "目"}, map[string]string{"goalId": "42"}, map[string]string{"colour": "blue"},
		"/goals/{goalId}", "/v1/goals/42", "v1", "changeGoal", "123456789012", a.id, got.header.Get("X-Amzn-Requestid"), "127.0.0.1", "test",
		member, "true", "Engineer", "id", a.users.client,
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("the event (-want +got):\n%s", diff)
	}
	if ends, err := time.Parse("Mon Jan 02 15:04:05 UTC 2006", claims["exp"]); err != nil || time.Until(ends) > 50*time.Minute {
		t.Errorf("exp is %q: %v", claims["exp"], err)
	}
	if diff := cmp.Diff([]any{"one", "7", "mine", []string{"a=1", "b=2"}}, []any{
		got.header.Get("X-Single"), got.header.Get("X-Number"), got.header.Get("X-Amzn-Remapped-Date"), got.header.Values("Set-Cookie"),
	}); diff != "" {
		t.Errorf("the answer's headers (-want +got):\n%s", diff)
	}
}

func (a *application) preflights(t *testing.T) {
	for caller, want := range map[string]string{
		"": "https://app.example.com", "https://evil.example.com": "https://app.example.com", "https://two.example.com": "https://two.example.com",
	} {
		got := send(t, "OPTIONS", a.base+"/goals/1", "", map[string]string{"Origin": caller, "Access-Control-Request-Method": "POST"})
		if got.status != 204 || got.header.Get("Access-Control-Allow-Origin") != want || got.header.Get("Access-Control-Allow-Methods") != "GET,OPTIONS,POST" {
			t.Errorf("for %q: %d %v %s", caller, got.status, got.header, got.body)
		}
	}
}

func (a *application) limit(t *testing.T) {
	if first := send(t, "GET", a.base+"/limited", "", nil); first.status != 200 {
		t.Errorf("the first: %d %s", first.status, first.body)
	}
	second := send(t, "GET", a.base+"/limited", "", nil)
	if second.status != 429 || second.header.Get("Retry-After") != "1" {
		t.Errorf("the second: %d %v %s", second.status, second.header, second.body)
	}
}

// tokens tries what is not an ID token of this pool, and what is one still.
func (a *application) tokens(t *testing.T) {
	other, err := members(t.Context(), a.to, nil)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := signin.SignIn(t.Context(), a.to, other.pool, other.client, member, password)
	if err != nil {
		t.Fatal(err)
	}
	own, err := signin.SignIn(t.Context(), a.to, a.users.pool, a.users.client, member, password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.users.admin.AdminUserGlobalSignOut(t.Context(), &cognito.AdminUserGlobalSignOutInput{UserPoolId: &a.users.pool, Username: aws.String(member)}); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(own.ID, ".")
	for name, test := range map[string]struct {
		token  string
		status int
	}{
		"of another pool":       {foreign.ID, 401},
		"an access token":       {own.Access, 401},
		"with a broken payload": {parts[0] + "." + parts[1] + "x." + parts[2], 401},
		"without signature":     {parts[0] + "." + parts[1] + ".", 401},
		"after a sign-out":      {own.ID, 200}, // Cognito does not call ID tokens back
	} {
		if got := send(t, "GET", a.base+"/goals/1", "", map[string]string{"Authorization": test.token}); got.status != test.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

func (a *application) accessLog(t *testing.T) {
	send(t, "GET", a.base+"/goals/logged", "", map[string]string{"Authorization": a.token})
	send(t, "GET", a.base+"/unlogged", "", nil)
	logs := cloudwatchlogs.NewFromConfig(a.to)
	want := []string{
		`{"path":"/v1/goals/logged","status":"200","sub":"SUB","type":"-","integration":"200","resource":"/goals/{goalId}","waf":"-"}`,
		`{"path":"/v1/unlogged","status":"404","sub":"-","type":"MISSING_AUTHENTICATION_TOKEN","integration":"-","resource":"-","waf":"-"}`,
	}
	sub := regexp.MustCompile(`"sub":"[0-9a-f-]{36}"`)
	wait(t, func() error {
		found, err := logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("/access")})
		if err != nil {
			return err
		}
		var lines []string
		for _, event := range found.Events {
			lines = append(lines, sub.ReplaceAllString(*event.Message, `"sub":"SUB"`))
		}
		for _, line := range want {
			if !slices.Contains(lines, line) {
				return fmt.Errorf("%s is not among\n%s", line, strings.Join(lines, "\n"))
			}
		}
		return nil
	})
}

// wait tries until ok gives nil.
func wait(t *testing.T, ok func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = ok(); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// deployments shows that a stage serves its deployment, not what the API has become
// since.
func (a *application) deployments(t *testing.T) {
	version := func() string {
		return send(t, "OPTIONS", a.base+"/goals/1", "", nil).header.Get("X-Version")
	}
	before := version()
	a.define(t, "2")
	undeployed := version()
	deployment, err := a.api.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &a.id})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.api.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: &a.id, StageName: aws.String("v1"), PatchOperations: []apitypes.PatchOperation{
		{Op: apitypes.OpReplace, Path: aws.String("/deploymentId"), Value: deployment.Id},
	}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1", "1", "2"}, []string{before, undeployed, version()}); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}

	// By its own name it answers, too, and status tells where all is.
	host := a.id + ".execute-api.localhost"
	if got := send(t, "OPTIONS", *a.to.BaseEndpoint+"/v1/goals/1", "", map[string]string{"Host": host}); got.status != 204 {
		t.Errorf("as %s: %d %s", host, got.status, got.body)
	}
	status, err := localaws.Describe(context.WithoutCancel(t.Context()), a.dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []localaws.Endpoint{
		{Kind: "api", Name: "pages v1", URL: a.base},
		{Kind: "user-pool", Name: "app (pool " + a.users.pool + ", client " + a.users.client + ")", URL: status.Address + "/"},
	}
	got := slices.DeleteFunc(status.Endpoints, func(e localaws.Endpoint) bool { return !slices.Contains(want, e) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("endpoints (-want +got):\n%s", diff)
	}
}
