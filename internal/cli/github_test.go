package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/github"
	"github.com/goal-mandala/mandala-deploy/internal/github/githubtest"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// onGitHub gives an app in a project with environments by name, each with its
// deploy.hcl, and a GitHub that is asked with the right token.
func onGitHub(t *testing.T, environments map[string]string) (a *app, hub *githubtest.Repository, stdout, stderr fmt.Stringer) {
	t.Helper()
	dir := t.TempDir()
	for name, settings := range environments {
		folder := filepath.Join(dir, "environments", name)
		must(t, os.MkdirAll(folder, 0o700))
		must(t, os.WriteFile(filepath.Join(folder, "deploy.hcl"), []byte(settings), 0o600))
	}
	hub = githubtest.New(testToken)
	server := githubtest.NewServer(t, "", hub)
	a, out, err := fake("")
	a.flags.chdir = dir
	a.Environ = []string{"GITHUB_API_URL=" + server.URL, "GITHUB_TOKEN=" + testToken, "GITHUB_REPOSITORY=o/r"}
	return a, hub, out, err
}

func settings(target, region string, approval bool) string {
	return fmt.Sprintf("target = %q\nregion = %q\naccount = \"123456789012\"\nstate { bucket = \"bucket\" }\napproval { required = %v }\n", target, region, approval)
}

func threeEnvironments() map[string]string {
	return map[string]string{"production": settings("aws", "ap-northeast-1", true), "dev-1": settings("aws", "ap-northeast-1", false), "local": settings("local", "us-east-1", false)}
}

// standing gives the roles of production; dev-1 was never deployed.
func standing(_ context.Context, name string) (map[string]engine.Value, error) {
	if name != "production" {
		return nil, &problem.Error{Code: problem.NotDeployed, What: "environment " + name + " is not deployed"}
	}
	return map[string]engine.Value{"deploy_role_arn": {Value: "arn:deploy", Known: true}, "plan_role_arn": {Value: "arn:plan", Known: true}, "release_role_arn": {Value: "arn:release", Known: true}}, nil
}

func TestGitHubSetup(t *testing.T) {
	t.Parallel()
	a, hub, stdout, stderr := onGitHub(t, threeEnvironments())
	o := setupOptions{branch: "main", reviewers: []string{"ann", "@o/platform"}}
	if code := a.exit(a.githubSetup(t.Context(), o, standing)); code != ExitOK || len(hub.Requests) > 0 {
		t.Fatalf("exit code %d, %v, %s", code, hub.Requests, stderr)
	}
	const undone = `Environment dev-1
  + environment
  + deployment branches: main
  ? variable AWS_DEPLOY_ROLE_ARN: not known yet: deploy layer delivery first
Environment production
  + environment
  + required reviewers: ann, team o/platform
  + deployment branches: main
  + variable AWS_DEPLOY_ROLE_ARN: arn:deploy
Repository o/r
  + variable AWS_REGION: ap-northeast-1
  ? variable AWS_PLAN_ROLE_ARN_DEV_1: not known yet: deploy layer delivery first
  ? variable AWS_RELEASE_ROLE_ARN_DEV_1: not known yet: deploy layer delivery first
  + variable AWS_PLAN_ROLE_ARN_PRODUCTION: arn:plan
  + variable AWS_RELEASE_ROLE_ARN_PRODUCTION: arn:release
  + variable PLAN_ENVIRONMENTS: [{"environment":"production","role":"AWS_PLAN_ROLE_ARN_PRODUCTION","region":"AWS_REGION"}]

10 to create, 3 not known yet.
`
	if diff := cmp.Diff(undone+"Nothing was changed: --apply does it.\n", stdout.String()); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}

	a, out, _ := again(a)
	o.apply = true
	if code := a.exit(a.githubSetup(t.Context(), o, standing)); code != ExitOK {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	if diff := cmp.Diff(undone+"Done: 10 steps on o/r.\n", out.String()); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"AWS_REGION": "ap-northeast-1", "AWS_PLAN_ROLE_ARN_PRODUCTION": "arn:plan", "AWS_RELEASE_ROLE_ARN_PRODUCTION": "arn:release",
		"PLAN_ENVIRONMENTS": `[{"environment":"production","role":"AWS_PLAN_ROLE_ARN_PRODUCTION","region":"AWS_REGION"}]`}, hub.Variables); diff != "" {
		t.Error(diff)
	}
	if e := hub.Environments["production"]; e == nil || len(e.Reviewers) != 2 || len(e.Patterns) != 1 || e.Variables["AWS_DEPLOY_ROLE_ARN"] != "arn:deploy" || hub.Environments["local"] != nil {
		t.Errorf("%+v", hub.Environments)
	}

	// Again there is nothing to do, and the roles that are not known stay as they are.
	hub.Requests = nil
	a, out, _ = again(a)
	unknown := func(context.Context, string) (map[string]engine.Value, error) {
		return nil, &problem.Error{Code: problem.NoBucket, What: "no bucket"}
	}
	if code := a.exit(a.githubSetup(t.Context(), o, unknown)); code != ExitOK || len(hub.Requests) > 0 || !strings.Contains(out.String(), "o/r needs nothing more.") {
		t.Errorf("exit code %d, %v, %s", code, hub.Requests, out)
	}
	if !strings.Contains(out.String(), "? variable AWS_PLAN_ROLE_ARN_PRODUCTION: not known yet: deploy layer delivery first (it says arn:plan)") {
		t.Errorf("%s", out)
	}
}

