package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/github/githubtest"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func aDrift(addresses ...string) *engine.Drift {
	layer := engine.LayerDrift{Name: "network"}
	for _, address := range addresses {
		layer.Resources = append(layer.Resources, change.Drifted{Address: address, Layer: "network", Type: "aws_thing",
			Attributes: []change.Attribute{{Path: "size", Before: "1", After: "4711"}}})
	}
	return &engine.Drift{Environment: "production", Layers: []engine.LayerDrift{layer}}
}

// An issue is opened, kept, changed and closed as the drift goes; the exit code is
// the drift's.
func TestDriftIssue(t *testing.T) {
	t.Parallel()
	a, hub, _, _ := onGitHub(t, threeEnvironments())
	steps := []struct {
		drift  *engine.Drift
		exit   int
		stderr string
	}{
		{aDrift(), ExitOK, "no issue on o/r is open"},
		{aDrift("module.network.aws_thing.a"), ExitChanges, "issue on o/r created: https://github.example/o/r/issues/1"},
		{aDrift("module.network.aws_thing.a"), ExitChanges, "issue on o/r unchanged"},
		{aDrift("module.network.aws_thing.a", "module.network.aws_thing.b"), ExitChanges, "issue on o/r updated"},
		{aDrift(), ExitOK, "issue on o/r closed"},
		{aDrift(), ExitOK, "no issue on o/r is open"},
		{aDrift("module.network.aws_thing.a"), ExitChanges, "issue on o/r created: https://github.example/o/r/issues/2"},
	}
	for i, step := range steps {
		b, _, stderr := again(a)
		if code := b.exit(b.reportDrift(t.Context(), driftOptions{issue: true}, step.drift)); code != step.exit || !strings.Contains(stderr.String(), step.stderr) {
			t.Errorf("step %d: exit code %d, want %d, %s", i, code, step.exit, stderr)
		}
	}
	first := hub.Issues[0]
	if len(hub.Issues) != 2 || first.Title != "Drift in production: 2 resources differ" || first.State != "closed" || len(first.Comments) != 1 {
		t.Fatalf("%+v", first)
	}
	if !strings.Contains(first.Body, "`module.network.aws_thing.b`") || strings.Contains(first.Body, "4711") || strings.Contains(first.Body, "size") {
		t.Errorf("%s", first.Body)
	}
}

func TestDriftIssueProblems(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		environ string
		code    problem.Code
		next    string
	}{
		"no repository":      {"GITHUB_REPOSITORY=", problem.NoRepository, "--repository OWNER/NAME"},
		"no token":           {"GITHUB_TOKEN=", problem.NoGitHubToken, "`issues: write`"},
		"another token":      {"GITHUB_TOKEN=x", problem.IssueRefused, "not valid"},
		"another repository": {"GITHUB_REPOSITORY=o/other", problem.IssueRefused, "`issues: write`"},
	}
	for name, c := range cases {
		for _, asJSON := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a, hub, stdout, stderr := onGitHub(t, threeEnvironments())
				a.Environ, a.flags.json = append(a.Environ, c.environ), asJSON
				// A drift that was found stays found, and nothing found nothing found.
				for want, drift := range map[int]*engine.Drift{ExitChanges: aDrift("module.network.aws_thing.a"), ExitOK: aDrift()} {
					if code := a.exit(a.reportDrift(t.Context(), driftOptions{issue: true}, drift)); code != want {
						t.Errorf("exit code %d, want %d", code, want)
					}
				}
				if !strings.Contains(stderr.String(), "warning: ") || !strings.Contains(stderr.String(), string(c.code)) || !strings.Contains(stderr.String(), c.next) || len(hub.Requests) > 0 || strings.Contains(stderr.String(), testToken) {
					t.Errorf("%s", stderr)
				}
				if asJSON != strings.Contains(stdout.String(), `"code": "`+string(c.code)) {
					t.Errorf("%s", stdout)
				}
			})
		}
	}
}

func TestDriftWithoutIssue(t *testing.T) {
	t.Parallel()
	a, hub, stdout, stderr := onGitHub(t, threeEnvironments())
	a.flags.json = true
	hub.Add(githubtest.Issue{By: 1})
	if code := a.exit(a.reportDrift(t.Context(), driftOptions{}, aDrift("module.network.aws_thing.a"))); code != ExitChanges || len(hub.Requests) > 0 || stderr.String() != "" {
		t.Errorf("exit code %d, %v, %s", code, hub.Requests, stderr)
	}
	var document map[string]any
	must(t, json.Unmarshal([]byte(stdout.String()), &document))
	if _, told := document["issue"]; told || document["differ"] != 1.0 {
		t.Errorf("%v", document)
	}
}

func TestDriftArguments(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		args []string
		want string // in the error; "" is well
	}{
		"none":                       {nil, ""},
		"an issue":                   {[]string{"--issue", "--repository", "o/r"}, ""},
		"a repository of no issue":   {[]string{"--repository", "o/r"}, "--issue"},
		"no repository of the issue": {[]string{"--issue", "--repository", "r"}, "OWNER/NAME"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _, _ := fake("")
			cmd := a.driftCommand()
			must(t, cmd.Flags().Parse(c.args))
			var o driftOptions
			o.issue, _ = cmd.Flags().GetBool("issue")
			o.repository, _ = cmd.Flags().GetString("repository")
			err := o.validate(cmd.Flags().Changed)
			if c.want == "" && err != nil || c.want != "" && (!problem.Is(err, problem.Usage) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v", err)
			}
		})
	}
}
