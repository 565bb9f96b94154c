package workflow

import (
	"context"
	"errors"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// Step Functions knows an error by the name of its Go type. The first three are
// permanent: modules/workflow/definition.tf does not try again after them. Messages
// stay in the executions' history and hold nothing that a user wrote.

// InvalidInputError is an input that can never be worked on.
type InvalidInputError struct{ Message string }

func (e *InvalidInputError) Error() string { return e.Message }

// PermissionDeniedError is what an operator has to allow first, such as a model.
type PermissionDeniedError struct{ Message string }

func (e *PermissionDeniedError) Error() string { return e.Message }

// QuotaExceededError is a quota that is used up for longer than retries last.
type QuotaExceededError struct{ Message string }

func (e *QuotaExceededError) Error() string { return e.Message }

// ThrottlingError is a service that asks to come back later.
type ThrottlingError struct{ Message string }

func (e *ThrottlingError) Error() string { return e.Message }

// ModelOutputError is an answer of the model that cannot be used; the next may be.
type ModelOutputError struct{ Message string }

func (e *ModelOutputError) Error() string { return e.Message }

// TimeoutError is what took longer than it may.
type TimeoutError struct{ Message string }

func (e *TimeoutError) Error() string { return e.Message }

// UnavailableError is a database or a service that does not answer.
type UnavailableError struct{ Message string }

func (e *UnavailableError) Error() string { return e.Message }

// ConflictError is what the state of an execution or of its goal does not allow.
type ConflictError struct{ Message string }

func (e *ConflictError) Error() string { return e.Message }

// InternalError is everything that nobody expected; the log has more.
type InternalError struct{ Message string }

func (e *InternalError) Error() string { return e.Message }

// Named makes err the error of one of the types above that Step Functions gets.
func Named(err error) error {
	for _, find := range []func(error) error{
		as[*InvalidInputError], as[*PermissionDeniedError], as[*QuotaExceededError], as[*ThrottlingError],
		as[*ModelOutputError], as[*TimeoutError], as[*UnavailableError], as[*ConflictError], as[*InternalError],
	} {
		if named := find(err); named != nil {
			return named
		}
	}
	var validation *domain.ValidationError
	var conflict *store.ConflictError
	switch {
	case errors.As(err, &validation):
		return &InvalidInputError{validation.Error()} // names fields, and not what is in them
	case errors.As(err, &conflict):
		return &ConflictError{conflict.Error()}
	case errors.Is(err, store.ErrNotFound):
		return &InvalidInputError{"what this is about is not there"}
	case errors.Is(err, store.ErrUnavailable):
		return &UnavailableError{"the database does not answer"}
	case errors.Is(err, context.DeadlineExceeded):
		return &TimeoutError{"it took too long"}
	default:
		return &InternalError{"something went wrong; the function's log has more"}
	}
}

// as gives the error of type T in err, or nil.
func as[T error](err error) error {
	var found T
	if errors.As(err, &found) {
		return found
	}
	return nil
}
