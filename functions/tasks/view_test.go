package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

func TestLifeOfAView(t *testing.T) {
	t.Parallel()
	a := newAPI(t) // whose first request this is: the user is not known yet
	created := a.call(one, "POST", "/tasks/views", `{"name": "Week", "filter": {"deadline": "week"}}`)
	path := apispec.Location(t, "/tasks/views", created.APIGatewayProxyResponse)
	if created.StatusCode != 201 || created.Headers["ETag"] != `"1"` || !strings.HasPrefix(path, "/tasks/views/") {
		t.Fatalf("%d %s, headers %v", created.StatusCode, created.Body, created.Headers)
	}
	steps := []struct {
		what, user, method, path, body, tag string
		status                              int
		etag                                string
	}{
		{"the same name", one, "POST", "/tasks/views", `{"name": "Week", "filter": {}}`, "", 409, ""},
		{"by another user", two, "GET", path, "", "", 404, ""},
		{"changed by another user", two, "PATCH", path, `{"name": "Mine"}`, "", 404, ""},
		{"deleted by another user", two, "DELETE", path, "", "", 404, ""},
		{"the name of another user's", two, "POST", "/tasks/views", `{"name": "Week", "filter": {}}`, "", 201, `"1"`},
		{"changed", one, "PATCH", path, `{"filter": {"status": ["completed"]}}`, `"1"`, 200, `"2"`},
		{"the same again", one, "PATCH", path, `{"filter": {"status": ["completed"]}}`, `"2"`, 200, `"2"`},
		{"by who read before", one, "PATCH", path, `{"name": "Late"}`, `"1"`, 412, ""},
		{"wrong", one, "PATCH", path, `{"filter": {"deadline": "2026-13-01.."}}`, "", 422, ""},
		{"read", one, "GET", path, "", "", 200, `"2"`},
		{"deleted by who read before", one, "DELETE", path, "", `"1"`, 412, ""},
		{"deleted", one, "DELETE", path, "", `"2"`, 204, ""},
		{"deleted again", one, "DELETE", path, "", "", 404, ""},
	}
	for _, step := range steps {
		if step.what == "deleted" {
			views := read[listing[domain.SavedView]](a, 200, one, "GET", "/tasks/views", "").Items
			if len(views) != 1 || !cmp.Equal(views[0].Filter, domain.TaskFilter{Statuses: []domain.TaskStatus{"completed"}}) || views[0].Name != "Week" {
				t.Errorf("listed: %+v", views)
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
	if got := read[listing[domain.SavedView]](a, 200, one, "GET", "/tasks/views", ""); got.Items == nil || len(got.Items) > 0 {
		t.Errorf("none are %+v", got)
	}
}

func TestViewsAndNotesHaveALimit(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for i := range domain.MaxViews {
		_ = read[domain.SavedView](a, 201, one, "POST", "/tasks/views", fmt.Sprintf(`{"name": "%d", "filter": {}}`, i))
	}
	if got := a.call(one, "POST", "/tasks/views", `{"name": "more", "filter": {}}`); got.StatusCode != 409 || !strings.Contains(got.problem.Detail, "50") {
		t.Errorf("views: %d %s", got.StatusCode, got.Body)
	}
	path := "/tasks/" + string(a.task(one, a.plant(one), "task").ID) + "/notes"
	for range domain.MaxNotes {
		_ = read[domain.Note](a, 201, one, "POST", path, `{"body": "note"}`)
	}
	if got := a.call(one, "POST", path, `{"body": "more"}`); got.StatusCode != 409 || !strings.Contains(got.problem.Detail, "100") {
		t.Errorf("notes: %d %s", got.StatusCode, got.Body)
	}
}

func TestAnActionHasAHundredTasks(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	action := a.plant(one)
	for range domain.MaxTasks {
		_ = a.task(one, action, "task")
	}
	body := fmt.Sprintf(`{"actionId": %q, "title": "more", "type": "execution"}`, action.ID)
	if got := a.call(one, "POST", "/tasks", body); got.StatusCode != 409 || !strings.Contains(got.problem.Detail, "100") {
		t.Errorf("%d %s", got.StatusCode, got.Body)
	}
}

func TestLifeOfANote(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	action := a.plant(one)
	task, other := "/tasks/"+string(a.task(one, action, "task").ID), "/tasks/"+string(a.task(one, action, "other").ID)
	created := a.call(one, "POST", task+"/notes", `{"body": "First\nline"}`)
	path := apispec.Location(t, task+"/notes", created.APIGatewayProxyResponse)
	if created.StatusCode != 201 || !strings.HasPrefix(path, task+"/notes/") {
		t.Fatalf("%d %s, headers %v", created.StatusCode, created.Body, created.Headers)
	}
	steps := []struct {
		what, user, method, path, body, tag string
		status                              int
	}{
		{"on another user's task", two, "POST", task + "/notes", `{"body": "b"}`, "", 404},
		{"listed by another user", two, "GET", task + "/notes", "", "", 404},
		{"changed by another user", two, "PATCH", path, `{"body": "b"}`, "", 404},
		{"deleted by another user", two, "DELETE", path, "", "", 404},
		{"below another task", one, "PATCH", other + strings.TrimPrefix(path, task), `{"body": "b"}`, "", 404},
		{"deleted below another task", one, "DELETE", other + strings.TrimPrefix(path, task), "", "", 404},
		{"changed", one, "PATCH", path, `{"body": "Second"}`, `"1"`, 200},
		{"emptied", one, "PATCH", path, `{}`, "", 422},
		{"by who read before", one, "PATCH", path, `{"body": "Late"}`, `"1"`, 412},
		{"deleted by who read before", one, "DELETE", path, "", `"1"`, 412},
		{"deleted", one, "DELETE", path, "", `"2"`, 204},
		{"deleted again", one, "DELETE", path, "", "", 404},
	}
	for _, step := range steps {
		if step.what == "deleted" {
			notes := read[listing[domain.Note]](a, 200, one, "GET", task+"/notes", "").Items
			if len(notes) != 1 || notes[0].Body != "Second" || notes[0].Version != 2 {
				t.Errorf("listed: %+v", notes)
			}
		}
		var headers []string
		if step.tag != "" {
			headers = []string{"If-Match", step.tag}
		}
		if got := a.call(step.user, step.method, step.path, step.body, headers...); got.StatusCode != step.status {
			t.Errorf("%s: %d %s", step.what, got.StatusCode, got.Body)
		}
	}
}
