package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// tables are all tables but the migrations', and the column of each that says whose a
// row is. One without such a column, or that does not hold it by row-level security,
// fails the test.
func tables(t *testing.T, owner *pgx.Conn) map[string]string {
	t.Helper()
	rows, _ := owner.Query(t.Context(), `
		SELECT c.relname, c.relrowsecurity, coalesce((SELECT a.attname::text FROM pg_attribute a
			WHERE a.attrelid = c.oid AND a.attname = CASE c.relname WHEN 'users' THEN 'id' ELSE 'user_id' END), '')
		FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'goose_db_version'`)
	all := map[string]string{}
	var table, column string
	var secured bool
	_, err := pgx.ForEachRow(rows, []any{&table, &secured, &column}, func() error {
		if column == "" || !secured {
			t.Errorf("table %s: whose a row is says column %q, row-level security is %v", table, column, secured)
		}
		all[table] = column
		return nil
	})
	if err != nil || len(all) < 14 {
		t.Fatalf("%d tables: %v", len(all), err)
	}
	return all
}

// populate gives a user at least one row in every table.
func populate(t *testing.T, db *store.DB, user domain.ID) (chart, domain.Task) {
	t.Helper()
	c := plant(t, db, user)
	var made domain.Task
	write(t, db, user, func(ctx context.Context, tx *store.Tx) (err error) {
		next := task("Task")
		next.ActionID = c.action.ID
		if made, err = tx.CreateTask(ctx, next); err != nil {
			return err
		}
		if made, err = tx.UpdateTask(ctx, made.ID, made.Version, func(t *domain.Task) error { t.Status = domain.TaskSkipped; return nil }); err != nil {
			return err
		}
		_, noteErr := tx.CreateNote(ctx, domain.Note{TaskID: made.ID, Body: "Note"})
		_, viewErr := tx.CreateView(ctx, domain.SavedView{Name: "View"})
		_, reflectionErr := tx.CreateReflection(ctx, domain.Reflection{GoalID: c.goal.ID, Summary: "Summary"})
		_, executionErr := tx.StartExecution(ctx, c.goal.ID, nil, nil)
		_, preferenceErr := tx.PutReminderPreference(ctx, store.AnyVersion, true, store.ChangePace)
		_, claimErr := tx.ClaimReminder(ctx, domain.Date{Year: 2026, Month: 11, Day: 24})
		return errors.Join(noteErr, viewErr, reflectionErr, executionErr, preferenceErr, claimErr)
	})
	return c, made
}

// TestAUserSeesOnlyOwnRows lets queries forget the user altogether: whatever the users
// and whoever asks, the database gives and changes own rows only.
func TestAUserSeesOnlyOwnRows(t *testing.T) {
	t.Parallel()
	database := pgtest.New(t)
	db := open(t, database)
	var users []domain.ID
	for range 4 {
		user := provision(t, db)
		populate(t, db, user)
		users = append(users, user)
	}
	app, err := pgx.Connect(t.Context(), database.App)
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close(t.Context())

	owner, err := pgx.Connect(t.Context(), database.Owner)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(t.Context())

	// Who was deleted has no other rows: nothing but this can give these users one.
	if _, err := owner.Exec(t.Context(), "INSERT INTO deleted_users (user_id) SELECT id FROM users"); err != nil {
		t.Fatal(err)
	}

	random := rand.New(rand.NewPCG(1, 2))
	for table, column := range tables(t, owner) {
		for range 3 {
			self := users[random.IntN(len(users))]
			other := users[random.IntN(len(users))]
			inTransaction(t, app, self, func(tx pgx.Tx) {
				var mine, others int
				query := fmt.Sprintf("SELECT count(*) FILTER (WHERE %[2]s = $1), count(*) FILTER (WHERE %[2]s <> $1) FROM %[1]s", table, column)
				if err := tx.QueryRow(t.Context(), query, self).Scan(&mine, &others); err != nil {
					t.Fatalf("%s: %v", table, err)
				}
				if mine == 0 || others > 0 {
					t.Errorf("%s: sees %d own rows and %d of others", table, mine, others)
				}
			})
			if other == self {
				continue
			}
			for _, statement := range []string{
				fmt.Sprintf("UPDATE %[1]s SET %[2]s = %[2]s WHERE %[2]s = $1", table, column),
				fmt.Sprintf("DELETE FROM %s WHERE %s = $1", table, column),
			} {
				inTransaction(t, app, self, func(tx pgx.Tx) {
					if tag, err := tx.Exec(t.Context(), statement, other); err == nil && tag.RowsAffected() > 0 {
						t.Errorf("%s reached %d rows of another user", statement, tag.RowsAffected())
					}
				})
			}
			inTransaction(t, app, self, func(tx pgx.Tx) { // nor give a row away
				if tag, err := tx.Exec(t.Context(), fmt.Sprintf("UPDATE %s SET %s = $1", table, column), other); err == nil && tag.RowsAffected() > 0 {
					t.Errorf("%s: gave %d rows to another user", table, tag.RowsAffected())
				}
			})
		}
		var seen int
		if err := app.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&seen); err != nil || seen > 0 {
			t.Errorf("%s without a user: %d rows, %v", table, seen, err)
		}
	}
}

