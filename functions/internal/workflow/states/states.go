// Package states is what the functions do that the states of the workflow invoke. Each
// may be called again with the same input, and none writes anything for an execution
// that has ended: see modules/workflow/README.md.
package states

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// Nothing is what a function gives back that has nothing to give back.
type Nothing struct{}

// writer runs transactions of a user.
type writer interface {
	Write(ctx context.Context, user domain.ID, do func(context.Context, *store.Tx) error) error
}

// inOpen runs do in a transaction that holds the execution, which must be open.
func inOpen(ctx context.Context, database writer, about workflow.About, do func(context.Context, *store.Tx, store.WorkflowExecution) error) error {
	return database.Write(ctx, about.UserID, func(ctx context.Context, tx *store.Tx) error {
		execution, err := workflow.Open(ctx, tx, about)
		if err != nil {
			return err
		}
		return do(ctx, tx, execution)
	})
}
