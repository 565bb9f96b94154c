package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/github"
	"github.com/goal-mandala/mandala-deploy/internal/github/githubtest"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// ran gives the record of a deployment of a commit that was verified; edits make it
// another.
func ran(id, version string, commit int, edits ...func(*engine.Record)) engine.Record {
	r := engine.Record{ID: id, Environment: "production", Operation: engine.OperationApply, Status: engine.Succeeded, Release: version, StartedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Source: &release.Source{Commit: githubtest.SHA(commit)}, Verification: &engine.VerificationRecord{Result: engine.Succeeded, Passed: 3}, CIRun: "https://github.example/o/r/actions/runs/" + id}
	for _, edit := range edits {
		edit(&r)
	}
	return r
}

func failed(r *engine.Record)     { r.Status, r.Verification = engine.Failed, nil }
func running(r *engine.Record)    { r.Status, r.Verification = engine.Running, nil }
func back(r *engine.Record)       { r.Operation = engine.OperationRollback }
func dirty(r *engine.Record)      { r.Source.Dirty = true }
func sourceless(r *engine.Record) { r.Source = nil }
func partly(r *engine.Record)     { r.Partial = true }
func destroys(r *engine.Record)   { r.Operation, r.Release = engine.OperationDestroy, "" }
func unlocks(r *engine.Record)    { r.Operation = engine.OperationUnlock }

// history gives records as they are listed, newest first.
func historyOf(oldestFirst ...engine.Record) *engine.History {
	h := &engine.History{Environment: "production"}
	for i := len(oldestFirst) - 1; i >= 0; i-- {
		h.Deployments = append(h.Deployments, oldestFirst[i])
	}
	return h
}

func all(engine.Record) bool { return true }

