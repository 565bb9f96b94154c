package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// bulk is the body of a change of these tasks.
func bulk(status string, tasks ...domain.Task) string {
	body := map[string]any{}
	var ids []domain.ID
	for _, task := range tasks {
		ids = append(ids, task.ID)
	}
	body["ids"] = ids
	if status != "" {
		body["status"] = status
	}
	text, _ := json.Marshal(body)
	return string(text)
}

func (a api) statuses(user string) map[string]domain.TaskStatus {
	a.t.Helper()
	statuses := map[string]domain.TaskStatus{}
	for _, task := range read[store.Page[domain.Task]](a, 200, user, "GET", "/tasks", "").Items {
		statuses[task.Title] = task.Status
	}
	return statuses
}

func TestABulkChangesAllTasksOrNone(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	home, work := a.plant(one), a.plant(one)
	first, second, third := a.task(one, home, "first"), a.task(one, work, "second"), a.task(one, work, "third")
	foreign := a.task(two, a.plant(two), "foreign")
	_ = read[domain.Task](a, 200, one, "PATCH", "/tasks/"+string(third.ID), `{"status": "skipped"}`)

	type result struct {
		Status   int
		Fields   []string
		Tasks    map[string]domain.TaskStatus
		Progress [2]int
	}
	run := func(path, body string) result {
		got := a.call(one, "POST", path, body)
		return result{got.StatusCode, got.fields(), a.statuses(one), [2]int{a.progress(one, home.GoalID), a.progress(one, work.GoalID)}}
	}
	before := map[string]domain.TaskStatus{"first": "not_started", "second": "not_started", "third": "skipped"}
	completed := map[string]domain.TaskStatus{"first": "completed", "second": "completed", "third": "skipped"}
	steps := []struct {
		what, path, body string
		want             result
	}{
		{"another user's among them", "/tasks/bulk/status", bulk("completed", first, foreign), result{404, []string{"ids[1]: not_found"}, before, [2]int{}}},
		{"one that may not", "/tasks/bulk/status", bulk("completed", first, third, second), result{422, []string{"ids[1]: transition_not_allowed"}, before, [2]int{}}},
		{"of two goals", "/tasks/bulk/status", bulk("completed", second, first), result{200, nil, completed, [2]int{100, 100}}},
		{"sent again", "/tasks/bulk/status", bulk("completed", second, first), result{200, nil, completed, [2]int{100, 100}}},
		{"deleting another user's among them", "/tasks/bulk/delete", bulk("", first, second, foreign), result{404, []string{"ids[2]: not_found"}, completed, [2]int{100, 100}}},
		{"deleted", "/tasks/bulk/delete", bulk("", first, third), result{204, nil, map[string]domain.TaskStatus{"second": "completed"}, [2]int{0, 100}}},
		{"deleted again", "/tasks/bulk/delete", bulk("", first, third), result{404, []string{"ids[0]: not_found", "ids[1]: not_found"}, map[string]domain.TaskStatus{"second": "completed"}, [2]int{0, 100}}},
	}
	for _, step := range steps {
		if diff := cmp.Diff(step.want, run(step.path, step.body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.what, diff)
		}
	}
	history := read[store.Page[store.StatusChange]](a, 200, one, "GET", "/tasks/"+string(second.ID)+"/history", "")
	if len(history.Items) != 1 || history.Items[0].To != domain.TaskCompleted {
		t.Errorf("history %+v of one change that was sent twice", history)
	}
	if diff := cmp.Diff(map[string]domain.TaskStatus{"foreign": "not_started"}, a.statuses(two)); diff != "" {
		t.Errorf("the other user's (-want +got):\n%s", diff)
	}
}

func TestTheLargestBulk(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	action := a.plant(one)
	var tasks []domain.Task
	for i := range domain.MaxBulk {
		tasks = append(tasks, a.task(one, action, fmt.Sprint(i)))
	}
	got := read[listing[domain.Task]](a, 200, one, "POST", "/tasks/bulk/status", bulk("completed", tasks...))
	if len(got.Items) != domain.MaxBulk || a.progress(one, action.GoalID) != 100 {
		t.Errorf("%d tasks, progress %d", len(got.Items), a.progress(one, action.GoalID))
	}
	if got := a.call(one, "POST", "/tasks/bulk/delete", bulk("", tasks...)); got.StatusCode != 204 {
		t.Errorf("deleted: %d %s", got.StatusCode, got.Body)
	}
}
