package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// target finds the release to go back to, gives the engine at it, and refuses one
// that is gone, damaged, too old for the database, or was never verified.
func (e *Engine) target(ctx context.Context, request RollbackRequest) (*Engine, Target, error) {
	records, err := e.Journals.List(ctx, recordsLooked)
	if err != nil {
		return nil, Target{}, err
	}
	target := Target{Version: request.Version}
	if target.From, err = e.standing(ctx); err != nil {
		return nil, Target{}, err
	}
	if target.Version == "" {
		if target.Version, err = e.lastVerified(ctx, records, target.From); err != nil {
			return nil, Target{}, err
		}
	}
	at, manifest, err := e.At(ctx, target.Version)
	if err != nil {
		return nil, Target{}, err
	}
	target.Version, target.bundle = at.Release, at.stored
	target.whole = e.hashing(ctx, target.Version)
	target.Last = lastOf(records, target.Version)
	if err := at.someLayersOf(target.Version); err != nil {
		return nil, Target{}, err
	}
	if target.Last == nil && !request.ForceUnverified {
		return nil, Target{}, &problem.Error{Code: problem.UnverifiedRelease, Where: problem.Location{Flag: "--version"},
			What: fmt.Sprintf("no deployment of %s to %s passed its verification", target.Version, e.name())}
	}
	return at, target, e.acceptsSchema(ctx, target.Version, *manifest)
}

// hashing begins to hash a release anew, which goes on beside the preview, and gives
// what waits for the outcome. It ends with ctx.
func (e *Engine) hashing(ctx context.Context, version string) func() error {
	outcome := make(chan error, 1)
	go func() {
		_, err := e.VerifyRelease(ctx, version)
		outcome <- err
	}()
	return sync.OnceValue(func() error { return <-outcome })
}

// someLayersOf refuses a release that has none of the layers that deploy.hcl lets go back:
// to name none is to name all.
func (e *Engine) someLayersOf(version string) error {
	layers := e.Environment.Settings.Rollback.Layers
	if len(layers) == 0 || slices.ContainsFunc(layers, func(layer string) bool {
		_, declared := e.Environment.Root.Layer(layer)
		return declared
	}) {
		return nil
	}
	return &problem.Error{Code: problem.UnknownLayer, Where: e.settingsFile(),
		What: fmt.Sprintf("release %s has none of the layers of rollback.layers: %s", version, strings.Join(layers, ", ")),
		Next: "name the layers with --layer"}
}

// lastOf gives the newest verified deployment of a release: of several the one that tells
// of the most functions, for a rollback of some layers alone tells of theirs only.
func lastOf(records []Record, version string) (last *Record) {
	for i, r := range records {
		if r.Verified() && r.Release == version && (last == nil || len(r.Aliases) > len(last.Aliases)) {
			last = &records[i]
		}
	}
	return last
}

// lastVerified gives the newest verified release that is not the one that stands and
// can still be deployed.
func (e *Engine) lastVerified(ctx context.Context, records []Record, standing *Record) (string, error) {
	current := ""
	if standing != nil {
		current = standing.Release
		if standing.Operation == OperationRollback && standing.Status != Succeeded {
			return standing.Release, nil // it was on its way there
		}
	}
	for _, r := range records {
		if !r.Verified() || r.Release == current || r.RolledBackBy != "" { // somebody had reason to leave it
			continue
		}
		_, _, err := e.At(ctx, r.Release)
		if err == nil {
			return r.Release, nil
		}
		if len(problem.Find(err)) == 0 {
			return "", err
		}
	}
	return "", &problem.Error{Code: problem.NothingToGoBackTo, What: fmt.Sprintf("%s has no earlier release that was verified and is still stored", e.name())}
}

// acceptsSchema refuses a release whose code would miss what was taken away from the
// database since.
func (e *Engine) acceptsSchema(ctx context.Context, version string, manifest release.Manifest) error {
	schema, err := e.lastSchema(ctx)
	if err != nil || schema.Contracted <= manifest.Schema() {
		return err
	}
	return &problem.Error{Code: problem.SchemaTooNew, Where: problem.Location{Flag: "--version"},
		What: fmt.Sprintf("%s knows schema %d, but migration %d has taken away what it needs; the schema of %s is %d", version, manifest.Schema(), schema.Contracted, e.name(), schema.To)}
}
