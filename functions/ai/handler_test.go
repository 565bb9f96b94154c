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
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/workflowtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// api is the function before a goal with actions.
type api struct {
	t *testing.T
	*workflowtest.Stack
	router *httpapi.Router
}

func newAPI(t *testing.T, actions int) api {
	t.Helper()
	s := workflowtest.New(t, actions)
	router := httpapi.New(httpapi.Options{
		Function: function, CORSOrigins: []string{"https://app.example.com"}, Logger: slog.New(slog.DiscardHandler),
		Metrics: telemetry.NewMetrics(io.Discard, time.Now), Clock: time.Now,
	})
	handler{s.Service}.routes(router)
	apispec.Watch(t, function, router)
	return api{t, s, router}
}

// call sends the saved event, changed to this request; "saved" is its own body.
func (a api) call(user domain.ID, method, path, body string) events.APIGatewayProxyResponse {
	a.t.Helper()
	text, err := os.ReadFile("testdata/event.json")
	if err != nil {
		a.t.Fatal(err)
	}
	var event events.APIGatewayProxyRequest
	if err := json.Unmarshal(text, &event); err != nil {
		a.t.Fatal(err)
	}
	event.HTTPMethod, event.Path = method, path
	if body != "saved" {
		event.Body = body
	}
	event.RequestContext.Authorizer["claims"] = map[string]any{"sub": string(user), "email": string(user) + "@example.com"}
	answer, err := a.router.Serve(a.t.Context(), event)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer
}

// begun is the execution that an answer tells of.
func (a api) begun(path string, answer events.APIGatewayProxyResponse) store.WorkflowExecution {
	a.t.Helper()
	var execution store.WorkflowExecution
	if err := json.Unmarshal([]byte(answer.Body), &execution); err != nil || answer.StatusCode != 202 {
		a.t.Fatalf("%d %s, %v", answer.StatusCode, answer.Body, err)
	}
	if want := "/ai/executions/" + string(execution.ID); apispec.Location(a.t, path, answer) != want {
		a.t.Errorf("location %q, want %q", answer.Headers["Location"], want)
	}
	return execution
}

func TestRoutesAreTheDeployedAPIs(t *testing.T) {
	t.Parallel()
	router := httpapi.New(httpapi.Options{})
	handler{}.routes(router)
	apispec.Check(t, function, router)
}

func TestLifeOfAGeneration(t *testing.T) {
	t.Parallel()
	a := newAPI(t, 3)
	const root = "/ai/executions"
	execution := a.begun(root, a.call(workflowtest.User, "POST", root, "saved"))
	path := root + "/" + string(execution.ID)
	type step struct {
		what   string
		answer events.APIGatewayProxyResponse
		status int
		holds  string
	}
	check := func(steps []step) {
		t.Helper()
		for _, step := range steps {
			if step.answer.StatusCode != step.status || !strings.Contains(step.answer.Body, step.holds) {
				t.Errorf("%s: %d %s, want %d with %s", step.what, step.answer.StatusCode, step.answer.Body, step.status, step.holds)
			}
		}
	}
	check([]step{
		{"read", a.call(workflowtest.User, "GET", path, ""), 200, `"status":"running"`},
		{"read by another user", a.call(workflowtest.Stranger, "GET", path, ""), 404, ""},
		{"cancelled by another user", a.call(workflowtest.Stranger, "POST", path+"/cancel", ""), 404, ""},
		{"retried by another user", a.call(workflowtest.Stranger, "POST", path+"/retry", ""), 404, ""},
		{"started again", a.call(workflowtest.User, "POST", root, "saved"), 409, "under way"},
		{"retried while it runs", a.call(workflowtest.User, "POST", path+"/retry", ""), 409, "not ended"},
		{"cancelled", a.call(workflowtest.User, "POST", path+"/cancel", ""), 200, `"status":"cancelled"`},
		{"cancelled again", a.call(workflowtest.User, "POST", path+"/cancel", ""), 200, `"status":"cancelled"`},
		{"no such execution", a.call(workflowtest.User, "GET", root+"/00000000-0000-4000-8000-0000000000ff", ""), 404, ""},
		{"no id", a.call(workflowtest.User, "GET", root+"/latest", ""), 404, ""},
	})
	if strings.Contains(a.call(workflowtest.User, "GET", path, "").Body, "arn:aws") {
		t.Error("the answer tells an ARN")
	}
	again := a.begun(path+"/retry", a.call(workflowtest.User, "POST", path+"/retry", ""))
	if again.RetryOf == nil || *again.RetryOf != execution.ID || len(again.ActionIDs) != 3 {
		t.Errorf("retried %+v", again)
	}
	a.Steps.End(types.ExecutionStatusFailed)
	a.Exec("UPDATE workflow_executions SET status = 'failed', finished_at = now() WHERE id = $1", again.ID)
	check([]step{
		{"cancelled after its end", a.call(workflowtest.User, "POST", root+"/"+string(again.ID)+"/cancel", ""), 409, "ended"},
		{"an older one retried", a.call(workflowtest.User, "POST", path+"/retry", ""), 409, "later"},
	})
}

