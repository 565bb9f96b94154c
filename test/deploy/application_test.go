package deploy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// checkApplication holds the application that was deployed to what its users and its
// operators may expect. Everything goes through its addresses. A fresh one has an
// empty database.
func checkApplication(t *testing.T, p *kit.Project, outputs map[string]any, fresh bool) {
	t.Helper()
	a := kit.NewApplication(t, p, outputs)
	if fresh {
		migrate(t, p, a)
	}
	t.Run("side by side", func(t *testing.T) {
		for name, check := range map[string]func(*testing.T, *kit.Application){
			"from sign-up to reflection": checkFromSignUpToReflection,
			"who may call":               checkWhoMayCall,
			"site":                       checkSite,
			"alarm drill":                checkDrill,
			"reminder":                   checkReminder,
			"some actions fail":          checkSomeFail,
			"all actions fail":           checkAllFail,
			"invalid input":              checkInvalidInput,
			"cancelled":                  checkCancelled,
			"by operators":               checkOperators,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				check(t, a.For(t))
			})
		}
	})
	// Alone, for it changes the workflow for a while.
	t.Run("timed out", func(t *testing.T) { checkTimedOut(t, a.For(t)) })
}

// migrate finds the schema as the deployment brought it: there is nothing left to do.
func migrate(t *testing.T, p *kit.Project, a *kit.Application) {
	t.Helper()
	var first struct {
		Payload struct {
			Current, Target int64
			Applied         []struct{ Name string }
		}
	}
	p.JSON(0, &first, "functions", "invoke", "local", "migrate")
	if first.Payload.Current != first.Payload.Target || first.Payload.Target == 0 || len(first.Payload.Applied) != 0 {
		t.Fatalf("migrated: %+v", first)
	}
	for want, arguments := range map[string][]string{
		"MD0706": {"functions", "invoke", "local", "migrated"},
		"MD0707": {"functions", "invoke", "local", "migrate", "--payload", `{"target": -1}`},
	} {
		if refused := p.Must(1, arguments...); !strings.Contains(refused.Stderr, want) {
			t.Errorf("%v: %s", arguments, refused)
		}
	}
	var health struct {
		Status, Version, Generator string
		Database                   struct {
			Status        string
			SchemaVersion int64
		}
	}
	a.Anybody().Call(200, &health, "GET", "/health", nil)
	if health.Status != "ok" || health.Generator != "offline" || health.Version == "" || health.Database.SchemaVersion != first.Payload.Target {
		t.Errorf("health: %+v", health)
	}
}

type identified struct{ ID string }

// plant makes a goal with sub-goals and actions; describe gives the description of
// an action by its number, counted through the goal.
func plant(person *kit.Person, subGoals, actions int, describe func(int) string) (goal string, actionIDs []string) {
	var made identified
	person.Call(201, &made, "POST", "/goals", map[string]any{"title": "Run a marathon", "deadline": time.Now().AddDate(1, 0, 0).Format(time.DateOnly)})
	goal = made.ID
	for i := range subGoals {
		var subGoal identified
		person.Call(201, &subGoal, "POST", "/goals/"+goal+"/sub-goals", map[string]any{"position": i, "title": fmt.Sprintf("Sub-goal %d", i)})
		for j := range actions {
			action := map[string]any{"position": j, "title": fmt.Sprintf("Action %d of sub-goal %d", j, i), "type": "execution"}
			if describe != nil {
				action["description"] = describe(i*actions + j)
			}
			var made identified
			person.Call(201, &made, "POST", "/goals/"+goal+"/sub-goals/"+subGoal.ID+"/actions", action)
			actionIDs = append(actionIDs, made.ID)
		}
	}
	return goal, actionIDs
}

type goal struct {
	ID       string
	Status   string
	Progress int
}

type chart struct {
	Goal     goal
	SubGoals []struct {
		Position, Progress int
		Actions            []struct {
			ID                 string
			Position, Progress int
			Tasks              []struct{ ID, Title, Status string }
		}
	}
}

