package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// TestOthersExecutionsAreOutOfReach asks for an execution, and changes it, as another user.
func TestOthersExecutionsAreOutOfReach(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	owner, stranger := provision(t, db), provision(t, db)
	c := plant(t, db, owner)
	var execution store.WorkflowExecution
	write(t, db, owner, func(ctx context.Context, tx *store.Tx) (err error) {
		execution, err = tx.StartExecution(ctx, c.goal.ID, nil, nil)
		return err
	})
	for name, attempt := range map[string]func(context.Context, *store.Tx) error{
		"read": func(ctx context.Context, tx *store.Tx) error { _, err := tx.Execution(ctx, execution.ID); return err },
		"lock": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.LockExecution(ctx, execution.ID)
			return err
		},
		"start": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.StartExecution(ctx, c.goal.ID, nil, nil)
			return err
		},
		"advance": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Advance(ctx, execution.ID, 1, nil, nil)
			return err
		},
		"goal": func(ctx context.Context, tx *store.Tx) error {
			return tx.SetGoalStatus(ctx, c.goal.ID, domain.GoalFailed)
		},
	} {
		if err := db.Write(t.Context(), stranger, attempt); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	write(t, db, stranger, func(ctx context.Context, tx *store.Tx) error {
		was, finishErr := tx.FinishExecution(ctx, execution.ID, store.ExecutionCancelled, "")
		stored, storedErr := tx.StoredTasks(ctx, c.goal.ID, nil)
		if was || stored.Actions > 0 {
			t.Errorf("ended it: %t; counted %+v", was, stored)
		}
		return errors.Join(tx.RunExecution(ctx, execution.ID, "arn"), tx.NoteError(ctx, execution.ID, "Error"), finishErr, storedErr)
	})
	write(t, db, owner, func(ctx context.Context, tx *store.Tx) error {
		now, err := tx.LockExecution(ctx, execution.ID)
		if diff := cmp.Diff(execution, now); diff != "" {
			t.Errorf("changed by another user (-before +after):\n%s", diff)
		}
		return err
	})
}

func TestStoredTasksCountsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	user := provision(t, db)
	c := plant(t, db, user)
	write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.CreateAction(ctx, domain.Action{GoalID: c.goal.ID, SubGoalID: c.subGoal.ID, Position: 1, Title: "Another", Type: domain.Habit}); err != nil {
			return err
		}
		if _, err := tx.SaveGenerated(ctx, c.goal.ID, c.action.ID, []domain.Task{task("one"), task("two")}); err != nil {
			return err
		}
		own := task("own")
		own.ActionID = c.action.ID
		if _, err := tx.CreateTask(ctx, own); err != nil {
			return err
		}
		all, allErr := tx.StoredTasks(ctx, c.goal.ID, nil)
		none, noneErr := tx.StoredTasks(ctx, c.goal.ID, []domain.ID{})
		one, oneErr := tx.StoredTasks(ctx, c.goal.ID, []domain.ID{c.action.ID})
		want := []store.Stored{{Actions: 2, WithTasks: 1, Generated: 2}, {}, {Actions: 1, WithTasks: 1, Generated: 2}}
		if diff := cmp.Diff(want, []store.Stored{all, none, one}); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		return errors.Join(allErr, noneErr, oneErr)
	})
}
