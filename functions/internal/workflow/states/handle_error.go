package states

import (
	"context"
	"errors"
	"log/slog"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// HandleError records a failure of the workflow, and sees to it that no goal stays
// generating.
type HandleError struct {
	Database workflow.Database
	Logger   *slog.Logger
}

// Failure is an error, and where it happened. EventBridge and the state before the
// input is known to be valid give no goal and no user.
type Failure struct {
	workflow.About
	Scope       string    `json:"scope"`
	ActionID    domain.ID `json:"actionId"`
	BatchNumber int       `json:"batchNumber"`
	Error       struct {
		Error string // Cause is not read: it can hold what a user wrote
	} `json:"error"`
}

// The scopes of a Failure.
const (
	scopeAction    = "action"
	scopeExecution = "execution"
	scopeInput     = "input"
	scopeProgress  = "progress"
	scopeStatus    = "status"
	scopeWorkflow  = "workflow"
)

// Validate wants the ids that the scope has.
func (f Failure) Validate() error {
	switch f.Scope {
	case scopeExecution, scopeInput:
		return nil
	case scopeAction:
		if _, ok := domain.ParseID(string(f.ActionID)); !ok {
			return &workflow.InvalidInputError{Message: "actionId is no id"}
		}
	case scopeProgress, scopeStatus, scopeWorkflow:
	default:
		return &workflow.InvalidInputError{Message: "there is no such scope"}
	}
	return f.About.Validate()
}

// Handle gives a summary back that only the scope workflow reads. What is not there any
// more, because its goal or its user was deleted, needs nothing.
func (h HandleError) Handle(ctx context.Context, in Failure) (workflow.Summary, error) {
	name := workflow.ErrorName(in.Error.Error)
	h.Logger.WarnContext(ctx, "the workflow met an error",
		"scope", in.Scope, "execution", in.Execution.Name, "action", in.ActionID, "batch", in.BatchNumber, "name", name)
	summary, err := h.handle(ctx, in, name)
	if errors.Is(err, store.ErrNotFound) {
		h.Logger.InfoContext(ctx, "the execution is not there any more", "execution", in.Execution.Name)
		return workflow.Summary{}, nil
	}
	return summary, err
}

func (h HandleError) handle(ctx context.Context, in Failure, name string) (summary workflow.Summary, err error) {
	switch in.Scope {
	case scopeAction:
		return summary, h.locked(ctx, in.UserID, in.Execution.Name, func(ctx context.Context, tx *store.Tx, execution store.WorkflowExecution) error {
			_, err := tx.Advance(ctx, execution.ID, 0, nil, map[domain.ID]string{in.ActionID: name})
			return err
		})
	case scopeWorkflow:
		err = h.locked(ctx, in.UserID, in.Execution.Name, func(ctx context.Context, tx *store.Tx, execution store.WorkflowExecution) (err error) {
			if err := tx.NoteError(ctx, execution.ID, name); err != nil {
				return err
			}
			summary, err = workflow.Summarize(ctx, tx, execution)
			return err
		})
		return summary, err
	case scopeStatus:
		return summary, h.end(ctx, in.UserID, in.Execution.Name, store.ExecutionFailed, name)
	case scopeInput:
		return summary, h.endUnknown(ctx, in.Execution.Name, store.ExecutionFailed, name)
	case scopeExecution:
		end, known := workflow.Ended(name)
		if !known {
			return summary, &workflow.InvalidInputError{Message: "an execution does not end like this"}
		}
		return summary, h.endUnknown(ctx, in.Execution.Name, end, name)
	default: // progress: the next batch, or the sum, records what this one could not
		return summary, nil
	}
}

func (h HandleError) locked(ctx context.Context, user, id domain.ID, do func(context.Context, *store.Tx, store.WorkflowExecution) error) error {
	return h.Database.Write(ctx, user, func(ctx context.Context, tx *store.Tx) error {
		execution, err := tx.LockExecution(ctx, id)
		if err != nil {
			return err
		}
		return do(ctx, tx, execution)
	})
}

// end settles an execution that is open, which by the schema is its goal's latest.
func (h HandleError) end(ctx context.Context, user, id domain.ID, end store.ExecutionStatus, reason string) error {
	nothing := domain.GoalFailed
	if end == store.ExecutionCancelled {
		nothing = domain.GoalDraft
	}
	return h.locked(ctx, user, id, func(ctx context.Context, tx *store.Tx, execution store.WorkflowExecution) error {
		return workflow.Settle(ctx, tx, execution, end, reason, nothing)
	})
}

// endUnknown is end for who does not know the user. An execution that start-workflow did
// not start has no row, and nothing to settle.
func (h HandleError) endUnknown(ctx context.Context, id domain.ID, end store.ExecutionStatus, reason string) error {
	if _, ok := domain.ParseID(string(id)); !ok {
		return store.ErrNotFound
	}
	user, err := h.Database.ExecutionOwner(ctx, id)
	if err != nil {
		return err
	}
	return h.end(ctx, user, id, end, reason)
}