// again gives the app with streams that nothing was written to.
func again(a *app) (*app, fmt.Stringer, fmt.Stringer) {
	b, stdout, stderr := fake("")
	b.flags, b.Environ = a.flags, a.Environ
	return b, stdout, stderr
}

func TestGitHubSetupProblems(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		edit   func(*app, *setupOptions)
		code   problem.Code
		stderr string
	}{
		"no repository":              {func(a *app, _ *setupOptions) { a.Environ = append(a.Environ, "GITHUB_REPOSITORY=") }, problem.NoRepository, "--repository OWNER/NAME"},
		"no token":                   {func(a *app, _ *setupOptions) { a.Environ = append(a.Environ, "GITHUB_TOKEN=") }, problem.NoGitHubToken, "`administration: write`, `environments: write` and `variables: write`"},
		"another token":              {func(a *app, _ *setupOptions) { a.Environ = append(a.Environ, "GITHUB_TOKEN=x") }, problem.SetupRefused, "the token is not valid"},
		"another repository":         {func(_ *app, o *setupOptions) { o.repository = "o/other" }, problem.SetupRefused, "metadata: read"},
		"nobody who approves":        {func(_ *app, o *setupOptions) { o.apply = true }, problem.ReviewerMissing, "environments/production/deploy.hcl"},
		"an unknown reviewer":        {func(_ *app, o *setupOptions) { o.reviewers = []string{"nobody"} }, problem.UnknownReviewer, "nobody"},
		"a reviewer of nothing":      {func(_ *app, o *setupOptions) { o.environments, o.reviewers = []string{"dev-1"}, []string{"ann"} }, problem.Usage, "wants approval"},
		"an unknown environment":     {func(_ *app, o *setupOptions) { o.environments = []string{"nothing"} }, problem.UnknownEnvironment, "nothing"},
		"an environment of this one": {func(_ *app, o *setupOptions) { o.environments = []string{"local"} }, problem.Usage, "no workflow"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, hub, stdout, stderr := onGitHub(t, threeEnvironments())
			o := setupOptions{branch: "main"}
			c.edit(a, &o)
			a.flags.json = true
			err := a.githubSetup(t.Context(), o, standing)
			if code := a.exit(err); code != ExitError || !problem.Is(err, c.code) || len(hub.Requests) > 0 {
				t.Errorf("exit code %d, %v, %v", code, err, hub.Requests)
			}
			if !strings.Contains(stderr.String(), c.stderr) || !strings.Contains(stdout.String(), string(c.code)) || strings.Contains(stdout.String()+stderr.String(), testToken) {
				t.Errorf("stderr %s, stdout %s", stderr, stdout)
			}
		})
	}
}

