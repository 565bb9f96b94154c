package states

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// SaveTasks stores the tasks of an action in place of those generated before, and in the
// same transaction that the action is done: what is recorded is what is stored.
type SaveTasks struct{ Database writer }

// Generated are an action's tasks.
type Generated struct {
	workflow.About
	ActionID domain.ID       `json:"actionId"`
	Tasks    []workflow.Task `json:"tasks"`
}

// Validate wants at least one task: none would take away what is there.
func (g Generated) Validate() error {
	if _, ok := domain.ParseID(string(g.ActionID)); !ok {
		return &workflow.InvalidInputError{Message: "actionId is no id"}
	}
	if len(g.Tasks) == 0 || len(g.Tasks) > workflow.MaxTasks {
		return &workflow.InvalidInputError{Message: "an action has one task at least, and not any number of them"}
	}
	for _, task := range g.Tasks {
		if err := task.Domain().Validate(); err != nil {
			return err
		}
	}
	return g.About.Validate()
}

// Saved is how many tasks were stored.
type Saved struct {
	TaskCount int `json:"taskCount"`
}

// Handle stores the tasks.
func (s SaveTasks) Handle(ctx context.Context, in Generated) (Saved, error) {
	tasks := make([]domain.Task, 0, len(in.Tasks))
	for _, task := range in.Tasks {
		tasks = append(tasks, task.Domain())
	}
	var out Saved
	err := inOpen(ctx, s.Database, in.About, func(ctx context.Context, tx *store.Tx, execution store.WorkflowExecution) (err error) {
		if out.TaskCount, err = tx.SaveGenerated(ctx, in.GoalID, in.ActionID, tasks); err != nil {
			return err
		}
		_, err = tx.Advance(ctx, execution.ID, 0, []domain.ID{in.ActionID}, nil)
		return err
	})
	return out, err
}
