package engine

import (
	"context"
	"encoding/json"
	"fmt"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
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
	plan, err := e.planIn(ctx, outputsDir, composition, nil, Code{}, PlanOptions{})
	if err != nil {
		return nil, err
	}
	return plannedOutputs(plan, hides), nil
}

// Value is a root output: Known is false until it has been applied, and a
// sensitive value is not kept at all.
type Value struct {
	Value     any  `json:"value"`
	Sensitive bool `json:"sensitive,omitempty"`
	Known     bool `json:"-"`
}

// plannedOutputs gives the root's own outputs; one that holds a secret without
// being marked is taken for sensitive.
func plannedOutputs(plan *tfjson.Plan, hides func(any) bool) map[string]Value {
	outputs := map[string]Value{}
	for name, oc := range plan.OutputChanges {
		if _, internal := layerOf(name); internal || oc.Actions.Delete() {
			continue
		}
		value := Value{Known: oc.AfterUnknown == nil || oc.AfterUnknown == false}
		if value.Sensitive = oc.AfterSensitive != nil && oc.AfterSensitive != false || hides(oc.After); !value.Sensitive && value.Known {
			value.Value = oc.After
		}
		outputs[name] = value
	}
	return outputs
}

// comingOutputs gives the outputs that layers will have after the apply, of
// those whose outputs the plan knows whole.
func comingOutputs(plan *tfjson.Plan, states map[string]*tfstate.State) (map[string]compose.Outputs, error) {
	coming := map[string]compose.Outputs{}
	if plan.PlannedValues == nil {
		return coming, nil
	}
	for layer, state := range states {
		name := environment.ReservedPrefix + layer
		output, changed := plan.PlannedValues.Outputs[name], plan.OutputChanges[name]
		if output == nil || changed == nil || change.AnyUnknown(changed.AfterUnknown) {
			continue
		}
		body, err := json.Marshal(output.Value)
		if err != nil {
			return nil, fmt.Errorf("read the planned outputs of layer %s: %w", layer, err)
		}
		coming[layer] = compose.Outputs{Type: output.Type, Values: body, Sensitive: readMeta(state).Sensitive}
	}
	return coming, nil
}
