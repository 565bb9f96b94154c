package states

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// UpdateProgress records what became of a batch.
type UpdateProgress struct{ Database writer }

// Processed is a batch with its results.
type Processed struct {
	workflow.About
	ActionCount int               `json:"actionCount"` // of all batches
	BatchNumber int               `json:"batchNumber"`
	Results     []workflow.Result `json:"results"`
}

// Validate wants a number of actions that a goal can have.
func (p Processed) Validate() error {
	if p.ActionCount < 1 || p.ActionCount > workflow.MaxActions {
		return &workflow.InvalidInputError{Message: "actionCount is no number of actions"}
	}
	return p.About.Validate()
}

// Handle records the results.
func (u UpdateProgress) Handle(ctx context.Context, in Processed) (Nothing, error) {
	done, failed, err := workflow.Tally(in.Results)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, inOpen(ctx, u.Database, in.About, func(ctx context.Context, tx *store.Tx, execution store.WorkflowExecution) error {
		_, err := tx.Advance(ctx, execution.ID, in.ActionCount, done, failed)
		return err
	})
}

// AggregateResults records the results of all batches and sums them up.
type AggregateResults struct{ Database writer }

// AllProcessed are all batches with their results.
type AllProcessed struct {
	workflow.About
	ActionCount int `json:"actionCount"`
	Batches     []struct {
		BatchNumber int               `json:"batchNumber"`
		Results     []workflow.Result `json:"results"`
	} `json:"batches"`
}

// Validate wants a number of actions that a goal can have.
func (a AllProcessed) Validate() error {
	return Processed{About: a.About, ActionCount: a.ActionCount}.Validate()
}

// Handle sums up what is recorded after that. Tasks count that are stored, even if the
// state that stored them never heard of it.
func (a AggregateResults) Handle(ctx context.Context, in AllProcessed) (workflow.Summary, error) {
	var results []workflow.Result
	for _, batch := range in.Batches {
		results = append(results, batch.Results...)
	}
	done, failed, err := workflow.Tally(results)
	if err != nil {
		return workflow.Summary{}, err
	}
	var out workflow.Summary
	err = inOpen(ctx, a.Database, in.About, func(ctx context.Context, tx *store.Tx, execution store.WorkflowExecution) error {
		if execution, err = tx.Advance(ctx, execution.ID, in.ActionCount, done, failed); err != nil {
			return err
		}
		out, err = workflow.Summarize(ctx, tx, execution)
		return err
	})
	return out, err
}
