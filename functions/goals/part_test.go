package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// ask sends a request that must have this status, and reads its answer's body.
func ask[T any](a api, status int, method, path, body string, change ...func(*events.APIGatewayProxyRequest)) T {
	a.t.Helper()
	answer := a.call(one, method, path, body, change...)
	var read T
	if answer.StatusCode != status {
		a.t.Fatalf("%s %s: %d %s", method, path, answer.StatusCode, answer.Body)
	}
	if answer.Body != "" {
		if err := json.Unmarshal([]byte(answer.Body), &read); err != nil {
			a.t.Fatal(err)
		}
	}
	return read
}

// planted is a goal with two sub-goals and, in the first, two actions.
type planted struct {
	goal     string // its path, as the others
	subGoals [2]string
	actions  [2]string
}

func plant(a api) planted {
	a.t.Helper()
	var p planted
	p.goal = "/goals/" + string(ask[domain.Goal](a, 201, "POST", "/goals", `{"title": "Run a marathon"}`).ID)
	for i := range p.subGoals {
		answer := a.call(one, "POST", p.goal+"/sub-goals", fmt.Sprintf(`{"title": "Sub-goal %d", "position": %d}`, i, i))
		p.subGoals[i] = apispec.Location(a.t, p.goal+"/sub-goals", answer)
	}
	for i := range p.actions {
		answer := a.call(one, "POST", p.subGoals[0]+"/actions", fmt.Sprintf(`{"title": "Action %d", "position": %d, "type": "habit"}`, i, i))
		p.actions[i] = apispec.Location(a.t, p.subGoals[0]+"/actions", answer)
	}
	return p
}

func TestLifeOfTheParts(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	p := plant(a)
	for name, path := range map[string]string{"sub-goal": p.subGoals[0], "action": p.actions[0]} {
		steps := []struct {
			what         string
			method, body string
			tag          string
			status       int
			etag         string
		}{
			{"read", "GET", "", "", 200, `"1"`},
			{"changed", "PATCH", `{"description": "d", "background": "b", "constraints": "c"}`, `"1"`, 200, `"2"`},
			{"changed to the same", "PATCH", `{"description": "d"}`, `"2"`, 200, `"2"`},
			{"changed by who read before", "PATCH", `{"title": "Late"}`, `"1"`, 412, ""},
			{"changed wrongly", "PATCH", `{"title": ""}`, "", 422, ""},
			{"deleted by who read before", "DELETE", "", `"1"`, 412, ""},
		}
		for _, step := range steps {
			answer := a.call(one, step.method, path, step.body, ifMatch(step.tag))
			if diff := cmp.Diff([]any{step.status, step.etag}, []any{answer.StatusCode, answer.Headers["ETag"]}); diff != "" {
				t.Errorf("%s %s: %s (-want +got):\n%s", name, step.what, answer.Body, diff)
			}
		}
	}
	ask[any](a, 204, "DELETE", p.actions[0], "", ifMatch(`"2"`))
	ask[any](a, 404, "GET", p.actions[0], "")
	ask[any](a, 204, "DELETE", p.subGoals[0], "")
	ask[any](a, 404, "GET", p.actions[1], "") // it was in there
	ask[any](a, 404, "GET", p.subGoals[0]+"/actions", "")
	if rest := ask[store.Page[domain.SubGoal]](a, 200, "GET", p.goal+"/sub-goals", ""); len(rest.Items) != 1 || rest.Items[0].Title != "Sub-goal 1" {
		t.Errorf("the other sub-goal: %+v", rest)
	}
}

