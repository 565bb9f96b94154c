// Package workflows holds the workflows in .github to a policy: who may do what, that
// nothing foreign gets into a script, that what they call of the command line exists,
// and that a run which changes an environment is neither alone nor cancelled.
package workflows

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/test/shell"
)

// github is the repository's folder of workflows and actions.
const github = "../../.github"

func TestWorkflowsKeepThePolicy(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "workflows/*.y*ml") {
		for _, fault := range check(t.Context(), filepath.Base(file), read(t, file)) {
			t.Error(fault)
		}
	}
	for _, file := range files(t, "actions/*/action.y*ml") {
		for _, fault := range checkAction(t.Context(), filepath.Base(filepath.Dir(file)), read(t, file)) {
			t.Error(fault)
		}
	}
}

// What the workflows have the command line do, in this order: also what a GitLab or a
// shell has to say.
func TestWorkflowsCallTheCommandLine(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"ci.yml": nil,
		"deploy-production.yml": {
			`release build $VERSION`,
			`plan production --version $VERSION --refresh=false --out $RUNNER_TEMP/approval.json`,
			`apply production --version $VERSION --approval $RUNNER_TEMP/approval.json --reason $REASON`,
			`apply production --resume --reason $REASON`,
			`verify production --area health,security,monitoring,data --junit $RUNNER_TEMP/verification.xml`,
			`github publish production`,
		},
		"drift.yml": {`drift $ENVIRONMENT --issue`},
		"nightly.yml": {
			`release build v0.0.0-rehearsal.1 --environment local`,
			`apply local --version v0.0.0-rehearsal.1 --auto-approve`,
			`release build v0.0.0-rehearsal.2 --environment local`,
			`apply local --version v0.0.0-rehearsal.2 --auto-approve`,
			`rollback local --version v0.0.0-rehearsal.1 --reason nightly rehearsal --confirm rollback`,
			`verify local --area health,security,monitoring,data --junit $RUNNER_TEMP/verification.xml`,
			`history local`,
			`destroy local --confirm local`,
			`local logs --lines 200`,
			`local down`,
		},
		"pull-request.yml": {`github report $RUNNER_TEMP/results --comment`},
		"plan.yml":         {`plan $ENVIRONMENT --refresh=false --comment --out $RUNNER_TEMP/approval.json`},
		"rollback-production.yml": {
			`rollback production --version $VERSION --reason $REASON --confirm $CONFIRM`,
			`verify production --area health,security,monitoring,data --junit $RUNNER_TEMP/verification.xml`,
			`github publish production`,
		},
	}
	got := map[string][]string{}
	for _, file := range files(t, "workflows/*.y*ml") {
		w, err := parseWorkflow(filepath.Base(file), read(t, file))
		if err != nil {
			t.Fatal(err)
		}
		got[w.file] = nil
		for _, j := range w.Jobs {
			for _, s := range j.Steps {
				for _, each := range shell.Calls(s.Run) {
					got[w.file] = append(got[w.file], strings.Join(each.Args, " "))
				}
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// The guide tells people to call what there is.
func TestTheGuideCallsWhatThereIs(t *testing.T) {
	t.Parallel()
	count := 0
	for _, block := range code.FindAllStringSubmatch(string(read(t, "../../docs/pipeline.md")), -1) {
		for _, each := range shell.Calls(block[1]) {
			count++
			if fault := each.Fault(t.Context()); fault != "" {
				t.Errorf("docs/pipeline.md: %s %s: %s", shell.Program, strings.Join(each.Args, " "), fault)
			}
		}
	}
	if count < 10 {
		t.Errorf("only %d calls are found", count)
	}
}

var code = regexp.MustCompile("(?s)```(?:sh|yaml)\n(.*?)```")

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(github, pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	return found
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// sound keeps the policy.
const sound = `
on:
  workflow_dispatch:
    inputs: { version: { type: string } }
permissions: {}
jobs:
  apply:
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    permissions:
      contents: read
      id-token: write
    environment: production
    concurrency:
      group: production
      cancel-in-progress: false
    steps:
      - uses: actions/checkout@0123456789012345678901234567890123456789 # v1.2.3
        with:
          persist-credentials: false
      - uses: ./.github/actions/tool
      - uses: aws-actions/configure-aws-credentials@0123456789012345678901234567890123456789 # v1.2.3
        with:
          role-to-assume: arn
          aws-region: ap-northeast-1
      - env:
          VERSION: ${{ inputs.version }}
        run: exec bin/mandala-deploy apply production --version "$VERSION" > apply.txt
`

func TestThePolicyCatches(t *testing.T) {
	t.Parallel()
	if faults := check(t.Context(), "sound.yml", []byte(sound)); len(faults) > 0 {
		t.Fatalf("what keeps the policy: %q", faults)
	}
	const (
		checkout = "actions/checkout@0123456789012345678901234567890123456789 # v1.2.3"
		line     = `exec bin/mandala-deploy apply production --version "$VERSION" > apply.txt`
		limits   = "    concurrency:\n      group: production\n      cancel-in-progress: false\n"
		scripted = "      - env:\n          VERSION: ${{ inputs.version }}\n        run: " + line
	)
	cases := map[string]struct{ old, changed, want string }{
		"a tag":                        {checkout, "actions/checkout@v4", "step 1: actions/checkout@v4 is not pinned"},
		"a short commit":               {checkout, "actions/checkout@0123456 # v1.2.3", "is not pinned"},
		"a branch":                     {checkout, "actions/checkout@main", "is not pinned"},
		"no version":                   {checkout, "actions/checkout", "is not pinned"},
		"an image":                     {checkout, "docker://alpine:3", "docker://alpine:3 is not pinned"},
		"a commit of no release":       {checkout, "actions/checkout@0123456789012345678901234567890123456789", "does not say which release"},
		"a foreign workflow":           {"    runs-on: ubuntu-24.04\n", "    uses: o/r/.github/workflows/w.yml@main\n", "job apply: o/r/.github/workflows/w.yml@main is not pinned"},
		"all permissions":              {"permissions: {}", "permissions: write-all", "sound.yml: the workflow's own permissions are not {}"},
		"a permission for all jobs":    {"permissions: {}", "permissions: { contents: read }", "the workflow's own permissions are not {}"},
		"permissions as they come":     {"permissions: {}\n", "", "the workflow's own permissions are not {}"},
		"a job's as they come":         {"    permissions:\n      contents: read\n      id-token: write\n", "", "job apply: its permissions are not named"},
		"all of a job's":               {"    permissions:\n      contents: read\n      id-token: write\n", "    permissions: read-all\n", "job apply: its permissions are not named"},
		"no timeout":                   {"    timeout-minutes: 60\n", "", "job apply: no timeout-minutes"},
		"an input in a script":         {line, "echo ${{ inputs.version }}", "step 4: a script holds ${{ }}"},
		"a title in a script":          {line, "echo ${{ github.event.pull_request.title }}", "a script holds ${{ }}"},
		"a branch's name in a script":  {line, "git push origin '${{github.head_ref}}'", "a script holds ${{ }}"},
		"a secret in a script":         {line, "curl -u x:${{ secrets.TOKEN }} x", "a script holds ${{ }}"},
		"an input in a longer script":  {line, "|\n          set -e\n          x=\"${{ inputs.version }}\"", "a script holds ${{ }}"},
		"an input in JavaScript":       {scripted, "      - uses: actions/github-script@0123456789012345678901234567890123456789 # v1.2.3\n        with: { script: \"x('${{ inputs.version }}')\" }", "a script holds ${{ }}"},
		"no concurrency":               {limits, "", "job apply: it changes an environment without a concurrency group"},
		"a run that is cancelled":      {"cancel-in-progress: false", "cancel-in-progress: true", "without a concurrency group with cancel-in-progress: false"},
		"cancelling as it comes":       {"      cancel-in-progress: false\n", "", "without a concurrency group with cancel-in-progress: false"},
		"no reviewers":                 {"    environment: production\n", "", "job apply: it changes an environment without a GitHub Environment"},
		"a rollback with no reviewers": {"    environment: production\n", "    env: {}\n", "without a GitHub Environment"},
		"the branch's rights":          {"workflow_dispatch:\n    inputs: { version: { type: string } }", "pull_request_target:", "sound.yml: pull_request_target runs"},
		"the branch's rights in short": {"on:\n  workflow_dispatch:\n    inputs: { version: { type: string } }", "on: [push, pull_request_target]", "pull_request_target runs"},
		"only the branch's rights":     {"on:\n  workflow_dispatch:\n    inputs: { version: { type: string } }", "on: workflow_run", "workflow_run runs"},
		"no such command":              {"apply production", "deploy production", "step 4: mandala-deploy deploy production --version $VERSION: there is no such command"},
		"no such command in a group":   {line, "exec bin/mandala-deploy release bild v1.0.0", "mandala-deploy release bild v1.0.0: there is no such command"},
		"a group without a command":    {line, "exec bin/mandala-deploy release", "there is no such command"},
		"no such flag":                 {"--version", "--release", "unknown flag: --release"},
		"no such flag on a next line":  {line, "|\n          exec bin/mandala-deploy plan production \\\n            --notes x", "unknown flag: --notes"},
		"a flag of another command":    {line, "exec mandala-deploy verify production --comment", "unknown flag: --comment"},
		"a value of another type":      {line, "exec mandala-deploy history production --limit many", "invalid argument"},
		"no exec":                      {line, "bin/mandala-deploy apply production", "step 4: mandala-deploy is not called by exec"},
		"in a pipe":                    {line, "true | mandala-deploy plan production", "mandala-deploy is not called by exec"},
		"a token for nothing":          {"aws-actions/configure-aws-credentials@", "aws-actions/another@", "job apply: id-token: write, and nothing"},
		"a key":                        {"role-to-assume: arn", "aws-access-key-id: AKIA", "step 3: a role is taken by the run's token"},
		"a key beside a role":          {"role-to-assume: arn", "role-to-assume: arn\n          aws-access-key-id: AKIA", "a role is taken by the run's token"},
		"a token in the working tree":  {"persist-credentials: false", "fetch-depth: 0", "step 1: checkout leaves the run's token"},
		"no jobs":                      {sound, "permissions: {}", "sound.yml: no jobs"},
		"no YAML":                      {sound, "jobs: [", "sound.yml: yaml:"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.Count(sound, c.old) < 1 {
				t.Fatalf("the sound workflow has no %q", c.old)
			}
			faults := check(t.Context(), "sound.yml", []byte(strings.Replace(sound, c.old, c.changed, 1)))
			if !slices.ContainsFunc(faults, func(fault string) bool { return strings.Contains(fault, c.want) }) {
				t.Errorf("no fault with %q among %q", c.want, faults)
			}
		})
	}
}

func TestActionsKeepThePolicyToo(t *testing.T) {
	t.Parallel()
	const action = "runs:\n  using: composite\n  steps:\n    - uses: actions/setup-go@v6\n    - run: echo ${{ inputs.x }}\n"
	want := []string{"tool: step 1: actions/setup-go@v6 is not pinned by a commit's 40 digits", "tool: step 2: a script holds ${{ }}: hand it over by env"}
	if diff := cmp.Diff(want, checkAction(t.Context(), "tool", []byte(action))); diff != "" {
		t.Error(diff)
	}
}

func TestCallsAreFound(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		script string
		want   [][]string
	}{
		"none":                {"make build", nil},
		"one":                 {"exec bin/mandala-deploy plan local", [][]string{{"exec", "plan", "local"}}},
		"quotes":              {`exec mandala-deploy apply "$A B" --reason 'x y'`, [][]string{{"exec", "apply", "$A B", "--reason", "x y"}}},
		"an empty argument":   {`exec mandala-deploy apply x --reason ""`, [][]string{{"exec", "apply", "x", "--reason", ""}}},
		"a redirection":       {"exec mandala-deploy drift x > y 2>&1", [][]string{{"exec", "drift", "x"}}},
		"a redirection near":  {"exec mandala-deploy drift x 2>y", [][]string{{"exec", "drift", "x"}}},
		"two lines":           {"a\nmandala-deploy version\nexec ./bin/mandala-deploy plan x", [][]string{{"\n", "version"}, {"exec", "plan", "x"}}},
		"a line that goes on": {"exec mandala-deploy plan x \\\n  --out y", [][]string{{"exec", "plan", "x", "--out", "y"}}},
		"a list":              {"make && exec mandala-deploy plan x; true", [][]string{{"exec", "plan", "x"}}},
		"a condition":         {"if mandala-deploy plan x; then", [][]string{{"if", "plan", "x"}}},
		"a comment":           {"# mandala-deploy plan x\ntrue # mandala-deploy", nil},
		"in quotes":           {`echo "run mandala-deploy plan"`, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got [][]string
			for _, each := range shell.Calls(c.script) {
				got = append(got, append([]string{each.Before}, each.Args...))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
