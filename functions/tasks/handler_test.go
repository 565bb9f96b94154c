package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

func TestRoutesAreTheDeployedAPIs(t *testing.T) {
	t.Parallel()
	apispec.Check(t, function, newRouter(nil))
}

func TestItStartsAsItIsDeployed(t *testing.T) {
	t.Parallel()
	environment := map[string]string{
		"APPLICATION_URL": "https://app.example.com", "CORS_ORIGINS": "https://app.example.com", "ENVIRONMENT": "production", "RELEASE": "v1.2.0",
		"DATABASE_HOST": "db.example.com", "DATABASE_NAME": "goalmandalamain", "DATABASE_USER": "goal_mandala_app",
	}
	lookup := func(name string) (string, bool) { value, found := environment[name]; return value, found }
	router, err := setUp(t.Context(), lookup)
	if err != nil {
		t.Fatal(err)
	}
	apispec.Check(t, function, router)
	delete(environment, "DATABASE_HOST")
	delete(environment, "RELEASE")
	_, err = setUp(t.Context(), lookup)
	for _, name := range []string{"RELEASE", "DATABASE_HOST"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing, and not named in %v", name, err)
		}
	}
}

// TestNoRouteReachesRowsOfOthers asks every route with ids in its path for another user's.
func TestNoRouteReachesRowsOfOthers(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	task := string(a.task(two, a.plant(two), "task").ID)
	note := string(read[domain.Note](a, 201, two, "POST", "/tasks/"+task+"/notes", `{"body": "note"}`).ID)
	view := string(read[domain.SavedView](a, 201, two, "POST", "/tasks/views", `{"name": "view", "filter": {}}`).ID)
	ids := strings.NewReplacer("{taskId}", task, "{noteId}", note, "{viewId}", view)
	tried := 0
	for _, route := range a.router.Operations() {
		path := ids.Replace(route.Path)
		if path == route.Path {
			continue
		}
		tried++
		body := ""
		if route.Method != "GET" {
			body = `{}`
		}
		if strings.Contains(route.Path, "/notes") && body != "" {
			body = `{"body": "mine"}`
		}
		if got := a.call(one, route.Method, path, body); got.StatusCode != 404 {
			t.Errorf("%s %s: %d %s", route.Method, route.Path, got.StatusCode, got.Body)
		}
	}
	if tried != 11 {
		t.Errorf("%d routes with ids were tried", tried)
	}
}

func TestLifeOfATask(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	action := a.plant(one)
	task := a.task(one, action, "Buy shoes", `"deadline": "2026-12-01", "estimatedMinutes": 60`)
	path := "/tasks/" + string(task.ID)
	steps := []struct {
		what, user, method, path, body, tag string
		status                              int
		etag                                string
	}{
		{"read", one, "GET", path, "", "", 200, `"1"`},
		{"by another user", two, "GET", path, "", "", 404, ""},
		{"its history by another user", two, "GET", path + "/history", "", "", 404, ""},
		{"changed by another user", two, "PATCH", path, `{"title": "Mine"}`, "", 404, ""},
		{"deleted by another user", two, "DELETE", path, "", "", 404, ""},
		{"begun", one, "PATCH", path, `{"status": "in_progress", "deadline": null}`, `"1"`, 200, `"2"`},
		{"the same again", one, "PATCH", path, `{"status": "in_progress"}`, `"2"`, 200, `"2"`},
		{"by who read before", one, "PATCH", path, `{"title": "Late"}`, `"1"`, 412, ""},
		{"with a tag that never was", one, "PATCH", path, `{"title": "Late"}`, `W/"2"`, 412, ""},
		{"completed", one, "PATCH", path, `{"status": "completed"}`, "", 200, `"3"`},
		{"skipped after that", one, "PATCH", path, `{"status": "skipped"}`, "", 422, ""},
		{"deleted by who read before", one, "DELETE", path, "", `"2"`, 412, ""},
		{"deleted", one, "DELETE", path, "", `"3"`, 204, ""},
		{"deleted again", one, "DELETE", path, "", "", 404, ""},
		{"its history after that", one, "GET", path + "/history", "", "", 404, ""},
		{"what is no id", one, "GET", "/tasks/1", "", "", 404, ""},
	}
	for _, step := range steps {
		if step.what == "deleted" {
			if got := a.progress(one, action.GoalID); got != 100 {
				t.Errorf("progress %d with everything completed", got)
			}
			page := read[store.Page[store.StatusChange]](a, 200, one, "GET", path+"/history?limit=1", "")
			rest := read[store.Page[store.StatusChange]](a, 200, one, "GET", path+"/history?cursor="+page.Next, "")
			var history []domain.TaskStatus
			for _, change := range append(page.Items, rest.Items...) {
				history = append(history, change.From, change.To)
			}
			if diff := cmp.Diff([]domain.TaskStatus{"in_progress", "completed", "not_started", "in_progress"}, history); diff != "" {
				t.Errorf("history, latest first (-want +got):\n%s", diff)
			}
		}
		var headers []string
		if step.tag != "" {
			headers = []string{"If-Match", step.tag}
		}
		got := a.call(step.user, step.method, step.path, step.body, headers...)
		if diff := cmp.Diff([]any{step.status, step.etag}, []any{got.StatusCode, got.Headers["ETag"]}); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", step.what, got.Body, diff)
		}
	}
	if got := a.progress(one, action.GoalID); got != 0 {
		t.Errorf("progress %d without tasks", got)
	}
}

