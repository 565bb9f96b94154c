package store

import (
	"context"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

// ExecutionStatus is where an execution of the workflow stands.
type ExecutionStatus string

// The statuses. The first two are open: a goal has one such execution at most.
const (
	ExecutionPending   ExecutionStatus = "pending" // recorded, not yet started
	ExecutionRunning   ExecutionStatus = "running"
	ExecutionSucceeded ExecutionStatus = "succeeded"
	ExecutionPartial   ExecutionStatus = "partial"
	ExecutionFailed    ExecutionStatus = "failed"
	ExecutionCancelled ExecutionStatus = "cancelled"
	ExecutionTimedOut  ExecutionStatus = "timed_out"
)

// Open says whether the execution can still change.
func (s ExecutionStatus) Open() bool { return s == ExecutionPending || s == ExecutionRunning }

// WorkflowExecution is one generation of tasks. Its id is its name in Step Functions.
type WorkflowExecution struct {
	ID            domain.ID            `json:"id"`
	GoalID        domain.ID            `json:"goalId"`
	ARN           *string              `json:"-"`
	RetryOf       *domain.ID           `json:"retryOf"`
	Status        ExecutionStatus      `json:"status"`
	Progress      int                  `json:"progress"`     // percent
	ActionIDs     []domain.ID          `json:"actionIds"`    // what was asked for; empty is all of the goal
	TotalActions  int                  `json:"totalActions"` // 0 until the actions were read
	DoneActions   []domain.ID          `json:"doneActions"`
	FailedActions map[domain.ID]string `json:"failedActions"` // names of errors
	Error         string               `json:"error,omitempty"`
	StartedAt     time.Time            `json:"startedAt"`
	FinishedAt    *time.Time           `json:"finishedAt"`
	domain.Meta
}

const executionColumns = `id, goal_id, execution_arn, retry_of, status, progress, action_ids, total_actions, done_actions, failed_actions,
	error, started_at, finished_at, version, created_at, updated_at`

// StartExecution records that a generation begins and makes the goal generating.
// ConflictError ExecutionOneAtATime: one is under way. A ValidationError: the goal's
// status allows none.
func (tx *Tx) StartExecution(ctx context.Context, goal domain.ID, actions []domain.ID, retryOf *domain.ID) (WorkflowExecution, error) {
	if _, err := tx.lockGoal(ctx, goal); err != nil {
		return WorkflowExecution{}, err
	}
	execution, err := one[WorkflowExecution](ctx, tx, "record the execution", `
		INSERT INTO workflow_executions (user_id, goal_id, retry_of, action_ids) VALUES ($1, $2, $3, $4) RETURNING `+executionColumns,
		tx.user, goal, retryOf, append([]string{}, texts(actions)...))
	if err != nil {
		return execution, err
	}
	return execution, tx.SetGoalStatus(ctx, goal, domain.GoalGenerating)
}

// SetGoalStatus changes a goal's status as the workflow may; staying is no change.
func (tx *Tx) SetGoalStatus(ctx context.Context, goal domain.ID, status domain.GoalStatus) error {
	_, err := tx.UpdateGoal(ctx, goal, AnyVersion, func(g *domain.Goal) error {
		if !g.Status.CanBecome(status, domain.ByWorkflow) {
			return domain.Invalid("status", domain.CodeTransition, "a goal that is "+string(g.Status)+" cannot become "+string(status))
		}
		g.Status = status
		return nil
	})
	return err
}

// Execution reads an execution.
func (tx *Tx) Execution(ctx context.Context, id domain.ID) (WorkflowExecution, error) {
	return one[WorkflowExecution](ctx, tx, "read the execution",
		"SELECT "+executionColumns+" FROM workflow_executions WHERE user_id = $1 AND id = $2", tx.user, id)
}

// LockExecution reads an execution and keeps others from changing it and its goal until
// the transaction ends.
func (tx *Tx) LockExecution(ctx context.Context, id domain.ID) (WorkflowExecution, error) {
	execution, err := tx.Execution(ctx, id)
	if err != nil {
		return execution, err
	}
	if _, err := tx.lockGoal(ctx, execution.GoalID); err != nil { // first, as everywhere
		return execution, err
	}
	return one[WorkflowExecution](ctx, tx, "read the execution",
		"SELECT "+executionColumns+" FROM workflow_executions WHERE user_id = $1 AND id = $2 FOR UPDATE", tx.user, id)
}

// LatestExecution reads the goal's execution that was started last.
func (tx *Tx) LatestExecution(ctx context.Context, goal domain.ID) (WorkflowExecution, error) {
	return one[WorkflowExecution](ctx, tx, "read the goal's latest execution",
		"SELECT "+executionColumns+" FROM workflow_executions WHERE user_id = $1 AND goal_id = $2 ORDER BY started_at DESC, id DESC LIMIT 1", tx.user, goal)
}

// RunExecution records the ARN that Step Functions gave. One that has ended stays so.
func (tx *Tx) RunExecution(ctx context.Context, id domain.ID, arn string) error {
	_, err := tx.tx.Exec(ctx, `
		UPDATE workflow_executions SET execution_arn = $3, status = CASE status WHEN 'pending' THEN 'running' ELSE status END
		WHERE user_id = $1 AND id = $2 AND execution_arn IS DISTINCT FROM $3`, tx.user, id, arn)
	return translate("record the execution's ARN", err)
}

// Advance records actions that are done, or failed with the names of their errors, and
// how many there are in all (0: as recorded before). The same again changes nothing;
// an action that is done has not failed.
func (tx *Tx) Advance(ctx context.Context, id domain.ID, total int, done []domain.ID, failed map[domain.ID]string) (WorkflowExecution, error) {
	execution, err := one[WorkflowExecution](ctx, tx, "read the execution",
		"SELECT "+executionColumns+" FROM workflow_executions WHERE user_id = $1 AND id = $2 FOR UPDATE", tx.user, id)
	if err != nil || !execution.Status.Open() {
		return execution, err
	}
	errorsOf, finished := map[domain.ID]string{}, map[domain.ID]bool{}
	for action, name := range execution.FailedActions {
		errorsOf[action] = name
	}
	for action, name := range failed {
		errorsOf[action] = name
	}
	for _, action := range append(execution.DoneActions, done...) {
		finished[action] = true
		delete(errorsOf, action)
	}
	if total == 0 {
		total = execution.TotalActions
	}
	progress := 0
	if total > 0 {
		progress = min(100*(len(finished)+len(errorsOf))/total, 100)
	}
	return one[WorkflowExecution](ctx, tx, "record the execution's progress", `
		UPDATE workflow_executions SET total_actions = $3, progress = $4, done_actions = $5, failed_actions = $6
		WHERE user_id = $1 AND id = $2 RETURNING `+executionColumns, tx.user, id, total, progress, keys(finished), errorsOf)
}

// NoteError records the name of an error that an open execution goes on after.
func (tx *Tx) NoteError(ctx context.Context, id domain.ID, name string) error {
	_, err := tx.tx.Exec(ctx, `
		UPDATE workflow_executions SET error = left($3, 200)
		WHERE user_id = $1 AND id = $2 AND status IN ('pending', 'running') AND error <> left($3, 200)`, tx.user, id, name)
	return translate("record the execution's error", err)
}

// FinishExecution ends an execution that is open, and says whether it was. Without a
// reason the error that was recorded before stays.
func (tx *Tx) FinishExecution(ctx context.Context, id domain.ID, status ExecutionStatus, reason string) (bool, error) {
	tag, err := tx.tx.Exec(ctx, `
		UPDATE workflow_executions SET status = $3, error = CASE $4 WHEN '' THEN error ELSE left($4, 200) END, finished_at = now(),
			progress = CASE WHEN $3 IN ('succeeded', 'partial') THEN 100 ELSE progress END
		WHERE user_id = $1 AND id = $2 AND status IN ('pending', 'running')`, tx.user, id, string(status), reason)
	return tag.RowsAffected() == 1, translate("end the execution", err)
}
