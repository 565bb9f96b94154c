package store_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/cursor"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func open(t *testing.T, database pgtest.Database) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{
		Host: database.Host, Port: 5432, Database: database.Name, User: "goal_mandala_app",
		Auth: store.StaticPassword{Value: secret.New("")}, Application: "test",
		StatementTimeout: 5 * time.Second, Connections: 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func newID() domain.ID {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return domain.ID(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
}

// provision makes a user.
func provision(t *testing.T, db *store.DB) domain.ID {
	t.Helper()
	id := newID()
	write(t, db, id, func(ctx context.Context, tx *store.Tx) error {
		return tx.Provision(ctx, domain.User{Email: string(id) + "@example.com"})
	})
	return id
}

func write(t *testing.T, db *store.DB, user domain.ID, do func(context.Context, *store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), user, do); err != nil {
		t.Fatal(err)
	}
}

// chart is a user's goal with one sub-goal, one action and its tasks.
type chart struct {
	goal    domain.Goal
	subGoal domain.SubGoal
	action  domain.Action
}

func plant(t *testing.T, db *store.DB, user domain.ID) chart {
	t.Helper()
	var c chart
	write(t, db, user, func(ctx context.Context, tx *store.Tx) (err error) {
		if c.goal, err = tx.CreateGoal(ctx, domain.Goal{Title: "Goal", Status: domain.GoalActive}); err != nil {
			return err
		}
		if c.subGoal, err = tx.CreateSubGoal(ctx, domain.SubGoal{GoalID: c.goal.ID, Title: "Sub-goal"}); err != nil {
			return err
		}
		c.action, err = tx.CreateAction(ctx, domain.Action{GoalID: c.goal.ID, SubGoalID: c.subGoal.ID, Title: "Action", Type: domain.Execution})
		return err
	})
	return c
}

func task(title string) domain.Task {
	return domain.Task{Title: title, Type: domain.Execution, Status: domain.TaskNotStarted}
}

func TestGoalKeepsEveryField(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	user := provision(t, db)
	want := domain.Goal{
		Title: "目標", Description: "d", Deadline: &domain.Date{Year: 2027, Month: 2, Day: 28}, Background: "b",
		Constraints: "c", Status: domain.GoalDraft,
	}
	var created, got domain.Goal
	write(t, db, user, func(ctx context.Context, tx *store.Tx) (err error) {
		if created, err = tx.CreateGoal(ctx, want); err != nil {
			return err
		}
		got, err = tx.Goal(ctx, created.ID)
		return err
	})
	if diff := cmp.Diff(created, got); diff != "" {
		t.Errorf("(-created +read):\n%s", diff)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(domain.Goal{}, "ID", "Meta")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOptimisticLockingAndHistory(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	user := provision(t, db)
	goal := plant(t, db, user).goal
	rename := func(title string) func(*domain.Goal) error {
		return func(g *domain.Goal) error { g.Title = title; return nil }
	}
	var second domain.Goal
	write(t, db, user, func(ctx context.Context, tx *store.Tx) (err error) {
		second, err = tx.UpdateGoal(ctx, goal.ID, goal.Version, rename("Second"))
		return err
	})
	if second.Version != goal.Version+1 {
		t.Errorf("version %d after %d", second.Version, goal.Version)
	}
	err := db.Write(t.Context(), user, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.UpdateGoal(ctx, goal.ID, goal.Version, rename("Third"))
		return err
	})
	if !errors.Is(err, store.ErrStale) {
		t.Errorf("with the old version: %v", err)
	}
	write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
		same, err := tx.UpdateGoal(ctx, goal.ID, second.Version, rename("Second"))
		if same.Version != second.Version {
			t.Errorf("a change of nothing makes version %d", same.Version)
		}
		return err
	})
	failure := errors.New("on purpose")
	if err := db.Write(t.Context(), user, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.UpdateGoal(ctx, goal.ID, store.AnyVersion, rename("Never")); err != nil {
			return err
		}
		return failure
	}); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	var changes store.Page[store.Change]
	write(t, db, user, func(ctx context.Context, tx *store.Tx) (err error) {
		changes, err = tx.Changes(ctx, goal.ID, store.Window{Limit: 1})
		return err
	})
	want := []store.Change{{
		GoalID: goal.ID, EntityType: "goal", EntityID: goal.ID, Change: "updated",
		Fields: map[string]domain.FieldChange{"title": {From: "Goal", To: "Second"}},
	}}
	if diff := cmp.Diff(want, changes.Items, cmpopts.IgnoreFields(store.Change{}, "ID", "ChangedAt")); diff != "" {
		t.Errorf("the last change (-want +got):\n%s", diff)
	}
	if changes.Next == "" {
		t.Error("there is no cursor to the changes before")
	}
}

