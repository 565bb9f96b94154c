package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// goBackIfFailed goes back to the last verified release, where deploy.hcl wants it,
// after a deployment that had changed something and failed: once, and not after an
// interrupt, which is somebody's will, nor of some layers alone, which is no release. It
// does so under the deployment's lease: nobody comes in between.
func (e *Engine) goBackIfFailed(lease Lease, result *Result, failure error) (*Result, error) {
	ctx := lease.Context()
	failed := result != nil && result.Begun && result.worked() && (result.Result == Failed || result.Result == Crashed)
	if failure == nil || !failed || !e.Environment.Settings.Rollback.OnFailure || ctx.Err() != nil {
		return result, failure
	}
	if result.partial {
		e.note("the deployment of some layers failed: nothing is taken back by itself (--layer)")
		return result, failure
	}
	e.note("the deployment failed: %s", short(failure))
	again, err := e.wasVerified(ctx, result)
	if err != nil {
		return result, errors.Join(failure, err)
	}
	if again {
		e.note("%s stood and was verified before: going back to another release would not mend it", result.Release)
		return result, failure
	}
	back, err := e.Rollback(ctx, RollbackRequest{Reason: "deployment " + result.DeploymentID + " failed", of: result.DeploymentID, lease: lease})
	result.RolledBack = back
	if err != nil {
		how := "going back failed, too"
		if back != nil && slices.ContainsFunc(back.Phases, func(p PhaseRecord) bool { return p.Name == PhaseCode && p.Status == Succeeded }) {
			how = "the code of " + back.Release + " is back, but its infrastructure is not"
		}
		return result, errors.Join(failure, fmt.Errorf("%s: %w", how, err))
	}
	return result, errors.Join(&problem.Error{Code: problem.RolledBack,
		What: fmt.Sprintf("the deployment of %s to %s failed, and %s is back", orTree(e.Release), e.name(), back.Release)}, failure)
}

// worked reports whether a run came to changing anything that anybody sees: copies of a
// database and files that no page names are nothing of that kind.
func (r *Result) worked() bool {
	return len(r.Layers) > 0 || slices.ContainsFunc(r.Phases, func(p PhaseRecord) bool { return p.Name != PhaseSnapshot && p.Name != PhaseAssets })
}

// wasVerified reports whether a deployment was of the release that stood already, and
// that had been verified.
func (e *Engine) wasVerified(ctx context.Context, result *Result) (bool, error) {
	records, err := e.Journals.List(ctx, recordsNear)
	if err != nil {
		return false, err
	}
	at := slices.IndexFunc(records, func(r Record) bool { return r.ID == result.DeploymentID })
	if at < 0 || records[at].Release == "" || records[at].PreviousRelease != records[at].Release {
		return false, nil
	}
	return slices.ContainsFunc(records[at+1:], func(r Record) bool {
		return r.Verified() && r.Manifest == records[at].Manifest && r.RolledBackBy == ""
	}), nil
}

// orTree names a release, or the working tree.
func orTree(release string) string {
	if release == "" {
		return "the working tree"
	}
	return release
}
