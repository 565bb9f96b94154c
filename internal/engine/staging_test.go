package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/graph"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// layersOf builds a graph from pairs: a layer and what it refers to.
func layersOf(pairs ...[2]string) *graph.Graph[string] {
	g := graph.New[string]()
	for _, p := range pairs {
		g.Add(p[0])
		if p[1] != "" {
			g.Connect(p[0], p[1])
		}
	}
	return g
}

// resource is a change of one resource whose id is its address; it stands on
// the addresses given.
func resource(layer, name string, operation change.Operation, on ...string) change.Change {
	address := "module." + layer + ".aws_thing." + name
	c := change.Change{Address: address, Layer: layer, Operation: operation, Mentions: change.Strings{address: true}}
	switch operation {
	case change.Delete:
		c.Actions = []string{"delete"}
	case change.Replace:
		c.Actions = []string{"delete", "create"}
	default:
		c.Actions = []string{string(operation)}
	}
	if operation == change.Delete || operation == change.Replace {
		c.Identities = []string{address}
	}
	for _, each := range on {
		c.Mentions["module."+each] = true
	}
	return c
}

func names(steps []Step) []string {
	var all []string
	for _, s := range steps {
		name := s.Layer
		if s.Stage != StageApply {
			name += " " + string(s.Stage)
		}
		all = append(all, name)
	}
	return all
}

func TestStages(t *testing.T) {
	t.Parallel()
	chain := layersOf([2]string{"base", ""}, [2]string{"app", "base"}, [2]string{"web", "app"})
	cases := map[string]struct {
		in        stagingInput
		want      []string
		addresses []string // of the release step
	}{
		"nothing": {stagingInput{layers: chain}, nil, nil},
		"creations follow the references": {
			stagingInput{layers: chain, changes: []change.Change{
				resource("web", "w", change.Create), resource("app", "a", change.Create), resource("base", "b", change.Create)}},
			[]string{"base", "app", "web"}, nil},
		"a chain holds through an untouched layer": {
			stagingInput{layers: chain, changes: []change.Change{resource("web", "w", change.Create), resource("base", "b", change.Create)}},
			[]string{"base", "web"}, nil},
		"a layer whose outputs alone change has a step": {
			stagingInput{layers: chain, changes: []change.Change{resource("base", "b", change.Update)}, outputs: map[string]bool{"app": true}},
			[]string{"base", "app"}, nil},
		"a replaced resource under another layer's replaced one": {
			stagingInput{layers: chain, changes: []change.Change{
				resource("base", "vpc", change.Replace), resource("app", "group", change.Replace, "base.aws_thing.vpc"), resource("app", "other", change.Update)}},
			[]string{"app release", "base", "app"}, []string{"module.app.aws_thing.group"}},
		"two layers up": {
			stagingInput{layers: chain, changes: []change.Change{
				resource("base", "vpc", change.Replace), resource("web", "group", change.Delete, "base.aws_thing.vpc")}},
			[]string{"web release", "base", "web"}, []string{"module.web.aws_thing.group"}},
		"losses that do not stand on each other need no stages": {
			stagingInput{layers: chain, changes: []change.Change{resource("base", "vpc", change.Replace), resource("app", "group", change.Replace)}},
			[]string{"base", "app"}, nil},
		"an orphan goes after what stood on it": {
			stagingInput{layers: layersOf([2]string{"app", ""}), orphans: map[string]bool{"gone": true}, upstreams: map[string][]string{"app": {"gone"}},
				changes: []change.Change{resource("app", "a", change.Update), resource("gone", "g", change.Delete)}},
			[]string{"app", "gone destroy"}, nil},
		"an orphan goes before what it stood on, where that loses something": {
			stagingInput{layers: layersOf([2]string{"base", ""}), orphans: map[string]bool{"gone": true}, upstreams: map[string][]string{"gone": {"base"}},
				changes: []change.Change{resource("base", "b", change.Replace), resource("gone", "g", change.Delete)}},
			[]string{"gone destroy", "base"}, nil},
		"orphans go in the reverse of their order": {
			stagingInput{layers: graph.New[string](), orphans: map[string]bool{"low": true, "high": true}, upstreams: map[string][]string{"high": {"low"}},
				changes: []change.Change{resource("low", "l", change.Delete), resource("high", "h", change.Delete)}},
			[]string{"high destroy", "low destroy"}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := stage(c.in)
			if err != nil {
				t.Fatal(err)
			}
			steps, err := out.list()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, names(steps)); diff != "" {
				t.Error(diff)
			}
			for _, s := range steps {
				if s.Stage == StageRelease {
					if diff := cmp.Diff(c.addresses, s.Addresses); diff != "" {
						t.Error(diff)
					}
				}
			}
		})
	}
}