// generate starts a generation for a goal and waits for its end.
func generate(a *kit.Application, person *kit.Person, goal string) execution {
	started := start(person, goal)
	var now execution
	a.Eventually(2*time.Minute, "the generation of "+started.ID+" ends", func() bool {
		now = execution{}
		person.Call(200, &now, "GET", "/ai/executions/"+started.ID, nil)
		return now.Status != "pending" && now.Status != "running"
	})
	return now
}

type execution struct {
	ID, Status    string
	Progress      int
	FailedActions map[string]string
}

func start(person *kit.Person, goal string) execution {
	var started execution
	person.Call(202, &started, "POST", "/ai/executions", map[string]any{"goalId": goal})
	return started
}

// checkFromSignUpToReflection is what the application is for.
func checkFromSignUpToReflection(t *testing.T, a *kit.Application) {
	anna, ben := a.SignUp("anna@example.com"), a.SignUp("ben@example.com")
	var me struct{ Email string }
	anna.Call(200, &me, "GET", "/profile", nil)
	if me.Email != anna.Email {
		t.Errorf("signed in as %q", me.Email)
	}

	goalID, _ := plant(anna, 8, 8, nil)
	done := generate(a, anna, goalID)
	if done.Status != "succeeded" || done.Progress != 100 || len(done.FailedActions) != 0 {
		t.Fatalf("the generation: %+v", done)
	}
	generation := done.ID
	var before chart
	anna.Call(200, &before, "GET", "/goals/"+goalID+"/chart", nil)
	var all []string
	if len(before.SubGoals) != 8 || before.Goal.Status != "active" || before.Goal.Progress != 0 {
		t.Fatalf("the chart has %d sub-goals; the goal: %+v", len(before.SubGoals), before.Goal)
	}
	for _, subGoal := range before.SubGoals {
		if len(subGoal.Actions) != 8 {
			t.Fatalf("sub-goal %d has %d actions", subGoal.Position, len(subGoal.Actions))
		}
		for _, action := range subGoal.Actions {
			if len(action.Tasks) == 0 {
				t.Errorf("action %d of sub-goal %d has no task", action.Position, subGoal.Position)
			}
			for _, task := range action.Tasks {
				all = append(all, task.ID)
			}
		}
	}

	// One action, then one sub-goal, then everything.
	first := before.SubGoals[0]
	complete(anna, tasksOf(first.Actions[0].Tasks))
	var now chart
	anna.Call(200, &now, "GET", "/goals/"+goalID+"/chart", nil)
	if diff := cmp.Diff([]int{100, 12, 1}, []int{now.SubGoals[0].Actions[0].Progress, now.SubGoals[0].Progress, now.Goal.Progress}); diff != "" {
		t.Errorf("progress of action, sub-goal and goal after one action of 64 (-want +got):\n%s", diff)
	}
	complete(anna, all)
	anna.Call(200, &now, "GET", "/goals/"+goalID+"/chart", nil)
	if now.Goal.Progress != 100 || now.SubGoals[7].Progress != 100 {
		t.Errorf("with everything done the progress is %d, of the last sub-goal %d", now.Goal.Progress, now.SubGoals[7].Progress)
	}

	var reflection identified
	anna.Call(201, &reflection, "POST", "/reflections", map[string]any{"goalId": goalID, "summary": "It went well"})
	anna.Call(200, nil, "GET", "/reflections/"+reflection.ID, nil)

	// Ben sees nothing of it, and can do nothing to it.
	var page struct{ Items []json.RawMessage }
	for _, listing := range []string{"/goals", "/tasks", "/reflections?goalId=" + goalID} {
		ben.Call(200, &page, "GET", listing, nil)
		if len(page.Items) != 0 {
			t.Errorf("another user's %s has %s", listing, page.Items)
		}
	}
	for _, path := range []string{"/goals/" + goalID, "/goals/" + goalID + "/chart", "/tasks/" + all[0], "/reflections/" + reflection.ID} {
		ben.Call(404, nil, "GET", path, nil)
	}
	goalPath, action := "/goals/"+goalID, before.SubGoals[0].Actions[0].ID
	for _, path := range []string{
		"/sub-goals", "/actions", "/actions/" + action, "/change-history", "/progress-history",
	} {
		ben.Call(404, nil, "GET", goalPath+path, nil)
	}
	for _, path := range []string{"/history", "/notes"} {
		ben.Call(404, nil, "GET", "/tasks/"+all[0]+path, nil)
	}
	for path, body := range map[string]any{
		goalPath:                        map[string]any{"title": "Mine"},
		goalPath + "/actions/" + action: map[string]any{"title": "Mine"},
		"/tasks/" + all[0]:              map[string]any{"title": "Mine"},
		"/reflections/" + reflection.ID: map[string]any{"summary": "Mine"},
	} {
		ben.Call(404, nil, "PATCH", path, body)
		ben.Call(404, nil, "DELETE", path, nil)
	}
	ben.Call(404, nil, "POST", "/tasks/"+all[0]+"/notes", map[string]any{"body": "Mine"})
	ben.Call(404, nil, "POST", "/tasks/bulk/status", map[string]any{"ids": all[:1], "status": "skipped"})
	ben.Call(404, nil, "POST", "/tasks/bulk/delete", map[string]any{"ids": all[:1]})
	ben.Call(404, nil, "POST", "/ai/executions", map[string]any{"goalId": goalID})
	ben.Call(404, nil, "GET", "/ai/executions/"+generation, nil)
	ben.Call(404, nil, "POST", "/ai/executions/"+generation+"/cancel", nil)
	ben.Call(404, nil, "POST", "/ai/executions/"+generation+"/retry", nil)
	if anna.Call(200, &now, "GET", goalPath+"/chart", nil); now.Goal.Progress != 100 {
		t.Errorf("another user changed something: progress %d", now.Goal.Progress)
	}
}

