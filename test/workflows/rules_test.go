package workflows

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/goal-mandala/mandala-deploy/test/shell"
)

// credentials is the action that trades a run's token for a role of AWS.
const credentials = "aws-actions/configure-aws-credentials"

var (
	pinned   = regexp.MustCompile(`^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+@[0-9a-f]{40}$`)
	released = regexp.MustCompile(`^# v[0-9]+\.[0-9]+\.[0-9]+$`)
)

// check gives what a workflow does against the policy, a line for each.
func check(ctx context.Context, file string, content []byte) []string {
	w, err := parseWorkflow(file, content)
	if err != nil {
		return []string{err.Error()}
	}
	var faults []string
	fault := func(where, what string) { faults = append(faults, where+": "+what) }
	for _, event := range w.events() {
		if event == "pull_request_target" || event == "workflow_run" {
			fault(file, event+" runs what a pull request brings with the branch's rights")
		}
	}
	if !empty(w.Permissions) {
		fault(file, "the workflow's own permissions are not {}")
	}
	if len(w.Jobs) == 0 {
		fault(file, "no jobs")
	}
	for _, j := range w.Jobs {
		where := file + ": job " + j.name
		for _, what := range j.faults() {
			fault(where, what)
		}
		for _, what := range stepFaults(ctx, j.Steps) {
			fault(where, what)
		}
	}
	return faults
}

// checkAction gives what a composite action does against the policy.
func checkAction(ctx context.Context, file string, content []byte) []string {
	steps, err := parseAction(file, content)
	if err != nil {
		return []string{err.Error()}
	}
	var faults []string
	for _, what := range stepFaults(ctx, steps) {
		faults = append(faults, file+": "+what)
	}
	return faults
}

// empty reports whether a node is {}.
func empty(node yaml.Node) bool { return node.Kind == yaml.MappingNode && len(node.Content) == 0 }

// faults gives what a job as a whole does against the policy.
func (j job) faults() []string {
	var faults []string
	if j.Permissions.Kind != yaml.MappingNode {
		faults = append(faults, "its permissions are not named one by one")
	}
	called := j.Uses.Value != "" // such a job's timeouts are those of the jobs that it calls
	if called {
		faults = append(faults, pinFaults(j.Uses)...)
	}
	if j.Timeout.IsZero() && !called {
		faults = append(faults, "no timeout-minutes")
	}
	asks := slices.ContainsFunc(j.Steps, func(s step) bool { return s.action() == credentials })
	if j.permission("id-token") == "write" && !asks {
		faults = append(faults, "id-token: write, and nothing that takes a role of AWS")
	}
	var changes, far bool
	for _, s := range j.Steps {
		for _, each := range shell.Calls(s.Run) {
			changes = changes || each.Changes()
			far = far || each.Changes() && !each.Local()
		}
	}
	if changes && (j.Concurrency.Group == "" || j.Concurrency.Cancel.Value != "false") {
		faults = append(faults, "it changes an environment without a concurrency group with cancel-in-progress: false")
	}
	if far && j.Environment.IsZero() {
		faults = append(faults, "it changes an environment without a GitHub Environment, whose reviewers approve")
	}
	return faults
}

// stepFaults gives what steps do against the policy.
func stepFaults(ctx context.Context, steps []step) []string {
	var faults []string
	for i, s := range steps {
		fault := func(what string) { faults = append(faults, fmt.Sprintf("step %d: %s", i+1, what)) }
		if s.Uses.Value != "" {
			for _, what := range pinFaults(s.Uses) {
				fault(what)
			}
		}
		switch s.action() {
		case "actions/checkout":
			if s.With["persist-credentials"] != "false" {
				fault("checkout leaves the run's token in the working tree: persist-credentials: false")
			}
		case credentials:
			if s.With["role-to-assume"] == "" || s.With["aws-access-key-id"] != "" {
				fault("a role is taken by the run's token, with role-to-assume, and by no key")
			}
		}
		// What stands between ${{ and }} becomes a part of the script before a shell reads
		// it. That all of it comes by the environment needs no list of what one may trust.
		if strings.Contains(s.Run, "${{") || strings.Contains(s.With["script"], "${{") {
			fault("a script holds ${{ }}: hand it over by env")
		}
		for _, each := range shell.Calls(s.Run) {
			if each.Before != "exec" {
				fault(fmt.Sprintf("%s is not called by exec: signals would not reach it", shell.Program))
			}
			if what := each.Fault(ctx); what != "" {
				fault(fmt.Sprintf("%s %s: %s", shell.Program, strings.Join(each.Args, " "), what))
			}
		}
	}
	return faults
}

// pinFaults gives what is wrong with the version of an action or workflow. Those of
// this repository have that of the run.
func pinFaults(uses yaml.Node) []string {
	switch {
	case strings.HasPrefix(uses.Value, "./"):
		return nil
	case !pinned.MatchString(uses.Value):
		return []string{uses.Value + " is not pinned by a commit's 40 digits"}
	case !released.MatchString(uses.LineComment):
		return []string{uses.Value + " does not say which release that is, such as # v1.2.3"}
	}
	return nil
}
