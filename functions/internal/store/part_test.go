package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// TestPartsThatChangePlacesAtOnceKeepThemApart lets several connections move the
// sub-goals and actions of one goal at random: each has a place of its own in the end.
func TestPartsThatChangePlacesAtOnceKeepThemApart(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	user := provision(t, db)
	c := plant(t, db, user)
	subGoals, actions := []domain.ID{c.subGoal.ID}, []domain.ID{c.action.ID}
	write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
		for position := 1; position < domain.Positions; position++ {
			title := fmt.Sprint(position)
			subGoal, subGoalErr := tx.CreateSubGoal(ctx, domain.SubGoal{GoalID: c.goal.ID, Position: position, Title: title})
			action, actionErr := tx.CreateAction(ctx, domain.Action{GoalID: c.goal.ID, SubGoalID: c.subGoal.ID, Position: position, Title: title, Type: domain.Habit})
			if err := errors.Join(subGoalErr, actionErr); err != nil {
				return err
			}
			subGoals, actions = append(subGoals, subGoal.ID), append(actions, action.ID)
		}
		return nil
	})
	var movers sync.WaitGroup
	for seed := range uint64(3) {
		movers.Go(func() {
			random := rand.New(rand.NewPCG(seed, 0))
			for range 15 {
				part, position := random.IntN(domain.Positions), random.IntN(domain.Positions)
				err := db.Write(t.Context(), user, func(ctx context.Context, tx *store.Tx) error {
					_, subGoalErr := tx.UpdateSubGoal(ctx, c.goal.ID, subGoals[part], store.AnyVersion, true, func(s *domain.SubGoal) error { s.Position = position; return nil })
					_, actionErr := tx.UpdateAction(ctx, c.goal.ID, actions[part], store.AnyVersion, true, func(a *domain.Action) error { a.Position = position; return nil })
					return errors.Join(subGoalErr, actionErr)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	movers.Wait()
	places := map[string][]int{}
	var gone []domain.ID
	write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
		read, err := tx.Chart(ctx, c.goal.ID)
		for _, subGoal := range read.SubGoals {
			places["sub-goals"] = append(places["sub-goals"], subGoal.Position)
			for _, action := range subGoal.Actions {
				places["actions"] = append(places["actions"], action.Position)
				if !slices.Contains(actions, action.ID) {
					gone = append(gone, action.ID)
				}
			}
		}
		return err
	})
	all := []int{0, 1, 2, 3, 4, 5, 6, 7}
	if diff := cmp.Diff(map[string][]int{"sub-goals": all, "actions": all}, places); diff != "" || len(gone) > 0 {
		t.Errorf("unknown %v (-want +got):\n%s", gone, diff)
	}
}

func TestATakenPlaceIsAConflict(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	user := provision(t, db)
	c := plant(t, db, user)
	attempts := map[string]func(context.Context, *store.Tx) error{
		store.SubGoalPosition: func(ctx context.Context, tx *store.Tx) error {
			other, err := tx.CreateSubGoal(ctx, domain.SubGoal{GoalID: c.goal.ID, Position: 1, Title: "t"})
			if err != nil {
				return err
			}
			_, err = tx.UpdateSubGoal(ctx, c.goal.ID, other.ID, store.AnyVersion, false, func(s *domain.SubGoal) error { s.Position = 0; return nil })
			return err
		},
		store.ActionPosition: func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.CreateAction(ctx, domain.Action{GoalID: c.goal.ID, SubGoalID: c.subGoal.ID, Title: "t", Type: domain.Habit})
			return err
		},
	}
	for constraint, attempt := range attempts {
		var conflict *store.ConflictError
		if err := db.Write(t.Context(), user, attempt); !errors.As(err, &conflict) || conflict.Constraint != constraint {
			t.Errorf("%s: %v", constraint, err)
		}
	}
}