func tasksOf(tasks []struct{ ID, Title, Status string }) []string {
	var ids []string
	for _, task := range tasks {
		ids = append(ids, task.ID)
	}
	return ids
}

// complete completes tasks, a hundred at a time.
func complete(person *kit.Person, ids []string) {
	for len(ids) > 0 {
		n := min(len(ids), 100)
		person.Call(200, nil, "POST", "/tasks/bulk/status", map[string]any{"ids": ids[:n], "status": "completed"})
		ids = ids[n:]
	}
}

// checkWhoMayCall goes around the authorizer, and asks as a browser does.
func checkWhoMayCall(t *testing.T, a *kit.Application) {
	anybody := a.Anybody()
	for _, token := range []string{"", "Bearer nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."} {
		anybody.Token = token
		answer := anybody.Do("GET", "/goals", nil)
		if answer.Status != http.StatusUnauthorized {
			t.Errorf("with the token %q: %d %s", token, answer.Status, answer.Body)
		}
		if id := answer.Header.Get("X-Request-Id"); id == "" || !strings.Contains(string(answer.Body), `"requestId":"`+id+`"`) {
			t.Errorf("API Gateway's own answer has the id %q: %s", id, answer.Body)
		}
	}
	anybody.Token = ""
	const origin = "https://app.local.goal-mandala.example"
	preflight := anybody.Do("OPTIONS", "/goals", nil, func(r *http.Request) {
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
	})
	if preflight.Status != http.StatusNoContent || preflight.Header.Get("Access-Control-Allow-Origin") != origin {
		t.Errorf("the preflight: %d %v", preflight.Status, preflight.Header)
	}
	carla := a.SignUp("carla@example.com")
	answer := carla.Call(200, nil, "GET", "/goals", nil, func(r *http.Request) { r.Header.Set("Origin", "https://elsewhere.example") })
	if allowed := answer.Header.Get("Access-Control-Allow-Origin"); allowed == "*" || allowed == "https://elsewhere.example" {
		t.Errorf("a page of another origin may read the answer: %v", answer.Header)
	}

	// What was asked stands in the function's log, under the id that the answer has.
	id := answer.Header.Get("X-Request-Id")
	if id == "" {
		t.Fatalf("the answer has no request id: %v", answer.Header)
	}
	logs := cloudwatchlogs.NewFromConfig(a.Config)
	a.Eventually(2*time.Minute, "the request's id is in the log of goals", func() bool {
		found, err := logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: aws.String("/aws/lambda/" + a.Function("goals")), FilterPattern: aws.String(`"` + id + `"`)})
		if err != nil {
			t.Fatal(err)
		}
		return len(found.Events) > 0
	})
}
