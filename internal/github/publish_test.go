package github

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/github/githubtest"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const runs = "https://github.example/o/r/actions/runs/"

// threeDeployments are of v1.0.0, which another took the place of, of v1.1.0, which
// failed, and of the rollback after it.
func threeDeployments() Publication {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	deployment := func(id string, commit int, release, run string, state DeploymentState) PublishedDeployment {
		return PublishedDeployment{ID: id, Commit: githubtest.SHA(commit), Release: release, State: state, Succeeded: state == DeploymentInactive, Description: id + " " + release, Run: runs + run, Began: began}
	}
	back := deployment("d3", 1, "v1.0.0", "12", DeploymentStands)
	back.Rollback, back.Site = true, "https://goals.example"
	return Publication{
		Environment: "production",
		Deployments: []PublishedDeployment{deployment("d1", 1, "v1.0.0", "11", DeploymentInactive), deployment("d2", 3, "v1.1.0", "12", DeploymentFailed), back},
		Releases:    []PublishedRelease{{Tag: "v1.0.0", Commit: githubtest.SHA(1), Notes: told}, {Tag: "v1.1.0-rc.1", Commit: githubtest.SHA(3), Prerelease: true, Previous: githubtest.SHA(1), Notes: told}},
		Latest:      "v1.0.0",
	}
}

func told(c Changes) string { return fmt.Sprintf("%s %d %s", c.Repository, c.Total, c.Unknown) }

func newPublished(t *testing.T) (*hub, *githubtest.Repository) {
	t.Helper()
	h, p := newProject(t)
	for i := range 4 {
		p.Commit(githubtest.RepositoryCommit{SHA: githubtest.SHA(i), Message: fmt.Sprintf("Commit %d", i)})
	}
	return h, p
}

// publish looks and publishes, as the command does.
func publish(t *testing.T, c *Client, wanted Publication) ([]PublishStep, error) {
	t.Helper()
	on := Repo{"o", "r"}
	found, err := c.LookAtPublication(t.Context(), on, wanted)
	if err != nil {
		return nil, err
	}
	steps := PublishSteps(wanted, found)
	told := []PublishStep{}
	err = c.Publish(t.Context(), on, wanted, found, steps, func(s PublishStep) { told = append(told, s) })
	done := slices.DeleteFunc(slices.Clone(steps), func(s PublishStep) bool { return !s.Done })
	if diff := cmp.Diff(done, told); diff != "" {
		t.Errorf("told is not what was done (-done +told):\n%s", diff)
	}
	return steps, err
}

// said gives each deployment's commit, task and states.
func said(p *githubtest.Repository) []string {
	var all []string
	for _, d := range p.Deployments {
		line := d.SHA[39:] + " " + d.Task
		for _, s := range d.Statuses {
			line += " " + s.State
		}
		all = append(all, line)
	}
	return all
}

