package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// Preview is what a run would do: one plan of the uncut root, the steps that
// carry it out, and the approval that covers it.
type Preview struct {
	Environment string
	Release     string
	Destroy     bool
	Approval    *change.Approval
	Changes     []change.Change
	Steps       []Step           // in an order in which they may run
	Layers      []string         // all that were looked at, in order
	Guarded     []change.Change  // stateful losses; apply wants their addresses named
	Warnings    []string         // what AWS may refuse, and what the preview does not see
	Outputs     map[string]Value // the root's outputs as planned
	Beside      Beside           // what is done beside the layers

	staging staging
	states  map[string]*tfstate.State
	set     change.Set
	code    Code
	bundle  *Bundle
	deploys []Artifact // those of code that the changes name
	imports []compose.Import
	replace []string
	// successors stand where the states still have what they replace; read
	// holds what the plan read of the objects that it imports.
	successors map[string]tfstate.Successor
	read       map[string]tfstate.Successor

	hides   func(value any) bool      // whether a value holds a secret of the plan
	planned map[string]map[string]any // address → planned values, for adoption only
	brief   bool                      // see Engine.glance
	// coming holds the outputs that layers will have, where they are known.
	coming map[string]compose.Outputs
}

// Summary counts the preview's changes.
func (p *Preview) Summary() change.Summary { return change.Summarize(p.Changes) }

// Empty reports whether there is nothing to do.
func (p *Preview) Empty() bool { return len(p.Steps) == 0 && p.Beside.Empty() && !p.brief }

// PreviewRequest selects what is previewed.
type PreviewRequest struct {
	Layers  []string // all when empty
	Destroy bool
	// NoRefresh takes the states' word for what exists: quicker, and for who may not read
	// all of it, but blind to what was changed behind Terraform's back.
	NoRefresh bool
	brief     bool  // see Engine.glance
	code      *Code // nil is built first
	imports   []compose.Import
	replace   []string // addresses to be replaced though unchanged

	successors map[string]tfstate.Successor // see Preview.successors
}

// previewDir and slicePrefix name the directories of composed roots.
const (
	previewDir  = "preview"
	outputsDir  = "outputs"
	slicePrefix = "layer-"
)

// Preview plans the environment as one. It changes nothing.
func (e *Engine) Preview(ctx context.Context, request PreviewRequest) (*Preview, error) {
	identity, err := e.identity(ctx)
	if err != nil {
		return nil, err
	}
	states, err := e.states(ctx)
	if err != nil {
		return nil, err
	}
	selection, err := e.selection(request, states)
	if err != nil {
		return nil, err
	}
	if request.code == nil {
		request.code = &Code{} // what is destroyed needs none
		if !request.Destroy {
			if *request.code, err = e.buildFunctions(ctx); err != nil {
				return nil, err
			}
		}
	}
	e.phase("planning %s", e.name())
	preview, err := e.plan(ctx, request, selection, states, request.replace)
	if err != nil {
		return nil, err
	}
	if drawn := preview.staging.drawn; len(drawn) > 0 {
		// A staged deletion takes these along, so the plan has to say so.
		if preview, err = e.plan(ctx, request, selection, states, append(slices.Clone(request.replace), drawn...)); err != nil {
			return nil, err
		}
	}
	if !request.Destroy {
		if preview.bundle, err = e.bundle(ctx, *request.code); err != nil {
			return nil, err
		}
		if preview.Beside, err = e.survey(ctx, preview, len(request.Layers) == 0); err != nil {
			return nil, err
		}
		if !preview.Empty() {
			if preview.Beside.Snapshots, err = e.clustersToSave(preview); err != nil {
				return nil, err
			}
		}
	}
	inputs, err := e.inputs(ctx, identity, normal(request.Layers), request.Destroy, *request.code, preview.bundle, states)
	if err != nil {
		return nil, err
	}
	preview.Approval, err = change.NewApproval(e.name(), inputs, preview.set)
	if err != nil {
		return nil, err
	}
	preview.Approval.CreatedAt, preview.Approval.CreatedBy = e.Clock().UTC(), e.Actor.User
	return preview, nil
}

// glance finds out which resources would change, by the states' word, and nothing more:
// no steps, no values, no approval. It takes two thirds of the time of a preview, for who
// has to know before anything else whether something would be lost.
func (e *Engine) glance(ctx context.Context, layers []string, code Code) (*Preview, error) {
	states, err := e.states(ctx)
	if err != nil {
		return nil, err
	}
	request := PreviewRequest{Layers: layers, NoRefresh: true, brief: true, code: &code}
	chosen, err := e.selection(request, states)
	if err != nil {
		return nil, err
	}
	e.phase("planning %s", e.name())
	planned, err := e.planChosen(ctx, request, chosen, states, nil)
	if err != nil {
		return nil, err
	}
	set := change.FromPlan(planned, e.planOptions())
	preview := &Preview{Environment: e.name(), Release: e.Release, Changes: set.Changes, set: set, states: states, code: code,
		Approval: &change.Approval{}, brief: true}
	preview.bundle, err = e.bundle(ctx, code)
	return preview, err
}

