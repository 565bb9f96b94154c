package states

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// UpdateGoalStatus ends the execution and gives the goal its status. For an execution
// that has ended already it does nothing: whoever ended it has seen to the goal.
type UpdateGoalStatus struct{ Database writer }

// End is how an execution ended.
type End struct {
	workflow.About
	Status  domain.GoalStatus `json:"status"` // active, partial or failed
	Summary workflow.Summary  `json:"summary"`
}

// Validate wants one of the three statuses.
func (e End) Validate() error {
	if _, ok := e.execution(); !ok {
		return &workflow.InvalidInputError{Message: "status is none that an execution ends with"}
	}
	return e.About.Validate()
}

func (e End) execution() (store.ExecutionStatus, bool) {
	switch e.Status {
	case domain.GoalActive:
		return store.ExecutionSucceeded, true
	case domain.GoalPartial:
		return store.ExecutionPartial, true
	case domain.GoalFailed:
		return store.ExecutionFailed, true
	default:
		return "", false
	}
}

// Handle sets both. A goal whose generation failed is failed only if none of its actions
// has tasks, from an earlier one or of the user's own.
func (u UpdateGoalStatus) Handle(ctx context.Context, in End) (Nothing, error) {
	end, _ := in.execution()
	return Nothing{}, u.Database.Write(ctx, in.UserID, func(ctx context.Context, tx *store.Tx) error {
		execution, err := tx.LockExecution(ctx, in.Execution.Name)
		if err != nil || !execution.Status.Open() {
			return err
		}
		if execution.GoalID != in.GoalID {
			return &workflow.InvalidInputError{Message: "the execution is of another goal"}
		}
		if in.Status == domain.GoalFailed {
			return workflow.Settle(ctx, tx, execution, end, "", domain.GoalFailed)
		}
		return workflow.Finish(ctx, tx, execution, end, "", in.Status)
	})
}
