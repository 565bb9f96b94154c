package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// ReleaseRequest says what release is built.
type ReleaseRequest struct {
	Version    string
	AllowDirty bool   // take a working tree that differs from its commit
	Tool       string // version of the tool that builds
}

// ReleaseBuild is a release that was built.
type ReleaseBuild struct {
	Version  string
	Digest   string
	Manifest release.Manifest
	Existed  bool  // it had been built before, from the same
	Uploaded int   // contents that were not in the bucket
	Bytes    int64 // of those
	Seconds  float64
}

// BuildRelease makes a release of the working tree and stores it. Its manifest
// is written last: what is cut short before is no release, and what it stored
// serves the next attempt. Building the same again changes nothing.
func (e *Engine) BuildRelease(ctx context.Context, request ReleaseRequest) (*ReleaseBuild, error) {
	started := e.Clock()
	version, err := release.ParseVersion(request.Version)
	if err != nil {
		return nil, &problem.Error{Code: problem.BadVersion, What: err.Error()}
	}
	source, version, err := e.sourceOf(ctx, version, request.AllowDirty)
	if err != nil {
		return nil, err
	}
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	code, err := e.buildFunctions(ctx)
	if err != nil {
		return nil, err
	}
	g, err := e.gather(ctx, version.String(), source, code)
	if err != nil {
		return nil, err
	}
	for _, name := range g.ignored {
		e.note("git ignores %s: the release does not have it", name)
	}
	body, err := g.manifest.Encode()
	if err != nil {
		return nil, fmt.Errorf("release %s: %w", version, err)
	}
	built := &ReleaseBuild{Version: version.String(), Digest: release.DigestOf(body), Manifest: g.manifest}
	if built.Existed, err = e.sameRelease(ctx, version, built.Digest); err != nil {
		return nil, err
	}
	if !built.Existed {
		if err := e.checkSchema(ctx, g.manifest); err != nil {
			return nil, err
		}
	}
	// Stored anew also for a release that exists: something of it may be lost.
	if err := e.storeArtifacts(ctx, g, built); err != nil {
		return nil, err
	}
	if !built.Existed {
		if err := e.publish(ctx, g, body, started, request, built); err != nil {
			return nil, err
		}
		// A prune that had not seen the manifest yet may have taken something.
		if err := e.storeArtifacts(ctx, g, built); err != nil {
			return nil, err
		}
	}
	built.Seconds = e.Clock().Sub(started).Seconds()
	return built, nil
}

// sourceOf says what the working tree is, and refuses to call it by a version
// that it is not. A commit is called by its first digits.
func (e *Engine) sourceOf(ctx context.Context, version release.Version, allowDirty bool) (release.Source, release.Version, error) {
	var source release.Source
	var tagged string
	if e.Repository != nil {
		var err error
		if source, err = e.Repository.Source(ctx); err != nil {
			return source, version, err
		}
		if version.Commit() == "" {
			if tagged, err = e.Repository.Tag(ctx, version.String()); err != nil {
				return source, version, err
			}
		}
	}
	wrong := func(format string, args ...any) (release.Source, release.Version, error) {
		return source, version, &problem.Error{Code: problem.WrongCommit, What: fmt.Sprintf(format, args...)}
	}
	switch {
	case version.Commit() != "" && source.Commit == "":
		return wrong("%s is to be a commit, but the project is in no repository that can be read", version)
	case version.Commit() != "":
		named, err := release.ParseVersion(release.ShortCommit(source.Commit))
		if full, fullErr := release.ParseVersion(source.Commit); err != nil || fullErr != nil || !full.Names(version) {
			return wrong("the working tree is at commit %s, not at %s", source.Commit, version)
		}
		version = named
	case tagged != "" && source.Commit != tagged:
		return wrong("tag %s is commit %s, but the working tree is at %s", version, tagged, source.Commit)
	case source.Commit == "":
		e.note("the project is in no repository that can be read: the release does not say which commit it was made from")
	}
	if source.Dirty && !allowDirty {
		return source, version, &problem.Error{Code: problem.DirtyTree, What: fmt.Sprintf("the working tree differs from commit %s", source.Commit)}
	}
	return source, version, nil
}

// sameRelease reports whether a release is there already; one of another
// content refuses.
func (e *Engine) sameRelease(ctx context.Context, version release.Version, digest string) (bool, error) {
	object, err := e.Store.Get(ctx, ManifestKey(version.String()))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if there := release.DigestOf(object.Body); there != digest {
		return false, &problem.Error{Code: problem.ReleaseExists,
			What: fmt.Sprintf("environment %s has a release %s with manifest %s; the working tree gives %s", e.name(), version, there, digest)}
	}
	return true, nil
}