// identity checks that the credentials belong where deploy.hcl says.
func (e *Engine) identity(ctx context.Context) (Identity, error) {
	identity, err := e.Cloud.Identity(ctx)
	if err != nil {
		return Identity{}, err
	}
	want := e.Environment.Settings.Account
	if want != "" && identity.Account != want {
		return Identity{}, &problem.Error{Code: problem.WrongAccount, Where: e.settingsFile(),
			What: fmt.Sprintf("environment %s belongs to account %s, the credentials to %s (%s)", e.name(), want, identity.Account, identity.ARN)}
	}
	return identity, nil
}

func (e *Engine) settingsFile() problem.Location {
	return problem.Location{File: filepath.Join(environment.Dir, e.name(), environment.SettingsFile)}
}

// selected is a resolved choice of layers.
type selected struct {
	keep    []string // declared layers, in the root's order
	orphans []string
	all     bool
}

func (s selected) has(layer string) bool {
	return slices.Contains(s.keep, layer) || slices.Contains(s.orphans, layer)
}

// selection resolves --layer. A destroy of a layer on which another one with
// resources stands is refused unless that goes too.
func (e *Engine) selection(request PreviewRequest, states map[string]*tfstate.State) (selected, error) {
	orphans := e.orphans(states)
	chosen := selected{orphans: orphans, all: true}
	for _, layer := range e.Environment.Root.Layers {
		chosen.keep = append(chosen.keep, layer.Name)
	}
	if len(request.Layers) == 0 {
		return chosen, nil
	}
	known := append(slices.Clone(chosen.keep), orphans...)
	for _, name := range request.Layers {
		if !slices.Contains(known, name) {
			return selected{}, &problem.Error{Code: problem.UnknownLayer, Where: problem.Location{Flag: "--layer"},
				What: fmt.Sprintf("environment %s has no layer %q%s; it has %s", e.name(), name, nearest(name, known), strings.Join(known, ", "))}
		}
	}
	wanted := func(name string) bool { return slices.Contains(request.Layers, name) }
	chosen.keep = slices.DeleteFunc(chosen.keep, func(n string) bool { return !wanted(n) })
	chosen.orphans = slices.DeleteFunc(slices.Clone(orphans), func(n string) bool { return !wanted(n) })
	chosen.all = false
	if !request.Destroy {
		return chosen, nil
	}
	layers := e.Environment.Root.Graph()
	for _, dependant := range layers.AllDependants(request.Layers...) {
		if state := states[dependant]; state != nil && !state.Empty() && !wanted(dependant) {
			return selected{}, &problem.Error{Code: problem.UndeployedUpstream, Where: problem.Location{Flag: "--layer"},
				What: fmt.Sprintf("layer %s of %s stands on what would be destroyed", dependant, e.name()),
				Next: "add --layer " + dependant + ", or destroy it first"}
		}
	}
	return chosen, nil
}

// layOut works out the steps of a preview.
func (e *Engine) layOut(p *Preview, chosen selected, destroy bool) error {
	layers := e.Environment.Root.Graph()
	upstreams, orphans := map[string][]string{}, map[string]bool{}
	for layer, state := range p.states {
		upstreams[layer] = readMeta(state).Upstream
	}
	for _, layer := range chosen.orphans {
		orphans[layer] = true
	}
	var err error
	if destroy {
		touched := map[string]bool{}
		for layer := range p.set.ByLayer() {
			touched[layer] = true
		}
		p.staging = stageDestroy(layers, upstreams, touched)
	} else {
		outputs := map[string]bool{}
		for layer := range p.set.OutputLayers {
			if !orphans[layer] && slices.Contains(chosen.keep, layer) {
				outputs[layer] = true
			}
		}
		p.staging, err = stage(stagingInput{layers: layers, upstreams: upstreams, orphans: orphans,
			changes: p.set.Changes, outputs: outputs, planned: keySet(p.coming), states: p.states})
		if err != nil {
			return err
		}
		p.Warnings = p.staging.warnings
	}
	if p.Steps, err = p.staging.list(); err != nil {
		return fmt.Errorf("order the steps of %s: %w", e.name(), err)
	}
	order, err := layers.Order()
	if err != nil {
		return err
	}
	p.Layers = slices.DeleteFunc(order, func(n string) bool { return !chosen.has(n) })
	p.Layers = append(p.Layers, chosen.orphans...)
	return nil
}

// normal gives a choice of layers in an order of its own, each once.
func normal(layers []string) []string {
	if len(layers) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(layers))
	return slices.Compact(sorted)
}

func keySet[V any](m map[string]V) map[string]bool {
	set := make(map[string]bool, len(m))
	for key := range m {
		set[key] = true
	}
	return set
}

// sortedKeys gives a map's keys in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
