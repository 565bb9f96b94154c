package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// FunctionNames is the root's output that gives the full names of functions by
// their short ones.
const FunctionNames = "function_names"

// LiveAlias is the alias that callers of a function use.
const LiveAlias = "live"

// Invoker calls Lambda functions and waits for their answers.
type Invoker interface {
	// Invoke calls a function once; it is not tried again, for it may have run. An
	// error of the function itself is no error here, but in the Invocation.
	Invoke(ctx context.Context, function, qualifier string, payload []byte) (Invocation, error)
}

// Invocation is how a call of a function ended.
type Invocation struct {
	Function string          `json:"function"` // full name
	Version  string          `json:"version"`  // that ran
	Error    string          `json:"error"`    // "" or Lambda's kind of failure; the payload says what it was
	Payload  json.RawMessage `json:"payload"`
	Log      string          `json:"log"` // its last 4 KB
}

// Invoke calls the live version of a function of the environment, by its short name.
func (e *Engine) Invoke(ctx context.Context, name string, payload []byte) (Invocation, error) {
	states, err := e.states(ctx)
	if err != nil {
		return Invocation{}, err
	}
	known, err := knownOutputs(states)
	if err != nil {
		return Invocation{}, err
	}
	outputs, err := e.outputs(ctx, known, func(any) bool { return false })
	if err != nil {
		return Invocation{}, err
	}
	names, _ := outputs[FunctionNames].Value.(map[string]any)
	full, ok := names[name].(string)
	if !ok {
		there := slices.Sorted(maps.Keys(names))
		all := strings.Join(there, ", ")
		next := "deploy the environment first; its root has to have an output " + FunctionNames + ", full names by short ones"
		if all != "" {
			next = "choose one of " + all
		}
		return Invocation{}, &problem.Error{Code: problem.UnknownFunction, What: fmt.Sprintf("environment %s has no function %s%s", e.name(), name, nearest(name, there)), Next: next}
	}
	done, err := e.Invoker.Invoke(ctx, full, LiveAlias, payload)
	if err != nil {
		return done, err
	}
	if done.Error != "" {
		return done, &problem.Error{Code: problem.FunctionFailed, What: fmt.Sprintf("function %s (version %s) failed: %s", full, done.Version, done.Payload)}
	}
	return done, nil
}