// TestPositions moves sub-goals and actions, and lets them change places.
func TestPositions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change string
		status int
		want   string // title and position of all, in order
		errors []string
	}{
		"to a free place":              {`{"position": 7}`, 200, "1 at 1, 0 at 7", nil},
		"to a free place by swapping":  {`{"position": 7, "swap": true}`, 200, "1 at 1, 0 at 7", nil},
		"to a place that is taken":     {`{"position": 1}`, 409, "0 at 0, 1 at 1", nil},
		"by swapping":                  {`{"position": 1, "swap": true}`, 200, "1 at 0, 0 at 1", nil},
		"to where it is by swapping":   {`{"position": 0, "swap": true}`, 200, "0 at 0, 1 at 1", nil},
		"swapping with another change": {`{"position": 1, "swap": true, "title": "new"}`, 200, "1 at 0, new at 1", nil},
		"swapping with a wrong change": {`{"position": 1, "swap": true, "title": ""}`, 422, "0 at 0, 1 at 1", []string{"title: required"}},
		"beyond the last place":        {`{"position": 8}`, 422, "0 at 0, 1 at 1", []string{"position: out_of_range"}},
		"before the first place":       {`{"position": -1}`, 422, "0 at 0, 1 at 1", []string{"position: out_of_range"}},
		"to no place":                  {`{"position": "1"}`, 422, "0 at 0, 1 at 1", []string{"position: invalid"}},
		"to half a place":              {`{"position": 0.5}`, 422, "0 at 0, 1 at 1", []string{"position: invalid"}},
	}
	type item struct {
		ID       domain.ID
		Title    string
		Position int
		Version  int64
	}
	a := newAPI(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plant(a)
			for _, parts := range []struct{ listing, first string }{{p.goal + "/sub-goals", p.subGoals[0]}, {p.subGoals[0] + "/actions", p.actions[0]}} {
				answer := a.call(one, "PATCH", parts.first, test.change, ifMatch(`"1"`))
				var problem httpapi.Problem
				if err := json.Unmarshal([]byte(answer.Body), &problem); err != nil || answer.StatusCode != test.status {
					t.Errorf("%d %s", answer.StatusCode, answer.Body)
				}
				if diff := cmp.Diff(test.errors, fields(problem)); diff != "" {
					t.Errorf("errors (-want +got):\n%s", diff)
				}
				var got []string
				for _, item := range ask[store.Page[item]](a, 200, "GET", parts.listing, "").Items {
					title := item.Title[strings.LastIndex(item.Title, " ")+1:]
					got = append(got, fmt.Sprintf("%s at %d", title, item.Position))
					// Whoever read the one that had to move must read it again.
					if want := int64(1); strings.HasPrefix(test.want, "1 at 0") && item.Version != want+1 {
						t.Errorf("%s has version %d", item.Title, item.Version)
					}
				}
				if diff := cmp.Diff(test.want, strings.Join(got, ", ")); diff != "" {
					t.Errorf("%s (-want +got):\n%s", parts.listing, diff)
				}
			}
		})
	}
}

func fields(problem httpapi.Problem) []string {
	var all []string
	for _, field := range problem.Errors {
		all = append(all, field.Field+": "+field.Code)
	}
	return all
}

func TestNewPartsAreChecked(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	p := plant(a)
	tests := map[string]struct {
		path, body string
		status     int
		want       []string
	}{
		"a sub-goal of nothing":     {p.goal + "/sub-goals", `{}`, 422, []string{"title: required", "position: required"}},
		"a sub-goal that swaps":     {p.goal + "/sub-goals", `{"title": "t", "position": 2, "swap": true}`, 422, []string{"swap: invalid"}},
		"a sub-goal where one is":   {p.goal + "/sub-goals", `{"title": "t", "position": 1}`, 409, nil},
		"a sub-goal with a type":    {p.goal + "/sub-goals", `{"title": "t", "position": 2, "type": "habit"}`, 422, []string{"type: unknown"}},
		"a title of a wrong type":   {p.goal + "/sub-goals", `{"title": 1, "position": 2}`, 422, []string{"title: invalid"}},
		"an action of nothing":      {p.subGoals[1] + "/actions", `{}`, 422, []string{"title: required", "type: required", "position: required"}},
		"an action of a wrong type": {p.subGoals[1] + "/actions", `{"title": "t", "position": 0, "type": "dream"}`, 422, []string{"type: unknown"}},
		"an action with wrong JSON": {p.subGoals[1] + "/actions", `{"title": 1, "position": 2, "type": "habit"}`, 422, []string{"title: invalid"}},
		"an action where one is":    {p.subGoals[0] + "/actions", `{"title": "t", "position": 1, "type": "habit"}`, 409, nil},
		"an action of no sub-goal":  {p.goal + "/sub-goals/" + one + "/actions", `{"title": "t", "position": 1, "type": "habit"}`, 404, nil},
		"a sub-goal of no goal":     {"/goals/" + one + "/sub-goals", `{"title": "t", "position": 1}`, 404, nil},
		"a sub-goal of no id":       {"/goals/1/sub-goals", `{"title": "t", "position": 1}`, 404, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := a.call(one, "POST", test.path, test.body)
			var problem httpapi.Problem
			if err := json.Unmarshal([]byte(answer.Body), &problem); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]any{test.status, test.want}, []any{answer.StatusCode, fields(problem)}); diff != "" {
				t.Errorf("%s (-want +got):\n%s", answer.Body, diff)
			}
		})
	}
}