func TestPublishedOf(t *testing.T) {
	t.Parallel()
	commit := githubtest.SHA(9)[:12]
	cases := map[string]struct {
		history     *engine.History
		deployments []string
		releases    []string
		latest      string
	}{
		"nothing":          {historyOf(), nil, nil, ""},
		"one":              {historyOf(ran("d1", "v1.0.0", 1)), []string{"d1 success"}, []string{"v1.0.0"}, "v1.0.0"},
		"two":              {historyOf(ran("d1", "v1.0.0", 1), ran("d2", "v1.1.0", 2)), []string{"d1 inactive", "d2 success"}, []string{"v1.0.0", "v1.1.0 since 1"}, "v1.1.0"},
		"one that failed":  {historyOf(ran("d1", "v1.0.0", 1), ran("d2", "v1.1.0", 2, failed)), []string{"d1 success", "d2 failure"}, []string{"v1.0.0"}, "v1.0.0"},
		"one under way":    {historyOf(ran("d1", "v1.0.0", 1), ran("d2", "v1.1.0", 2, running)), []string{"d1 success", "d2 in_progress"}, []string{"v1.0.0"}, "v1.0.0"},
		"gone back":        {historyOf(ran("d1", "v1.0.0", 1), ran("d2", "v1.1.0", 2), ran("d3", "v1.0.0", 1, back)), []string{"d1 inactive", "d2 inactive", "d3 success"}, []string{"v1.0.0", "v1.1.0 since 1"}, "v1.0.0"},
		"by commit":        {historyOf(ran("d1", "v1.0.0", 1), ran("d2", commit, 9)), []string{"d1 inactive", "d2 success"}, []string{"v1.0.0"}, ""},
		"a pre-release":    {historyOf(ran("d1", "v1.0.0", 1), ran("d2", "v1.1.0-rc.1", 2), ran("d3", "v1.1.0", 3)), []string{"d1 inactive", "d2 inactive", "d3 success"}, []string{"v1.0.0", "v1.1.0-rc.1 pre since 1", "v1.1.0 since 1"}, "v1.1.0"},
		"it stands":        {historyOf(ran("d1", "v1.0.0-rc.1", 1), ran("d2", "v1.0.0-rc.2", 2)), []string{"d1 inactive", "d2 success"}, []string{"v1.0.0-rc.1 pre", "v1.0.0-rc.2 pre since 1"}, ""},
		"a patch of old":   {historyOf(ran("d1", "v1.0.0", 1), ran("d2", "v1.1.0", 2), ran("d3", "v1.0.1", 3)), []string{"d1 inactive", "d2 inactive", "d3 success"}, []string{"v1.0.0", "v1.1.0 since 1", "v1.0.1 since 1"}, "v1.0.1"},
		"a working tree":   {historyOf(ran("d1", "dev-0123456789ab", 1), ran("d2", "dev-0123456789ab-dirty", 1, dirty)), []string{"d1 inactive", "d2 left"}, nil, ""},
		"a dirty release":  {historyOf(ran("d1", "v1.0.0", 1, dirty)), []string{"d1 left"}, []string{"v1.0.0 left"}, "v1.0.0"},
		"no source":        {historyOf(ran("d1", "v1.0.0", 1, sourceless)), []string{"d1 left"}, []string{"v1.0.0 left"}, "v1.0.0"},
		"in part":          {historyOf(ran("d1", "v1.0.0", 1), ran("d2", "v1.1.0", 2, partly)), []string{"d1 inactive", "d2 success"}, []string{"v1.0.0"}, ""},
		"destroyed":        {historyOf(ran("d1", "v1.0.0", 1), ran("d2", "", 1, destroys), ran("d3", "", 1, unlocks)), []string{"d1 inactive"}, []string{"v1.0.0"}, ""},
		"hardly destroyed": {historyOf(ran("d1", "v1.0.0", 1), ran("d2", "", 1, destroys, failed)), []string{"d1 success"}, []string{"v1.0.0"}, "v1.0.0"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := publishedOf(c.history, all, true, "https://goals.example")
			var deployments, releases []string
			for _, d := range got.Deployments {
				said := string(d.State)
				if d.Left != "" {
					said = "left"
				}
				deployments = append(deployments, d.ID+" "+said)
				if (d.Site != "") != (d.State == github.DeploymentStands) || !strings.HasPrefix(d.Description, d.ID+" ") {
					t.Errorf("%+v", d)
				}
			}
			for _, r := range got.Releases {
				said := r.Tag
				if r.Prerelease {
					said += " pre"
				}
				if r.Left != "" {
					said += " left"
				}
				if r.Previous != "" {
					said += " since " + r.Previous[39:]
				}
				releases = append(releases, said)
			}
			if diff := cmp.Diff(c.deployments, deployments); diff != "" {
				t.Errorf("deployments (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.releases, releases); diff != "" || got.Latest != c.latest {
				t.Errorf("latest %q, releases (-want +got):\n%s", got.Latest, diff)
			}
			if none := publishedOf(c.history, all, false, ""); none.Releases != nil || none.Latest != "" {
				t.Errorf("releases that nobody wants: %+v", none)
			}
		})
	}
}

// One deployment alone is judged by all of them.
func TestPublishedOfOne(t *testing.T) {
	t.Parallel()
	history := historyOf(ran("d1", "v1.0.0", 1), ran("d2", "v1.1.0", 2), ran("d3", "v1.1.0", 2))
	got := publishedOf(history, func(r engine.Record) bool { return r.ID == "d2" }, true, "")
	if len(got.Deployments) != 1 || got.Deployments[0].State != github.DeploymentInactive || len(got.Releases) != 1 || got.Releases[0].Previous != githubtest.SHA(1) || got.Latest != "v1.1.0" {
		t.Errorf("%+v", got)
	}
	notes := got.Releases[0].Notes(github.Changes{Repository: "https://github.example/o/r", Total: 1, Commits: []github.Commit{{SHA: githubtest.SHA(2), Message: "Remind (#7)"}}})
	for _, part := range []string{"mandala-deploy history show d2", "[#7](<https://github.example/o/r/pull/7>)", "Changes since [`v1.0.0`]", "runs/d2"} {
		if !strings.Contains(notes, part) {
			t.Errorf("no %q in %s", part, notes)
		}
	}
}

