package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What nobody approves, and what is not any more what was approved, changes nothing.
func testApproval(t *testing.T, w *world) {
	p := newPlace(t, w, "project", "gate")
	made, site := p.prepare(), p.application()
	p.write("environments/production/deploy.hcl", p.read("environments/production/deploy.hcl"))
	p.values(made, site.URL)
	head := p.commit("first")
	p.admin(0, "bootstrap", "production")
	push := event{name: "push", body: map[string]any{"after": head}}
	refused := but(p.deployed(), map[string]string{"apply": "failure", "verify": ""})

	var before []string
	ended := p.workflow("deploy-production", push, func(string) bool {
		before = p.stands()
		return false
	})
	p.expect("a denied approval", refused, ended)
	p.says("why", ended.log, "the reviewers of Environment production rejected the deployment")
	p.same(before)
	if diff := cmp.Diff([]string{"release: release", "plan: plan", "publish: plan"}, p.runner.since()); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	if records := p.history(); len(records) > 0 {
		t.Errorf("records: %+v", records)
	}

	// While it waits for its approval, an administrator deploys something else.
	ended = p.workflow("deploy-production", push, func(string) bool {
		plan := filepath.Join(p.home, "plan.json")
		p.admin(0, "release", "build", "v0.9.0")
		p.admin(0, "plan", "production", "--version", "v0.9.0", "--out", plan)
		p.admin(0, "apply", "production", "--version", "v0.9.0", "--approval", plan)
		before = p.stands()
		return true
	})
	p.expect("a stale approval", refused, ended)
	p.says("why", ended.log, "[MD0401]")
	p.same(before)
	if records := p.history(); len(records) != 1 || records[0].Release != "v0.9.0" {
		t.Errorf("records: %+v", records)
	}
	p.runner.since()

	// What its tests do not pass is not even built.
	p.write(".fails", "test-unit\n")
	broken := p.commit("broken")
	ended = p.workflow("deploy-production", event{name: "push", body: map[string]any{"after": broken}}, approve)
	p.expect("a failing test", map[string]string{"request": "success", "unit": "failure", "release": "", "plan": "", "apply": "", "verify": ""}, ended)
	if taken := p.runner.since(); len(taken) > 0 {
		t.Errorf("roles that were taken: %v", taken)
	}
	p.same(before)
}

// The stand-in of GitHub's tokens gives no role to a job that GitHub and AWS would not:
// else that the jobs get theirs would say nothing.
func testTrust(t *testing.T, w *world) {
	p := newPlace(t, w, "project", "trust")
	made := p.prepare()
	main, pull := map[string]string{"event": "push", "ref": "refs/heads/main"}, map[string]string{"event": "pull_request", "ref": "refs/pull/1/merge"}
	token := map[string]string{"id-token": "write"}
	for name, c := range map[string]struct {
		is      job
		from    map[string]string
		role    string
		seconds string
		says    string // "" is well
	}{
		"approved":            {job{Environment: "production", Permissions: token}, main, "deploy", "7200", ""},
		"of main":             {job{Environment: "", Permissions: token}, main, "release", "3600", ""},
		"of a pull request":   {job{Environment: "", Permissions: token}, pull, "plan", "3600", ""},
		"not approved":        {job{Environment: "", Permissions: token}, main, "deploy", "3600", "does not trust repo:o/r:ref:refs/heads/main"},
		"another environment": {job{Environment: "staging", Permissions: token}, main, "deploy", "3600", "does not trust repo:o/r:environment:staging"},
		"a pull request":      {job{Environment: "", Permissions: token}, pull, "release", "3600", "does not trust repo:o/r:pull_request"},
		"another branch":      {job{Environment: "", Permissions: token}, map[string]string{"event": "push", "ref": "refs/heads/other"}, "plan", "3600", "does not trust"},
		"no token":            {job{Environment: "production", Permissions: nil}, main, "deploy", "3600", "id-token: write"},
		"for too long":        {job{Environment: "", Permissions: token}, main, "plan", "7200", "3600 seconds at most"},
	} {
		lines, err := p.runner.assume(t.Context(), c.is, func(field string) string {
			return map[string]string{"role": made.roles[c.role], "region": "ap-northeast-1", "seconds": c.seconds, "event": c.from["event"], "ref": c.from["ref"]}[field]
		})
		if c.says == "" && (err != nil || !strings.Contains(lines, "AWS_SESSION_TOKEN=")) || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is typed into the forms is refused before anything else is done.
func testForms(t *testing.T, w *world) {
	p := newPlace(t, w, "project", "forms")
	p.commit("first")
	for name, c := range map[string]struct {
		workflow string
		inputs   map[string]string
		says     string
	}{
		"a version":              {"deploy-production", map[string]string{"confirm": "production", "version": "1.2.3"}, "version wants v1.2.3"},
		"a version to go back":   {"rollback-production", map[string]string{"confirm": "rollback", "version": "latest", "reason": "r"}, "version wants v1.2.3"},
		"a version with a shell": {"rollback-production", map[string]string{"confirm": "rollback", "version": "v1.0.0$(touch " + p.path("ran") + ")", "reason": "r"}, "version wants v1.2.3"},
		"a word":                 {"deploy-production", map[string]string{"confirm": "Production", "version": "v1.2.3"}, "confirm wants the word production"},
		"no word":                {"deploy-production", map[string]string{"version": "v1.2.3"}, "confirm wants the word production"},
		"a word to go back":      {"rollback-production", map[string]string{"confirm": "yes", "version": "v1.2.3", "reason": "r"}, "confirm wants the word rollback"},
	} {
		ended := p.workflow(c.workflow, dispatched(c.inputs), approve)
		if diff := cmp.Diff(map[string]string{"request": "failure"}, ended.jobs); diff != "" || ended.code == 0 {
			t.Errorf("%s: exit code %d, jobs (-want +got):\n%s", name, ended.code, diff)
		}
		p.says(name, ended.log, c.says)
		if called := p.calls(); called != "" || len(p.runner.since()) > 0 || strings.Contains(ended.log, "git clone") {
			t.Errorf("%s: it went on: %s", name, ended.log)
		}
	}
	if len(p.runner.begun) > 0 {
		t.Errorf("jobs that began: %v", p.runner.begun)
	}
	if _, code := p.command(p.home, nil, "test", "-e", p.path("ran")); code == 0 {
		t.Error("an input was run")
	}
}
