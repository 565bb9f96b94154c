package cli

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// engineAt gives the engine at a stored release, or, for "", at the working tree.
func (a *app) engineAt(ctx context.Context, name, version string) (*engine.Engine, error) {
	if version == "" {
		return a.engine(ctx, name)
	}
	if err := checkVersion("--version", version); err != nil {
		return nil, err
	}
	e, err := a.engineOfReleases(ctx, name)
	if err != nil {
		return nil, err
	}
	at, _, err := e.At(ctx, version)
	return at, err
}

// engineOfReleases gives an engine that can find and deploy stored releases. Of the
// working tree it reads deploy.hcl only: a root that is broken there must not stop
// anybody from going back.
func (a *app) engineOfReleases(ctx context.Context, name string) (*engine.Engine, error) {
	dir, fsys, err := a.project()
	if err != nil {
		return nil, err
	}
	env, err := environment.LoadSettings(fsys, name)
	if err != nil {
		return nil, err
	}
	return a.wire(ctx, dir, fsys, env)
}

func checkVersion(flag, version string) error {
	if version == "" {
		return nil
	}
	if _, err := release.ParseVersion(version); err != nil {
		return &problem.Error{Code: problem.BadVersion, Where: problem.Location{Flag: flag}, What: err.Error()}
	}
	return nil
}