// inTransaction runs do as a user and rolls back.
func inTransaction(t *testing.T, connection *pgx.Conn, user domain.ID, do func(pgx.Tx)) {
	t.Helper()
	tx, err := connection.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), "SELECT set_config('app.user_id', $1, true)", string(user)); err != nil {
		t.Fatal(err)
	}
	do(tx)
}

// TestOthersRowsAreNotFound asks the store for rows of another user by their ids.
func TestOthersRowsAreNotFound(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	owner, stranger := provision(t, db), provision(t, db)
	c, made := populate(t, db, owner)
	attempts := map[string]func(context.Context, *store.Tx) error{
		"goal":        func(ctx context.Context, tx *store.Tx) error { _, err := tx.Goal(ctx, c.goal.ID); return err },
		"chart":       func(ctx context.Context, tx *store.Tx) error { _, err := tx.Chart(ctx, c.goal.ID); return err },
		"delete goal": func(ctx context.Context, tx *store.Tx) error { return tx.DeleteGoal(ctx, c.goal.ID, store.AnyVersion) },
		"sub-goal": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.SubGoal(ctx, c.goal.ID, c.subGoal.ID)
			return err
		},
		"action": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Action(ctx, c.goal.ID, c.action.ID)
			return err
		},
		"task": func(ctx context.Context, tx *store.Tx) error { _, err := tx.Task(ctx, made.ID); return err },
		"delete task": func(ctx context.Context, tx *store.Tx) error {
			return tx.DeleteTasks(ctx, []domain.ID{made.ID}, store.AnyVersion)
		},
		"execution": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.LatestExecution(ctx, c.goal.ID)
			return err
		},
		"note on a task": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.CreateNote(ctx, domain.Note{TaskID: made.ID, Body: "b"})
			return err
		},
		"task of an action": func(ctx context.Context, tx *store.Tx) error {
			next := task("t")
			next.ActionID = c.action.ID
			_, err := tx.CreateTask(ctx, next)
			return err
		},
		"sub-goal of a goal": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.CreateSubGoal(ctx, domain.SubGoal{GoalID: c.goal.ID, Position: 1, Title: "t"})
			return err
		},
		"generated tasks": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.SaveGenerated(ctx, c.goal.ID, c.action.ID, []domain.Task{task("t")})
			return err
		},
		"reflection": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.CreateReflection(ctx, domain.Reflection{GoalID: c.goal.ID, Summary: "s"})
			return err
		},
	}
	for name, attempt := range attempts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := db.Write(t.Context(), stranger, attempt); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("got %v", err)
			}
		})
	}
	write(t, db, stranger, func(ctx context.Context, tx *store.Tx) error {
		goals, goalsErr := tx.Goals(ctx, "", store.Window{})
		changes, changesErr := tx.Changes(ctx, c.goal.ID, store.Window{})
		if diff := cmp.Diff([]int{0, 0}, []int{len(goals.Items), len(changes.Items)}); diff != "" {
			t.Errorf("goals and changes (-want +got):\n%s", diff)
		}
		return errors.Join(goalsErr, changesErr)
	})
}
