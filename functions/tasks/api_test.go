package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
	"github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/connect"
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
	t        testing.TB
	router   *httpapi.Router
	db       *store.DB
	database pgtest.Database
}

// noon is when the tests take place.
func noon() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

func newAPI(t *testing.T) api {
	t.Helper()
	return newAPIWithin(t, 5*time.Second) // the machine that tests may be slow
}

// newAPIWithin is an api whose statements are ended after the timeout.
func newAPIWithin(t *testing.T, timeout time.Duration) api {
	t.Helper()
	database := pgtest.New(t)
	db, err := connect.Database(t.Context(), config.Database{
		Host: database.Host, Port: 5432, Name: database.Name, User: "goal_mandala_app", Auth: config.Password,
	}, function, timeout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	router := newRouter(db)
	apispec.Watch(t, function, router)
	return api{t, router, db, database}
}

func newRouter(db database) *httpapi.Router {
	router := httpapi.New(httpapi.Options{
		Function: function, Logger: slog.New(slog.DiscardHandler), Metrics: telemetry.NewMetrics(io.Discard, time.Now), Clock: time.Now,
	})
	handler{database: db, clock: noon, zone: time.UTC}.routes(router)
	return router
}

func savedEvent(t testing.TB, name string) events.APIGatewayProxyRequest {
	t.Helper()
	saved, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var event events.APIGatewayProxyRequest
	if err := json.Unmarshal(saved, &event); err != nil {
		t.Fatal(err)
	}
	return event
}

// answer is what came back.
type answer struct {
	events.APIGatewayProxyResponse
	problem httpapi.Problem // of an error
}

// fields are the fields that are wrong, with their codes.
func (a answer) fields() []string {
	var fields []string
	for _, field := range a.problem.Errors {
		fields = append(fields, field.Field+": "+field.Code)
	}
	return fields
}

// call sends the saved event, changed to this request; headers are names and values in
// turn, and the path may have a query.
func (a api) call(user, method, path, body string, headers ...string) answer {
	a.t.Helper()
	event := savedEvent(a.t, "create.json")
	path, query, _ := strings.Cut(path, "?")
	event.HTTPMethod, event.Path, event.Body = method, path, body
	event.RequestContext.Authorizer["claims"] = map[string]any{"sub": user, "email": user + "@example.com"}
	event.QueryStringParameters = map[string]string{}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		event.QueryStringParameters[name] = value
	}
	for i := 0; i < len(headers); i += 2 {
		event.Headers[headers[i]] = headers[i+1]
	}
	return a.send(event)
}

func (a api) send(event events.APIGatewayProxyRequest) answer {
	a.t.Helper()
	got, err := a.router.Serve(a.t.Context(), event)
	if err != nil {
		a.t.Fatal(err)
	}
	all := answer{APIGatewayProxyResponse: got}
	if got.StatusCode >= http.StatusBadRequest {
		if err := json.Unmarshal([]byte(got.Body), &all.problem); err != nil || got.Headers["Content-Type"] != "application/problem+json" {
			a.t.Errorf("%s %s: %d %q is no problem: %v", event.HTTPMethod, event.Path, got.StatusCode, got.Body, err)
		}
	}
	return all
}

// read is a call that must have the status; its body becomes a T.
func read[T any](a api, status int, user, method, path, body string, headers ...string) T {
	a.t.Helper()
	got := a.call(user, method, path, body, headers...)
	if got.StatusCode != status {
		a.t.Fatalf("%s %s: %d %s", method, path, got.StatusCode, got.Body)
	}
	var value T
	if err := json.Unmarshal([]byte(got.Body), &value); err != nil {
		a.t.Fatalf("%s %s: %s: %v", method, path, got.Body, err)
	}
	return value
}

// plant makes a goal with the action that tasks belong to.
func (a api) plant(user string) domain.Action {
	a.t.Helper()
	var action domain.Action
	err := a.db.Write(a.t.Context(), domain.ID(user), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Provision(ctx, domain.User{Email: user + "@example.com"}); err != nil {
			return err
		}
		goal, err := tx.CreateGoal(ctx, domain.Goal{Title: "Goal", Status: domain.GoalActive})
		if err != nil {
			return err
		}
		subGoal, err := tx.CreateSubGoal(ctx, domain.SubGoal{GoalID: goal.ID, Title: "Sub-goal"})
		if err != nil {
			return err
		}
		action, err = tx.CreateAction(ctx, domain.Action{GoalID: goal.ID, SubGoalID: subGoal.ID, Title: "Action", Type: domain.Execution})
		return err
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return action
}

// task makes a task of the action; rest are further fields, such as `"deadline": null`.
func (a api) task(user string, action domain.Action, title string, rest ...string) domain.Task {
	a.t.Helper()
	fields := append([]string{`"actionId": "` + string(action.ID) + `", "title": ` + strconv.Quote(title) + `, "type": "execution"`}, rest...)
	return read[domain.Task](a, http.StatusCreated, user, "POST", "/tasks", "{"+strings.Join(fields, ", ")+"}")
}

func (a api) progress(user string, goal domain.ID) int {
	a.t.Helper()
	var read domain.Goal
	if err := a.db.Read(a.t.Context(), domain.ID(user), func(ctx context.Context, tx *store.Tx) (err error) {
		read, err = tx.Goal(ctx, goal)
		return err
	}); err != nil {
		a.t.Fatal(err)
	}
	return read.Progress
}