// TestPagesHaveEveryRowOnce goes through listings of every order with every page size.
func TestPagesHaveEveryRowOnce(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	user := provision(t, db)
	c := plant(t, db, user)
	const rows = 7
	write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
		for i := range rows { // in one transaction: all have the same time of creation
			next := task(fmt.Sprint(i))
			next.ActionID = c.action.ID
			if i%3 > 0 { // some without deadline, some with the same
				next.Deadline = &domain.Date{Year: 2027, Month: 1, Day: i % 3}
			}
			if _, err := tx.CreateTask(ctx, next); err != nil {
				return err
			}
		}
		return nil
	})
	for _, sort := range []domain.TaskSort{domain.SortByDeadline, domain.SortByCreation} {
		for limit := 1; limit <= rows+1; limit++ {
			seen := map[domain.ID]bool{}
			window := store.Window{Limit: limit}
			for {
				var got store.Page[domain.Task]
				write(t, db, user, func(ctx context.Context, tx *store.Tx) (err error) {
					got, err = tx.Tasks(ctx, store.TaskListing{Filters: []domain.TaskFilter{{GoalID: c.goal.ID}}, Sort: sort}, window)
					return err
				})
				for _, item := range got.Items {
					if seen[item.ID] {
						t.Errorf("by %s in pages of %d: %s twice", sort, limit, item.ID)
					}
					seen[item.ID] = true
				}
				if window.After = got.Next; window.After == "" {
					break
				}
			}
			if len(seen) != rows {
				t.Errorf("by %s in pages of %d: %d rows of %d", sort, limit, len(seen), rows)
			}
		}
	}
	err := db.Read(t.Context(), user, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Tasks(ctx, store.TaskListing{}, store.Window{After: cursor.Encode("tasks by deadline", "x'; --", string(user))})
		return err
	})
	if !errors.Is(err, cursor.ErrInvalid) {
		t.Errorf("a forged cursor: %v", err)
	}
}

func TestSaveGeneratedIsIdempotentAndKeepsWhatIsBegun(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	user := provision(t, db)
	c := plant(t, db, user)
	save := func(titles ...string) []domain.Task {
		var read domain.Chart
		write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
			var tasks []domain.Task
			for _, title := range titles {
				tasks = append(tasks, task(title))
			}
			count, err := tx.SaveGenerated(ctx, c.goal.ID, c.action.ID, tasks)
			if err != nil || count != len(titles) {
				return fmt.Errorf("%d saved: %w", count, err)
			}
			read, err = tx.Chart(ctx, c.goal.ID)
			return err
		})
		return read.SubGoals[0].Actions[0].Tasks
	}
	first := save("a", "b", "c")
	if diff := cmp.Diff(first, save("a", "b", "c")); diff != "" {
		t.Errorf("the same again (-first +second):\n%s", diff)
	}
	write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.UpdateTask(ctx, first[2].ID, first[2].Version, func(next *domain.Task) error {
			status := domain.TaskCompleted
			return next.Apply(domain.TaskPatch{Status: domain.Some(status)}, time.Now())
		})
		return err
	})
	var titles []string
	for _, item := range save("x") {
		titles = append(titles, item.Title)
	}
	if diff := cmp.Diff([]string{"x", "c"}, titles); diff != "" {
		t.Errorf("what was completed stays (-want +got):\n%s", diff)
	}
	write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
		read, err := tx.Chart(ctx, c.goal.ID)
		got := []int{read.Goal.Progress, read.SubGoals[0].Progress, read.SubGoals[0].Actions[0].Progress}
		if diff := cmp.Diff([]int{50, 50, 50}, got); diff != "" {
			t.Errorf("progress (-want +got):\n%s", diff)
		}
		return err
	})
}

