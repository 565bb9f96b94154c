package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// ReleaseVerification is what hashing all of a release anew found.
type ReleaseVerification struct {
	Version string          `json:"version"`
	Digest  string          `json:"digest"`
	Files   int             `json:"files"` // contents that were looked at
	Bytes   int64           `json:"bytes"`
	Missing []ArtifactFault `json:"missing"`
	Differ  []ArtifactFault `json:"differ"`
}

// ArtifactFault is a content of a release that is not as it must be.
type ArtifactFault struct {
	Key   string   `json:"key"`
	Names []string `json:"names"` // what of the release has it
}

// Whole reports whether everything was there and as it was stored.
func (v *ReleaseVerification) Whole() bool { return len(v.Missing)+len(v.Differ) == 0 }

// VerifyRelease hashes everything that a release consists of. The result tells
// what is missing or differs also where the error says that something does.
func (e *Engine) VerifyRelease(ctx context.Context, version string) (*ReleaseVerification, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	stored, err := e.openRelease(ctx, version)
	if err != nil {
		return nil, err
	}
	if _, err := e.provenance(ctx, stored); err != nil {
		return nil, err
	}
	artifacts := stored.manifest.Artifacts()
	result := &ReleaseVerification{Version: stored.version.String(), Digest: stored.digest, Files: len(artifacts), Bytes: stored.manifest.Size(),
		Missing: []ArtifactFault{}, Differ: []ArtifactFault{}}
	var mu sync.Mutex
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentReads)
	for _, a := range artifacts {
		group.Go(func() error {
			_, err := e.artifact(groupCtx, a)
			mu.Lock()
			defer mu.Unlock()
			switch fault := (ArtifactFault{Key: ArtifactKey(a.SHA256), Names: a.Names}); {
			case errors.Is(err, ErrNotFound):
				result.Missing = append(result.Missing, fault)
			case errors.Is(err, errDiffers):
				result.Differ = append(result.Differ, fault)
			default:
				return err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, faults := range [][]ArtifactFault{result.Missing, result.Differ} {
		slices.SortFunc(faults, func(a, b ArtifactFault) int { return strings.Compare(a.Key, b.Key) })
	}
	if result.Whole() {
		return result, nil
	}
	var said []string
	for _, each := range result.Missing {
		said = append(said, strings.Join(each.Names, ", ")+" is missing")
	}
	for _, each := range result.Differ {
		said = append(said, strings.Join(each.Names, ", ")+" differs")
	}
	return result, e.damaged(result.Version, errors.New(strings.Join(said, "; ")))
}

var errDiffers = errors.New("its content is not what its name says")

// artifact reads a content from the bucket and checks it.
func (e *Engine) artifact(ctx context.Context, a release.Artifact) ([]byte, error) {
	object, err := e.Store.Get(ctx, ArtifactKey(a.SHA256))
	if err != nil {
		return nil, err
	}
	if release.Sum(object.Body) != a.SHA256 {
		return nil, fmt.Errorf("%s: %w", ArtifactKey(a.SHA256), errDiffers)
	}
	return object.Body, nil
}

// artifactOf is artifact for those who need it: what is missing or differs is a
// damaged release.
func (e *Engine) artifactOf(ctx context.Context, version string, a release.Artifact) ([]byte, error) {
	body, err := e.artifact(ctx, a)
	if errors.Is(err, ErrNotFound) || errors.Is(err, errDiffers) {
		return nil, &problem.Error{Code: problem.ReleaseDamaged, What: fmt.Sprintf("%s: %s", e.ofRelease(version), strings.Join(a.Names, ", ")), Err: err}
	}
	return body, err
}