func TestASavedEventMakesATask(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	action := a.plant(one)
	event := savedEvent(t, "create.json")
	if got := a.send(event); got.StatusCode != 404 || !cmp.Equal(got.fields(), []string{"actionId: not_found"}) {
		t.Errorf("of an action that is not there: %d %s", got.StatusCode, got.Body)
	}
	event.Body = strings.Replace(event.Body, "018f3c1e-0000-4000-8000-00000000000a", string(action.ID), 1)
	got := a.send(event)
	listed := read[store.Page[domain.Task]](a, 200, one, "GET", "/tasks", "")
	if got.StatusCode != http.StatusCreated || len(listed.Items) != 1 || apispec.Location(t, "/tasks", got.APIGatewayProxyResponse) != "/tasks/"+string(listed.Items[0].ID) {
		t.Errorf("got %d %s, headers %v, listed %+v", got.StatusCode, got.Body, got.Headers, listed)
	}
	if got := a.call(two, "POST", "/tasks", event.Body); got.StatusCode != 404 {
		t.Errorf("of another user's action: %d %s", got.StatusCode, got.Body)
	}
}

func TestARequestThatIsSentAgainMakesNoSecondTask(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	action := a.plant(one)
	post := func(title, key string) domain.ID {
		body := `{"actionId": "` + string(action.ID) + `", "title": "` + title + `", "type": "habit"}`
		return read[domain.Task](a, 201, one, "POST", "/tasks", body, "idempotency-key", key).ID
	}
	first := post("Run", "key")
	_ = read[domain.Task](a, 200, one, "PATCH", "/tasks/"+string(first), `{"status": "completed"}`)
	got := []bool{post("Run", "key") == first, post("Run", "other") == first, post("Walk", "key") == first}
	if diff := cmp.Diff([]bool{true, false, false}, got); diff != "" {
		t.Errorf("is the first task, with the same request, another key, other fields (-want +got):\n%s", diff)
	}
	if listed := read[store.Page[domain.Task]](a, 200, one, "GET", "/tasks", ""); len(listed.Items) != 3 {
		t.Errorf("%d tasks", len(listed.Items))
	}
	if got := a.progress(one, action.GoalID); got != 33 {
		t.Errorf("progress %d", got)
	}
	for _, key := range []string{"a b", "é", strings.Repeat("k", 129)} {
		if got := a.call(one, "POST", "/tasks", `{"actionId": "`+string(action.ID)+`", "title": "t", "type": "habit"}`, "Idempotency-Key", key); got.StatusCode != 400 {
			t.Errorf("key %q: %d", key, got.StatusCode)
		}
	}
}

