package e2e

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// deployed are the jobs of a deployment in which all goes well, but for the last: what
// it asks of the areas beside health the small project has not. More than these may run.
func (p *place) deployed() map[string]string {
	jobs := map[string]string{"request": "success", "release": "success", "plan": "success", "apply": "success", "verify": "failure", "publish": "success"}
	for id, is := range p.runner.jobs {
		if called, ok := strings.CutPrefix(id, "ci/"); ok && is.If == nil {
			jobs[called] = "success"
		}
	}
	return jobs
}

// but gives jobs with others in their place; "" are those that must not run.
func but(jobs, others map[string]string) map[string]string {
	jobs = maps.Clone(jobs)
	maps.Copy(jobs, others)
	return jobs
}

// expect holds a run's jobs to those that are wanted.
func (p *place) expect(what string, want map[string]string, got result) {
	p.t.Helper()
	have := map[string]string{}
	for id := range want {
		have[id] = got.jobs[id]
	}
	if diff := cmp.Diff(want, have); diff != "" {
		p.t.Fatalf("%s: jobs (-want +got):\n%s\n%s", what, diff, got.log)
	}
	if failed := slices.Contains(slices.Collect(maps.Values(got.jobs)), "failure"); failed != (got.code != 0) {
		p.t.Errorf("%s: exit code %d with jobs %v", what, got.code, got.jobs)
	}
}

func (p *place) says(what, text string, wanted ...string) {
	p.t.Helper()
	for _, each := range wanted {
		if !strings.Contains(text, each) {
			p.t.Errorf("%s: no %q in\n%s", what, each, text)
		}
	}
}

// calls gives what the workflows called of the small project's Makefile, and forgets it.
func (p *place) calls() string {
	p.t.Helper()
	body, err := os.ReadFile(p.path("calls"))
	if err != nil && !os.IsNotExist(err) {
		p.t.Fatal(err)
	}
	_ = os.Remove(p.path("calls"))
	return string(body)
}

// A release is deployed, another that does not work goes back by itself, a third is
// cancelled and finished, and somebody rolls it back.
func testDeployment(t *testing.T, w *world) {
	p := newPlace(t, w, "project", "flow")
	made, site := p.prepare(), p.application()
	p.write("environments/production/deploy.hcl", p.read("environments/production/deploy.hcl"))
	p.values(made, site.URL)
	first := p.commit("first")
	p.admin(0, "bootstrap", "production")

	// A push to main deploys its head.
	ended := p.workflow("deploy-production", event{name: "push", body: map[string]any{"after": first}}, approve)
	p.expect("a push", p.deployed(), ended)
	p.says("what the release has", ended.summaries["release"], "### Release", first[:12])
	p.says("what is to be approved", ended.summaries["plan"], "### What is to be approved", "2. app\n   + terraform_data.this", "2 to create")
	p.says("what was deployed", ended.summaries["apply"], "### Deployment of production", "succeeded")
	p.says("what was verified", ended.summaries["verify"], "### Verification of production", "health.version")
	p.isHealthy()
	p.says("what the tests call", p.calls(), "lint\n", "test-unit\n", "test-modules\n", "test-integration\n")
	if diff := cmp.Diff([]string{"release: release", "plan: plan", "apply: deploy", "verify: plan", "publish: plan"}, p.runner.since()); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	records := p.history()
	if len(records) != 1 || records[0].Status != engine.Succeeded || !records[0].Verified() || !strings.HasPrefix(first, records[0].Release) {
		t.Fatalf("records: %+v", records)
	}
	p.says("the page", p.page(), "<p>first")

	p.goesBackByItself(made, site.URL, records[0].Release)
	p.isCancelled(made, site.URL)

	// Somebody goes back.
	ended = p.workflow("rollback-production", dispatched(map[string]string{"version": records[0].Release, "reason": "counting is down", "confirm": "rollback"}), approve)
	p.expect("a rollback", map[string]string{"request": "success", "rollback": "success", "verify": "failure", "publish": "success"}, ended)
	p.says("what was rolled back", ended.summaries["rollback"], "### Rollback of production", records[0].Release)
	if diff := cmp.Diff([]string{"rollback: deploy", "verify: plan", "publish: plan"}, p.runner.since()); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	back := p.history()[0]
	if back.Operation != engine.OperationRollback || back.Status != engine.Succeeded || back.Release != records[0].Release || back.Reason != "counting is down" || !back.Verified() {
		t.Errorf("the rollback: %+v", back)
	}
	p.says("the page", p.page(), "<p>first")
	p.isPublished()
}

