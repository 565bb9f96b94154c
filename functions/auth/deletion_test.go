package main

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// rows counts what there is of a user, by table: whatever has a column user_id, but
// that they were deleted.
func (a api) rows(user string) map[string]int {
	a.t.Helper()
	owner, err := pgx.Connect(a.t.Context(), a.database.Owner)
	if err != nil {
		a.t.Fatal(err)
	}
	defer owner.Close(a.t.Context())
	tables, err := owner.Query(a.t.Context(), "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'user_id' AND table_name <> 'deleted_users'")
	if err != nil {
		a.t.Fatal(err)
	}
	names, err := pgx.CollectRows(tables, pgx.RowTo[string])
	if err != nil || len(names) < 10 {
		a.t.Fatalf("tables %v, %v", names, err)
	}
	counts := map[string]int{}
	count := func(table, column string) {
		var n int
		if err := owner.QueryRow(a.t.Context(), "SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize()+" WHERE "+column+" = $1", user).Scan(&n); err != nil {
			a.t.Fatal(err)
		}
		if n > 0 {
			counts[table] = n
		}
	}
	count("users", "id")
	for _, name := range names {
		count(name, "user_id")
	}
	return counts
}

// populate gives a user a row in every table.
func (a api) populate(user string) {
	a.t.Helper()
	a.call(user, "GET", "/auth", "")
	err := a.db.Write(a.t.Context(), domain.ID(user), func(ctx context.Context, tx *store.Tx) error {
		goal, err := tx.CreateGoal(ctx, domain.Goal{Title: "Goal", Status: domain.GoalActive})
		if err != nil {
			return err
		}
		subGoal, err := tx.CreateSubGoal(ctx, domain.SubGoal{GoalID: goal.ID, Title: "Sub-goal"})
		if err != nil {
			return err
		}
		action, err := tx.CreateAction(ctx, domain.Action{GoalID: goal.ID, SubGoalID: subGoal.ID, Title: "Action", Type: domain.Habit})
		if err != nil {
			return err
		}
		task, err := tx.CreateTask(ctx, domain.Task{ActionID: action.ID, Title: "Task", Type: domain.Habit, Status: domain.TaskNotStarted})
		if err != nil {
			return err
		}
		_, taskErr := tx.UpdateTask(ctx, task.ID, task.Version, func(t *domain.Task) error { t.Status = domain.TaskSkipped; return nil })
		_, noteErr := tx.CreateNote(ctx, domain.Note{TaskID: task.ID, Body: "Note"})
		_, viewErr := tx.CreateView(ctx, domain.SavedView{Name: "View"})
		_, reflectionErr := tx.CreateReflection(ctx, domain.Reflection{GoalID: goal.ID, Summary: "Summary"})
		execution, executionErr := tx.StartExecution(ctx, goal.ID, nil, nil)
		_, finishErr := tx.FinishExecution(ctx, execution.ID, store.ExecutionFailed, "")
		statusErr := tx.SetGoalStatus(ctx, goal.ID, domain.GoalFailed)
		_, retryErr := tx.StartExecution(ctx, goal.ID, nil, &execution.ID)
		_, preferenceErr := tx.PutReminderPreference(ctx, store.AnyVersion, true, store.ChangePace)
		_, claimErr := tx.ClaimReminder(ctx, domain.Date{Year: 2026, Month: 11, Day: 24})
		return errors.Join(taskErr, noteErr, viewErr, reflectionErr, executionErr, finishErr, statusErr, retryErr, preferenceErr, claimErr)
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

func TestDeletionLeavesNothingOfTheUser(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.populate(one)
	a.populate(two)
	before := a.rows(two)
	if len(before) < 14 {
		t.Fatalf("rows in %d tables: %v", len(before), before)
	}
	if answer := a.call(one, "DELETE", "/profile", "", ifMatch(`"7"`)); answer.StatusCode != 412 || len(a.cognito.asked) > 0 {
		t.Errorf("by who read another version: %d %s, Cognito was asked %v", answer.StatusCode, answer.Body, a.cognito.asked)
	}
	if diff := cmp.Diff(before, a.rows(one)); diff != "" {
		t.Errorf("after that (-before +now):\n%s", diff)
	}
	if answer := a.call(one, "DELETE", "/profile", "", ifMatch(`"1"`)); answer.StatusCode != 204 {
		t.Errorf("%d %s", answer.StatusCode, answer.Body)
	}
	if left := a.rows(one); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	if diff := cmp.Diff(before, a.rows(two)); diff != "" {
		t.Errorf("of the other user (-before +now):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"AdminDeleteUser pool " + one}, a.cognito.asked); diff != "" {
		t.Errorf("Cognito was asked (-want +got):\n%s", diff)
	}
}

func TestADeletionThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.populate(one)
	a.cognito.refuse = "InternalErrorException"
	if answer := a.call(one, "DELETE", "/profile", "", ifMatch(`"1"`)); answer.StatusCode != 503 || answer.Headers["Retry-After"] == "" {
		t.Errorf("with Cognito away: %d %s", answer.StatusCode, answer.Body)
	}
	if left := a.rows(one); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	for _, refuse := range []string{"", "UserNotFoundException"} {
		a.cognito.refuse = refuse
		if answer := a.call(one, "DELETE", "/profile", "", ifMatch(`"1"`)); answer.StatusCode != 204 {
			t.Errorf("again, with %q: %d %s", refuse, answer.StatusCode, answer.Body)
		}
	}
}

// TestADeletionLasts lets a second window of the user ask on, during the deletion and
// after it: no profile is made anew.
func TestADeletionLasts(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.populate(one)
	var asked []int
	ask := func() {
		for _, request := range [][3]string{{"GET", "/auth", ""}, {"GET", "/profile", ""}, {"PATCH", "/profile", `{"name": "n"}`}, {"PUT", "/profile/reminders", `{"enabled": true, "pace": "change_pace"}`}} {
			asked = append(asked, a.call(one, request[0], request[1], request[2]).StatusCode)
		}
	}
	a.cognito.during = ask
	if answer := a.call(one, "DELETE", "/profile", ""); answer.StatusCode != 204 {
		t.Errorf("%d %s", answer.StatusCode, answer.Body)
	}
	a.cognito.during = nil
	ask()
	if diff := cmp.Diff([]int{401, 401, 401, 401, 401, 401, 401, 401}, asked); diff != "" {
		t.Errorf("asked again (-want +got):\n%s", diff)
	}
	if left := a.rows(one); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	// Who has the address next is somebody else.
	if next := read[session](t, a.call(two, "GET", "/auth", "", claims(map[string]any{"email": "one@example.com"})), 200); !next.FirstSignIn {
		t.Errorf("the next user of the address: %+v", next)
	}
	// A user without a profile can go, too.
	if answer := a.call(two, "DELETE", "/profile", ""); answer.StatusCode != 204 {
		t.Errorf("the next user: %d %s", answer.StatusCode, answer.Body)
	}
}
