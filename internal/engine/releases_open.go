package engine

import (
	"context"
	"fmt"

	"github.com/agext/levenshtein"

	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// At gives an engine that deploys a stored release instead of the working tree:
// its root, values, modules and functions. The settings, deploy.hcl, stay those
// of the working tree: they say how the environment is deployed today.
func (e *Engine) At(ctx context.Context, version string) (*Engine, *release.Manifest, error) {
	stored, err := e.openRelease(ctx, version)
	if err != nil {
		return nil, nil, err
	}
	if _, err := e.provenance(ctx, stored); err != nil {
		return nil, nil, err
	}
	name := stored.version.String()
	files := map[string]func(context.Context) ([]byte, error){}
	for _, file := range stored.manifest.Root {
		a := release.Artifact{SHA256: file.SHA256, Size: file.Size, Names: []string{file.Path}}
		files[file.Path] = func(ctx context.Context) ([]byte, error) { return e.artifactOf(ctx, name, a) }
	}
	e.phase("opening release %s of %s", name, e.name())
	checkout, err := e.Checkouts.Open(ctx, stored.digest, files)
	if err != nil {
		return nil, nil, err
	}
	environment := *checkout.Environment
	environment.Settings = e.Environment.Settings
	at := *e
	at.Environment, at.Release = &environment, name
	at.Project, at.ProjectDir, at.Files = checkout.FS, checkout.Dir, checkout.Files
	if at.settings == nil {
		at.settings = e.Project
	}
	at.Functions = nil
	if len(stored.manifest.Functions) > 0 {
		at.Functions = storedFunctions{engine: e, manifest: stored.manifest}
	}
	sizes := map[string]release.Artifact{}
	for _, a := range stored.manifest.Artifacts() {
		sizes[a.SHA256] = a
	}
	at.stored = &Bundle{Manifest: stored.manifest, Digest: stored.digest, Stored: true, Read: func(ctx context.Context, sha256 string) ([]byte, error) {
		return e.artifactOf(ctx, name, sizes[sha256])
	}}
	return &at, &stored.manifest, nil
}

// storedFunctions gives the functions of a stored release.
type storedFunctions struct {
	engine   *Engine
	manifest release.Manifest
}

// Build gives what was built when the release was.
func (s storedFunctions) Build(context.Context) (Code, error) {
	code := Code{Architecture: s.manifest.Architecture}
	for _, f := range s.manifest.Functions {
		code.Artifacts = append(code.Artifacts, Artifact{Function: f.Name, SHA256: f.SHA256, Size: f.Size})
	}
	return code, nil
}

// Read gives an archive from the bucket.
func (s storedFunctions) Read(ctx context.Context, a Artifact) ([]byte, error) {
	return s.engine.artifactOf(ctx, s.manifest.Version, release.Artifact{SHA256: a.SHA256, Size: a.Size, Names: []string{"function " + a.Function}})
}

// slip is the distance up to which a name is taken for a slip of the keyboard.
const slip = 2

// nearest gives ` (did you mean x?)` for the nearest name, "" if none is near.
func nearest(given string, names []string) string {
	best, least := "", slip+1
	for _, name := range names {
		if d := levenshtein.Distance(given, name, nil); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", best)
}
