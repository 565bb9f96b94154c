package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

func TestAClaimThatWasLeftIsTakenAfterAMinute(t *testing.T) {
	t.Parallel()
	database := pgtest.New(t)
	db := open(t, database)
	user := provision(t, db)
	day := domain.Date{Year: 2026, Month: 11, Day: 24}
	owner, err := pgx.Connect(t.Context(), database.Owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { owner.Close(context.WithoutCancel(t.Context())) })
	var claims []bool
	for _, age := range []time.Duration{0, store.ClaimKept - 10*time.Second, store.ClaimKept + time.Second, 0} {
		if _, err := owner.Exec(t.Context(), "UPDATE reminder_log SET claimed_at = now() - make_interval(secs => $1)", age.Seconds()); err != nil {
			t.Fatal(err)
		}
		write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
			claimed, err := tx.ClaimReminder(ctx, day)
			claims = append(claims, claimed)
			return err
		})
	}
	if diff := cmp.Diff([]bool{true, false, true, false}, claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestWhatIsProposed(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	user, other := provision(t, db), provision(t, db)
	day := domain.Date{Year: 2026, Month: 11, Day: 24}
	c := plant(t, db, user)
	calm, paused := plant(t, db, user), plant(t, db, user)
	theirs := plant(t, db, other)
	add := func(owner domain.ID, at chart, title string, minutes int, deadline *domain.Date) {
		made := task(title)
		made.ActionID, made.Deadline, made.EstimatedMinutes = at.action.ID, deadline, &minutes
		write(t, db, owner, func(ctx context.Context, tx *store.Tx) error { _, err := tx.CreateTask(ctx, made); return err })
	}
	yesterday, tomorrow := day.AddDays(-1), day.AddDays(1)
	add(user, c, "overdue", 10, &yesterday)
	add(user, c, "due", 10, &day)
	add(user, c, "beside what is due", 1, &tomorrow)
	add(user, calm, "long", 60, nil)
	add(user, calm, "quick", 5, &tomorrow)
	add(user, paused, "paused", 5, &day)
	add(other, theirs, "another's", 1, nil)
	write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.UpdateGoal(ctx, paused.goal.ID, store.AnyVersion, func(g *domain.Goal) error { g.Status = domain.GoalPaused; return nil })
		return err
	})
	var got [][]string
	var count store.DueCount
	write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
		for _, list := range []func(context.Context, domain.Date, int) ([]domain.Task, error){tx.DueTasks, tx.ProposedTasks} {
			tasks, err := list(ctx, day, 10)
			if err != nil {
				return err
			}
			var titles []string
			for _, item := range tasks {
				titles = append(titles, item.Title)
			}
			got = append(got, titles)
		}
		var err error
		count, err = tx.DueCount(ctx, day)
		return err
	})
	if diff := cmp.Diff([][]string{{"overdue", "due"}, {"quick"}}, got); diff != "" {
		t.Errorf("due and proposed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(store.DueCount{Due: 1, Overdue: 1}, count); diff != "" {
		t.Errorf("count (-want +got):\n%s", diff)
	}
}