func TestWhatIsWrongIsSaidFieldByField(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	action := a.plant(one)
	path := "/tasks/" + string(a.task(one, action, "Task").ID)
	ids := func(n int) string {
		return `["` + one + `"` + strings.Repeat(`, "`+two+`"`, n-1) + `]`
	}
	tests := map[string]struct {
		method, path, body string
		status             int
		fields             []string
	}{
		"nothing": {"POST", "/tasks", `{}`, 422, []string{"title: required", "type: required", "actionId: required"}},
		"everything wrong": {"POST", "/tasks", `{"actionId": "X", "title": " ", "type": "hobby", "status": "done", "estimatedMinutes": 0, "deadline": "2026-02-30"}`, 422,
			[]string{"title: required", "type: unknown", "estimatedMinutes: out_of_range", "deadline: invalid", "status: transition_not_allowed", "actionId: invalid"}},
		"unknown field":        {"POST", "/tasks", `{"title": "t", "userId": "x"}`, 422, []string{"userId: unknown", "type: required", "actionId: required"}},
		"wrong type":           {"PATCH", path, `{"estimatedMinutes": "long"}`, 422, []string{"estimatedMinutes: invalid"}},
		"another action":       {"PATCH", path, `{"actionId": "` + one + `"}`, 422, []string{"actionId: invalid"}},
		"no JSON":              {"PATCH", path, `{`, 400, nil},
		"empty note":           {"POST", path + "/notes", `{"body": "\n"}`, 422, []string{"body: required"}},
		"bulk of nothing":      {"POST", "/tasks/bulk/status", `{}`, 422, []string{"ids: required", "status: required"}},
		"bulk of wrong ids":    {"POST", "/tasks/bulk/status", `{"ids": ["` + one + `", "x", "` + one + `"], "status": "done"}`, 422, []string{"ids[1]: invalid", "ids[2]: duplicate", "status: unknown"}},
		"bulk of too many":     {"POST", "/tasks/bulk/delete", `{"ids": ` + ids(101) + `}`, 422, []string{"ids: too_long"}},
		"bulk of a number":     {"POST", "/tasks/bulk/delete", `{"ids": [1]}`, 422, []string{"ids: invalid"}},
		"bulk of what is gone": {"POST", "/tasks/bulk/delete", `{"ids": ` + ids(2) + `}`, 404, []string{"ids[0]: not_found", "ids[1]: not_found"}},
		"view of nothing":      {"POST", "/tasks/views", `{}`, 422, []string{"name: required", "filter: required"}},
		"view of everything wrong": {"POST", "/tasks/views", `{"name": "", "filter": {"goalId": "1", "actionId": "2", "status": ["completed", "done", "completed"], "deadline": "soon", "sort": "title"}}`, 422,
			[]string{"name: required", "filter.goalId: invalid", "filter.actionId: invalid", "filter.status[1]: unknown", "filter.status[2]: duplicate", "filter.deadline: invalid", "filter.sort: unknown"}},
		"view with more faults":      {"POST", "/tasks/views", `{"name": "n", "filter": {"status": ["zz"], "x": 1}}`, 422, []string{"filter.x: unknown", "filter.status[0]: unknown"}},
		"view with an unknown field": {"POST", "/tasks/views", `{"name": "n", "filter": {"user": 1}}`, 422, []string{"filter.user: unknown"}},
		"view with a wrong type":     {"POST", "/tasks/views", `{"name": "n", "filter": {"status": "completed"}}`, 422, []string{"filter.status: invalid"}},
		"view of null":               {"POST", "/tasks/views", `{"name": "n", "filter": null}`, 422, []string{"filter: invalid"}},
		"view of what is not there":  {"POST", "/tasks/views", `{"name": "n", "filter": {"goalId": "` + two + `", "actionId": "` + two + `"}}`, 404, []string{"filter.goalId: not_found", "filter.actionId: not_found"}},
		"list with a wrong filter":   {"GET", "/tasks?status=done,completed&deadline=2026-12-01..2026-11-01&goalId=1&sort=x", "", 422, []string{"goalId: invalid", "status[0]: unknown", "deadline: invalid", "sort: unknown"}},
		"list with a wrong limit":    {"GET", "/tasks?limit=101", "", 422, []string{"limit: out_of_range"}},
		"list with a wrong cursor":   {"GET", "/tasks?cursor=x", "", 400, nil},
		"list of a view not there":   {"GET", "/tasks?viewId=" + two, "", 404, []string{"viewId: not_found"}},
		"list of a view without id":  {"GET", "/tasks?viewId=x", "", 404, []string{"viewId: not_found"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := a.call(one, test.method, test.path, test.body)
			if diff := cmp.Diff([]any{test.status, test.fields}, []any{got.problem.Status, got.fields()}); diff != "" {
				t.Errorf("%s (-want +got):\n%s", got.Body, diff)
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