func TestOneExecutionAtATime(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	user := provision(t, db)
	c := plant(t, db, user)
	var execution store.WorkflowExecution
	start := func() error {
		return db.Write(t.Context(), user, func(ctx context.Context, tx *store.Tx) (err error) {
			execution, err = tx.StartExecution(ctx, c.goal.ID, nil, nil)
			return err
		})
	}
	if err := start(); err != nil {
		t.Fatal(err)
	}
	id := execution.ID
	var conflict *store.ConflictError
	if err := start(); !errors.As(err, &conflict) || conflict.Constraint != store.ExecutionOneAtATime {
		t.Errorf("a second one: %v", err)
	}
	for range 2 { // the workflow may call again
		write(t, db, user, func(ctx context.Context, tx *store.Tx) (err error) {
			if err := tx.RunExecution(ctx, id, "arn"); err != nil {
				return err
			}
			execution, err = tx.Advance(ctx, id, 4, []domain.ID{c.action.ID}, map[domain.ID]string{newIDOf(1): "QuotaExceededError"})
			return err
		})
	}
	if execution.Progress != 50 || execution.Status != store.ExecutionRunning || len(execution.FailedActions) != 1 {
		t.Errorf("after an advance: %+v", execution)
	}
	owner, err := db.ExecutionOwner(t.Context(), id)
	if err != nil || owner != user {
		t.Errorf("owner %s, %v", owner, err)
	}
	var ended []bool
	for range 2 {
		write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
			was, err := tx.FinishExecution(ctx, id, store.ExecutionFailed, "TIMED_OUT")
			ended = append(ended, was)
			return err
		})
	}
	if diff := cmp.Diff([]bool{true, false}, ended); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
}

func newIDOf(n int) domain.ID { return domain.ID(fmt.Sprintf("00000000-0000-0000-0000-%012d", n)) }

func TestRemindersAreClaimedOnce(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	user, idle := provision(t, db), provision(t, db)
	c := plant(t, db, user)
	day := domain.Date{Year: 2026, Month: 11, Day: 24}
	due := task("Due")
	due.ActionID, due.Deadline = c.action.ID, &day
	write(t, db, user, func(ctx context.Context, tx *store.Tx) error { _, err := tx.CreateTask(ctx, due); return err })
	users, err := db.ReminderUsers(t.Context(), day, "", 10)
	if diff := cmp.Diff([]domain.ID{user}, users); err != nil || diff != "" {
		t.Errorf("%v, users to remind beside the idle %s (-want +got):\n%s", err, idle, diff)
	}
	var claims []bool
	for _, record := range []string{"", "Throttled", "-", ""} {
		write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
			claimed, err := tx.ClaimReminder(ctx, day)
			claims = append(claims, claimed)
			if err != nil || record == "" {
				return err
			}
			if record == "-" {
				record = ""
			}
			return tx.RecordReminder(ctx, day, store.SentReminder{Due: 1, MessageID: "m", Error: record})
		})
	}
	// Claimed; somebody is at it (and then fails); claimed anew and sent; never again.
	if diff := cmp.Diff([]bool{true, false, true, false}, claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	write(t, db, user, func(ctx context.Context, tx *store.Tx) error { return tx.SwitchRemindersOff(ctx, store.Bounced) })
	if users, err := db.ReminderUsers(t.Context(), day, "", 10); err != nil || len(users) > 0 {
		t.Errorf("after a bounce: %v, %v", users, err)
	}
}

func TestAnUnreachableDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), store.Options{
		Host: t.TempDir(), Port: 5432, Database: "d", User: "u", Auth: store.StaticPassword{}, StatementTimeout: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if _, err := db.SchemaVersion(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestAStatementTimesOut(t *testing.T) {
	t.Parallel()
	database := pgtest.New(t)
	db, err := store.Open(t.Context(), store.Options{
		Host: database.Host, Port: 5432, Database: database.Name, User: "goal_mandala_app",
		Auth: store.StaticPassword{}, StatementTimeout: 200 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	user := provision(t, db)
	goal := plant(t, db, user).goal
	// Another connection holds the goal, so that the change has to wait.
	holder, err := pgx.Connect(t.Context(), database.Owner)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close(t.Context())
	if _, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE goals"); err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), user, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteGoal(ctx, goal.ID, store.AnyVersion) })
	if !errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "no error") {
		t.Errorf("got %v", err)
	}
}