func TestGitHubPublish(t *testing.T) {
	t.Parallel()
	a, hub, stdout, stderr := onGitHub(t, threeEnvironments())
	hub.Commit(githubtest.RepositoryCommit{SHA: githubtest.SHA(1)}, githubtest.RepositoryCommit{SHA: githubtest.SHA(2)})
	wanted := publishedOf(historyOf(ran("d1", "v1.0.0", 1), ran("d2", "v1.1.0", 2), ran("d3", "v1.0.0", 1, back), ran("d4", "dev", 1, dirty, failed)), all, true, "")
	client, err := a.github(github.NeedsPublish)
	must(t, err)
	on, o := github.Repo{Owner: "o", Name: "r"}, publishOptions{environment: "production", dryRun: true}
	if code := a.exit(a.publish(t.Context(), o, on, client, wanted)); code != ExitOK || len(hub.Requests) > 0 {
		t.Fatalf("exit code %d, %v, %s", code, hub.Requests, stderr)
	}
	const undone = `production on o/r
  + deployment d1 of v1.0.0: inactive
  + deployment d2 of v1.1.0: inactive
  + deployment d3 of v1.0.0: success
  - deployment d4 of dev: it was made from a working tree that differs from its commit
  + tag v1.0.0: 000000000000
  + release v1.0.0
  + tag v1.1.0: 000000000000
  + release v1.1.0
  + latest release: v1.0.0

8 to create, 1 left out.
`
	if diff := cmp.Diff(undone+"Nothing was changed: --dry-run.\n", stdout.String()); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}
	a, out, said := again(a)
	o.dryRun = false
	if code := a.exit(a.publish(t.Context(), o, on, client, wanted)); code != ExitOK || !strings.Contains(said.String(), "published release v1.1.0 https://github.example/o/r/releases/tag/v1.1.0") {
		t.Fatalf("exit code %d, %s", code, said)
	}
	if diff := cmp.Diff(undone+"Done: 8 steps on o/r.\n", out.String()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	hub.Requests = nil
	a, out, _ = again(a)
	a.flags.json = true
	if code := a.exit(a.publish(t.Context(), o, on, client, wanted)); code != ExitOK || len(hub.Requests) > 0 || !strings.Contains(out.String(), `"keep": 6`) {
		t.Errorf("exit code %d, %v, %s", code, hub.Requests, out)
	}

	// What GitHub refuses is an error of this command's, and part of its JSON.
	hub.Latest, hub.Refuses = "", "PATCH /repos/o/r/releases/1"
	a, out, _ = again(a)
	a.flags.json = true
	if code := a.exit(a.publish(t.Context(), o, on, client, wanted)); code != ExitError || !strings.Contains(out.String(), `"code": "MD0862"`) || strings.Contains(out.String(), testToken) {
		t.Errorf("exit code %d, %s", code, out)
	}
	a.flags.json = false
	a, out, said = again(a)
	if code := a.exit(a.publish(t.Context(), o, on, client, wanted)); code != ExitError || !strings.Contains(out.String(), "Done: 0 of 1 steps on o/r.") || !strings.Contains(said.String(), "MD0862") {
		t.Errorf("exit code %d, %s%s", code, out, said)
	}
}

func TestPublishOptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o     publishOptions
		given string
		flag  string
	}{
		"as it comes":       {publishOptions{last: 20}, "", ""},
		"all":               {publishOptions{}, "last", ""},
		"less than none":    {publishOptions{last: -1}, "last", "--last"},
		"one, and some":     {publishOptions{last: 3, deployment: "d1"}, "last deployment", "--last"},
		"no repository":     {publishOptions{repository: "r"}, "repository", "--repository"},
		"its name and path": {publishOptions{repository: "o/r"}, "repository", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.o.validate(func(flag string) bool { return strings.Contains(c.given, flag) })
			if (err != nil) != (c.flag != "") || err != nil && !strings.Contains(fmt.Sprint(err), c.flag) {
				t.Errorf("%v", err)
			}
		})
	}
}
