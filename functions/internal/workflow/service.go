package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// Steps is what a Service needs of Step Functions' client.
type Steps interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
	StopExecution(context.Context, *sfn.StopExecutionInput, ...func(*sfn.Options)) (*sfn.StopExecutionOutput, error)
}

// Service starts, follows, cancels and retries generations. A generation is a row and an
// execution of the state machine whose name is the row's id. The row comes first, and
// starting twice by one name is starting once, so that a crash between the two, or an
// answer that was lost, is made good by whoever looks at the row next.
type Service struct {
	Database        Database
	Steps           Steps
	StateMachineARN string
	Clock           func() time.Time
	Logger          *slog.Logger
}

// stepsTimeout leaves an API request time to answer (API Gateway waits for 29 s).
const stepsTimeout = 8 * time.Second

const cancelAttempts = 4

// Start begins the generation of tasks for actions of a goal; without actions for all.
// store.ErrNotFound: the goal is not there, or not the user's. ValidationError: an action
// is not the goal's, or the goal has none, or its status allows no generation.
// store.ConflictError ExecutionOneAtATime: one is under way. UnavailableError: Step
// Functions refused; nothing was begun.
func (s Service) Start(ctx context.Context, user, goal domain.ID, actions []domain.ID) (store.WorkflowExecution, error) {
	begin := func() (execution store.WorkflowExecution, err error) {
		err = s.Database.Write(ctx, user, func(ctx context.Context, tx *store.Tx) error {
			if err := belong(ctx, tx, goal, actions); err != nil {
				return err
			}
			execution, err = tx.StartExecution(ctx, goal, actions, nil)
			return err
		})
		return execution, err
	}
	execution, err := begin()
	var conflict *store.ConflictError
	if errors.As(err, &conflict) && conflict.Constraint == store.ExecutionOneAtATime {
		// What stands in the way may have ended without anybody's having heard of it.
		if open, openErr := s.latestIsOpen(ctx, user, goal); openErr != nil || open {
			return execution, errors.Join(err, openErr)
		}
		execution, err = begin()
	}
	if err != nil {
		return execution, err
	}
	return s.launch(ctx, user, execution)
}

// belong is nil where all the actions are the goal's, and it has any.
func belong(ctx context.Context, tx *store.Tx, goal domain.ID, actions []domain.ID) error {
	if _, err := tx.Goal(ctx, goal); err != nil {
		return err
	}
	all, err := tx.Actions(ctx, goal, "")
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return domain.Invalid("goalId", domain.CodeInvalid, "the goal has no actions to generate tasks for")
	}
	var wrong domain.ValidationError
	for i, id := range actions {
		field := fmt.Sprintf("actionIds[%d]", i)
		switch {
		case slices.Contains(actions[:i], id):
			wrong.Fields = append(wrong.Fields, domain.FieldError{Field: field, Code: domain.CodeDuplicate, Message: "is there already"})
		case !slices.ContainsFunc(all, func(a domain.Action) bool { return a.ID == id }):
			wrong.Fields = append(wrong.Fields, domain.FieldError{Field: field, Code: domain.CodeUnknown, Message: "is no action of the goal"})
		}
	}
	if len(wrong.Fields) > 0 {
		return &wrong
	}
	return nil
}

func (s Service) latestIsOpen(ctx context.Context, user, goal domain.ID) (bool, error) {
	var latest store.WorkflowExecution
	err := s.Database.Read(ctx, user, func(ctx context.Context, tx *store.Tx) (err error) {
		latest, err = tx.LatestExecution(ctx, goal)
		return err
	})
	if err != nil {
		return false, err
	}
	latest, err = s.reconcile(ctx, user, latest)
	return latest.Status.Open(), err
}

// Retry begins a generation for the actions of a generation that got no tasks from it.
// ConflictError: it has not ended, a later one of the goal has been started, or nothing
// is left to do. Otherwise as Start.
func (s Service) Retry(ctx context.Context, user, id domain.ID) (store.WorkflowExecution, error) {
	before, err := s.Status(ctx, user, id)
	if err != nil {
		return before, err
	}
	if before.Status.Open() {
		return before, &ConflictError{"The generation has not ended yet."}
	}
	var execution store.WorkflowExecution
	err = s.Database.Write(ctx, user, func(ctx context.Context, tx *store.Tx) error {
		latest, err := tx.LatestExecution(ctx, before.GoalID)
		if err != nil {
			return err
		}
		if latest.ID != id {
			return &ConflictError{"A later generation of the goal has been started."}
		}
		left, err := remaining(ctx, tx, before)
		if err != nil {
			return err
		}
		if len(left) == 0 {
			return &ConflictError{"Every action of the generation has its tasks."}
		}
		execution, err = tx.StartExecution(ctx, before.GoalID, left, &id)
		return err
	})
	if err != nil {
		return execution, err
	}
	return s.launch(ctx, user, execution)
}

