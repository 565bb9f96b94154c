package engine

import (
	"context"
	"slices"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// mendOperations are how Terraform's lock names what mendState does.
var mendOperations = []string{"state-rm", "state-push"}

// mendState brings a layer's state to where the dead run's Terraform would have
// brought it, had it lived to write it: the predecessor of what is imported is
// gone and forgotten; the predecessor of what was created before it was deleted
// is deposed, its successor stands in its place, and the plan that follows
// deletes it.
func (r *run) mendState(ctx context.Context, step Step, dir Directory) error {
	r.mu.Lock()
	state := r.states[step.Layer]
	r.mu.Unlock()
	if state == nil || step.Stage != StageApply {
		return nil
	}
	successors := map[string]tfstate.Successor{}
	for address, successor := range r.preview.successors {
		if change.Layer(address) == step.Layer {
			successors[address] = successor
		}
	}
	instances, err := state.Instances()
	if err != nil {
		return err
	}
	targets, gone := importTargets(r.preview.imports), []string(nil)
	for _, i := range instances {
		if targets[i.Address] && !i.Deposed {
			gone = append(gone, i.Address)
		}
	}
	if len(gone)+len(successors) == 0 {
		return nil
	}
	begun := r.engine.Clock().UTC()
	r.update(ctx, step.key(), func(l *LayerRecord) { l.Status, l.StartedAt = Running, begun })
	if len(successors) > 0 {
		if state, err = state.Succeed(successors); err != nil {
			return err
		}
		body, err := state.Next()
		if err != nil {
			return err
		}
		if err := r.engine.Terraform.PushState(ctx, dir.Path(), body); err != nil {
			return err
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return r.engine.Terraform.Forget(ctx, dir.Path(), gone)
}

// mends reports whether a lock's operation is one of mendState.
func mends(operation string) bool { return slices.Contains(mendOperations, operation) }
