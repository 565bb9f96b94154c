package engine

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// Bundle is what a deployment brings: everything that its manifest lists, and a
// way to the content. It is a stored release's, or the working tree's.
type Bundle struct {
	Manifest release.Manifest
	Digest   string // of the manifest
	Stored   bool   // it is a release, and can be deployed again
	Read     func(ctx context.Context, sha256 string) ([]byte, error)
}

// empty reports whether there is nothing beside the layers.
func (b *Bundle) empty() bool {
	return b == nil || len(b.Manifest.Site) == 0 && len(b.Manifest.Migrations) == 0
}

// bundle gives what a deployment brings: the stored release's that the engine is
// at, or what the working tree has; nil where that is nothing beside the layers.
func (e *Engine) bundle(ctx context.Context, code Code) (*Bundle, error) {
	if e.stored != nil {
		return e.stored, nil
	}
	if s := e.Environment.Settings; s.Frontend.Source == "" && s.Migrations.Source == "" {
		return nil, nil //nolint:nilnil // an ordinary root
	}
	var source release.Source
	if e.Repository != nil {
		var err error
		if source, err = e.Repository.Source(ctx); err != nil {
			return nil, err
		}
	}
	g, err := e.gather(ctx, release.WorkingTree(source), source, code)
	if err != nil {
		return nil, err
	}
	digest, err := g.manifest.Digest()
	if err != nil {
		return nil, err
	}
	return &Bundle{Manifest: g.manifest, Digest: digest, Read: func(ctx context.Context, sha256 string) ([]byte, error) {
		return g.read[sha256](ctx)
	}}, nil
}