// remaining are the actions that the execution was to generate tasks for and has not,
// as far as they are still there.
func remaining(ctx context.Context, tx *store.Tx, execution store.WorkflowExecution) ([]domain.ID, error) {
	all, err := tx.Actions(ctx, execution.GoalID, "")
	var left []domain.ID
	for _, action := range all {
		asked := len(execution.ActionIDs) == 0 || slices.Contains(execution.ActionIDs, action.ID)
		if asked && !slices.Contains(execution.DoneActions, action.ID) {
			left = append(left, action.ID)
		}
	}
	return left, err
}

// launch starts the state machine for a row. Where Step Functions does not answer, the
// row stays pending, and reconcile tries again.
func (s Service) launch(ctx context.Context, user domain.ID, execution store.WorkflowExecution) (store.WorkflowExecution, error) {
	input, err := json.Marshal(Request{GoalID: execution.GoalID, UserID: user, ActionIDs: append([]domain.ID{}, execution.ActionIDs...)})
	if err != nil {
		return execution, err
	}
	limited, cancel := context.WithTimeout(ctx, stepsTimeout)
	defer cancel()
	arn := s.arn(execution)
	_, err = s.Steps.StartExecution(limited, &sfn.StartExecutionInput{
		StateMachineArn: aws.String(s.StateMachineARN), Name: aws.String(string(execution.ID)), Input: aws.String(string(input)),
	})
	switch kind := outcomeOf(err); {
	case kind == refused:
		s.Logger.ErrorContext(ctx, "Step Functions refused an execution", "execution", execution.ID, "error", err)
		// Even if the caller has gone: or the goal would stay generating.
		if err := s.settle(context.WithoutCancel(ctx), user, execution.ID, store.ExecutionFailed, "StartRefused", domain.GoalDraft); err != nil {
			return execution, err
		}
		return execution, &UnavailableError{"the workflow could not be started"}
	case kind == unclear:
		s.Logger.WarnContext(ctx, "an execution is not known to have been started", "execution", execution.ID, "error", err)
		return execution, nil
	}
	err = s.Database.Write(context.WithoutCancel(ctx), user, func(ctx context.Context, tx *store.Tx) (err error) {
		if err := tx.RunExecution(ctx, execution.ID, arn); err != nil {
			return err
		}
		execution, err = tx.Execution(ctx, execution.ID)
		return err
	})
	if err != nil { // validate-input records the same
		s.Logger.WarnContext(ctx, "the ARN of an execution was not recorded", "execution", execution.ID, "error", err)
	}
	return execution, nil
}

// arn is the execution's ARN, which follows from its name.
func (s Service) arn(execution store.WorkflowExecution) string {
	if execution.ARN != nil {
		return *execution.ARN
	}
	return strings.Replace(s.StateMachineARN, ":stateMachine:", ":execution:", 1) + ":" + string(execution.ID)
}

// Cancel ends an execution: the row first, from when on nothing is saved for it any
// more, and the state machine then. Cancelling again stops again. ConflictError: it has
// ended otherwise.
func (s Service) Cancel(ctx context.Context, user, id domain.ID) (store.WorkflowExecution, error) {
	var execution store.WorkflowExecution
	var err error
	// While tasks are saved, the goal is locked more often than an API request may wait.
	for range cancelAttempts {
		if execution, err = s.close(ctx, user, id); !errors.Is(err, store.ErrUnavailable) {
			break
		}
	}
	if err != nil {
		return execution, err
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepsTimeout)
	defer cancel()
	_, err = s.Steps.StopExecution(limited, &sfn.StopExecutionInput{
		ExecutionArn: aws.String(s.arn(execution)), Error: aws.String("Cancelled"), Cause: aws.String("The user cancelled the generation."),
	})
	if err != nil && !missing(err) {
		// For the user it is cancelled: each state finds the row closed and ends by itself.
		s.Logger.ErrorContext(ctx, "a cancelled execution could not be stopped", "execution", id, "error", err)
	}
	return execution, nil
}

// close cancels the row.
func (s Service) close(ctx context.Context, user, id domain.ID) (store.WorkflowExecution, error) {
	var execution store.WorkflowExecution
	err := s.Database.Write(ctx, user, func(ctx context.Context, tx *store.Tx) (err error) {
		if execution, err = tx.LockExecution(ctx, id); err != nil || execution.Status == store.ExecutionCancelled {
			return err
		}
		if !execution.Status.Open() {
			return &ConflictError{"The generation has ended already."}
		}
		if err := Settle(ctx, tx, execution, store.ExecutionCancelled, "", domain.GoalDraft); err != nil {
			return err
		}
		execution, err = tx.Execution(ctx, id)
		return err
	})
	return execution, err
}

// Status reads an execution and brings its row up to date with Step Functions where it
// should have changed long ago.
func (s Service) Status(ctx context.Context, user, id domain.ID) (store.WorkflowExecution, error) {
	var execution store.WorkflowExecution
	err := s.Database.Read(ctx, user, func(ctx context.Context, tx *store.Tx) (err error) {
		execution, err = tx.Execution(ctx, id)
		return err
	})
	if err != nil {
		return execution, err
	}
	return s.reconcile(ctx, user, execution)
}
