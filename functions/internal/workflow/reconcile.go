package workflow

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

const (
	// quiet is how long a row may stay unchanged before Step Functions is asked: not at
	// every poll, for all users share its rate.
	quiet = 20 * time.Second
	// startable is how long a start that was lost is made good. After that, nobody waits
	// for it any more.
	startable = 5 * time.Minute
)

// reconcile compares an open row that has not changed for a while with its execution,
// and settles it where that has ended or was never started. Where Step Functions does
// not answer, the row is given as it is.
func (s Service) reconcile(ctx context.Context, user domain.ID, execution store.WorkflowExecution) (store.WorkflowExecution, error) {
	now := s.Clock()
	if !execution.Status.Open() || now.Sub(execution.UpdatedAt) < quiet {
		return execution, nil
	}
	limited, cancel := context.WithTimeout(ctx, stepsTimeout)
	defer cancel()
	found, err := s.Steps.DescribeExecution(limited, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(s.arn(execution))})
	switch {
	case missing(err) && execution.Status == store.ExecutionPending && now.Sub(execution.StartedAt) < startable:
		_, err = s.launch(ctx, user, execution)
		var refused *UnavailableError
		if errors.As(err, &refused) {
			err = nil // the row says so
		}
	case missing(err):
		err = s.settle(ctx, user, execution.ID, store.ExecutionFailed, "NotStarted", domain.GoalDraft)
	case err != nil:
		s.Logger.WarnContext(ctx, "an execution cannot be compared with Step Functions", "execution", execution.ID, "error", err)
		return execution, nil
	default:
		err = s.adopt(ctx, user, execution, found.Status)
	}
	if err != nil {
		return execution, err
	}
	err = s.Database.Read(ctx, user, func(ctx context.Context, tx *store.Tx) (err error) {
		execution, err = tx.Execution(ctx, execution.ID)
		return err
	})
	return execution, err
}

// adopt brings the row to what Step Functions says of the execution.
func (s Service) adopt(ctx context.Context, user domain.ID, execution store.WorkflowExecution, status types.ExecutionStatus) error {
	if status == types.ExecutionStatusSucceeded {
		// Its last state but one ends the row: who still sees it open reads an old one.
		end := store.ExecutionSucceeded
		if len(execution.FailedActions) > 0 {
			end = store.ExecutionPartial
		}
		return s.settle(ctx, user, execution.ID, end, "", domain.GoalFailed)
	}
	if end, ended := Ended(string(status)); ended {
		return s.settle(ctx, user, execution.ID, end, string(status), domain.GoalFailed)
	}
	if execution.ARN != nil {
		return nil
	}
	return s.Database.Write(ctx, user, func(ctx context.Context, tx *store.Tx) error {
		return tx.RunExecution(ctx, execution.ID, s.arn(execution))
	})
}

// Ended is what an execution's end is called here that did not succeed, by Step
// Functions' name; false for other names.
func Ended(status string) (store.ExecutionStatus, bool) {
	switch types.ExecutionStatus(status) {
	case types.ExecutionStatusFailed:
		return store.ExecutionFailed, true
	case types.ExecutionStatusTimedOut:
		return store.ExecutionTimedOut, true
	case types.ExecutionStatusAborted:
		return store.ExecutionCancelled, true
	default:
		return "", false
	}
}

func (s Service) settle(ctx context.Context, user, id domain.ID, end store.ExecutionStatus, reason string, nothing domain.GoalStatus) error {
	return s.Database.Write(ctx, user, func(ctx context.Context, tx *store.Tx) error {
		execution, err := tx.LockExecution(ctx, id)
		if err != nil {
			return err
		}
		return Settle(ctx, tx, execution, end, reason, nothing)
	})
}

// outcome is what is known of a start after it was tried.
type outcome int

const (
	started outcome = iota
	refused         // and not started
	unclear
)

// outcomeOf tells what a StartExecution did by its error. A name that is taken is this
// execution's own: nobody else knows the row's id.
func outcomeOf(err error) outcome {
	var exists *types.ExecutionAlreadyExists
	var answer smithy.APIError
	switch {
	case err == nil, errors.As(err, &exists):
		return started
	case errors.As(err, &answer) && answer.ErrorFault() != smithy.FaultServer && answer.ErrorFault() != smithy.FaultUnknown:
		return refused
	case errors.As(err, &answer) && known(answer.ErrorCode()):
		return refused
	default:
		return unclear
	}
}

// known codes have no type of their own in the client, and so no fault.
func known(code string) bool {
	switch code {
	case "AccessDeniedException", "ExpiredTokenException", "InvalidSignatureException", "ThrottlingException",
		"UnrecognizedClientException", "ValidationException":
		return true
	default:
		return false
	}
}

func missing(err error) bool {
	var gone *types.ExecutionDoesNotExist
	return errors.As(err, &gone)
}