func TestPublish(t *testing.T) {
	t.Parallel()
	h, p := newPublished(t)
	c, _ := client(t, h)
	if _, err := publish(t, c, threeDeployments()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 deploy success inactive", "3 deploy failure", "1 rollback success"}, said(p)); diff != "" {
		t.Errorf("deployments (-want +got):\n%s", diff)
	}
	last := p.Deployments[2]
	want := githubtest.DeploymentStatus{ID: 300, State: "success", Description: "d3 v1.0.0", LogURL: runs + "12", EnvironmentURL: "https://goals.example"}
	if diff := cmp.Diff(want, last.Statuses[0]); diff != "" || string(last.Payload) != `{"mandala_deployment":"d3","release":"v1.0.0","operation":"rollback"}` {
		t.Errorf("%s %s", last.Payload, diff)
	}
	if diff := cmp.Diff([]*githubtest.Release{
		{ID: 1, Tag: "v1.0.0", Name: "v1.0.0", Body: "https://github.example/o/r 0 "},
		{ID: 2, Tag: "v1.1.0-rc.1", Name: "v1.1.0-rc.1", Body: "https://github.example/o/r 2 ", Prerelease: true},
	}, p.Releases); diff != "" {
		t.Errorf("releases (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"v1.0.0": githubtest.SHA(1), "v1.1.0-rc.1": githubtest.SHA(3)}, p.Tags); diff != "" || p.Latest != "v1.0.0" {
		t.Errorf("latest %s, tags (-want +got):\n%s", p.Latest, diff)
	}

	// Again, there is nothing to do.
	h.requests = nil
	steps, err := publish(t, c, threeDeployments())
	if err != nil || slices.ContainsFunc(steps, PublishStep.acts) || len(written(h)) > 0 {
		t.Errorf("%v, %+v, %v", err, steps, written(h))
	}
}

// What GitHub Actions made for the job that deployed is taken for the deployment. That of
// a rollback's job, which claims the branch's head, ends.
func TestPublishAdopts(t *testing.T) {
	t.Parallel()
	h, p := newPublished(t)
	of := func(commit int, run, state string, created time.Time) {
		p.Deploy(githubtest.Deployment{Bot: true, SHA: githubtest.SHA(commit), Ref: "main", Task: "deploy", Environment: "production", Created: created,
			Statuses: []githubtest.DeploymentStatus{{State: "in_progress", LogURL: runs + run + "/job/1"}, {State: state, LogURL: runs + run + "/job/1"}}})
	}
	before := time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)
	of(1, "110", "success", before) // another run's, whose number begins so
	of(1, "11", "success", before)
	of(3, "12", "failure", before)
	of(3, "12", "success", before.AddDate(0, 0, 3)) // of a job that came later
	c, _ := client(t, h)
	if _, err := publish(t, c, threeDeployments()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 deploy in_progress success", "1 deploy in_progress success inactive", "3 deploy in_progress failure failure", "3 deploy in_progress success inactive", "1 rollback success"}, said(p)); diff != "" {
		t.Errorf("deployments (-want +got):\n%s", diff)
	}
	h.requests = nil
	if steps, err := publish(t, c, threeDeployments()); err != nil || len(written(h)) > 0 {
		t.Errorf("%v, %+v, %v", err, steps, written(h))
	}
}

// Answers that are lost have nothing done twice, nor do two runs at once.
func TestPublishAfterLostAnswers(t *testing.T) {
	t.Parallel()
	h, p := newPublished(t)
	carriedOut := func(_ http.ResponseWriter, r *http.Request) bool {
		p.Serve(&nowhere{}, r)
		panic(http.ErrAbortHandler)
	}
	wanted := threeDeployments()
	wanted.Deployments, wanted.Releases = wanted.Deployments[2:], wanted.Releases[:1]
	const looks = 5 // deployments, releases, the latest one, the tag, the commit
	h.failing(slices.Repeat([]func(http.ResponseWriter, *http.Request) bool{well}, looks)...)
	h.failing(carriedOut, well) // the deployment is found
	h.failing(answer(502, "<html>"), well)
	h.failing(well, carriedOut) // the release: its repository, then it is there already
	h.failing(well)             // and is asked for
	h.failing(well)
	h.failing(carriedOut)
	c, at := client(t, h)
	if _, err := publish(t, c, wanted); err != nil || len(at.waits) != 4 {
		t.Fatalf("%v after %v: %v", err, at.waits, h.requests)
	}
	if diff := cmp.Diff([]string{"1 rollback success"}, said(p)); diff != "" || len(p.Releases) != 1 || p.Latest != "v1.0.0" {
		t.Errorf("%+v, latest %s, %s", p.Releases, p.Latest, diff)
	}

	// Two that two runs made become one that stands.
	p.Deploy(*p.Deployments[0])
	if _, err := publish(t, c, wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 rollback success", "1 rollback success inactive"}, said(p)); diff != "" {
		t.Error(diff)
	}
	h.requests = nil
	if _, err := publish(t, c, wanted); err != nil || len(written(h)) > 0 {
		t.Errorf("%v, %v", err, written(h))
	}
}

