package states

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// ValidateInput checks what an execution is started with: that it is a request, and the
// one that was recorded under the execution's name. It records the execution's ARN,
// because who started it may not have got so far.
type ValidateInput struct{ Database writer }

// Untrusted is the input of an execution as it came.
type Untrusted struct {
	Execution workflow.Execution `json:"execution"`
	Input     json.RawMessage    `json:"input"`
}

// Validate holds the execution to its form; the input is another matter.
func (u Untrusted) Validate() error {
	if _, ok := domain.ParseID(string(u.Execution.Name)); !ok {
		return &workflow.InvalidInputError{Message: "the execution's name is no id: start it by start-workflow"}
	}
	return nil
}

// Handle gives the request back, with an empty list for no action ids.
func (v ValidateInput) Handle(ctx context.Context, in Untrusted) (workflow.Request, error) {
	var request workflow.Request
	decoder := json.NewDecoder(bytes.NewReader(in.Input))
	decoder.DisallowUnknownFields() // a misspelt actionIds would mean all of them
	if decoder.Decode(&request) != nil {
		return request, &workflow.InvalidInputError{Message: "the input is no request"}
	}
	if err := request.Validate(); err != nil {
		return request, err
	}
	request.ActionIDs = append([]domain.ID{}, request.ActionIDs...)
	about := workflow.About{Execution: in.Execution, GoalID: request.GoalID, UserID: request.UserID}
	return request, inOpen(ctx, v.Database, about, func(ctx context.Context, tx *store.Tx, execution store.WorkflowExecution) error {
		if !slices.Equal(execution.ActionIDs, request.ActionIDs) {
			return &workflow.InvalidInputError{Message: "the execution was recorded with other actions"}
		}
		return tx.RunExecution(ctx, execution.ID, in.Execution.ARN)
	})
}
