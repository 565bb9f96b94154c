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

const (
	one = "018f3c1e-0000-4000-8000-000000000001"
	two = "018f3c1e-0000-4000-8000-000000000002"
)

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
		Function: function, Logger: slog.New(slog.DiscardHandler), Metrics: telemetry.NewMetrics(io.Discard, time.Now), Clock: time.Now,
	})
	handler{database: db}.routes(router)
	apispec.Watch(t, function, router)
	return api{t, router, db}
}

// goal makes a goal of a user, who may be new.
func (a api) goal(user domain.ID) (goal domain.Goal) {
	a.t.Helper()
	err := a.db.Write(a.t.Context(), user, func(ctx context.Context, tx *store.Tx) (err error) {
		if err := tx.Provision(ctx, domain.User{Email: string(user) + "@example.com"}); err != nil {
			return err
		}
		goal, err = tx.CreateGoal(ctx, domain.Goal{Title: "Goal", Status: domain.GoalActive})
		return err
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return goal
}

// event is the saved event, which makes a reflection, of a user.
func (a api) event(user string) events.APIGatewayProxyRequest {
	a.t.Helper()
	saved, err := os.ReadFile("testdata/event.json")
	if err != nil {
		a.t.Fatal(err)
	}
	var event events.APIGatewayProxyRequest
	if err := json.Unmarshal(saved, &event); err != nil {
		a.t.Fatal(err)
	}
	event.RequestContext.Authorizer["claims"] = map[string]any{"sub": user, "email": user + "@example.com"}
	return event
}

func (a api) send(event events.APIGatewayProxyRequest) events.APIGatewayProxyResponse {
	a.t.Helper()
	answer, err := a.router.Serve(a.t.Context(), event)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer
}

// call sends the saved event, changed to this request; what follows ? is the query.
func (a api) call(user, method, path, body, tag string) events.APIGatewayProxyResponse {
	a.t.Helper()
	event := a.event(user)
	path, query, _ := strings.Cut(path, "?")
	event.HTTPMethod, event.Path, event.Body, event.Headers["If-Match"] = method, path, body, tag
	event.QueryStringParameters = map[string]string{}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		event.QueryStringParameters[name] = value
	}
	return a.send(event)
}

func fields(t *testing.T, answer events.APIGatewayProxyResponse) []string {
	t.Helper()
	var problem httpapi.Problem
	if err := json.Unmarshal([]byte(answer.Body), &problem); answer.Body != "" && err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, field := range problem.Errors {
		all = append(all, field.Field+": "+field.Code)
	}
	return all
}

func TestASavedEventMakesAReflection(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	goal := a.goal(one)
	event := a.event(one)
	if answer := a.send(event); answer.StatusCode != 404 || !cmp.Equal(fields(t, answer), []string{"goalId: not_found"}) {
		t.Errorf("on a goal that is not there: %d %s", answer.StatusCode, answer.Body)
	}
	event.Body = strings.Replace(event.Body, "018f3c1e-0000-4000-8000-00000000000a", string(goal.ID), 1)
	answer := a.send(event)
	var made domain.Reflection
	if err := json.Unmarshal([]byte(answer.Body), &made); err != nil || answer.StatusCode != 201 {
		t.Fatalf("%d %s", answer.StatusCode, answer.Body)
	}
	if made.GoalID != goal.ID || made.Summary != "It went well" || apispec.Location(t, "/reflections", answer) != "/reflections/"+string(made.ID) || answer.Headers["ETag"] != `"1"` {
		t.Errorf("%+v, %v", made, answer.Headers)
	}
	a.goal(two)
	if answer := a.call(two, "POST", "/reflections", event.Body, ""); answer.StatusCode != 404 {
		t.Errorf("on another user's goal: %d %s", answer.StatusCode, answer.Body)
	}
}

// reflect makes a reflection and gives its path.
func (a api) reflect(user string, goal domain.ID, summary string) string {
	a.t.Helper()
	answer := a.call(user, "POST", "/reflections", `{"goalId": "`+string(goal)+`", "summary": "`+summary+`"}`, "")
	if answer.StatusCode != 201 {
		a.t.Fatal(answer.Body)
	}
	return apispec.Location(a.t, "/reflections", answer)
}

func TestLifeOfAReflection(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	goal := a.goal(one)
	other := a.goal(two)
	path := a.reflect(one, goal.ID, "Well")
	create := func(rest string) string { return `{"goalId": "` + string(goal.ID) + `"` + rest + `}` }
	steps := []struct {
		what, user, method, path, body, tag string
		status                              int
		etag                                string
		fields                              []string
	}{
		{"read", one, "GET", path, "", "", 200, `"1"`, nil},
		{"by another user", two, "GET", path, "", "", 404, "", nil},
		{"changed by another user", two, "PATCH", path, `{"summary": "Mine"}`, "", 404, "", nil},
		{"deleted by another user", two, "DELETE", path, "", "", 404, "", nil},
		{"changed", one, "PATCH", path, `{"regretful": "r", "slow": "s", "untouched": "u"}`, `"1"`, 200, `"2"`, nil},
		{"changed to the same", one, "PATCH", path, create(`, "slow": "s"`), `"2"`, 200, `"2"`, nil},
		{"changed by who read before", one, "PATCH", path, `{"summary": "Late"}`, `"1"`, 412, "", nil},
		{"changed to nothing", one, "PATCH", path, `{"summary": " "}`, "", 422, "", []string{"summary: required"}},
		{"moved to another goal", one, "PATCH", path, `{"goalId": "` + string(other.ID) + `"}`, "", 422, "", []string{"goalId: invalid"}},
		{"made of nothing", one, "POST", "/reflections", `{}`, "", 422, "", []string{"summary: required", "goalId: required"}},
		{"made with everything wrong", one, "POST", "/reflections", `{"goalId": "1", "summary": "` + strings.Repeat("a", 5001) + `", "slow": "\u0000"}`, "", 422, "",
			[]string{"summary: too_long", "slow: invalid", "goalId: invalid"}},
		{"made with an unknown field", one, "POST", "/reflections", create(`, "summary": "s", "mood": "good"`), "", 422, "", []string{"mood: unknown"}},
		{"made with a wrong type", one, "POST", "/reflections", create(`, "summary": ["s"]`), "", 422, "", []string{"summary: invalid"}},
		{"what is no id", one, "GET", "/reflections/1", "", "", 404, "", nil},
		{"deleted by who read before", one, "DELETE", path, "", `"1"`, 412, "", nil},
		{"deleted", one, "DELETE", path, "", `"2"`, 204, "", nil},
		{"deleted again", one, "DELETE", path, "", "", 404, "", nil},
	}
	for _, step := range steps {
		answer := a.call(step.user, step.method, step.path, step.body, step.tag)
		got := []any{answer.StatusCode, answer.Headers["ETag"], fields(t, answer)}
		if diff := cmp.Diff([]any{step.status, step.etag, step.fields}, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", step.what, answer.Body, diff)
		}
	}
}

func TestReflectionsAreListedInPages(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	first, second, other := a.goal(one), a.goal(one), a.goal(two)
	for _, summary := range []string{"a", "b", "c"} {
		a.reflect(one, first.ID, summary)
	}
	a.reflect(one, second.ID, "d")
	a.reflect(two, other.ID, "e")
	tests := map[string]struct{ query, want string }{
		"all":               {"", "dcba"},
		"on a goal":         {"goalId=" + string(first.ID), "cba"},
		"on another user's": {"goalId=" + string(other.ID), ""},
		"on none":           {"goalId=" + one, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, cursor := "", ""
			for {
				answer := a.call(one, "GET", "/reflections?limit=2&cursor="+cursor+"&"+test.query, "", "")
				var page store.Page[domain.Reflection]
				if err := json.Unmarshal([]byte(answer.Body), &page); err != nil || answer.StatusCode != 200 || len(page.Items) > 2 {
					t.Fatalf("%d %s", answer.StatusCode, answer.Body)
				}
				for _, reflection := range page.Items {
					got += reflection.Summary
				}
				if cursor = page.Next; cursor == "" {
					break
				}
			}
			if got != test.want {
				t.Errorf("wants %q, got %q", test.want, got)
			}
		})
	}
	for query, want := range map[string]int{"goalId=1": 422, "limit=101": 422, "cursor=x": 400} {
		if answer := a.call(one, "GET", "/reflections?"+query, "", ""); answer.StatusCode != want {
			t.Errorf("%s: %d %s", query, answer.StatusCode, answer.Body)
		}
	}
}