// Of many commits the newest are told, and how many there are.
func TestPublishChanges(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		commits, total, told int
		newest               string
		previous             string
		unknown              bool
	}{
		"the first version":     {3, 0, 0, "", "", false},
		"none":                  {0, 0, 0, "", githubtest.SHA(0), false},
		"some":                  {3, 3, 3, "Commit 3", githubtest.SHA(0), false},
		"a page":                {100, 100, 100, "Commit 100", githubtest.SHA(0), false},
		"more":                  {101, 101, 100, "Commit 101", githubtest.SHA(0), false},
		"many":                  {350, 350, 100, "Commit 350", githubtest.SHA(0), false},
		"a commit that is gone": {3, 0, 0, "", githubtest.SHA(999), true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, p := newProject(t)
			for i := range c.commits + 1 {
				p.Commit(githubtest.RepositoryCommit{SHA: githubtest.SHA(i), Message: fmt.Sprintf("Commit %d", i)})
			}
			var got Changes
			r := PublishedRelease{Tag: "v1.0.0", Commit: githubtest.SHA(c.commits), Previous: c.previous, Notes: func(changes Changes) string { got = changes; return "" }}
			client, _ := client(t, h)
			if _, err := publish(t, client, Publication{Environment: "production", Releases: []PublishedRelease{r}}); err != nil {
				t.Fatal(err)
			}
			newest := ""
			if len(got.Commits) > 0 {
				newest = got.Commits[0].Message
			}
			if got.Total != c.total || len(got.Commits) != c.told || newest != c.newest || (got.Unknown != "") != c.unknown {
				t.Errorf("%d of %d, newest %q, %q", len(got.Commits), got.Total, newest, got.Unknown)
			}
		})
	}
}

// A tag with a message leads to its commit; a draft is nobody's release yet.
func TestPublishTags(t *testing.T) {
	t.Parallel()
	h, p := newPublished(t)
	p.Tags["v1.0.0"], p.Annotated["v1.0.0"] = githubtest.SHA(1), githubtest.SHA(77)
	p.Tags["v1.1.0-rc.1"] = githubtest.SHA(2)
	p.Publish(githubtest.Release{Tag: "v0.9.0", Draft: true})
	wanted := threeDeployments()
	wanted.Deployments = nil
	wanted.Releases = append(wanted.Releases, PublishedRelease{Tag: "v0.9.0", Commit: githubtest.SHA(0), Notes: told})
	c, _ := client(t, h)
	steps, err := publish(t, c, wanted)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range steps {
		got = append(got, fmt.Sprintf("%s %s %s %v", s.Action, s.Kind, s.Name, s.Done))
	}
	if diff := cmp.Diff([]string{"create release v1.0.0 true", "leave release v1.1.0-rc.1 false", "leave release v0.9.0 false", "create latest release v1.0.0 true"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPublishRefusals(t *testing.T) {
	t.Parallel()
	const no = `{"message":"no, test-token-0815"}`
	cases := map[string]struct {
		after int // requests that go well
		fail  func(http.ResponseWriter, *http.Request) bool
		code  problem.Code
		next  string
		done  int // steps
	}{
		"the token is not valid":      {0, answer(401, no), problem.PublishRefused, "GITHUB_TOKEN", 0},
		"deployments are not shown":   {0, answer(403, no), problem.PublishRefused, "`deployments: write`", 0},
		"nor the repository":          {0, answer(404, no), problem.PublishRefused, "exists", 0},
		"a deployment is not taken":   {7, answer(403, no), problem.PublishRefused, "`deployments: write`", 0},
		"a status is not taken":       {8, answer(404, no), problem.PublishRefused, "`deployments: write`", 0},
		"a release is not taken":      {15, answer(403, no), problem.PublishRefused, "`contents: write`", 3},
		"a limit that lasts":          {0, answer(403, no, "Retry-After", "4000"), problem.NotPublished, "run the command again after", 0},
		"GitHub fails, then is well":  {7, answer(502, "<html>"), "", "", 8},
		"a limit that passes":         {3, answer(429, no, "Retry-After", "7"), "", "", 8},
		"an answer that is none":      {0, answer(200, "<html>", githubtest.Broken, "yes"), "", "", 8},
		"a refusal of what was there": {15, answer(422, no), problem.PublishRefused, "", 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := newPublished(t)
			h.failingAfter(c.after, c.fail)
			client, _ := client(t, h)
			steps, err := publish(t, client, threeDeployments())
			done := 0
			for _, s := range steps {
				if s.Done {
					done++
				}
			}
			if done != c.done {
				t.Errorf("%d steps done, want %d: %v", done, c.done, h.requests)
			}
			if c.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			found := problem.Find(err)
			if len(found) != 1 || found[0].Code != c.code || !strings.Contains(found[0].Remedy(), c.next) || strings.Contains(err.Error(), token) {
				t.Errorf("%v: %v", err, h.requests)
			}
		})
	}
}