// TestAnotherUsersGoalIsNotThere asks every route of a goal as its user, and as another.
func TestAnotherUsersGoalIsNotThere(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	p := plant(a)
	last := func(path string) string { return path[strings.LastIndex(path, "/")+1:] }
	ids := strings.NewReplacer("{goalId}", last(p.goal), "{subGoalId}", last(p.subGoals[0]), "{actionId}", last(p.actions[0]))
	bodies := map[string]string{
		"/goals/{goalId}/sub-goals":                     `{"title": "Mine", "position": 5}`,
		"/goals/{goalId}/sub-goals/{subGoalId}/actions": `{"title": "Mine", "position": 5, "type": "habit"}`,
	}
	asked := 0
	for _, route := range apispec.Routes(t) {
		if route.Function != function || !strings.Contains(route.Path, "{") {
			continue
		}
		body := ""
		switch route.Method {
		case "PATCH":
			body = `{"title": "Mine"}`
		case "POST":
			body = bodies[route.Path]
		}
		path := ids.Replace(route.Path)
		if answer := a.call(two, route.Method, path, body); answer.StatusCode != 404 || strings.Contains(answer.Body, "Run a marathon") {
			t.Errorf("another user's %s %s: %d %s", route.Method, route.Path, answer.StatusCode, answer.Body)
		}
		if route.Method == "GET" || route.Method == "POST" {
			if answer := a.call(one, route.Method, path, body); answer.StatusCode >= 300 {
				t.Errorf("the user's own %s %s: %d %s", route.Method, route.Path, answer.StatusCode, answer.Body)
			}
		}
		asked++
	}
	if asked < 17 {
		t.Errorf("%d routes were asked", asked)
	}
	if goal := ask[domain.Goal](a, 200, "GET", p.goal, ""); goal.Version != 1 {
		t.Errorf("the goal was changed: %+v", goal)
	}
	// A part of the user's own goal is no part of another one of theirs.
	other := "/goals/" + string(ask[domain.Goal](a, 201, "POST", "/goals", `{"title": "Other"}`).ID)
	for _, path := range []string{other + "/sub-goals/" + last(p.subGoals[0]), other + "/sub-goals/" + last(p.subGoals[0]) + "/actions", other + "/actions/" + last(p.actions[0])} {
		ask[any](a, 404, "GET", path, "")
	}
}

