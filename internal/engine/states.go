package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

const (
	statesPrefix = "states/"
	stateSuffix  = ".tfstate"
	lockSuffix   = ".tflock" // Terraform's S3 backend appends it to the state's key
	// concurrentReads bounds the state objects read at a time; a state is a
	// few hundred kilobytes.
	concurrentReads = 8
)

// StateKey is the key of a layer's state in the environment's bucket.
func StateKey(layer string) string { return statesPrefix + layer + stateSuffix }

// states reads every layer's state.
func (e *Engine) states(ctx context.Context) (map[string]*tfstate.State, error) {
	current, err := e.Terraform.Version(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := e.Store.List(ctx, statesPrefix)
	if err != nil {
		return nil, err
	}
	states := map[string]*tfstate.State{}
	var mu sync.Mutex
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentReads)
	for _, key := range keys {
		layer, ok := strings.CutSuffix(strings.TrimPrefix(key, statesPrefix), stateSuffix)
		if !ok {
			continue
		}
		group.Go(func() error {
			state, err := e.readState(groupCtx, layer, current)
			if err != nil || state == nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			states[layer] = state
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return states, nil
}

// readState reads one layer's state; nil where it has none.
func (e *Engine) readState(ctx context.Context, layer, terraformVersion string) (*tfstate.State, error) {
	object, err := e.Store.Get(ctx, StateKey(layer))
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // a layer without a state is an ordinary thing
	}
	if err != nil {
		return nil, err
	}
	place := fmt.Sprintf("s3://%s/%s", e.Environment.Settings.State.Bucket, StateKey(layer))
	return tfstate.Parse(layer, place, object.Body, terraformVersion)
}

// meta is what a slice stores beside its layer's outputs.
type meta struct {
	Sensitive map[string]bool `json:"sensitive"`
	Upstream  []string        `json:"upstream"`
}

func readMeta(state *tfstate.State) meta {
	var m meta
	if output, ok := state.Outputs[environment.ReservedPrefix+state.Layer+environment.MetaSuffix]; ok {
		// A state of an earlier format has none: then nothing is known.
		_ = json.Unmarshal(output.Value, &m)
	}
	return m
}

// outputsOf gives a layer's outputs as other layers take them; ok is false
// where its state has none.
func outputsOf(state *tfstate.State) (outputs compose.Outputs, ok bool, err error) {
	output, ok := state.Outputs[environment.ReservedPrefix+state.Layer]
	if !ok {
		return compose.Outputs{}, false, nil
	}
	kind := cty.DynamicPseudoType
	if len(output.Type) > 0 {
		if kind, err = ctyjson.UnmarshalType(output.Type); err != nil {
			return compose.Outputs{}, false, &problem.Error{Code: problem.CorruptState,
				What: fmt.Sprintf("the outputs in the state of layer %q have a type that cannot be read", state.Layer), Err: err}
		}
	}
	return compose.Outputs{Type: kind, Values: output.Value, Sensitive: readMeta(state).Sensitive}, true, nil
}

// knownOutputs gives the outputs of every layer that has some.
func knownOutputs(states map[string]*tfstate.State) (map[string]compose.Outputs, error) {
	known := map[string]compose.Outputs{}
	for layer, state := range states {
		outputs, ok, err := outputsOf(state)
		if err != nil {
			return nil, err
		}
		if ok {
			known[layer] = outputs
		}
	}
	return known, nil
}

// orphans gives the layers that hold resources but have no module block.
func (e *Engine) orphans(states map[string]*tfstate.State) []string {
	declared := e.declared()
	var names []string
	for layer, state := range states {
		if !declared[layer] && !state.Empty() {
			names = append(names, layer)
		}
	}
	sort.Strings(names)
	return names
}

func (e *Engine) declared() map[string]bool {
	declared := map[string]bool{}
	for _, layer := range e.Environment.Root.Layers {
		declared[layer.Name] = true
	}
	return declared
}

func fingerprints(states map[string]*tfstate.State) map[string]tfstate.Fingerprint {
	prints := make(map[string]tfstate.Fingerprint, len(states))
	for layer, state := range states {
		prints[layer] = state.Fingerprint()
	}
	return prints
}

// layerOf tells which layer an output of a composed root belongs to; ok is
// false for the root's own outputs.
func layerOf(output string) (layer string, ok bool) {
	rest, ok := strings.CutPrefix(output, environment.ReservedPrefix)
	return strings.TrimSuffix(rest, environment.MetaSuffix), ok
}