func TestWhatIsWrongWithAStart(t *testing.T) {
	t.Parallel()
	a := newAPI(t, 1)
	a.Exec("INSERT INTO goals (id, user_id, title, status) VALUES ('00000000-0000-4000-8000-0000000000c1', $1, 'Paused', 'paused')", workflowtest.User)
	a.Exec("INSERT INTO goals (id, user_id, title) VALUES ('00000000-0000-4000-8000-0000000000c2', $1, 'Not theirs')", workflowtest.Stranger)
	a.Exec("INSERT INTO sub_goals (id, user_id, goal_id, position, title) VALUES ('00000000-0000-4000-8000-0000000000d1', $1, '00000000-0000-4000-8000-0000000000c1', 0, 's')", workflowtest.User)
	a.Exec("INSERT INTO actions (user_id, goal_id, sub_goal_id, position, title, type) VALUES ($1, '00000000-0000-4000-8000-0000000000c1', '00000000-0000-4000-8000-0000000000d1', 0, 'a', 'habit')", workflowtest.User)
	many := `["` + strings.TrimSuffix(strings.Repeat(string(workflowtest.Action(1))+`","`, 65), `","`) + `"]`
	tests := map[string]struct {
		body   string
		status int
		fields []string
	}{
		"no goal":               {`{}`, 422, []string{"goalId: required"}},
		"no id":                 {`{"goalId": "one"}`, 422, []string{"goalId: invalid"}},
		"another user's goal":   {`{"goalId": "00000000-0000-4000-8000-0000000000c2"}`, 404, nil},
		"a goal that is paused": {`{"goalId": "00000000-0000-4000-8000-0000000000c1"}`, 422, []string{"status: transition_not_allowed"}},
		"actions of no goal":    {`{"goalId": "` + string(workflowtest.Goal) + `", "actionIds": ["` + string(workflowtest.Action(1)) + `", "x"]}`, 422, []string{"actionIds[1]: unknown"}},
		"an action twice":       {`{"goalId": "` + string(workflowtest.Goal) + `", "actionIds": ["` + string(workflowtest.Action(1)) + `", "` + string(workflowtest.Action(1)) + `"]}`, 422, []string{"actionIds[1]: duplicate"}},
		"too many actions":      {`{"goalId": "` + string(workflowtest.Goal) + `", "actionIds": ` + many + `}`, 422, []string{"actionIds: too_long"}},
		"an unknown field":      {`{"goal": "x"}`, 422, []string{"goal: unknown", "goalId: required"}},
		"no JSON":               {`[]`, 400, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := a.call(workflowtest.User, "POST", "/ai/executions", test.body)
			var problem httpapi.Problem
			if err := json.Unmarshal([]byte(answer.Body), &problem); err != nil {
				t.Fatal(err)
			}
			var fields []string
			for _, field := range problem.Errors {
				fields = append(fields, field.Field+": "+field.Code)
			}
			if diff := cmp.Diff([]any{test.status, test.fields}, []any{answer.StatusCode, fields}); diff != "" {
				t.Errorf("%s (-want +got):\n%s", answer.Body, diff)
			}
			if answer.Headers["Location"] != "" || len(a.Steps.Inputs()) > 0 {
				t.Errorf("headers %v, started %v", answer.Headers, a.Steps.Inputs())
			}
		})
	}
}

func TestStepFunctionsIsAway(t *testing.T) {
	t.Parallel()
	a := newAPI(t, 1)
	a.Steps.BeforeStart = func() error { return &types.StateMachineDoesNotExist{} }
	answer := a.call(workflowtest.User, "POST", "/ai/executions", "saved")
	if answer.StatusCode != 503 || answer.Headers["Retry-After"] == "" || strings.Contains(answer.Body, "state") || a.GoalStatus() != domain.GoalDraft {
		t.Errorf("refused: %d %s %v, goal %s", answer.StatusCode, answer.Body, answer.Headers, a.GoalStatus())
	}
	a.Steps.BeforeStart = func() error { return context.DeadlineExceeded }
	if execution := a.begun("/ai/executions", a.call(workflowtest.User, "POST", "/ai/executions", "saved")); execution.Status != store.ExecutionPending {
		t.Errorf("without an answer: %+v", execution)
	}
}