// complete gives an action tasks, of which some are completed.
func complete(a api, action string, done, open int) {
	a.t.Helper()
	now := time.Now()
	err := a.db.Write(a.t.Context(), one, func(ctx context.Context, tx *store.Tx) error {
		for i := range done + open {
			task := domain.Task{ActionID: domain.ID(action[strings.LastIndex(action, "/")+1:]), Title: fmt.Sprint(i), Type: domain.Habit, Status: domain.TaskNotStarted}
			if i < done {
				task.Status, task.CompletedAt = domain.TaskCompleted, &now
			}
			if _, err := tx.CreateTask(ctx, task); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

func TestTheChartRollsProgressUp(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	p := plant(a)
	complete(a, p.actions[0], 1, 1)
	complete(a, p.actions[1], 1, 0)
	chart := ask[domain.Chart](a, 200, "GET", p.goal+"/chart", "")
	got := []int{chart.Goal.Progress}
	for _, subGoal := range chart.SubGoals {
		got = append(got, subGoal.Progress)
		for _, action := range subGoal.Actions {
			got = append(got, action.Progress, len(action.Tasks))
		}
	}
	// The goal; its first sub-goal with actions and their tasks; its empty second one.
	if diff := cmp.Diff([]int{75, 75, 50, 2, 100, 1, 0}, got); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	ask[any](a, 204, "DELETE", p.actions[0], "")
	if goal := ask[domain.Goal](a, 200, "GET", p.goal, ""); goal.Progress != 100 {
		t.Errorf("without the action that has open tasks: %d", goal.Progress)
	}
	history := ask[progressHistory](a, 200, "GET", p.goal+"/progress-history", "", query("to", domain.DateOf(time.Now().UTC()).String()))
	if len(history.Items) != 1 || history.Items[0].Progress != 100 || history.Items[0].CompletedTasks != 1 || history.Items[0].TotalTasks != 1 {
		t.Errorf("today: %+v", history)
	}
	if empty := a.call(one, "GET", p.goal+"/progress-history", "", query("from", "2026-01-01", "to", "2026-01-31")); empty.Body != `{"from":"2026-01-01","to":"2026-01-31","items":[]}` {
		t.Errorf("a time before: %s", empty.Body)
	}
}

func query(pairs ...string) func(*events.APIGatewayProxyRequest) {
	return func(event *events.APIGatewayProxyRequest) {
		event.QueryStringParameters = map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			event.QueryStringParameters[pairs[i]] = pairs[i+1]
		}
	}
}

func TestChangesAreListedInPagesAndOutliveTheGoal(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	p := plant(a)
	ask[domain.SubGoal](a, 200, "PATCH", p.subGoals[0], `{"position": 1, "swap": true}`)
	ask[any](a, 204, "DELETE", p.goal, "")
	var got []string
	pairs := []string{"limit", "3"}
	for {
		page := ask[store.Page[store.Change]](a, 200, "GET", p.goal+"/change-history", "", query(pairs...))
		for _, change := range page.Items {
			entry := change.Change + " " + change.EntityType
			if position, moved := change.Fields["position"]; moved && change.Change == "updated" {
				entry += fmt.Sprintf(" from %v to %v", position.From, position.To)
			}
			got = append(got, entry)
		}
		if pairs = []string{"limit", "3", "cursor", page.Next}; page.Next == "" {
			break
		}
	}
	want := []string{
		"deleted goal", "updated sub_goal from 0 to 1", "updated sub_goal from 1 to 0", "created action", "created action",
		"created sub_goal", "created sub_goal", "created goal",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, path := range []string{"/change-history", "/chart", "/progress-history", "/sub-goals", "/actions"} {
		if answer := a.call(two, "GET", p.goal+path, ""); answer.StatusCode != 404 {
			t.Errorf("another user's %s: %d %s", path, answer.StatusCode, answer.Body)
		}
	}
}

func TestQueriesAreChecked(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	p := plant(a)
	tests := map[string]struct {
		path   string
		query  []string
		status int
		want   []string
	}{
		"no dates":              {"/progress-history", []string{"from", "soon", "to", "2026-02-30"}, 422, []string{"to: invalid", "from: invalid"}},
		"the wrong way round":   {"/progress-history", []string{"from", "2026-02-02", "to", "2026-02-01"}, 422, []string{"to: out_of_range"}},
		"one day":               {"/progress-history", []string{"from", "2026-02-02", "to", "2026-02-02"}, 200, nil},
		"the longest":           {"/progress-history", []string{"from", "2026-01-01", "to", "2027-01-01"}, 200, nil},
		"too long":              {"/progress-history", []string{"from", "2026-01-01", "to", "2027-01-02"}, 422, []string{"to: out_of_range"}},
		"the first of all days": {"/progress-history", []string{"to", "0001-01-01"}, 200, nil},
		"no limit":              {"/change-history", []string{"limit", "0"}, 422, []string{"limit: out_of_range"}},
		"a forged cursor":       {"/change-history", []string{"cursor", "WyJjaGFuZ2VzIiwieCJd"}, 400, nil},
		"not of this listing":   {"/change-history", []string{"cursor", "WyJnb2FscyIsIngiXQ"}, 400, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := a.call(one, "GET", p.goal+test.path, "", query(test.query...))
			var problem httpapi.Problem
			if err := json.Unmarshal([]byte(answer.Body), &problem); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]any{test.status, test.want}, []any{answer.StatusCode, fields(problem)}); diff != "" {
				t.Errorf("%s (-want +got):\n%s", answer.Body, diff)
			}
		})
	}
}
