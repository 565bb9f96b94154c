package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/github/githubtest"
)

// A pull request has one comment of each environment, which every run brings up to date.
func testPullRequest(t *testing.T, w *world) {
	p := newPlace(t, w, "project", "pull")
	made, site := p.prepare(), p.application()
	p.write("environments/production/deploy.hcl", p.read("environments/production/deploy.hcl"))
	p.values(made, site.URL)
	p.commit("first")
	p.admin(0, "bootstrap", "production")
	p.hub.Add(githubtest.Issue{By: 1, Pull: true, Title: "Count on"})
	pull := func(from string) event {
		return event{name: "pull_request", ref: "refs/pull/1/merge", body: map[string]any{"pull_request": map[string]any{"number": 1, "head": map[string]any{"repo": map[string]any{"full_name": from}}}}}
	}
	before := p.stands()

	ended := p.workflow("plan", pull("o/r"), nil)
	p.expect("a pull request", map[string]string{"plan": "success"}, ended)
	p.says("the summary", ended.summaries["plan"], "### Plan of production", "2. app\n   + terraform_data.this")
	if diff := cmp.Diff([]string{"plan: plan"}, p.runner.since()); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	comments := p.hub.Issues[0].Comments
	if len(comments) != 1 {
		t.Fatalf("comments: %+v\n%s", comments, ended.log)
	}
	p.says("the comment", comments[0].Body, "production", "2 to create")
	if _, err := os.Stat(filepath.Join(p.path("artifacts"), "1", "approval-production", "approval.json")); err != nil {
		t.Error(err)
	}

	p.values(made, site.URL, `wait_file = "/dev/null"`)
	p.commit("another resource")
	ended = p.workflow("plan", pull("o/r"), nil)
	p.expect("the same pull request", map[string]string{"plan": "success"}, ended)
	comments = p.hub.Issues[0].Comments
	if len(comments) != 1 {
		t.Fatalf("comments: %+v", comments)
	}
	p.says("the comment", comments[0].Body, "production", "3 to create")
	p.runner.since()

	ended = p.workflow("plan", pull("somebody/r"), nil)
	p.expect("a fork's pull request", map[string]string{"plan": ""}, ended)
	if taken := p.runner.since(); len(taken) > 0 || len(p.hub.Issues[0].Comments) != 1 {
		t.Errorf("roles %v, comments %+v", taken, p.hub.Issues[0].Comments)
	}
	p.same(before) // a plan changes nothing
}
