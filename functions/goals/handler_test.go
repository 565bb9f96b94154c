package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// api is the function before a database of the test's own.
type api struct {
	t      *testing.T
	router *httpapi.Router
	db     *store.DB
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
	router := httpapi.New(httpapi.Options{
		Function: function, CORSOrigins: []string{"https://app.example.com"}, Logger: slog.New(slog.DiscardHandler),
		Metrics: telemetry.NewMetrics(io.Discard, time.Now), Clock: time.Now,
	})
	handler{database: db, clock: func() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) }, zone: time.UTC}.routes(router)
	apispec.Watch(t, function, router)
	return api{t, router, db}
}

const (
	one = "018f3c1e-0000-4000-8000-000000000001"
	two = "018f3c1e-0000-4000-8000-000000000002"
)

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
	event.RequestContext.Authorizer["claims"] = map[string]any{"sub": user, "email": user + "@example.com"}
	for _, edit := range change {
		edit(&event)
	}
	answer, err := a.router.Serve(a.t.Context(), event)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer
}

func ifMatch(tag string) func(*events.APIGatewayProxyRequest) {
	return func(event *events.APIGatewayProxyRequest) { event.Headers["If-Match"] = tag }
}

func TestLifeOfAGoal(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	created := a.call(one, "POST", "/goals", `{"title": "Run a marathon", "deadline": "2027-05-01"}`)
	var goal domain.Goal
	if err := json.Unmarshal([]byte(created.Body), &goal); err != nil || created.StatusCode != 201 {
		t.Fatalf("created: %d %s", created.StatusCode, created.Body)
	}
	path := "/goals/" + string(goal.ID)
	if apispec.Location(t, "/goals", created) != path || created.Headers["Access-Control-Allow-Origin"] != "https://app.example.com" {
		t.Errorf("headers %v", created.Headers)
	}
	steps := []struct {
		what   string
		answer events.APIGatewayProxyResponse
		status int
		etag   string
	}{
		{"read", a.call(one, "GET", path, ""), 200, `"1"`},
		{"by another user", a.call(two, "GET", path, ""), 404, ""},
		{"changed by another user", a.call(two, "PATCH", path, `{"title": "Mine"}`), 404, ""},
		{"deleted by another user", a.call(two, "DELETE", path, ""), 404, ""},
		{"changed", a.call(one, "PATCH", path, `{"status": "active", "deadline": null}`, ifMatch(`"1"`)), 200, `"2"`},
		{"changed by who read before", a.call(one, "PATCH", path, `{"title": "Late"}`, ifMatch(`"1"`)), 412, ""},
		{"listed", a.call(one, "GET", "/goals", ""), 200, ""},
		{"deleted by who read before", a.call(one, "DELETE", path, "", ifMatch(`"1"`)), 412, ""},
		{"deleted", a.call(one, "DELETE", path, "", ifMatch(`"2"`)), 204, ""},
		{"read after that", a.call(one, "GET", path, ""), 404, ""},
	}
	for _, step := range steps {
		if diff := cmp.Diff([]any{step.status, step.etag}, []any{step.answer.StatusCode, step.answer.Headers["ETag"]}); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", step.what, step.answer.Body, diff)
		}
	}
}

func TestGoalsAreListedInPages(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, title := range []string{"First", "Second", "Third"} {
		if answer := a.call(one, "POST", "/goals", `{"title": "`+title+`"}`); answer.StatusCode != 201 {
			t.Fatal(answer.Body)
		}
	}
	var titles []string
	query := map[string]string{"limit": "2", "status": "draft"}
	for pages := 0; pages < 3; pages++ {
		answer := a.call(one, "GET", "/goals", "", func(event *events.APIGatewayProxyRequest) { event.QueryStringParameters = query })
		var page store.Page[domain.Goal]
		if err := json.Unmarshal([]byte(answer.Body), &page); err != nil {
			t.Fatal(err)
		}
		for _, goal := range page.Items {
			titles = append(titles, goal.Title)
		}
		if query["cursor"] = page.Next; page.Next == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"Third", "Second", "First"}, titles); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestADeletedUserFindsAndMakesNothing asks with a token from before the deletion.
func TestADeletedUserFindsAndMakesNothing(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	path := plant(a).goal
	if err := a.db.Write(t.Context(), one, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteUser(ctx, store.AnyVersion) }); err != nil {
		t.Fatal(err)
	}
	if list := ask[store.Page[domain.Goal]](a, 200, "GET", "/goals", ""); len(list.Items) > 0 {
		t.Errorf("listed: %+v", list)
	}
	ask[httpapi.Problem](a, 404, "GET", path, "")
	ask[httpapi.Problem](a, 404, "PATCH", path, `{"title": "t"}`)
	ask[httpapi.Problem](a, 404, "POST", path+"/sub-goals", `{"title": "t", "position": 5}`)
	ask[httpapi.Problem](a, 401, "POST", "/goals", `{"title": "t"}`)
}

func TestWhatIsWrongIsSaidFieldByField(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	tests := map[string]struct {
		body   string
		status int
		fields []string
	}{
		"everything wrong": {`{"title": " ", "deadline": "2026-11-23", "status": "failed"}`, 422, []string{"title: required", "deadline: in_the_past", "status: transition_not_allowed"}},
		"unknown field":    {`{"title": "t", "userId": "x"}`, 422, []string{"userId: unknown"}},
		"wrong type":       {`{"title": 1}`, 422, []string{"title: invalid"}},
		"wrong types":      {`{"title": 1, "deadline": 5}`, 422, []string{"title: invalid", "deadline: invalid"}},
		"of every kind": {`{"title": "` + strings.Repeat("t", 201) + `", "deadline": "soon", "status": "failed", "background": {}, "zz": 1}`, 422,
			[]string{"background: invalid", "zz: unknown", "title: too_long", "deadline: invalid", "status: transition_not_allowed"}},
		"no JSON":       {`{`, 400, nil},
		"two values":    {`{"title": "t"} {}`, 400, nil},
		"no object":     {`null`, 400, nil},
		"no date":       {`{"title": "t", "deadline": "soon"}`, 422, []string{"deadline: invalid"}},
		"a date's type": {`{"title": "t", "deadline": 20270501}`, 422, []string{"deadline: invalid"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := a.call(one, "POST", "/goals", test.body)
			var problem httpapi.Problem
			if err := json.Unmarshal([]byte(answer.Body), &problem); err != nil {
				t.Fatal(err)
			}
			var fields []string
			for _, field := range problem.Errors {
				fields = append(fields, field.Field+": "+field.Code)
			}
			if diff := cmp.Diff([]any{test.status, test.status, test.fields}, []any{answer.StatusCode, problem.Status, fields}); diff != "" {
				t.Errorf("%s (-want +got):\n%s", answer.Body, diff)
			}
			if answer.Headers["Content-Type"] != "application/problem+json" || problem.RequestID == "" {
				t.Errorf("headers %v, request %q", answer.Headers, problem.RequestID)
			}
		})
	}
}

// TestTheUsersDayBegins: at 15:00 UTC it is midnight in Japan.
func TestTheUsersDayBegins(t *testing.T) {
	t.Parallel()
	for hour, want := range map[int]string{14: "2026-11-24", 15: "2026-11-25"} {
		h := handler{
			clock: func() time.Time { return time.Date(2026, 11, 24, hour, 0, 0, 0, time.UTC) },
			zone:  time.FixedZone("JST", 9*60*60),
		}
		if got := h.today().String(); got != want {
			t.Errorf("at %d:00 UTC it is %s, want %s", hour, got, want)
		}
	}
}
