package states

import (
	"context"
	"slices"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// GetActions reads which actions are meant, by sub-goal and position, and records how
// many they are. Actions that were deleted since the start are left out.
type GetActions struct{ Database writer }

// Asked is what was asked for: the actions, or all for none.
type Asked struct {
	workflow.About
	ActionIDs []domain.ID `json:"actionIds"`
}

// Actions are the actions that there are.
type Actions struct {
	Actions []workflow.Action `json:"actions"`
}

// Handle lists the actions; InvalidInputError where there are none.
func (g GetActions) Handle(ctx context.Context, in Asked) (Actions, error) {
	var out Actions
	err := inOpen(ctx, g.Database, in.About, func(ctx context.Context, tx *store.Tx, execution store.WorkflowExecution) error {
		all, err := tx.Actions(ctx, in.GoalID, "")
		if err != nil {
			return err
		}
		out.Actions = nil
		for _, action := range all {
			if len(in.ActionIDs) == 0 || slices.Contains(in.ActionIDs, action.ID) {
				out.Actions = append(out.Actions, workflow.Action{ActionID: action.ID})
			}
		}
		if len(out.Actions) == 0 {
			return &workflow.InvalidInputError{Message: "there are no actions to generate tasks for"}
		}
		_, err = tx.Advance(ctx, execution.ID, len(out.Actions), nil, nil)
		return err
	})
	return out, err
}

// ToBatch are actions, and how many of them make a batch.
type ToBatch struct {
	workflow.About
	Actions   []workflow.Action `json:"actions"`
	BatchSize int               `json:"batchSize"`
}

// Validate wants at least one action and room for one in a batch.
func (b ToBatch) Validate() error {
	if len(b.Actions) == 0 || b.BatchSize < 1 {
		return &workflow.InvalidInputError{Message: "there must be actions, and batches of at least one"}
	}
	return b.About.Validate()
}

// Batch is a part of the actions; numbers begin at 1.
type Batch struct {
	BatchNumber int               `json:"batchNumber"`
	Actions     []workflow.Action `json:"actions"`
}

// Batches are all actions in their order.
type Batches struct {
	Batches     []Batch `json:"batches"`
	ActionCount int     `json:"actionCount"`
}

// CreateBatches cuts the actions into batches.
func CreateBatches(_ context.Context, in ToBatch) (Batches, error) {
	out := Batches{ActionCount: len(in.Actions)}
	for actions := range slices.Chunk(in.Actions, in.BatchSize) {
		out.Batches = append(out.Batches, Batch{BatchNumber: len(out.Batches) + 1, Actions: actions})
	}
	return out, nil
}
