package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// titles are those of a listing, page by page of two.
func (a api) titles(user, query string) string {
	a.t.Helper()
	var titles []string
	cursor := ""
	for range 20 {
		page := read[store.Page[domain.Task]](a, 200, user, "GET", "/tasks?limit=2&"+query+cursor, "")
		for _, task := range page.Items {
			titles = append(titles, task.Title)
		}
		if cursor = "&cursor=" + url.QueryEscape(page.Next); page.Next == "" {
			break
		}
	}
	return strings.Join(titles, " ")
}

func TestTasksAreListedByWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	run, swim := a.plant(one), a.plant(one)
	task := func(action domain.Action, title, deadline, status string) {
		if deadline != "null" {
			deadline = `"` + deadline + `"`
		}
		a.task(one, action, title, `"deadline": `+deadline, `"status": "`+status+`"`)
	}
	// Today is 2026-11-24.
	task(run, "late", "2026-11-23", "not_started")
	task(run, "done", "2026-11-23", "completed")
	task(run, "now", "2026-11-24", "in_progress")
	task(swim, "sixth", "2026-11-30", "not_started")
	task(swim, "seventh", "2026-12-01", "not_started")
	task(swim, "never", "null", "skipped")
	a.task(two, a.plant(two), "foreign")

	view := func(name, filter string) string {
		return string(read[domain.SavedView](a, 201, one, "POST", "/tasks/views", `{"name": "`+name+`", "filter": `+filter+`}`).ID)
	}
	week := view("week", `{"deadline": "week", "sort": "created"}`)
	running := view("running", `{"goalId": "`+string(run.GoalID)+`", "actionId": "`+string(run.ID)+`", "status": ["completed", "in_progress"]}`)

	tests := map[string]struct{ query, want string }{
		"everything":                     {"", "late done now sixth seventh never"},
		"latest first":                   {"sort=created", "never seventh sixth now done late"},
		"a goal":                         {"goalId=" + string(swim.GoalID), "sixth seventh never"},
		"an action":                      {"actionId=" + string(run.ID), "late done now"},
		"an action of another goal":      {"actionId=" + string(run.ID) + "&goalId=" + string(swim.GoalID), ""},
		"another user's goal":            {"goalId=" + two, ""},
		"some statuses":                  {"status=completed,skipped", "done never"},
		"overdue":                        {"deadline=overdue", "late"},
		"today":                          {"deadline=today", "now"},
		"this week":                      {"deadline=week", "now sixth"},
		"some days":                      {"deadline=2026-11-24..2026-12-01", "now sixth seventh"},
		"until a day":                    {"deadline=..2026-11-23", "late done"},
		"from a day":                     {"deadline=2026-12-01..", "seventh"},
		"a view":                         {"viewId=" + week, "sixth now"},
		"a view in another order":        {"viewId=" + week + "&sort=deadline", "now sixth"},
		"a view, narrowed":               {"viewId=" + week + "&status=not_started", "sixth"},
		"a view and what is not in it":   {"viewId=" + week + "&deadline=overdue", ""},
		"a view of statuses":             {"viewId=" + running, "done now"},
		"a view of statuses, narrowed":   {"viewId=" + running + "&status=completed,skipped", "done"},
		"a view of a goal, another goal": {"viewId=" + running + "&goalId=" + string(swim.GoalID), ""},
		"parameters that say nothing":    {"status=&deadline=&goalId=&sort=&viewId=", "late done now sixth seventh never"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := api{t, a.router, a.db, a.database}
			got := a.titles(one, test.query)
			// Which of two with the same deadline comes first is their ids' matter.
			if !sameTies(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	t.Run("another user's view", func(t *testing.T) {
		t.Parallel()
		if got := (api{t, a.router, a.db, a.database}).call(two, "GET", "/tasks?viewId="+week, ""); got.StatusCode != 404 {
			t.Errorf("%d %s", got.StatusCode, got.Body)
		}
	})
	t.Run("the cursor of another order", func(t *testing.T) {
		t.Parallel()
		a := api{t, a.router, a.db, a.database}
		page := read[store.Page[domain.Task]](a, 200, one, "GET", "/tasks?limit=1", "")
		if got := a.call(one, "GET", "/tasks?sort=created&cursor="+page.Next, ""); got.StatusCode != 400 {
			t.Errorf("%d %s", got.StatusCode, got.Body)
		}
	})
}

// sameTies compares two orders in which "late" and "done", due on one day, may change places.
func sameTies(got, want string) bool {
	return got == want || strings.Replace(got, "done late", "late done", 1) == strings.Replace(want, "done late", "late done", 1)
}

func TestASavedEventListsTasks(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	action := a.plant(one)
	a.task(one, action, "due", `"deadline": "2026-11-25"`)
	a.task(one, action, "done", `"deadline": "2026-11-25", "status": "completed"`)
	got := a.send(savedEvent(t, "list.json"))
	if got.StatusCode != 200 || !strings.Contains(got.Body, `"title":"due"`) || strings.Contains(got.Body, `"title":"done"`) {
		t.Errorf("%d %s", got.StatusCode, got.Body)
	}
}

// TestAViewOutlivesWhatItNames: it shows nothing then, and can still be changed.
func TestAViewOutlivesWhatItNames(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	action := a.plant(one)
	a.task(one, action, "task")
	body := `{"name": "n", "filter": {"actionId": "` + string(action.ID) + `"}}`
	path := "/tasks/views/" + string(read[domain.SavedView](a, 201, one, "POST", "/tasks/views", body).ID)
	if err := a.db.Write(t.Context(), one, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeleteAction(ctx, action.GoalID, action.ID, store.AnyVersion)
	}); err != nil {
		t.Fatal(err)
	}
	got := []string{
		a.titles(one, "viewId="+strings.TrimPrefix(path, "/tasks/views/")),
		fmt.Sprint(a.call(one, "PATCH", path, `{"name": "m"}`).StatusCode, a.call(one, "PATCH", path, body).StatusCode),
	}
	if diff := cmp.Diff([]string{"", "200 404"}, got); diff != "" {
		t.Errorf("listed; renamed, and saved again (-want +got):\n%s", diff)
	}
}
