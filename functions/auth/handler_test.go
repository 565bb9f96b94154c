package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	one = "018f3c1e-0000-4000-8000-000000000001"
	two = "018f3c1e-0000-4000-8000-000000000002"
)

// cognito speaks as the user pool does.
type cognito struct {
	t      *testing.T
	during func() // runs while a request is answered
	lock   sync.Mutex
	refuse string   // the exception's name; "" answers
	asked  []string // operations with pool and user
}

func (c *cognito) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var input struct {
		UserPoolID string `json:"UserPoolId"`
		Username   string
	}
	if err := json.NewDecoder(r.Body).Decode(&input); err != nil {
		c.t.Errorf("asked for no JSON: %v", err)
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c.asked = append(c.asked, operation+" "+input.UserPoolID+" "+input.Username)
	if c.during != nil {
		c.during()
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if c.refuse != "" {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": c.refuse, "message": "secret detail"})
		return
	}
	_, _ = io.WriteString(w, "{}")
}

// api is the function before a database and a user pool of the test's own.
type api struct {
	t        *testing.T
	router   *httpapi.Router
	db       *store.DB
	database pgtest.Database
	cognito  *cognito
}

func newAPI(t *testing.T) api {
	t.Helper()
	database := pgtest.New(t)
	db, err := store.Open(t.Context(), store.Options{
		Host: database.Host, Port: 5432, Database: database.Name, User: "goal_mandala_app",
		Auth: store.StaticPassword{}, StatementTimeout: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	service := &cognito{t: t}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	client := cognitoidentityprovider.New(cognitoidentityprovider.Options{
		BaseEndpoint: &server.URL, Region: "ap-northeast-1", Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	})
	router := httpapi.New(httpapi.Options{
		Function: function, CORSOrigins: []string{"https://app.example.com"}, Logger: slog.New(slog.DiscardHandler),
		Metrics: telemetry.NewMetrics(io.Discard, time.Now), Clock: time.Now,
	})
	handler{database: db, users: pool{client: client, id: "pool"}}.routes(router)
	apispec.Watch(t, function, router)
	return api{t, router, db, database, service}
}

// call sends the saved event, changed to this request.
func (a api) call(user, method, path, body string, change ...func(*events.APIGatewayProxyRequest)) events.APIGatewayProxyResponse {
	a.t.Helper()
	saved, err := os.ReadFile("testdata/event.json")
	if err != nil {
		a.t.Fatal(err)
	}
	var event events.APIGatewayProxyRequest
	if err := json.Unmarshal(saved, &event); err != nil {
		a.t.Fatal(err)
	}
	event.HTTPMethod, event.Path, event.Body = method, path, body
	if user != one {
		claims(map[string]any{"sub": user, "cognito:username": user, "email": user + "@example.com"})(&event)
	}
	for _, edit := range change {
		edit(&event)
	}
	answer, err := a.router.Serve(a.t.Context(), event)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer
}

// claims changes what Cognito says of the caller.
func claims(changed map[string]any) func(*events.APIGatewayProxyRequest) {
	return func(event *events.APIGatewayProxyRequest) {
		all := event.RequestContext.Authorizer["claims"].(map[string]any)
		for name, value := range changed {
			all[name] = value
		}
	}
}

func ifMatch(tag string) func(*events.APIGatewayProxyRequest) {
	return func(event *events.APIGatewayProxyRequest) { event.Headers["If-Match"] = tag }
}

// read reads an answer that must have this status.
func read[T any](t *testing.T, answer events.APIGatewayProxyResponse, status int) T {
	t.Helper()
	var body T
	if err := json.Unmarshal([]byte(answer.Body), &body); err != nil || answer.StatusCode != status {
		t.Fatalf("%d %s", answer.StatusCode, answer.Body)
	}
	return body
}

func fields(t *testing.T, answer events.APIGatewayProxyResponse) []string {
	t.Helper()
	var problem httpapi.Problem
	if err := json.Unmarshal([]byte(answer.Body), &problem); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, field := range problem.Errors {
		all = append(all, field.Field+": "+field.Code)
	}
	return all
}

func TestTheFirstSignInMakesTheProfile(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	first := read[session](t, a.call(one, "GET", "/auth", ""), 200)
	want := domain.User{
		ID: one, Email: "one@example.com", Name: "One", Industry: "education", CompanySize: "10-49", JobType: "teacher", Position: "lead",
	}
	got := first.User
	got.Meta = domain.Meta{}
	if diff := cmp.Diff(want, got); diff != "" || !first.FirstSignIn || first.User.Version != 1 {
		t.Errorf("%+v (-want +got):\n%s", first, diff)
	}
	read[domain.User](t, a.call(one, "PATCH", "/profile", `{"name": "Eins"}`), 200)
	// Cognito's attributes count at the first sign-in only, but for the address.
	moved := claims(map[string]any{"email": "new@example.com", "name": "Uno"})
	second := read[session](t, a.call(one, "GET", "/auth", "", moved), 200)
	if second.FirstSignIn || second.User.Email != "new@example.com" || second.User.Name != "Eins" || second.User.Version != 3 {
		t.Errorf("the second sign-in: %+v", second)
	}
	// No other user's rows are touched by an address that is taken.
	if taken := a.call(two, "GET", "/auth", "", claims(map[string]any{"email": "NEW@example.com", "email_verified": "false"})); taken.StatusCode != 409 {
		t.Errorf("with an address that is taken: %d %s", taken.StatusCode, taken.Body)
	}
	if other := read[session](t, a.call(two, "GET", "/auth", ""), 200); !other.FirstSignIn || other.User.ID != two || other.User.Name == "Eins" {
		t.Errorf("another user: %+v", other)
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	steps := []struct {
		what, user, method, body, tag string
		status                        int
		etag                          string
		fields                        []string
	}{
		{"read without a sign-in before", one, "GET", "", "", 200, `"1"`, nil},
		{"changed", one, "PATCH", `{"companySize": "50-99", "position": ""}`, `"1"`, 200, `"2"`, nil},
		{"changed to the same", one, "PATCH", `{"companySize": "50-99"}`, `"2"`, 200, `"2"`, nil},
		{"changed by who read before", one, "PATCH", `{"name": "Late"}`, `"1"`, 412, "", nil},
		{"everything wrong", one, "PATCH", `{"name": "` + strings.Repeat("a", 129) + `", "industry": "\u0000"}`, "", 422, "", []string{"name: too_long", "industry: invalid"}},
		{"the address, which is Cognito's", one, "PATCH", `{"email": "x@example.com"}`, "", 422, "", []string{"email: unknown"}},
		{"a wrong type", one, "PATCH", `{"name": {}}`, "", 422, "", []string{"name: invalid"}},
		{"no JSON", one, "PATCH", `name`, "", 400, "", nil},
		{"changed before any sign-in", two, "PATCH", `{"name": "Two"}`, "", 200, `"2"`, nil},
		{"read again", one, "GET", "", "", 200, `"2"`, nil},
	}
	for _, step := range steps {
		answer := a.call(step.user, step.method, "/profile", step.body, ifMatch(step.tag))
		got := []any{answer.StatusCode, answer.Headers["ETag"], fields(t, answer)}
		if diff := cmp.Diff([]any{step.status, step.etag, step.fields}, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", step.what, answer.Body, diff)
		}
	}
	if user := read[domain.User](t, a.call(one, "GET", "/profile", ""), 200); user.CompanySize != "50-99" || user.Position != "" || user.Name != "One" {
		t.Errorf("in the end: %+v", user)
	}
}

// TestAnAddressIsWhoseCognitoVerifiedIt: its owner before never said here that they have
// another one by now, and must not lock the new one out.
func TestAnAddressIsWhoseCognitoVerifiedIt(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const old, young, changed = "018f3c1e-0000-4000-8000-0000000000a1", "018f3c1e-0000-4000-8000-0000000000a2", "018f3c1e-0000-4000-8000-0000000000a3"
	email := func(address string, verified any) func(*events.APIGatewayProxyRequest) {
		return claims(map[string]any{"email": address, "email_verified": verified})
	}
	session := func(user string, status int, address string, verified any) domain.User {
		t.Helper()
		return read[struct{ User domain.User }](t, a.call(user, "GET", "/auth", "", email(address, verified)), status).User
	}
	session(old, 200, "shared@example.com", "true")
	session(changed, 200, "other@example.com", "true")
	for _, verified := range []any{"false", nil, true, "TRUE"} {
		session(young, 409, "shared@example.com", verified)
		session(changed, 409, "shared@example.com", verified)
	}
	if got := session(young, 200, "Shared@example.com", "true"); got.Email != "Shared@example.com" {
		t.Errorf("the new owner: %+v", got)
	}
	// Who changes to it gets it as well, and whoever had it gets what Cognito says next.
	if got := session(changed, 200, "shared@example.com", "true"); got.Email != "shared@example.com" {
		t.Errorf("who changed: %+v", got)
	}
	if got := session(old, 200, "new@example.com", "true"); got.Email != "new@example.com" {
		t.Errorf("the old owner: %+v", got)
	}
	profile := read[domain.User](t, a.call(young, "GET", "/profile", "", email(young+"@invalid", "false")), 200)
	if profile.Email != young+"@invalid" || profile.Reachable() {
		t.Errorf("who lost it: %+v", profile)
	}
}

func TestWhoIsNotSignedInHasNoSession(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, route := range a.router.Operations() {
		answer := a.call(one, route.Method, route.Path, "{}", func(event *events.APIGatewayProxyRequest) { event.RequestContext.Authorizer = nil })
		if answer.StatusCode != 401 {
			t.Errorf("%s %s: %d %s", route.Method, route.Path, answer.StatusCode, answer.Body)
		}
	}
	if len(a.cognito.asked) > 0 {
		t.Errorf("Cognito was asked: %v", a.cognito.asked)
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		refuse string
		status int
	}{
		"signed in":        {"", 204},
		"not in the pool":  {"UserNotFoundException", 204},
		"too many at once": {"TooManyRequestsException", 503},
		"not allowed":      {"NotAuthorizedException", 503},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			a.cognito.refuse = test.refuse
			answer := a.call(one, "POST", "/auth/sign-out", "", claims(map[string]any{"cognito:username": "name"}))
			if answer.StatusCode != test.status || strings.Contains(answer.Body, "secret") || (answer.Headers["Retry-After"] != "") != (test.status == 503) {
				t.Errorf("%d %s %v", answer.StatusCode, answer.Body, answer.Headers)
			}
			if diff := cmp.Diff([]string{"AdminUserGlobalSignOut pool name"}, a.cognito.asked); diff != "" {
				t.Errorf("Cognito was asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAWrongEnvironmentIsAnErrorThatNamesIt(t *testing.T) {
	t.Parallel()
	_, err := setUp(t.Context(), func(string) (string, bool) { return "", false })
	for _, name := range []string{"RELEASE", "DATABASE_HOST", "USER_POOL_ID"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
	if slices.ContainsFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "USER_POOL_ID=") }) {
		t.Error("the test's own environment has a user pool")
	}
}