// checkSchema refuses a release that both expands and contracts the schema of
// the release before it.
func (e *Engine) checkSchema(ctx context.Context, manifest release.Manifest) error {
	if len(manifest.Migrations) == 0 {
		return nil
	}
	version, err := release.ParseVersion(manifest.Version)
	if err != nil {
		return err
	}
	all, err := e.storedReleases(ctx)
	if err != nil {
		return err
	}
	for _, before := range all { // newest first
		// A commit says of itself only that it comes after what is there.
		if before.broken != nil || version.Commit() == "" && release.Compare(before.version, version) >= 0 {
			continue
		}
		if err := manifest.CanReach(before.manifest.Schema()); err != nil {
			return &problem.Error{Code: problem.BadMigrations, What: fmt.Sprintf("release %s comes after %s", version, before.version), Err: err}
		}
		return nil
	}
	return nil
}

// storeArtifacts puts what the bucket lacks into it.
func (e *Engine) storeArtifacts(ctx context.Context, g *gathered, built *ReleaseBuild) error {
	keys, err := e.Store.List(ctx, artifactsPrefix)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, key := range keys {
		there[key] = true
	}
	var missing []release.Artifact
	for _, a := range g.manifest.Artifacts() {
		if !there[ArtifactKey(a.SHA256)] {
			missing = append(missing, a)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	e.phase("storing release %s: %d new files", g.manifest.Version, len(missing))
	var count, size atomic.Int64
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentReads)
	for _, a := range missing {
		group.Go(func() error {
			body, err := g.read[a.SHA256](groupCtx)
			if err != nil {
				return err
			}
			_, err = e.Store.Put(groupCtx, ArtifactKey(a.SHA256), body, Condition{Absent: true})
			if errors.Is(err, ErrPrecondition) {
				return nil // someone else stored it meanwhile: it is the same
			}
			count.Add(1)
			size.Add(a.Size)
			return err
		})
	}
	err = group.Wait()
	built.Uploaded += int(count.Load())
	built.Bytes += size.Load()
	return err
}

// publish writes the provenance, and then the manifest, with which the release
// begins to be one.
func (e *Engine) publish(ctx context.Context, g *gathered, manifest []byte, started time.Time, request ReleaseRequest, built *ReleaseBuild) error {
	statement, err := release.Attest(g.manifest, release.Build{
		Environment: e.name(), User: e.Actor.User, Host: e.Actor.Host, CIRun: e.Actor.CIRun, ID: e.NewID(),
		Tool: request.Tool, Started: started, Finished: e.Clock(),
	}, ManifestKey(built.Version), ArtifactKey)
	if err != nil {
		return err
	}
	body, err := json.MarshalIndent(statement, "", "  ")
	if err != nil {
		return fmt.Errorf("write the provenance of %s: %w", built.Version, err)
	}
	version, err := release.ParseVersion(built.Version)
	if err != nil {
		return err
	}
	before, err := e.putProvenance(ctx, version, append(body, '\n'), built)
	if err != nil || built.Existed {
		return err
	}
	_, err = e.Store.Put(ctx, ManifestKey(built.Version), manifest, Condition{Absent: true})
	if !errors.Is(err, ErrPrecondition) {
		return err
	}
	// Another run was faster, or the answer to this one was lost.
	built.Existed, err = e.sameRelease(ctx, version, built.Digest)
	if err != nil && before != nil {
		// The other's statement was taken away.
		err = errors.Join(err, e.restoreProvenance(ctx, ProvenanceKey(built.Version), append(body, '\n'), before))
	}
	return err
}

// restoreProvenance puts a statement back in the place of ours, unless somebody did
// already.
func (e *Engine) restoreProvenance(ctx context.Context, key string, ours, before []byte) error {
	object, err := e.Store.Get(ctx, key)
	if err != nil || !bytes.Equal(object.Body, ours) {
		return err
	}
	return e.replace(ctx, key, before, object.ETag)
}

// replace puts an object in the place of the one with this ETag; "" is none. Below
// artifacts/ and releases/ the bucket lets nobody write over an object, as the layer
// delivery has it: so what is there is taken away first.
func (e *Engine) replace(ctx context.Context, key string, body []byte, etag string) error {
	if etag != "" {
		if err := e.Store.Delete(ctx, key, etag); err != nil {
			return err
		}
	}
	_, err := e.Store.Put(ctx, key, body, Condition{Absent: true})
	return err
}

// putProvenance writes the provenance and gives what was in its place: that of a
// run that was cut short, or that is still at it. It never takes one away that it
// has not seen. Where the release has come to be meanwhile it writes none.
func (e *Engine) putProvenance(ctx context.Context, version release.Version, body []byte, built *ReleaseBuild) (before []byte, err error) {
	key := ProvenanceKey(version.String())
	for range mostRivals {
		object, err := e.Store.Get(ctx, key)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if err = e.replace(ctx, key, body, object.ETag); !errors.Is(err, ErrPrecondition) {
			return object.Body, err
		}
		if built.Existed, err = e.sameRelease(ctx, version, built.Digest); err != nil || built.Existed {
			return nil, err
		}
	}
	return nil, &problem.Error{Code: problem.SourceChanged, What: fmt.Sprintf("release %s of %s is being built by several others", version, e.name())}
}

// mostRivals bounds how often a provenance is tried to be written that others
// write at the same time.
const mostRivals = 5
