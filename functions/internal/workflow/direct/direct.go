// Package direct is what start-workflow, get-status and cancel-workflow do: operators
// and other services invoke them with JSON. Whoever may invoke them may do so for every
// user; the API's own function is ai.
package direct

import (
	"context"
	"errors"

	"github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// SetUp reads the environment of the function with that name.
func SetUp(ctx context.Context, lookup config.Lookup, function string) (workflow.Environment, workflow.Service, error) {
	environment, err := workflow.SetUp(ctx, lookup, function)
	if err != nil {
		return environment, workflow.Service{}, err
	}
	service, err := workflow.NewService(ctx, lookup, environment.Database, environment.Logger)
	return environment, service, err
}

// Execution is what the three give back.
type Execution struct {
	ExecutionID  domain.ID `json:"executionId"`
	ExecutionARN string    `json:"executionArn,omitempty"` // until it is known to have been started
	UserID       domain.ID `json:"userId"`
	store.WorkflowExecution
}

func answer(user domain.ID, execution store.WorkflowExecution, err error) (Execution, error) {
	if err != nil {
		return Execution{}, err
	}
	out := Execution{ExecutionID: execution.ID, UserID: user, WorkflowExecution: execution}
	if execution.ARN != nil {
		out.ExecutionARN = *execution.ARN
	}
	return out, nil
}

// Start starts the workflow for a goal.
type Start struct{ Service workflow.Service }

// Handle begins a generation; ConflictError: one is under way.
func (s Start) Handle(ctx context.Context, in workflow.Request) (Execution, error) {
	execution, err := s.Service.Start(ctx, in.UserID, in.GoalID, in.ActionIDs)
	return answer(in.UserID, execution, err)
}

// Which names an execution.
type Which struct {
	ExecutionID domain.ID `json:"executionId"`
	UserID      domain.ID `json:"userId"` // empty is whoever's it is
}

// Validate holds the ids to their form.
func (w Which) Validate() error {
	if _, ok := domain.ParseID(string(w.ExecutionID)); !ok {
		return &workflow.InvalidInputError{Message: "executionId is no id"}
	}
	if _, ok := domain.ParseID(string(w.UserID)); !ok && w.UserID != "" {
		return &workflow.InvalidInputError{Message: "userId is no id"}
	}
	return nil
}

// owner is whose execution it is. InvalidInputError: it is not there, or not that user's.
func (w Which) owner(ctx context.Context, database workflow.Database) (domain.ID, error) {
	owner, err := database.ExecutionOwner(ctx, w.ExecutionID)
	if errors.Is(err, store.ErrNotFound) || err == nil && w.UserID != "" && w.UserID != owner {
		return "", &workflow.InvalidInputError{Message: "there is no such execution"}
	}
	return owner, err
}

// Status says how far an execution is.
type Status struct{ Service workflow.Service }

// Handle brings the row up to date with Step Functions, and gives it.
func (s Status) Handle(ctx context.Context, in Which) (Execution, error) {
	owner, err := in.owner(ctx, s.Service.Database)
	if err != nil {
		return Execution{}, err
	}
	execution, err := s.Service.Status(ctx, owner, in.ExecutionID)
	return answer(owner, execution, err)
}

// Cancel stops an execution.
type Cancel struct{ Service workflow.Service }

// Handle cancels; ConflictError: it has ended otherwise.
func (c Cancel) Handle(ctx context.Context, in Which) (Execution, error) {
	owner, err := in.owner(ctx, c.Service.Database)
	if err != nil {
		return Execution{}, err
	}
	execution, err := c.Service.Cancel(ctx, owner, in.ExecutionID)
	return answer(owner, execution, err)
}
