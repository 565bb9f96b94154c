package github

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/github/githubtest"
)

func TestPublishSteps(t *testing.T) {
	t.Parallel()
	sha := githubtest.SHA(1)
	deployment := func(edit func(*PublishedDeployment)) Publication {
		d := PublishedDeployment{ID: "d1", Commit: sha, Release: "v1.0.0", State: DeploymentStands}
		if edit != nil {
			edit(&d)
		}
		return Publication{Environment: "production", Deployments: []PublishedDeployment{d}}
	}
	release := func(edit func(*PublishedRelease)) Publication {
		r := PublishedRelease{Tag: "v1.0.0", Commit: sha}
		if edit != nil {
			edit(&r)
		}
		return Publication{Environment: "production", Releases: []PublishedRelease{r}, Latest: "v1.0.0"}
	}
	known := map[string]bool{sha: true}
	has := func(is FoundDeployment) FoundPublication {
		return FoundPublication{Deployments: map[string]FoundDeployment{"d1": is}}
	}
	of := func(action Action, from, to, note string) []PublishStep {
		return []PublishStep{{Action: action, Kind: KindDeployment, Name: "d1", Release: "v1.0.0", From: from, To: to, Note: note}}
	}
	left := func(note string) []PublishStep {
		return []PublishStep{{Action: Leave, Kind: KindRelease, Name: "v1.0.0", Note: note}}
	}
	tag := PublishStep{Action: Create, Kind: KindTag, Name: "v1.0.0", To: "000000000000"}
	create := PublishStep{Action: Create, Kind: KindRelease, Name: "v1.0.0"}
	keep := PublishStep{Action: Keep, Kind: KindRelease, Name: "v1.0.0", URL: "u"}
	latest := func(action Action, from string) PublishStep {
		return PublishStep{Action: action, Kind: KindLatest, Name: "v1.0.0", From: from, To: "v1.0.0"}
	}
	there := map[string]FoundRelease{"v1.0.0": {ID: 1, URL: "u"}}
	cases := map[string]struct {
		wanted Publication
		found  FoundPublication
		want   []PublishStep
	}{
		"nothing":                      {Publication{}, FoundPublication{}, nil},
		"a deployment":                 {deployment(nil), FoundPublication{Commits: known}, of(Create, "", "success", "")},
		"its commit was never pushed":  {deployment(nil), FoundPublication{}, of(Leave, "", "", "GitHub does not have its commit 000000000000")},
		"a working tree":               {deployment(func(d *PublishedDeployment) { d.Left = "dirty" }), FoundPublication{Commits: known}, of(Leave, "", "", "dirty")},
		"it is there":                  {deployment(nil), has(FoundDeployment{ID: 1, State: DeploymentStands, Told: true}), of(Keep, "", "success", "")},
		"it runs no more":              {deployment(nil), has(FoundDeployment{ID: 1, State: DeploymentRunning, Told: true}), of(Change, "in_progress", "success", "")},
		"another took its place":       {deployment(func(d *PublishedDeployment) { d.State = DeploymentInactive }), has(FoundDeployment{ID: 1, State: DeploymentStands, Told: true}), of(Change, "success", "inactive", "")},
		"GitHub Actions' that is told": {deployment(nil), has(FoundDeployment{ID: 1, Actions: true, State: DeploymentStands}), of(Change, "success", "success", "")},
		"two of them":                  {deployment(nil), has(FoundDeployment{ID: 1, State: DeploymentStands, Told: true, Extra: []int64{2}}), of(Change, "success", "success", "")},
		"a claim of another commit": {Publication{}, FoundPublication{Strays: []FoundDeployment{{ID: 7, State: DeploymentStands}}},
			[]PublishStep{{Action: Change, Kind: KindDeployment, Name: "7 of GitHub Actions", From: "success", To: "inactive"}}},
		"a release, and its tag":      {release(nil), FoundPublication{Commits: known}, []PublishStep{tag, create, latest(Create, "")}},
		"a release of a tag":          {release(nil), FoundPublication{Tags: map[string]string{"v1.0.0": sha}, Latest: "v0.9.0"}, []PublishStep{create, latest(Change, "v0.9.0")}},
		"the tag is another commit":   {release(nil), FoundPublication{Tags: map[string]string{"v1.0.0": githubtest.SHA(2)}}, left("the tag is commit 000000000000, and 000000000000 was deployed under its name")},
		"a release nobody pushed":     {release(nil), FoundPublication{}, left("GitHub does not have its commit 000000000000")},
		"a release of a working tree": {release(func(r *PublishedRelease) { r.Left = "dirty" }), FoundPublication{Commits: known}, left("dirty")},
		"a draft of somebody's":       {release(nil), FoundPublication{Releases: map[string]FoundRelease{"v1.0.0": {ID: 1, Draft: true}}}, left("a draft of it stands there: publish it, or delete it and run the command again")},
		"a release that is there":     {release(nil), FoundPublication{Releases: there, Latest: "v1.0.0"}, []PublishStep{keep, latest(Keep, "")}},
		"it was gone back to":         {release(nil), FoundPublication{Releases: there, Latest: "v1.1.0"}, []PublishStep{keep, latest(Change, "v1.1.0")}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, PublishSteps(c.wanted, c.found)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
