package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// checkInputs compares an approval with the present inputs, before anything is
// planned.
func (e *Engine) checkInputs(ctx context.Context, request ApplyRequest, code Code) error {
	identity, err := e.identity(ctx)
	if err != nil {
		return err
	}
	states, err := e.states(ctx)
	if err != nil {
		return err
	}
	bundle, err := e.bundle(ctx, code)
	if err != nil {
		return err
	}
	now, err := e.inputs(ctx, identity, normal(request.Layers), false, code, bundle, states)
	if err != nil {
		return err
	}
	differs := request.Approval.Stale(now)
	if request.Resume { // the run itself has changed the states
		differs = request.Approval.StaleSource(now)
	}
	if len(differs) > 0 {
		return &problem.Error{Code: problem.StaleApproval, What: fmt.Sprintf("the approval of %s is stale: %s", e.name(), strings.Join(differs, "; "))}
	}
	return nil
}

// coversWork refuses a choice of layers that leaves out one in which a dead run
// was at work: what it created there would never be looked for again.
func coversWork(layers []string, dead *deadRun) error {
	for _, layer := range sortedKeys(dead.worked) {
		if len(layers) > 0 && !slices.Contains(layers, layer) {
			return &problem.Error{Code: problem.Usage, Where: problem.Location{Flag: "--layer"},
				What: fmt.Sprintf("run %s was at work in layer %s, which --layer leaves out", dead.record.ID, layer),
				Next: "leave --layer out, or add --layer " + layer}
		}
	}
	return nil
}

// authorize sees that a preview may be applied: nothing stateful is lost
// unnamed, and it refines an approval or is confirmed.
func (e *Engine) authorize(ctx context.Context, request ApplyRequest, preview *Preview, dead *deadRun) error {
	preview.Guarded = change.Guarded(preview.Changes, request.AllowStateful)
	if request.Show != nil {
		request.Show(preview)
	}
	if len(preview.Guarded) > 0 {
		return guardProblem(e.name(), preview.Guarded)
	}
	if request.Approval != nil {
		return e.covered(request.Approval, preview, nil)
	}
	if preview.Empty() {
		return nil
	}
	if dead != nil && dead.approval != nil {
		err := e.covered(dead.approval, preview, dead.started)
		if differs := dead.approval.StaleSource(preview.Approval.Inputs); err == nil && len(differs) > 0 {
			err = fmt.Errorf("since then %s", strings.Join(differs, "; "))
		}
		if err == nil {
			e.note("what is left is part of what run %s was approved for", dead.record.ID)
			return nil
		}
		e.note("what is left is not what run %s was approved for: %s", dead.record.ID, err)
	}
	if request.Unattended && e.Environment.Settings.Approval.Required {
		return &problem.Error{Code: problem.ApprovalRequired, Where: e.settingsFile(), What: fmt.Sprintf("environment %s takes changes only with an approval", e.name())}
	}
	return request.Confirm(ctx, preview)
}

func (e *Engine) covered(approval *change.Approval, preview *Preview, started map[string]bool) error {
	excess := change.Refines(approval.Set().Changes, preview.Changes, started)
	if len(excess) == 0 {
		return nil
	}
	return &problem.Error{Code: problem.StaleApproval, What: fmt.Sprintf("the plan of %s exceeds its approval: %s", e.name(), describe(excess))}
}

// describe lists the first few excesses.
func describe(excess []change.Excess) string {
	const most = 5
	var lines []string
	for i, x := range excess {
		if i == most {
			lines = append(lines, fmt.Sprintf("and %d more", len(excess)-most))
			break
		}
		lines = append(lines, x.Address+": "+x.Why)
	}
	return strings.Join(lines, "; ")
}

func guardProblem(environment string, guarded []change.Change) error {
	var lines, flags []string
	for _, c := range guarded {
		lines = append(lines, fmt.Sprintf("%s %s", c.Operation, c.Address))
		flags = append(flags, fmt.Sprintf("--allow-stateful '%s'", c.Address))
	}
	return &problem.Error{Code: problem.StatefulGuard, Where: problem.Location{Flag: "--allow-stateful"},
		What: fmt.Sprintf("the plan of %s would lose resources that hold data: %s", environment, strings.Join(lines, "; ")),
		Next: "if that is meant, add " + strings.Join(flags, " ")}
}
