package engine

import (
	"context"
	"fmt"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Requirement is a row of the catalogue of requirements.
type Requirement struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// VerifyOptions say what Verify looks at.
type VerifyOptions struct {
	Areas      []string // all when empty
	Release    string   // that must answer; "" takes that of the last deployment, if it had one
	Probe      bool
	DrillAlarm bool
}

// Verify proves that what is deployed is as it must be. It changes nothing, but for
// the drill, which sets an alarm off and back again.
func (e *Engine) Verify(ctx context.Context, options VerifyOptions) (*Verification, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	outputs, err := e.standingOutputs(ctx)
	if err != nil {
		return nil, err
	}
	last, err := e.standing(ctx)
	if err != nil {
		return nil, err
	}
	if options.Release == "" && last != nil && last.Status == Succeeded {
		if options.Release = last.Release; last.Partial { // a part of another release
			records, err := e.Journals.List(ctx, recordsNear)
			if err != nil {
				return nil, err
			}
			options.Release = running(records)
		}
	}
	e.phase("verifying %s", e.name())
	return e.Verifier.Verify(ctx, VerifyRequest{
		Areas: options.Areas, Outputs: outputs, Release: options.Release, Deployment: last, Probe: options.Probe, DrillAlarm: options.DrillAlarm,
	})
}

// StandingOutputs gives the root's outputs as what is deployed has them; MD0844
// where nothing is. It changes nothing.
func (e *Engine) StandingOutputs(ctx context.Context) (map[string]Value, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	return e.standingOutputs(ctx)
}

// standingOutputs computes the root's outputs from what the layers' states hold.
func (e *Engine) standingOutputs(ctx context.Context) (map[string]Value, error) {
	states, err := e.states(ctx)
	if err != nil {
		return nil, err
	}
	known, err := knownOutputs(states)
	if err != nil {
		return nil, err
	}
	if len(known) == 0 {
		return nil, &problem.Error{Code: problem.NotDeployed, What: fmt.Sprintf("environment %s is not deployed: no layer has outputs", e.name())}
	}
	// What a layer marked as sensitive is left out; there is no plan of resources here
	// whose secrets could be compared.
	return e.outputs(ctx, known, func(any) bool { return false })
}
