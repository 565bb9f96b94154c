package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// keepManifest stores the manifest of what is deployed under its digest, as all
// content is: a working tree's, too, so that what a deployment brought can be
// told later.
func (e *Engine) keepManifest(ctx context.Context, bundle *Bundle) error {
	if bundle == nil {
		return nil
	}
	body, err := bundle.Manifest.Encode()
	if err != nil {
		return err
	}
	_, err = e.Store.Put(ctx, ArtifactKey(strings.TrimPrefix(bundle.Digest, "sha256:")), body, Condition{Absent: true})
	if errors.Is(err, ErrPrecondition) {
		return nil
	}
	return err
}

// deployedManifest gives the manifest that a deployment brought.
func (e *Engine) deployedManifest(ctx context.Context, digest string) (release.Manifest, error) {
	object, err := e.Store.Get(ctx, ArtifactKey(strings.TrimPrefix(digest, "sha256:")))
	if err != nil {
		return release.Manifest{}, err
	}
	manifest, err := release.Decode(object.Body)
	if err != nil {
		return release.Manifest{}, fmt.Errorf("manifest %s: %w", digest, err)
	}
	return manifest, nil
}

// deployedManifests gives the different manifests that the last deployments
// brought, newest first, at most so many. whole is false where one cannot be had.
func (e *Engine) deployedManifests(ctx context.Context, most int) (manifests []release.Manifest, whole bool, err error) {
	records, err := e.Journals.List(ctx, recordsLooked)
	if err != nil {
		return nil, false, err
	}
	seen := map[string]bool{}
	for _, r := range records {
		if r.Manifest == "" || seen[r.Manifest] || len(seen) == most {
			continue
		}
		seen[r.Manifest] = true
		manifest, err := e.deployedManifest(ctx, r.Manifest)
		if errors.Is(err, ErrNotFound) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		manifests = append(manifests, manifest)
	}
	return manifests, true, nil
}
