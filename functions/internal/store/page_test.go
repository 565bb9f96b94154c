package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// TestALongPageEndsEarly makes goals of what takes most bytes to send: each page fits
// into an answer of Lambda, and each goal is on one of them.
func TestALongPageEndsEarly(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	user := provision(t, db)
	text := strings.Repeat("<", domain.MaxText)
	const goals = 60
	for range goals {
		write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.CreateGoal(ctx, domain.Goal{Title: "Long", Description: text, Background: text, Constraints: text, Status: domain.GoalActive})
			return err
		})
	}
	seen := map[domain.ID]bool{}
	window := store.Window{Limit: store.MaxLimit}
	for pages := 1; ; pages++ {
		var page store.Page[domain.Goal]
		write(t, db, user, func(ctx context.Context, tx *store.Tx) (err error) {
			page, err = tx.Goals(ctx, "", window)
			return err
		})
		inner, err := json.Marshal(page)
		if err != nil {
			t.Fatal(err)
		}
		if outer, err := json.Marshal(string(inner)); err != nil || len(outer) > store.MaxPage+1<<10 {
			t.Errorf("a page of %d goals is %d bytes, %v", len(page.Items), len(outer), err)
		}
		for _, goal := range page.Items {
			seen[goal.ID] = true
		}
		if window.After = page.Next; page.Next == "" {
			if pages < 2 || len(seen) != goals {
				t.Errorf("%d goals on %d pages", len(seen), pages)
			}
			return
		}
		if len(page.Items) == 0 || pages > goals {
			t.Fatalf("page %d has %d goals, and another follows", pages, len(page.Items))
		}
	}
}

func TestAnActionHasAHundredTasks(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.New(t))
	user := provision(t, db)
	full, other := plant(t, db, user), plant(t, db, user)
	create := func(c chart, id domain.ID) error {
		return db.Write(t.Context(), user, func(ctx context.Context, tx *store.Tx) error {
			made := task("task")
			made.ActionID, made.ID = c.action.ID, id
			_, err := tx.CreateTask(ctx, made)
			return err
		})
	}
	first := newID()
	if err := create(full, first); err != nil {
		t.Fatal(err)
	}
	for range domain.MaxTasks - 1 {
		if err := create(full, ""); err != nil {
			t.Fatal(err)
		}
	}
	var conflict *store.ConflictError
	if err := create(full, ""); !errors.As(err, &conflict) || conflict.Constraint != store.TasksOfAction {
		t.Errorf("one more: %v", err)
	}
	if err := create(full, first); err != nil {
		t.Errorf("the first again: %v", err)
	}
	if err := create(other, ""); err != nil {
		t.Errorf("another action's: %v", err)
	}
}
