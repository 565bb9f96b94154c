package engine

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// PruneRequest says what of the environment's releases goes.
type PruneRequest struct {
	// Keep is how many of the newest stay, and how many to go back to beside what runs:
	// never fewer of those than the environment's rollback.keep_releases, which 0 takes.
	Keep   int
	DryRun bool // only say it
}

// PruneResult is what was deleted, or would be.
type PruneResult struct {
	Environment string        `json:"environment"`
	DryRun      bool          `json:"dry_run"`
	Kept        []KeptRelease `json:"kept"`
	Pruned      []string      `json:"pruned"`    // versions
	Artifacts   int           `json:"artifacts"` // contents that nothing needs any more
}

// KeptRelease is a release that stays.
type KeptRelease struct {
	Version string `json:"version"`
	Reason  string `json:"reason"`
}

// archiveKey finds keys of contents in states.
var archiveKey = regexp.MustCompile(artifactsPrefix + `([0-9a-f]{64})`)

// PruneReleases deletes old releases, and then the contents that no release, no
// state and no record of a release that stays needs. What the environment runs,
// and beside it the last so many verified releases that it could go back to, stay
// whatever their version. It holds the environment's lease: a deployment uploads what
// nothing names yet.
func (e *Engine) PruneReleases(ctx context.Context, request PruneRequest) (result *PruneResult, err error) {
	if request.Keep < 0 {
		return nil, &problem.Error{Code: problem.Usage, Where: problem.Location{Flag: "--keep"}, What: "--keep wants 1 or more"}
	}
	back := max(request.Keep, e.Environment.Settings.Rollback.KeepReleases)
	if request.Keep == 0 {
		request.Keep = back
	}
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	if !request.DryRun {
		id := e.NewID()
		lease, _, err := e.Leases.Acquire(ctx, e.holder(OperationPrune, id), false)
		if err != nil {
			return nil, err
		}
		outer := ctx
		ctx = lease.Context()
		defer func() {
			closingCtx, cancel := context.WithTimeout(context.WithoutCancel(outer), closing)
			defer cancel()
			if releaseErr := lease.Release(closingCtx); releaseErr != nil && err == nil {
				result, err = nil, releaseErr
			}
		}()
	}
	all, err := e.storedReleases(ctx)
	if err != nil {
		return nil, err
	}
	records, err := e.Journals.List(ctx, 0)
	if err != nil {
		return nil, fmt.Errorf("releases of %s: a record that cannot be read may name one that is needed: %w", e.name(), err)
	}
	reasons := keepReasons(all, records, request.Keep, back)
	result = &PruneResult{Environment: e.name(), DryRun: request.DryRun, Kept: []KeptRelease{}, Pruned: []string{}}
	needed := neededBy(records, reasons)
	for _, each := range all {
		version := each.version.String()
		reason, kept := reasons[version]
		if !kept {
			result.Pruned = append(result.Pruned, version)
			continue
		}
		if each.broken != nil {
			return nil, each.broken // what it needs is not known
		}
		result.Kept = append(result.Kept, KeptRelease{Version: version, Reason: reason})
		addArtifacts(needed, each.manifest)
	}
	if err := e.addStates(ctx, needed); err != nil {
		return nil, err
	}
	return result, cause(ctx, e.prune(ctx, request, all, needed, result))
}

// keepReasons says which releases stay, and why: so many new ones, and so many to go
// back to. Records come newest first.
func keepReasons(all []storedRelease, records []Record, fresh, back int) map[string]string {
	reasons := map[string]string{}
	because := func(version, reason string) {
		if version != "" && reasons[version] == "" {
			reasons[version] = reason
		}
	}
	current := map[string]bool{running(records): true}
	because(running(records), "deployed")
	if last := slices.IndexFunc(records, Record.deploys); last >= 0 {
		// However it ended, parts of both may run.
		current[records[last].Release] = true
		because(records[last].Release, "of the last deployment")
		because(records[last].PreviousRelease, "before the last deployment")
	}
	for _, version := range lastVerified(all, records, current, back) {
		because(version, "to go back to")
	}
	for i, each := range all {
		if i < fresh {
			because(each.version.String(), "new")
		}
	}
	return reasons
}

func (r Record) deploys() bool {
	return r.Operation == OperationApply || r.Operation == OperationRollback
}

// lastVerified gives the last so many releases that were deployed and verified, are
// still stored, and are none of those that run: one cannot go back to these.
func lastVerified(all []storedRelease, records []Record, current map[string]bool, most int) []string {
	stored := map[string]bool{}
	for _, each := range all {
		stored[each.version.String()] = true
	}
	var versions []string
	for _, r := range records {
		if len(versions) < most && r.deploys() && r.Verified() && stored[r.Release] && !current[r.Release] && !slices.Contains(versions, r.Release) {
			versions = append(versions, r.Release)
		}
	}
	return versions
}

// neededBy gives the functions' code that deployments of these releases, and the
// last one of all, led callers to.
func neededBy(records []Record, releases map[string]string) map[string]bool {
	needed := map[string]bool{}
	last := slices.IndexFunc(records, Record.deploys)
	for i, r := range records {
		// Manifests are small, and say what was deployed.
		needed[strings.TrimPrefix(r.Manifest, "sha256:")] = true
		if _, kept := releases[r.Release]; !kept && i != last {
			continue
		}
		for _, alias := range r.Aliases {
			needed[alias.CodeSHA256] = true
		}
	}
	return needed
}

func addArtifacts(needed map[string]bool, manifest release.Manifest) {
	for _, a := range manifest.Artifacts() {
		needed[a.SHA256] = true
	}
}

// addStates adds what the layers' states name.
func (e *Engine) addStates(ctx context.Context, needed map[string]bool) error {
	keys, err := e.Store.List(ctx, statesPrefix)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if !strings.HasSuffix(key, stateSuffix) {
			continue
		}
		object, err := e.Store.Get(ctx, key)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		for _, found := range archiveKey.FindAllSubmatch(object.Body, -1) {
			needed[string(found[1])] = true
		}
	}
	return nil
}

// prune deletes: the manifests first, so that no release is there whose contents
// are not.
func (e *Engine) prune(ctx context.Context, request PruneRequest, all []storedRelease, needed map[string]bool, result *PruneResult) error {
	if !request.DryRun {
		for _, version := range result.Pruned {
			for _, key := range []string{ManifestKey(version), ProvenanceKey(version)} {
				if err := e.Store.Delete(ctx, key, ""); err != nil {
					return err
				}
			}
		}
	}
	stored, err := e.Store.List(ctx, artifactsPrefix)
	if err != nil {
		return err
	}
	// A release that was built meanwhile needs what it found there.
	versions, err := e.versions(ctx)
	if err != nil {
		return err
	}
	for _, version := range versions {
		if slices.ContainsFunc(all, func(s storedRelease) bool { return s.version.String() == version.String() }) {
			continue
		}
		fresh, err := e.readRelease(ctx, version)
		if err != nil {
			return err
		}
		addArtifacts(needed, fresh.manifest)
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentReads)
	for _, key := range stored {
		if needed[strings.TrimPrefix(key, artifactsPrefix)] {
			continue
		}
		result.Artifacts++
		if !request.DryRun {
			group.Go(func() error { return e.Store.Delete(groupCtx, key, "") })
		}
	}
	return group.Wait()
}
