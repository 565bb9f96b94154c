package engine

import (
	"slices"
	"sort"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/graph"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// Stage is which part of a layer's work a step does.
type Stage string

// The stages. A layer whose deletions must come before those of a layer that
// it depends on has a release step before its apply step.
const (
	StageRelease Stage = "release" // delete what stands on an upstream layer's lost resources
	StageApply   Stage = "apply"
	StageDestroy Stage = "destroy" // the whole layer goes
)

// Step is one Terraform apply of a run.
type Step struct {
	Layer     string   `json:"layer"`
	Stage     Stage    `json:"stage"`
	Addresses []string `json:"addresses,omitempty"` // what a release step deletes
}

func (s Step) key() stepKey { return stepKey{s.Layer, s.Stage} }

type stepKey struct {
	layer string
	stage Stage
}

// stagingInput is what the order of a run follows from.
type stagingInput struct {
	layers    *graph.Graph[string] // the root's layers
	upstreams map[string][]string  // of layers in the states, as last recorded
	orphans   map[string]bool      // layers in the states only
	changes   []change.Change
	outputs   map[string]bool // layers whose outputs change
	planned   map[string]bool // layers whose outputs after the apply are known already
	states    map[string]*tfstate.State
}

// staging is the outcome: the steps with their order, and resources that would
// be destroyed along with a release although the plan does not replace them.
type staging struct {
	steps    map[stepKey]Step
	order    *graph.Graph[stepKey] // of the steps, and of layers without one
	drawn    []string              // addresses to be replaced too
	deferred map[string]bool       // layers that only delete, after what stands on them
	warnings []string
}

// stage plans the steps of an apply. Layers go in the order of their
// references; what an orphan or a release step deletes goes first where a
// layer that it stands on loses resources.
func stage(in stagingInput) (staging, error) {
	byLayer := change.Set{Changes: in.changes}.ByLayer()
	out := staging{steps: map[stepKey]Step{}, order: graph.New[stepKey](), deferred: map[string]bool{}}
	touched := map[string]bool{}
	for layer := range byLayer {
		touched[layer] = true
	}
	for layer := range in.outputs {
		touched[layer] = true
	}
	for _, layer := range inOrder(in.layers, touched) {
		step := Step{Layer: layer, Stage: StageApply}
		if in.orphans[layer] {
			step.Stage = StageDestroy
		}
		out.steps[step.key()] = step
		out.order.Add(step.key())
	}
	out.deferDeletes(in, byLayer)
	if err := out.releases(in, byLayer); err != nil {
		return staging{}, err
	}
	out.connectApplies(in)
	out.connectReleases(in)
	out.connectOrphans(in, byLayer)
	return out, nil
}

// connectApplies orders the applies as the layers refer to each other. Layers
// that are not touched stand in the order too, as steps that do nothing: so
// direct references are enough, and a chain through them is kept. A deferred
// layer comes after all that stand on it instead.
func (out *staging) connectApplies(in stagingInput) {
	for _, layer := range in.layers.Nodes() {
		out.order.Add(stepKey{layer, StageApply})
		for _, upstream := range in.layers.Dependencies(layer) {
			if !out.deferred[upstream] {
				out.order.Connect(stepKey{layer, StageApply}, stepKey{upstream, StageApply})
			}
		}
	}
	for upstream := range out.deferred {
		for _, layer := range in.layers.AllDependants(upstream) {
			out.order.Connect(stepKey{upstream, StageApply}, stepKey{layer, StageApply})
		}
	}
}

func (out *staging) connectReleases(in stagingInput) {
	for key := range out.steps {
		if key.stage != StageRelease {
			continue
		}
		out.order.Connect(stepKey{key.layer, StageApply}, key)
		for _, upstream := range in.layers.AllDependencies(key.layer) {
			for _, stage := range []Stage{StageRelease, StageApply} {
				if later := (stepKey{upstream, stage}); out.has(later) {
					out.order.Connect(later, key)
				}
			}
		}
	}
}

// connectOrphans puts the destruction of a layer that left the root after the
// layers that last stood on it, and before the layers that it stood on where
// those lose something. Where both cannot be had, the second is given up; so is
// what states written at different times remember in a circle.
func (out *staging) connectOrphans(in stagingInput, byLayer map[string][]change.Change) {
	for _, layer := range sortedKeys(in.upstreams) {
		for _, upstream := range in.upstreams[layer] {
			if !in.orphans[upstream] || !out.has(stepKey{upstream, StageDestroy}) {
				continue
			}
			for _, stage := range []Stage{StageApply, StageDestroy} {
				if first := (stepKey{layer, stage}); out.has(first) {
					out.connect(stepKey{upstream, StageDestroy}, first)
				}
			}
		}
	}
	for _, layer := range sortedKeys(in.orphans) {
		key := stepKey{layer, StageDestroy}
		if !out.has(key) {
			continue
		}
		for _, upstream := range in.upstreams[layer] {
			later := stepKey{upstream, StageApply}
			if out.has(later) && anyLoses(byLayer[upstream]) {
				out.connect(later, key)
			}
		}
	}
}

// connect puts a step after another, unless that one has to come after it.
func (out *staging) connect(later, first stepKey) {
	if later != first && !slices.Contains(out.order.AllDependencies(first), later) {
		out.order.Connect(later, first)
	}
}

func (out *staging) has(key stepKey) bool {
	_, ok := out.steps[key]
	return ok
}

// list gives the steps in an order that they may run in.
func (out *staging) list() ([]Step, error) {
	keys, err := out.order.Order()
	if err != nil {
		return nil, err
	}
	steps := make([]Step, 0, len(out.steps))
	for _, key := range keys {
		if step, ok := out.steps[key]; ok {
			steps = append(steps, step)
		}
	}
	return steps, nil
}

// stageDestroy plans the steps of a destroy: dependants first.
func stageDestroy(layers *graph.Graph[string], upstreams map[string][]string, touched map[string]bool) staging {
	out := staging{steps: map[stepKey]Step{}, order: graph.New[stepKey]()}
	for _, layer := range inOrder(layers, touched) {
		step := Step{Layer: layer, Stage: StageDestroy}
		out.steps[step.key()] = step
		out.order.Add(step.key())
	}
	all := graph.New[string]()
	for _, layer := range layers.Nodes() {
		all.Add(layer)
		for _, upstream := range layers.Dependencies(layer) {
			all.Connect(layer, upstream)
		}
	}
	for _, layer := range sortedKeys(upstreams) {
		for _, upstream := range upstreams[layer] {
			if !slices.Contains(all.AllDependencies(upstream), layer) {
				all.Connect(layer, upstream)
			}
		}
	}
	for _, layer := range all.Nodes() {
		out.order.Add(stepKey{layer, StageDestroy})
		for _, upstream := range all.Dependencies(layer) {
			out.order.Connect(stepKey{upstream, StageDestroy}, stepKey{layer, StageDestroy})
		}
	}
	return out
}

// inOrder gives the touched layers, those of the root as it declares them and
// orphans by name, so that the same changes are always told in the same order.
func inOrder(layers *graph.Graph[string], touched map[string]bool) []string {
	var list, orphans []string
	for _, layer := range layers.Nodes() {
		if touched[layer] {
			list = append(list, layer)
		}
	}
	for _, layer := range sortedSet(touched) {
		if !layers.Has(layer) {
			orphans = append(orphans, layer)
		}
	}
	return append(list, orphans...)
}

func sortedSet(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for each := range set {
		list = append(list, each)
	}
	sort.Strings(list)
	return list
}
