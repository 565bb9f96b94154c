package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

const (
	releasesPrefix = "releases/"
	manifestName   = "manifest.json"
	provenanceName = "provenance.json"
	// recentRuns is how far back a list of releases looks for what was deployed.
	recentRuns = 100
)

// ManifestKey is the key of a release's manifest in the environment's bucket. A
// release is there as soon as its manifest is.
func ManifestKey(version string) string { return releasesPrefix + version + "/" + manifestName }

// ProvenanceKey is the key of the statement of how a release was built.
func ProvenanceKey(version string) string { return releasesPrefix + version + "/" + provenanceName }

// ReleaseInfo is one release in a list.
type ReleaseInfo struct {
	Version  string         `json:"version"`
	Digest   string         `json:"digest"`
	Source   release.Source `json:"source"`
	StoredAt time.Time      `json:"stored_at"`
	Size     int64          `json:"size"` // bytes of all that it consists of
	Schema   int64          `json:"schema"`
	Deployed bool           `json:"deployed"`        // the environment runs it
	Verified bool           `json:"verified"`        // a deployment of it passed its verification
	Error    string         `json:"error,omitempty"` // why it cannot be used
}

// ReleaseDetail is one release in full.
type ReleaseDetail struct {
	ReleaseInfo
	Manifest   release.Manifest  `json:"manifest"`
	Provenance release.Statement `json:"provenance"`
}

// Releases lists the environment's releases, newest version first; commits, of
// which versions say nothing, come behind by their time.
func (e *Engine) Releases(ctx context.Context) ([]ReleaseInfo, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	all, err := e.storedReleases(ctx)
	if err != nil {
		return nil, err
	}
	records, err := e.Journals.List(ctx, recentRuns)
	if err != nil {
		e.note("not all records could be read: %v", err)
	}
	infos := make([]ReleaseInfo, 0, len(all))
	for _, each := range all {
		infos = append(infos, each.info(records))
	}
	return infos, nil
}

// ReleaseOf gives one release in full.
func (e *Engine) ReleaseOf(ctx context.Context, version string) (*ReleaseDetail, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	stored, err := e.openRelease(ctx, version)
	if err != nil {
		return nil, err
	}
	statement, err := e.provenance(ctx, stored)
	if err != nil {
		return nil, err
	}
	records, err := e.Journals.List(ctx, recentRuns)
	if err != nil {
		e.note("not all records could be read: %v", err)
	}
	return &ReleaseDetail{ReleaseInfo: stored.info(records), Manifest: stored.manifest, Provenance: statement}, nil
}

// ReleaseDifference is what a release has other than another.
type ReleaseDifference struct {
	From string `json:"from"`
	To   string `json:"to"`
	release.Difference
}

// DiffReleases compares two releases.
func (e *Engine) DiffReleases(ctx context.Context, from, to string) (*ReleaseDifference, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	a, err := e.openRelease(ctx, from)
	if err != nil {
		return nil, err
	}
	b, err := e.openRelease(ctx, to)
	if err != nil {
		return nil, err
	}
	return &ReleaseDifference{From: a.version.String(), To: b.version.String(), Difference: release.Diff(a.manifest, b.manifest)}, nil
}

// storedRelease is a release as the bucket has it.
type storedRelease struct {
	version  release.Version
	manifest release.Manifest
	digest   string
	stored   time.Time
	broken   error // why the manifest cannot be used
}

func (s storedRelease) info(records []Record) ReleaseInfo {
	info := ReleaseInfo{Version: s.version.String(), Digest: s.digest, Source: s.manifest.Source, StoredAt: s.stored.UTC(),
		Size: s.manifest.Size(), Schema: s.manifest.Schema()}
	if s.broken != nil {
		info.Error = s.broken.Error()
	}
	info.Deployed = info.Version == running(records)
	info.Verified = slices.ContainsFunc(records, func(r Record) bool { return r.Release == info.Version && r.Verified() })
	return info
}

// running gives the release that the environment runs by its records, newest
// first; "" where it runs none or nobody knows.
func running(records []Record) string {
	for _, r := range records {
		switch {
		case r.Status != Succeeded, r.Partial && r.Operation != OperationDestroy: // a part is no release
		case r.Operation == OperationDestroy:
			return ""
		case r.Operation == OperationApply || r.Operation == OperationRollback:
			return r.Release
		}
	}
	return ""
}

