package states

import (
	"context"
	"log/slog"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/generator"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// reader runs transactions of a user that change nothing.
type reader interface {
	Read(ctx context.Context, user domain.ID, do func(context.Context, *store.Tx) error) error
}

// source makes tasks for an action.
type source interface {
	Generate(ctx context.Context, request generator.Request) ([]workflow.Task, error)
}

// Generate makes the tasks of an action and stores nothing. It reads the texts itself:
// an execution's history is no place for them.
type Generate struct {
	Database  reader
	Generator source
	Logger    *slog.Logger
}

// OfAction names an action, and which try this is, from 0.
type OfAction struct {
	workflow.About
	ActionID domain.ID `json:"actionId"`
	Attempt  int       `json:"attempt"`
}

// Validate holds the ids to their form.
func (a OfAction) Validate() error {
	if _, ok := domain.ParseID(string(a.ActionID)); !ok || a.Attempt < 0 {
		return &workflow.InvalidInputError{Message: "actionId is no id, or attempt no number of one"}
	}
	return a.About.Validate()
}

// Tasks are generated tasks, in their order.
type Tasks struct {
	Tasks []workflow.Task `json:"tasks"`
}

// Handle generates. InvalidInputError: the execution has ended, or the action is gone.
func (g Generate) Handle(ctx context.Context, in OfAction) (Tasks, error) {
	request := generator.Request{Attempt: in.Attempt}
	err := g.Database.Read(ctx, in.UserID, func(ctx context.Context, tx *store.Tx) (err error) {
		if err := workflow.Peek(ctx, tx, in.About); err != nil {
			return err
		}
		if request.Goal, err = tx.Goal(ctx, in.GoalID); err != nil {
			return err
		}
		if request.Action, err = tx.Action(ctx, in.GoalID, in.ActionID); err != nil {
			return err
		}
		request.SubGoal, err = tx.SubGoal(ctx, in.GoalID, request.Action.SubGoalID)
		return err
	})
	if err != nil {
		return Tasks{}, err
	}
	tasks, err := g.Generator.Generate(ctx, request)
	if err != nil {
		return Tasks{}, err
	}
	g.Logger.InfoContext(ctx, "tasks generated", "execution", in.Execution.Name, "action", in.ActionID, "tasks", len(tasks), "attempt", in.Attempt)
	return Tasks{Tasks: tasks}, nil
}
