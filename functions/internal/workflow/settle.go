package workflow

import (
	"context"
	"slices"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// Open locks the execution that about names and its goal, and gives it if it is open.
// InvalidInputError: it has ended, such as by being cancelled, and nothing may be
// written for it any more; or it is another goal's, or not there.
func Open(ctx context.Context, tx *store.Tx, about About) (store.WorkflowExecution, error) {
	execution, err := tx.LockExecution(ctx, about.Execution.Name)
	if err != nil {
		return execution, err
	}
	return execution, about.fits(execution)
}

// fits is an InvalidInputError unless the execution is open and the goal's.
func (a About) fits(execution store.WorkflowExecution) error {
	if execution.GoalID != a.GoalID {
		return &InvalidInputError{"the execution is of another goal"}
	}
	if !execution.Status.Open() {
		return &InvalidInputError{"the execution has ended: " + string(execution.Status)}
	}
	return nil
}

// Peek is Open without locks, for who only reads.
func Peek(ctx context.Context, tx *store.Tx, about About) error {
	execution, err := tx.Execution(ctx, about.Execution.Name)
	if err != nil {
		return err
	}
	return about.fits(execution)
}

// Settle ends a locked execution that is open, and gives its goal the status that
// follows from what is stored: active where every action that was asked for, or of the
// goal, has tasks; partial where some have; otherwise nothing, which is draft where no
// generation was tried to its end and failed where it was. reason is an error's name.
// What has ended stays as it is.
func Settle(ctx context.Context, tx *store.Tx, execution store.WorkflowExecution, end store.ExecutionStatus, reason string, nothing domain.GoalStatus) error {
	stored, err := tx.StoredTasks(ctx, execution.GoalID, nil)
	if err != nil {
		return err
	}
	total, done, err := count(ctx, tx, execution)
	if err != nil {
		return err
	}
	status := nothing
	switch {
	case total > 0 && done >= total,
		stored.Actions > 0 && stored.WithTasks == stored.Actions:
		status = domain.GoalActive
	case stored.WithTasks > 0:
		status = domain.GoalPartial
	}
	return Finish(ctx, tx, execution, end, reason, status)
}

// Finish is Settle with the goal's status given.
func Finish(ctx context.Context, tx *store.Tx, execution store.WorkflowExecution, end store.ExecutionStatus, reason string, status domain.GoalStatus) error {
	if open, err := tx.FinishExecution(ctx, execution.ID, end, reason); err != nil || !open {
		return err
	}
	goal, err := tx.Goal(ctx, execution.GoalID)
	if err != nil || goal.Status != domain.GoalGenerating {
		return err
	}
	return tx.SetGoalStatus(ctx, execution.GoalID, status)
}

// Summarize counts what an execution has stored.
func Summarize(ctx context.Context, tx *store.Tx, execution store.WorkflowExecution) (Summary, error) {
	total, done, err := count(ctx, tx, execution)
	if err != nil {
		return Summary{}, err
	}
	if total == 0 && execution.TotalActions == 0 { // it ended before the actions were read
		total = len(execution.ActionIDs)
	}
	stored, err := tx.StoredTasks(ctx, execution.GoalID, append([]domain.ID{}, execution.DoneActions...))
	return Summary{Total: total, Succeeded: done, Failed: total - done, TaskCount: stored.Generated}, err
}

// count gives how many actions an execution was for, and how many of them are done. One
// that was deleted meanwhile counts for neither: nobody could ever make up for it.
func count(ctx context.Context, tx *store.Tx, execution store.WorkflowExecution) (total, done int, err error) {
	all, err := tx.Actions(ctx, execution.GoalID, "")
	if err != nil {
		return 0, 0, err
	}
	deleted := func(id domain.ID) bool {
		return !slices.ContainsFunc(all, func(a domain.Action) bool { return a.ID == id })
	}
	total = execution.TotalActions
	for _, id := range execution.DoneActions {
		if deleted(id) {
			total--
		} else {
			done++
		}
	}
	for id := range execution.FailedActions {
		if deleted(id) {
			total--
		}
	}
	total = max(total, 0)
	return total, min(done, total), nil
}