// storedReleases reads every manifest, in the order of Releases.
func (e *Engine) storedReleases(ctx context.Context) ([]storedRelease, error) {
	versions, err := e.versions(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]storedRelease, len(versions))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentReads)
	for i, version := range versions {
		group.Go(func() error {
			stored, err := e.readRelease(groupCtx, version)
			switch {
			case errors.Is(err, ErrNotFound):
				return nil // pruned meanwhile
			case problem.Is(err, problem.ReleaseDamaged) || problem.Is(err, problem.ReleaseOutdated):
				stored.broken, err = err, nil
			}
			all[i] = stored
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(s storedRelease) bool { return s.digest == "" })
	slices.SortStableFunc(all, func(a, b storedRelease) int {
		if a.version.Commit() != "" && b.version.Commit() != "" {
			return cmp.Or(b.manifest.Source.CommitTime.Compare(a.manifest.Source.CommitTime), release.Compare(b.version, a.version))
		}
		return release.Compare(b.version, a.version)
	})
	return all, nil
}

// versions lists what releases there are.
func (e *Engine) versions(ctx context.Context) ([]release.Version, error) {
	keys, err := e.Store.List(ctx, releasesPrefix)
	if err != nil {
		return nil, err
	}
	var versions []release.Version
	for _, key := range keys {
		text, ok := strings.CutSuffix(strings.TrimPrefix(key, releasesPrefix), "/"+manifestName)
		if !ok {
			continue
		}
		if version, err := release.ParseVersion(text); err == nil {
			versions = append(versions, version)
		}
	}
	return versions, nil
}

// readRelease reads a manifest and checks it.
func (e *Engine) readRelease(ctx context.Context, version release.Version) (storedRelease, error) {
	stored := storedRelease{version: version}
	object, err := e.Store.Get(ctx, ManifestKey(version.String()))
	if err != nil {
		return stored, err
	}
	stored.digest, stored.stored = release.DigestOf(object.Body), object.Modified
	stored.manifest, err = release.Decode(object.Body)
	switch {
	case errors.Is(err, release.ErrFormat):
		return stored, &problem.Error{Code: problem.ReleaseOutdated, What: e.ofRelease(version.String()), Err: err}
	case err != nil:
		return stored, e.damaged(version.String(), err)
	case stored.manifest.Version != version.String():
		return stored, e.damaged(version.String(), fmt.Errorf("its manifest is of %s", stored.manifest.Version))
	}
	return stored, nil
}

// openRelease finds the release that a user names and reads its manifest.
func (e *Engine) openRelease(ctx context.Context, text string) (storedRelease, error) {
	version, err := release.ParseVersion(text)
	if err != nil {
		return storedRelease{}, &problem.Error{Code: problem.BadVersion, What: err.Error()}
	}
	versions, err := e.versions(ctx)
	if err != nil {
		return storedRelease{}, err
	}
	var found []release.Version
	var names []string
	for _, each := range versions {
		names = append(names, each.String())
		if each.Names(version) {
			found = append(found, each)
		}
	}
	switch len(found) {
	case 1:
		return e.readRelease(ctx, found[0])
	case 0:
		return storedRelease{}, e.unknownRelease(ctx, version, names)
	}
	return storedRelease{}, &problem.Error{Code: problem.UnknownRelease,
		What: fmt.Sprintf("environment %s has several releases that %s may mean", e.name(), text), Next: "give more digits of the commit"}
}

// unknownRelease says that there is no such release, and of one that was deployed
// that it was there.
func (e *Engine) unknownRelease(ctx context.Context, version release.Version, names []string) error {
	list := fmt.Sprintf("`mandala-deploy release list -e %s` lists those that there are", e.name())
	// What of the records can be read is enough.
	records, _ := e.Journals.List(ctx, recordsLooked)
	for _, r := range records {
		deployed, err := release.ParseVersion(r.Release)
		if err != nil || !r.deploys() || !deployed.Names(version) {
			continue
		}
		again := "build it again from its source"
		if r.Source != nil && r.Source.Commit != "" {
			again = "check out commit " + r.Source.Commit
		}
		return &problem.Error{Code: problem.UnknownRelease,
			What: fmt.Sprintf("environment %s has no release %s any more: run %s deployed it on %s, and it was pruned since", e.name(), r.Release, r.ID, r.StartedAt.UTC().Format(time.DateOnly)),
			Next: fmt.Sprintf("%s; or %s: `mandala-deploy release build %s -e %s`", list, again, r.Release, e.name())}
	}
	return &problem.Error{Code: problem.UnknownRelease,
		What: fmt.Sprintf("environment %s has no release %s%s", e.name(), version, nearest(version.String(), names)),
		Next: list + "; `mandala-deploy release build` builds one"}
}

// provenance reads the statement of how a release was built.
func (e *Engine) provenance(ctx context.Context, stored storedRelease) (release.Statement, error) {
	version := stored.version.String()
	object, err := e.Store.Get(ctx, ProvenanceKey(version))
	if errors.Is(err, ErrNotFound) {
		return release.Statement{}, e.damaged(version, errors.New("it has no provenance"))
	}
	if err != nil {
		return release.Statement{}, err
	}
	statement, err := release.DecodeStatement(object.Body, stored.digest)
	if err != nil {
		return release.Statement{}, e.damaged(version, err)
	}
	return statement, nil
}

func (e *Engine) ofRelease(version string) string {
	return fmt.Sprintf("release %s of %s", version, e.name())
}

func (e *Engine) damaged(version string, cause error) error {
	return &problem.Error{Code: problem.ReleaseDamaged, What: e.ofRelease(version), Err: cause}
}
