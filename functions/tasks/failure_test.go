package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// owner runs a statement as the owner of the tables.
func (a api) owner(statement string) {
	a.t.Helper()
	connection, err := pgx.Connect(a.t.Context(), a.database.Owner)
	if err != nil {
		a.t.Fatal(err)
	}
	defer connection.Close(a.t.Context())
	if _, err := connection.Exec(a.t.Context(), statement); err != nil {
		a.t.Fatal(err)
	}
}

// TestASlowQueryIsCutOff holds the API to 500 ms for a statement (R6.1): who waits for
// longer is asked to come again, and nothing of the request stays.
func TestASlowQueryIsCutOff(t *testing.T) {
	t.Parallel()
	a := newAPIWithin(t, store.APITimeout)
	task := a.task(one, a.plant(one), "task")
	path := "/tasks/" + string(task.ID)
	a.owner(`
		CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(20); RETURN NEW; END';
		CREATE TRIGGER slow BEFORE INSERT ON task_history FOR EACH ROW EXECUTE FUNCTION slow();
		CREATE POLICY slow ON saved_views AS RESTRICTIVE USING (pg_sleep(20) IS NOT NULL)`)
	_ = read[domain.Task](a, 200, one, "PATCH", path, `{"title": "still quick"}`)
	a.owner("INSERT INTO saved_views (user_id, name, filter) VALUES ('" + one + "', 'n', '{}')")
	for _, request := range [][3]string{{"PATCH", path, `{"status": "completed"}`}, {"GET", "/tasks/views", ""}} {
		started := time.Now()
		got := a.call(one, request[0], request[1], request[2])
		if got.StatusCode != 503 || got.problem.Type != "/problems/unavailable" || got.Headers["Retry-After"] == "" || strings.Contains(got.Body, "statement") {
			t.Errorf("%s: %d %s, headers %v", request[0], got.StatusCode, got.Body, got.Headers)
		}
		if took := time.Since(started); took > 10*time.Second {
			t.Errorf("%s: after %s", request[0], took)
		}
	}
	if got := read[domain.Task](a, 200, one, "GET", path, ""); got.Status != domain.TaskNotStarted || got.Version != 2 {
		t.Errorf("after the failure: %+v", got)
	}
}

// A filter that was valid in another release may not be understood in this one.
func TestAStoredFilterThatIsNotUnderstoodFails(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	view := read[domain.SavedView](a, 201, one, "POST", "/tasks/views", `{"name": "n", "filter": {}}`)
	a.owner(`UPDATE saved_views SET filter = '{"deadline": "fortnight"}'`)
	// It must not list everything in place of what was meant.
	if got := a.call(one, "GET", "/tasks?viewId="+string(view.ID), ""); got.StatusCode != 500 {
		t.Errorf("%d %s", got.StatusCode, got.Body)
	}
}

// unavailable is a database that never answers.
type unavailable struct{}

func (unavailable) Read(context.Context, domain.ID, func(context.Context, *store.Tx) error) error {
	return store.ErrUnavailable
}

func (unavailable) Write(context.Context, domain.ID, func(context.Context, *store.Tx) error) error {
	return store.ErrUnavailable
}

// FuzzBody sends any body anywhere: it is refused as the caller's mistake, or gets as
// far as the database.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		`{"actionId": "018f3c1e-0000-4000-8000-00000000000a", "title": "Buy shoes", "type": "execution", "deadline": "2026-12-01", "estimatedMinutes": 60}`,
		`{"ids": ["018f3c1e-0000-4000-8000-00000000000a"], "status": "completed"}`,
		`{"name": "Week", "filter": {"deadline": "week", "status": ["completed"]}}`,
		`{"body": "note"}`, `{"filter": null}`, `{"deadline": null, "title": 1e400}`, `[]`, "\xff", "",
	} {
		f.Add(body)
	}
	a := api{t: f, router: newRouter(unavailable{})}
	routes := [][2]string{
		{"POST", "/tasks"}, {"PATCH", "/tasks/" + two}, {"POST", "/tasks/" + two + "/notes"}, {"POST", "/tasks/bulk/status"},
		{"POST", "/tasks/bulk/delete"}, {"POST", "/tasks/views"}, {"PATCH", "/tasks/views/" + two},
	}
	f.Fuzz(func(t *testing.T, body string) {
		a := a
		a.t = t
		for _, route := range routes {
			got := a.call(one, route[0], route[1], body)
			switch got.StatusCode {
			case 400, 413, 503:
			case 422:
				if len(got.problem.Errors) == 0 {
					t.Errorf("%s %s with %q: no field is named: %s", route[0], route[1], body, got.Body)
				}
			default:
				t.Errorf("%s %s with %q: %d %s", route[0], route[1], body, got.StatusCode, got.Body)
			}
		}
	})
}