// A targeted destroy takes along what depends on its targets, whatever the
// plan says of it: the preview has to be planned again with those replaced.
func TestReleaseDrawsDependantsAlong(t *testing.T) {
	t.Parallel()
	state, err := tfstate.Parse("app", "s3://bucket/states/app.tfstate", []byte(`{"version": 4, "lineage": "l", "terraform_version": "1.11.4", "resources": [
		{"module": "module.app", "mode": "managed", "type": "aws_thing", "name": "group", "instances": [{"attributes": {"id": "1"}}]},
		{"module": "module.app", "mode": "managed", "type": "aws_thing", "name": "rule", "instances": [
			{"index_key": "in", "attributes": {"id": "2"}, "dependencies": ["module.app.aws_thing.group"]}]},
		{"module": "module.app", "mode": "managed", "type": "aws_thing", "name": "free", "instances": [{"attributes": {"id": "3"}}]}]}`), "")
	if err != nil {
		t.Fatal(err)
	}
	out, err := stage(stagingInput{
		layers: layersOf([2]string{"base", ""}, [2]string{"app", "base"}), states: map[string]*tfstate.State{"app": state},
		changes: []change.Change{resource("base", "vpc", change.Replace), resource("app", "group", change.Replace, "base.aws_thing.vpc")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`module.app.aws_thing.rule["in"]`}, out.drawn); diff != "" {
		t.Error(diff)
	}
}

func TestDestroyOrder(t *testing.T) {
	t.Parallel()
	layers := layersOf([2]string{"base", ""}, [2]string{"app", "base"}, [2]string{"web", "app"})
	// What the states remember contradicts the root in part: the root wins.
	upstreams := map[string][]string{"base": {"web"}, "gone": {"web"}}
	out := stageDestroy(layers, upstreams, map[string]bool{"base": true, "web": true, "gone": true})
	steps, err := out.list()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"gone destroy", "web destroy", "base destroy"}, names(steps)); diff != "" {
		t.Error(diff)
	}
}

// TestAnyStagingCanBeOrdered: whatever changes, and whatever the states
// remember of a root that was otherwise then, the steps have an order; in it
// references hold, and a release comes before what it releases.
func TestAnyStagingCanBeOrdered(t *testing.T) {
	t.Parallel()
	const rounds = 3000
	for seed := range uint64(rounds) {
		in := randomInput(rand.New(rand.NewPCG(seed, 1))) //nolint:gosec // reproducible on purpose
		out, err := stage(in)
		if err != nil {
			t.Fatal(err)
		}
		steps, err := out.list()
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if len(steps) != len(out.steps) {
			t.Fatalf("seed %d: %d of %d steps in order", seed, len(steps), len(out.steps))
		}
		checkOrder(t, seed, in, out, steps)
		touched := map[string]bool{}
		for layer := range (change.Set{Changes: in.changes}).ByLayer() {
			touched[layer] = true
		}
		destroy := stageDestroy(in.layers, in.upstreams, touched)
		if _, err := destroy.list(); err != nil {
			t.Fatalf("seed %d: destroy: %v", seed, err)
		}
	}
}

func checkOrder(t *testing.T, seed uint64, in stagingInput, out staging, steps []Step) {
	t.Helper()
	at := map[stepKey]int{}
	for i, s := range steps {
		at[s.key()] = i
	}
	before := func(first, second stepKey) {
		i, ok := at[first]
		j, also := at[second]
		if ok && also && i > j {
			t.Fatalf("seed %d: %v comes after %v in %v", seed, first, second, names(steps))
		}
	}
	for _, layer := range in.layers.Nodes() {
		before(stepKey{layer, StageRelease}, stepKey{layer, StageApply})
		for _, upstream := range in.layers.Dependencies(layer) {
			if !out.deferred[upstream] {
				before(stepKey{upstream, StageApply}, stepKey{layer, StageApply})
			}
		}
		for _, upstream := range in.layers.AllDependencies(layer) {
			before(stepKey{layer, StageRelease}, stepKey{upstream, StageApply})
		}
	}
}

func randomInput(r *rand.Rand) stagingInput {
	in := stagingInput{layers: graph.New[string](), upstreams: map[string][]string{}, orphans: map[string]bool{}, outputs: map[string]bool{}, planned: map[string]bool{}}
	var all []string
	for i := range 3 + r.IntN(5) {
		layer := fmt.Sprintf("l%d", i)
		orphan := r.IntN(4) == 0
		if orphan {
			in.orphans[layer] = true
		} else {
			in.layers.Add(layer)
		}
		for _, other := range all {
			if !orphan && !in.orphans[other] && r.IntN(2) == 0 {
				in.layers.Connect(layer, other)
			}
		}
		all = append(all, layer)
	}
	var ids []string
	for _, layer := range all {
		for _, other := range all {
			if other != layer && r.IntN(3) == 0 {
				in.upstreams[layer] = append(in.upstreams[layer], other) // in any direction
			}
		}
		in.outputs[layer] = !in.orphans[layer] && r.IntN(2) == 0
		if !in.outputs[layer] {
			delete(in.outputs, layer)
		}
		in.planned[layer] = r.IntN(2) == 0
		operations := []change.Operation{change.Create, change.Update, change.Replace, change.Delete}
		for i := range r.IntN(3) {
			operation := operations[r.IntN(len(operations))]
			if in.orphans[layer] {
				operation = change.Delete
			}
			var on []string
			for _, id := range ids {
				if r.IntN(2) == 0 {
					on = append(on, id)
				}
			}
			name := fmt.Sprintf("r%d", i)
			in.changes = append(in.changes, resource(layer, name, operation, on...))
			ids = append(ids, layer+".aws_thing."+name)
		}
	}
	slices.SortFunc(in.changes, func(a, b change.Change) int { return slices.Compare([]string{a.Address}, []string{b.Address}) })
	return in
}
