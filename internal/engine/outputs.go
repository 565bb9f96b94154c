package engine

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/internal/compose"
)

// outputs computes the root's outputs from the layers' last ones: it plans a
// root that has nothing else.
func (e *Engine) outputs(ctx context.Context, known map[string]compose.Outputs, hides func(any) bool) (map[string]Value, error) {
	if !e.Environment.Root.HasOutputs() {
		return map[string]Value{}, nil
	}
	composition, err := compose.Compose(e.Environment.Root, compose.Request{Known: known, Outputs: true})
	if err != nil {
		return nil, err
	}
	plan, err := e.planIn(ctx, outputsDir, composition, nil, PlanOptions{})
	if err != nil {
		return nil, err
	}
	return plannedOutputs(plan, hides), nil
}