// isPublished holds GitHub's Deployments to history: each is there once, and only the last
// one stands.
func (p *place) isPublished() {
	p.t.Helper()
	var want, have []string
	for i, r := range slices.Backward(p.history()) {
		state := "inactive"
		switch {
		case i == 0:
			state = "success"
		case r.Status != engine.Succeeded:
			state = "failure"
		}
		want = append(want, r.ID+" "+r.Source.Commit+" "+state)
	}
	for _, d := range p.hub.Deployments {
		var payload struct {
			ID string `json:"mandala_deployment"`
		}
		if err := json.Unmarshal(d.Payload, &payload); err != nil {
			p.t.Fatal(err)
		}
		have = append(have, payload.ID+" "+d.SHA+" "+d.Statuses[len(d.Statuses)-1].State)
	}
	if diff := cmp.Diff(want, have); diff != "" {
		p.t.Errorf("GitHub's Deployments (-history +GitHub):\n%s", diff)
	}
}

// isHealthy reads what the first run's job Verify keeps: of the area that the small
// project has everything of, each check passed.
func (p *place) isHealthy() {
	p.t.Helper()
	var document struct {
		Suites []struct {
			Name  string `xml:"name,attr"`
			Tests int    `xml:"tests,attr"`
			Cases []struct {
				Name    string    `xml:"name,attr"`
				Failure *struct{} `xml:"failure"`
				Error   *struct{} `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	body, err := os.ReadFile(filepath.Join(p.path("artifacts"), "1", "verification", "verification.xml"))
	if err == nil {
		err = xml.Unmarshal(body, &document)
	}
	if err != nil || len(document.Suites) != 4 || document.Suites[0].Name != "health" || document.Suites[0].Tests == 0 {
		p.t.Fatalf("the verification that is kept: %v\n%s", err, body)
	}
	for _, check := range document.Suites[0].Cases {
		if check.Failure != nil || check.Error != nil {
			p.t.Errorf("%s did not pass", check.Name)
		}
	}
}

// goesBackByItself deploys a release whose health check fails.
func (p *place) goesBackByItself(made account, address, before string) {
	p.t.Helper()
	p.write("site/index.html", "<!doctype html>\n<p>second\n")
	p.values(made, address, "healthy = false")
	second := p.commit("second")
	ended := p.workflow("deploy-production", event{name: "push", body: map[string]any{"after": second}}, approve)
	p.expect("a release that does not work", but(p.deployed(), map[string]string{"apply": "failure", "verify": ""}), ended)
	p.says("how the step ends", ended.log, "exit status 4")
	p.says("what the step says", ended.log, "MD0828", "health.api")
	p.says("what became of it", ended.summaries["apply"], before)
	records := p.history()
	if len(records) != 3 || records[0].Operation != engine.OperationRollback || records[0].Status != engine.Succeeded || records[0].Release != before ||
		records[1].Status != engine.Failed || records[1].RolledBackBy != records[0].ID || !strings.HasPrefix(second, records[1].Release) {
		p.t.Fatalf("records: %+v", records)
	}
	p.says("the page", p.page(), "<p>first")
	p.runner.since()
}

// isCancelled cancels a deployment by hand while Terraform is at work, and finishes it.
func (p *place) isCancelled(made account, address string) {
	p.t.Helper()
	p.write("site/index.html", "<!doctype html>\n<p>third\n")
	waits := p.path("waits")
	p.values(made, address, fmt.Sprintf("wait_file = %q", waits))
	p.commit("third")
	running := p.start("deploy-production", dispatched(map[string]string{"confirm": "production", "version": "v1.1.0", "reason": "count on"}), approve)
	running.await("Terraform is at work", func() bool {
		_, err := os.Stat(waits)
		return err == nil
	})
	running.cancel()
	ended := running.wait()
	cancelled := but(p.deployed(), map[string]string{"apply": "failure", "verify": ""})
	delete(cancelled, "publish") // whether it begins is a matter of moments; the next one does it
	p.expect("a cancelled run", cancelled, ended)
	record := p.history()[0]
	if record.Status != engine.Interrupted || record.Release != "v1.1.0" || record.Reason != "count on" {
		p.t.Errorf("the cancelled run's record: %+v", record)
	}
	p.says("the page", p.page(), "<p>first")
	p.runner.since()
	p.calls()

	ended = p.workflow("deploy-production", dispatched(map[string]string{"confirm": "production", "resume": "true", "reason": "go on"}), approve)
	jobs := map[string]string{"release": "", "plan": ""}
	for id := range p.deployed() {
		if p.runner.jobs["ci/"+id].Permissions != nil {
			jobs[id] = ""
		}
	}
	p.expect("a resumed run", but(p.deployed(), jobs), ended)
	if called := p.calls(); called != "" {
		p.t.Errorf("it tests again: %s", called)
	}
	resumed := p.history()[0]
	if resumed.Status != engine.Succeeded || resumed.ResumedFrom != record.ID || resumed.Release != "v1.1.0" || !resumed.Verified() {
		p.t.Errorf("the resumed run's record: %+v\n%s", resumed, ended.log)
	}
	p.says("the page", p.page(), "<p>third")
	p.runner.since()
}