// AWS that cannot be asked for one environment keeps the others from nothing.
func TestGitHubSetupWithoutAWS(t *testing.T) {
	t.Parallel()
	a, hub, stdout, stderr := onGitHub(t, threeEnvironments())
	a.flags.json = true
	mixed := func(ctx context.Context, name string) (map[string]engine.Value, error) {
		if name == "dev-1" {
			return nil, &problem.Error{Code: problem.WrongAccount, What: "not the account of dev-1"}
		}
		return standing(ctx, name)
	}
	if code := a.exit(a.githubSetup(t.Context(), setupOptions{branch: "main", reviewers: []string{"ann"}, apply: true}, mixed)); code != ExitOK {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	var document struct {
		Applied  bool
		Summary  struct{ Create, Unknown int }
		Warnings []struct{ Code string }
		Errors   []struct{ Code string }
		Steps    []struct {
			Name, Note string
			Done       bool
		}
	}
	must(t, json.Unmarshal([]byte(stdout.String()), &document))
	if !document.Applied || document.Summary.Create != 10 || document.Summary.Unknown != 3 || len(document.Warnings) != 1 || document.Warnings[0].Code != "MD0302" || len(document.Errors) > 0 {
		t.Errorf("%+v", document)
	}
	if document.Steps[2].Note != "not known: AWS could not be asked" || document.Steps[2].Done || !document.Steps[0].Done {
		t.Errorf("%+v", document.Steps)
	}
	if hub.Variables["AWS_PLAN_ROLE_ARN_PRODUCTION"] != "arn:plan" || !strings.Contains(stderr.String(), "warning: not the account of dev-1 [MD0302]") {
		t.Errorf("%v, %s", hub.Variables, stderr)
	}
}

// A run that is stopped says so, whatever it was at, and what it did stays.
func TestGitHubSetupStopped(t *testing.T) {
	t.Parallel()
	a, hub, _, stderr := onGitHub(t, threeEnvironments())
	o := setupOptions{branch: "main", reviewers: []string{"ann"}, apply: true}
	for name, at := range map[string]func(stop func()) func(context.Context, string) (map[string]engine.Value, error){
		"at once": func(stop func()) func(context.Context, string) (map[string]engine.Value, error) {
			stop()
			return standing
		},
		"while AWS is asked": func(stop func()) func(context.Context, string) (map[string]engine.Value, error) {
			return func(ctx context.Context, _ string) (map[string]engine.Value, error) {
				stop()
				return nil, ctx.Err()
			}
		},
	} {
		ctx, stop := context.WithCancel(t.Context())
		err := a.githubSetup(ctx, o, at(stop))
		if !problem.Is(err, problem.Interrupted) || a.exit(err) != ExitInterrupted || len(hub.Requests) > 0 || !strings.Contains(stderr.String(), "run the command again") {
			t.Errorf("%s: %v, %v", name, err, hub.Requests)
		}
		stop()
	}
}

// What was done before a refusal stays, and is told with it; the next run does the rest.
func TestGitHubSetupRefused(t *testing.T) {
	t.Parallel()
	a, hub, _, _ := onGitHub(t, threeEnvironments())
	o := setupOptions{branch: "main", environments: []string{"production"}, reviewers: []string{"ann"}, apply: true}
	hub.Refuses = "POST /repos/o/r/actions/variables"
	b, stdout, stderr := again(a)
	b.flags.json = true
	if code := b.exit(b.githubSetup(t.Context(), o, standing)); code != ExitError || strings.Count(stderr.String(), "MD0858") != 1 || !strings.Contains(stderr.String(), "`variables: write`") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	var document struct {
		Steps  []struct{ Done bool }
		Errors []struct{ Code string }
	}
	must(t, json.Unmarshal([]byte(stdout.String()), &document))
	done := 0
	for _, s := range document.Steps {
		if s.Done {
			done++
		}
	}
	if done != 4 || len(document.Errors) != 1 || document.Errors[0].Code != "MD0858" {
		t.Errorf("%d done, %+v", done, document)
	}

	b, stdout, _ = again(a)
	if b.githubSetup(t.Context(), o, standing) == nil || !strings.HasSuffix(stdout.String(), "Done: 0 of 4 steps on o/r.\n") {
		t.Errorf("%s", stdout)
	}
	hub.Refuses = ""
	b, stdout, _ = again(a)
	if err := b.githubSetup(t.Context(), o, standing); err != nil || !strings.HasSuffix(stdout.String(), "Done: 4 steps on o/r.\n") {
		t.Errorf("%v, %s", err, stdout)
	}
}

// What is watched already stays watched, whoever is set up.
func TestWatchedEnvironments(t *testing.T) {
	t.Parallel()
	e := func(name string) []*environment.Environment { return []*environment.Environment{{Name: name}} }
	plan := func(name, value string) map[string]roles {
		return map[string]roles{name: {plan: role(planRoleVariable(name), engine.Value{Value: value, Known: true}, undeployed)}}
	}
	production := watchedOf(e("production"), "", plan("production", "arn"), nil)
	const one = `{"environment":"production","role":"AWS_PLAN_ROLE_ARN_PRODUCTION","region":"AWS_REGION_PRODUCTION"}`
	const two = `[` + one + `,{"environment":"staging","role":"AWS_PLAN_ROLE_ARN_STAGING","region":"AWS_REGION"}]`
	listed := map[string]string{environmentsVariable: production.Value}
	for name, c := range map[string]struct{ got, want github.Variable }{
		"the first":       {production, github.Variable{Name: environmentsVariable, Value: "[" + one + "]"}},
		"another":         {watchedOf(e("staging"), "eu-west-1", plan("staging", "arn"), listed), github.Variable{Name: environmentsVariable, Value: two}},
		"the same again":  {watchedOf(e("production"), "", plan("production", "arn"), map[string]string{environmentsVariable: two}), github.Variable{Name: environmentsVariable, Value: two}},
		"not deployed":    {watchedOf(e("staging"), "", plan("staging", ""), nil), github.Variable{Name: environmentsVariable, Unknown: undeployed}},
		"somebody else's": {watchedOf(e("staging"), "", plan("staging", "arn"), map[string]string{environmentsVariable: "staging"}), github.Variable{Name: environmentsVariable, Unknown: "it is not the list that this command writes: delete it for a new one"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestGitHubSetupInSeveralRegions(t *testing.T) {
	t.Parallel()
	environments := threeEnvironments()
	environments["dev-1"] = settings("aws", "eu-west-1", false)
	a, hub, _, stderr := onGitHub(t, environments)
	o := setupOptions{branch: "main", environments: []string{"dev-1"}, apply: true}
	if code := a.exit(a.githubSetup(t.Context(), o, standing)); code != ExitOK {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	if diff := cmp.Diff(map[string]string{"AWS_REGION_DEV_1": "eu-west-1"}, hub.Variables); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"AWS_REGION": "eu-west-1"}, hub.Environments["dev-1"].Variables); diff != "" {
		t.Error(diff)
	}
}

func TestGitHubSetupNames(t *testing.T) {
	t.Parallel()
	a, hub, _, _ := onGitHub(t, map[string]string{"a-b": settings("aws", "ap-northeast-1", false), "a_b": settings("aws", "ap-northeast-1", false)})
	if err := a.githubSetup(t.Context(), setupOptions{branch: "main", apply: true}, standing); !problem.Is(err, problem.Usage) || len(hub.Requests) > 0 {
		t.Errorf("%v", err)
	}
}

func TestGitHubSetupArguments(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		options setupOptions
		flag    string // of the problem; "" is well
	}{
		"none":                 {setupOptions{branch: "main"}, ""},
		"all":                  {setupOptions{environments: []string{"a", "b"}, repository: "o/r", branch: "release/1.x", reviewers: []string{"ann", "@o/team"}}, ""},
		"one twice":            {setupOptions{environments: []string{"a", "a"}, branch: "main"}, "named twice"},
		"no repository":        {setupOptions{repository: "r", branch: "main"}, "--repository"},
		"a pattern":            {setupOptions{branch: "release/*"}, "--branch"},
		"no branch":            {setupOptions{}, "--branch"},
		"no reviewer":          {setupOptions{branch: "main", reviewers: []string{"a b"}}, "--reviewer"},
		"a reviewer by a path": {setupOptions{branch: "main", reviewers: []string{"../user"}}, "--reviewer"},
		"too many reviewers":   {setupOptions{branch: "main", reviewers: slices.Repeat([]string{"a"}, 7)}, "--reviewer"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.options.validate()
			if c.flag == "" && err != nil || c.flag != "" && (!problem.Is(err, problem.Usage) || !strings.Contains(err.Error(), c.flag)) {
				t.Errorf("%v", err)
			}
		})
	}
}
