package github

import (
	"fmt"
	"slices"
	"time"
)

// Publication is what GitHub is to say of an environment's deployments.
type Publication struct {
	Environment string
	Deployments []PublishedDeployment // oldest first
	Releases    []PublishedRelease    // oldest first
	Latest      string                // the tag that carries the mark; "" leaves it where it is
}

// DeploymentState is how a deployment stands, in GitHub's words.
type DeploymentState string

// The states.
const (
	DeploymentRunning  DeploymentState = "in_progress"
	DeploymentStands   DeploymentState = "success"
	DeploymentFailed   DeploymentState = "failure"
	DeploymentInactive DeploymentState = "inactive" // another one took its place
)

// PublishedDeployment is one deployment of history.
type PublishedDeployment struct {
	ID          string // the tool's; by it the deployment is found again
	Left        string // why GitHub is not told of it; "" where it is
	Commit      string // 40 hexadecimal digits
	Release     string
	Rollback    bool
	State       DeploymentState
	Succeeded   bool   // of DeploymentInactive: it stood before
	Description string // at most 140 characters
	Run         string // URL of the CI run
	Site        string // URL of what stands; "" where it is not known
	Began       time.Time
}

// PublishedRelease is a version that was deployed and verified.
type PublishedRelease struct {
	Tag        string
	Left       string // why it is none; "" where it is
	Commit     string
	Prerelease bool
	Previous   string // commit of the version before; "" for the first one
	Notes      func(Changes) string
}

// Changes are the commits that a version has and the one before has not.
type Changes struct {
	Repository string // its page
	Commits    []Commit
	Total      int    // Commits may be the newest of them only
	Unknown    string // why they are not known
}

// Commit is one of them.
type Commit struct {
	SHA, Message string
	Merge        bool // of several parents
}

// FoundPublication is what of it GitHub has.
type FoundPublication struct {
	Deployments map[string]FoundDeployment // by the tool's id
	Strays      []FoundDeployment          // of the same runs, made by GitHub Actions, that are none of history's
	Releases    map[string]FoundRelease    // by tag
	Tags        map[string]string          // commits of the tags of releases that there are not yet
	Commits     map[string]bool            // whether GitHub has them, of those that are needed
	Latest      string                     // tag
}

// FoundDeployment is a deployment on GitHub.
type FoundDeployment struct {
	ID        int64
	Actions   bool // made by GitHub Actions for a job with an environment
	State     DeploymentState
	Succeeded bool    // at some time
	Told      bool    // a status of it says which deployment it is
	Extra     []int64 // others of the same, which two runs at once have made
}

// FoundRelease is a release on GitHub.
type FoundRelease struct {
	ID    int64
	Draft bool
	URL   string
}

// More kinds.
const (
	KindDeployment Kind = "deployment"
	KindRelease    Kind = "release"
	KindTag        Kind = "tag"
	KindLatest     Kind = "latest release"
)

// PublishStep is one thing that GitHub is to say, and what becomes of it.
type PublishStep struct {
	Action   Action
	Kind     Kind
	Name     string // the deployment's id, or the tag
	Release  string // of a deployment
	From, To string
	Note     string // why not: of Leave
	URL      string // of a release that there is
	Done     bool   // by Publish
}

func (s PublishStep) acts() bool { return s.Action == Create || s.Action == Change }

// PublishSteps compares what GitHub is to say with what it says, in the order in
// which it is done: the deployments as they came, then their releases, and the mark
// of the latest when the release that gets it is there.
func PublishSteps(wanted Publication, found FoundPublication) []PublishStep {
	var steps []PublishStep
	for _, d := range wanted.Deployments {
		steps = append(steps, deploymentStep(d, found))
	}
	for _, stray := range found.Strays {
		steps = append(steps, PublishStep{Action: Change, Kind: KindDeployment, Name: strayName(stray.ID), From: string(stray.State), To: string(DeploymentInactive)})
	}
	published := map[string]bool{}
	for _, r := range wanted.Releases {
		some, ok := releaseSteps(r, found)
		steps = append(steps, some...)
		published[r.Tag] = ok
	}
	if wanted.Latest != "" && published[wanted.Latest] {
		step := PublishStep{Action: Keep, Kind: KindLatest, Name: wanted.Latest, To: wanted.Latest}
		if found.Latest != wanted.Latest {
			step.Action, step.From = Change, found.Latest
			if found.Latest == "" {
				step.Action = Create
			}
		}
		steps = append(steps, step)
	}
	return steps
}

// strayName tells a deployment that is GitHub's own from those of history.
func strayName(id int64) string { return fmt.Sprintf("%d of GitHub Actions", id) }

func deploymentStep(d PublishedDeployment, found FoundPublication) PublishStep {
	step := PublishStep{Action: Keep, Kind: KindDeployment, Name: d.ID, Release: d.Release, To: string(d.State)}
	is, exists := found.Deployments[d.ID]
	switch {
	case d.Left != "":
		step.Action, step.To, step.Note = Leave, "", d.Left
	case !exists && !found.Commits[d.Commit]:
		step.Action, step.To, step.Note = Leave, "", "GitHub does not have its commit "+short(d.Commit)
	case !exists:
		step.Action = Create
	case is.State != d.State || !is.Told || len(is.Extra) > 0:
		step.Action, step.From = Change, string(is.State)
	}
	return step
}

// statuses gives the states that a deployment has to go through yet. One that once
// stood says so before it says that it does not any more.
func (d PublishedDeployment) statuses(is FoundDeployment) []DeploymentState {
	if is.State == d.State && is.Told {
		return nil
	}
	if d.State == DeploymentInactive && d.Succeeded && !is.Succeeded {
		return []DeploymentState{DeploymentStands, DeploymentInactive}
	}
	return []DeploymentState{d.State}
}

// releaseSteps also tells whether there is a release in the end.
func releaseSteps(r PublishedRelease, found FoundPublication) (steps []PublishStep, published bool) {
	step := PublishStep{Action: Keep, Kind: KindRelease, Name: r.Tag}
	leave := func(note string) ([]PublishStep, bool) {
		step.Action, step.Note = Leave, note
		return []PublishStep{step}, false
	}
	is, exists := found.Releases[r.Tag]
	switch {
	case exists && is.Draft:
		return leave("a draft of it stands there: publish it, or delete it and run the command again")
	case exists:
		step.URL = is.URL
		return []PublishStep{step}, true
	case r.Left != "":
		return leave(r.Left)
	}
	commit, tagged := found.Tags[r.Tag]
	switch {
	case tagged && commit != r.Commit:
		return leave("the tag is commit " + short(commit) + ", and " + short(r.Commit) + " was deployed under its name")
	case !tagged && !found.Commits[r.Commit]:
		return leave("GitHub does not have its commit " + short(r.Commit))
	case !tagged:
		steps = append(steps, PublishStep{Action: Create, Kind: KindTag, Name: r.Tag, To: short(r.Commit)})
	}
	step.Action = Create
	return append(steps, step), true
}

// short gives the digits of a commit that people read.
func short(commit string) string { return commit[:min(len(commit), 12)] }

func (p Publication) deployment(id string) PublishedDeployment {
	i := slices.IndexFunc(p.Deployments, func(d PublishedDeployment) bool { return d.ID == id })
	return p.Deployments[i]
}

func (p Publication) release(tag string) PublishedRelease {
	i := slices.IndexFunc(p.Releases, func(r PublishedRelease) bool { return r.Tag == tag })
	return p.Releases[i]
}
