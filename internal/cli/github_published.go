package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/comment"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/github"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// publishedOf says what GitHub is to say of a history. Of deployments those that which
// picks count; what stands, and which version came before which, the whole history tells.
func publishedOf(history *engine.History, which func(engine.Record) bool, releases bool, site string) github.Publication {
	publication := github.Publication{Environment: history.Environment}
	oldestFirst := slices.Clone(history.Deployments)
	slices.Reverse(oldestFirst)
	oldestFirst = slices.DeleteFunc(oldestFirst, func(r engine.Record) bool { return !deploys(r) && r.Operation != engine.OperationDestroy })
	stands := lastStanding(oldestFirst)
	var versions []*engine.Record // the first deployment of each that was verified
	wanted := map[string]bool{}   // versions
	for i := range oldestFirst {
		r := &oldestFirst[i]
		if !deploys(*r) {
			continue
		}
		picked := which(*r)
		if picked {
			publication.Deployments = append(publication.Deployments, publishedDeployment(*r, i == stands, site))
		}
		if !releases || !r.Verified() || !tagged(r.Release) {
			continue
		}
		wanted[r.Release] = wanted[r.Release] || picked
		if !slices.ContainsFunc(versions, func(v *engine.Record) bool { return v.Release == r.Release }) {
			versions = append(versions, r)
		}
	}
	for i, r := range versions {
		if wanted[r.Release] {
			publication.Releases = append(publication.Releases, publishedRelease(r, before(versions[:i], r)))
		}
	}
	if stands >= 0 && releases {
		now := oldestFirst[stands]
		if version, err := release.ParseVersion(now.Release); err == nil && now.Verified() && version.Commit() == "" && !version.Prerelease() {
			publication.Latest = now.Release
		}
	}
	return publication
}

func deploys(r engine.Record) bool {
	return r.Operation == engine.OperationApply || r.Operation == engine.OperationRollback
}

// lastStanding gives the last deployment that succeeded and that nothing has destroyed
// since; -1 for none. records are oldest first.
func lastStanding(records []engine.Record) int {
	for i, r := range slices.Backward(records) {
		switch {
		case deploys(r) && r.Status == engine.Succeeded:
			return i
		case r.Operation == engine.OperationDestroy && r.Status == engine.Succeeded && !r.Partial:
			return -1
		}
	}
	return -1
}

// tagged reports whether a release has a version, and not only a commit.
func tagged(name string) bool {
	version, err := release.ParseVersion(name)
	return err == nil && version.Commit() == ""
}

// before gives the version that the changes of one are counted from: the greatest that
// was verified before it and is less. A version is compared with a version, and not
// with what led to it.
func before(versions []*engine.Record, of *engine.Record) *engine.Record {
	this, err := release.ParseVersion(of.Release)
	if err != nil {
		return nil
	}
	var best *engine.Record
	var most release.Version
	for _, each := range versions {
		version, err := release.ParseVersion(each.Release)
		if err != nil || release.Compare(version, this) >= 0 || version.Prerelease() && !this.Prerelease() || each.Source == nil {
			continue
		}
		if best == nil || release.Compare(version, most) > 0 {
			best, most = each, version
		}
	}
	return best
}

func publishedDeployment(r engine.Record, stands bool, site string) github.PublishedDeployment {
	d := github.PublishedDeployment{ID: r.ID, Left: unpublished(r), Release: r.Release, Rollback: r.Operation == engine.OperationRollback, Run: webPage(r.CIRun), Began: r.StartedAt}
	if d.Left == "" {
		d.Commit = r.Source.Commit
	}
	said := ""
	switch r.Status {
	case engine.Succeeded:
		d.State, d.Succeeded, said = github.DeploymentInactive, true, "succeeded"
		if stands {
			d.State, d.Site = github.DeploymentStands, site
		}
		if r.Verified() {
			said = "verified"
		}
	case engine.Running, engine.Pending:
		d.State, said = github.DeploymentRunning, "running"
	default:
		d.State, said = github.DeploymentFailed, string(r.Status)
	}
	if r.Partial {
		said += ", in part"
	}
	if r.RolledBackBy != "" {
		said += ", taken back"
	}
	what := "Deployment of "
	if d.Rollback {
		what = "Rollback to "
	}
	// The id is what the deployment is found by, so it comes before what may be long.
	d.Description = fmt.Sprintf("%s %s: %s%s", r.ID, said, what, r.Release)
	return d
}

// unpublished says why GitHub cannot be told of a deployment; "" where it can.
func unpublished(r engine.Record) string {
	switch {
	case r.Source == nil || len(r.Source.Commit) != 40:
		return "it is not known which commit it was made from"
	case r.Source.Dirty:
		return "it was made from a working tree that differs from its commit"
	}
	return ""
}

// webPage gives the URL of a page, "" for what is none: GitHub refuses others.
func webPage(url string) string {
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") || strings.ContainsAny(url, " \t\n") {
		return ""
	}
	return url
}

func publishedRelease(r, previous *engine.Record) github.PublishedRelease {
	version, _ := release.ParseVersion(r.Release) // it is one
	published := github.PublishedRelease{Tag: r.Release, Left: unpublished(*r), Prerelease: version.Prerelease()}
	if published.Left == "" {
		published.Commit = r.Source.Commit
	}
	notes := comment.Notes{Record: r, Commit: published.Commit}
	if previous != nil {
		published.Previous = previous.Source.Commit
		notes.Previous, notes.Before = previous.Release, previous.Source.Commit
	}
	published.Notes = func(changes github.Changes) string {
		notes.Repository, notes.Total, notes.Unknown = changes.Repository, changes.Total, changes.Unknown
		for _, c := range changes.Commits {
			notes.Commits = append(notes.Commits, comment.NotedCommit{SHA: c.SHA, Message: c.Message, Merge: c.Merge})
		}
		return comment.ReleaseNotes(notes, comment.Options{Run: r.CIRun})
	}
	return published
}
