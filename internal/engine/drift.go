package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// driftDir names the directory of the composed root that is looked at for drift.
const driftDir = "drift"

// Drift is what differs in AWS from what was deployed.
type Drift struct {
	Environment string
	Release     string       // of the root that was looked with
	Deployment  *Record      // the last one; nil where there was none
	Layers      []LayerDrift // all that were looked at, in order
}

// LayerDrift is what differs in one layer.
type LayerDrift struct {
	Name      string
	Resources []change.Drifted
}

// Count gives how many resources differ.
func (d *Drift) Count() int {
	n := 0
	for _, layer := range d.Layers {
		n += len(layer.Resources)
	}
	return n
}

// Drift looks, with one refresh-only plan of the whole root, for what differs
// in AWS from the states. It changes nothing. Where functions' aliases lead is
// the deployer's, not Terraform's: it is compared with what the deployments
// recorded.
func (e *Engine) Drift(ctx context.Context) (*Drift, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	states, err := e.states(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(slices.Collect(maps.Values(states)), func(s *tfstate.State) bool { return !s.Empty() }) {
		return nil, &problem.Error{Code: problem.NotDeployed, What: fmt.Sprintf("environment %s is not deployed: there is nothing that could differ", e.name())}
	}
	drift := &Drift{Environment: e.name(), Release: e.Release}
	if drift.Deployment, err = e.lastRun(ctx); err != nil {
		return nil, err
	}
	chosen, err := e.selection(PreviewRequest{}, states)
	if err != nil {
		return nil, err
	}
	order, err := e.Environment.Root.Graph().Order()
	if err != nil {
		return nil, err
	}
	for _, layer := range append(slices.Clone(order), chosen.orphans...) {
		drift.Layers = append(drift.Layers, LayerDrift{Name: layer, Resources: []change.Drifted{}})
	}
	plan, err := e.refresh(ctx, chosen, states)
	if err != nil {
		return nil, err
	}
	found, err := e.driftOf(ctx, plan)
	if err != nil {
		return nil, err
	}
	for _, d := range found {
		at := slices.IndexFunc(drift.Layers, func(l LayerDrift) bool { return l.Name == d.Layer })
		if at < 0 { // outside every layer
			drift.Layers = append(drift.Layers, LayerDrift{Name: d.Layer})
			at = len(drift.Layers) - 1
		}
		drift.Layers[at].Resources = append(drift.Layers[at].Resources, d)
	}
	return drift, nil
}

// refresh makes the refresh-only plan. The functions' code is part of what the
// root is made with, as in a preview.
func (e *Engine) refresh(ctx context.Context, chosen selected, states map[string]*tfstate.State) (*tfjson.Plan, error) {
	code, err := e.buildFunctions(ctx)
	if err != nil {
		return nil, err
	}
	known, err := knownOutputs(states)
	if err != nil {
		return nil, err
	}
	var merged []*tfstate.State
	var providers []string
	for _, layer := range sortedKeys(states) {
		merged = append(merged, states[layer])
		providers = append(providers, states[layer].Providers()...)
	}
	composition, err := compose.Compose(e.Environment.Root, compose.Request{
		Keep: chosen.keep, Known: known, Outputs: true, Orphans: chosen.orphans, StateProviders: providers,
	})
	if err != nil {
		return nil, err
	}
	state, err := tfstate.Merge(merged, func(output string) bool { _, ok := layerOf(output); return ok })
	if err != nil {
		return nil, err
	}
	e.phase("looking what differs in %s", e.name())
	plan, err := e.planIn(ctx, driftDir, composition, map[string][]byte{"terraform.tfstate": state}, code, PlanOptions{RefreshOnly: true})
	if err != nil {
		return nil, err
	}
	return plan, e.checkRegion(plan)
}

// driftOf reads the plan, leaving out what Terraform is told to ignore and what
// the deployer itself moved.
func (e *Engine) driftOf(ctx context.Context, plan *tfjson.Plan) ([]change.Drifted, error) {
	aliases, err := e.recordedAliases(ctx)
	if err != nil {
		return nil, err
	}
	owned, moved := aliasDrift(plan, aliases)
	ignoring := e.ignoring(plan)
	found := change.Drift(plan, change.DriftOptions{
		StatefulTypes: e.Environment.Settings.Guard.StatefulTypes,
		Ignored: func(address, _, path string) bool {
			return owned[address] && slices.Contains(aliasPlaces(), path) || ignoring.has(address, path)
		},
	})
	for _, m := range moved {
		at := slices.IndexFunc(found, func(d change.Drifted) bool { return d.Address == m.Address })
		if at >= 0 {
			found[at].Attributes = append(found[at].Attributes, m.Attributes...)
			continue
		}
		found = append(found, m)
	}
	slices.SortStableFunc(found, func(a, b change.Drifted) int { return cmp.Compare(a.Address, b.Address) })
	return found, nil
}
