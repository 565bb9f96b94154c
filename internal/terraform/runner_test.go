package terraform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// realRunner runs the real Terraform of the machine. The roots of these tests
// need no provider but the built-in one.
func realRunner(t *testing.T) *Runner {
	t.Helper()
	env := environMap(os.Environ())
	env["TF_VAR_note"] = "from the environment"
	env["TF_CLI_ARGS_plan"] = "-destroy" // must not get through
	return newRunner(t, Options{Env: env, MirrorRoots: []string{}})
}

// newRoot writes main.tf into a new directory.
func newRoot(t *testing.T, config string) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "main.tf"), config)
	return dir
}

// planned is a directory that is initialised and planned.
func planned(t *testing.T, runner *Runner, config string, options engine.PlanOptions) (string, *tfjson.Plan) {
	t.Helper()
	dir := newRoot(t, config)
	if err := runner.Init(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	plan, err := runner.Plan(t.Context(), dir, options)
	if err != nil {
		t.Fatal(err)
	}
	return dir, plan
}

func actions(plan *tfjson.Plan) map[string]tfjson.Actions {
	all := map[string]tfjson.Actions{}
	for _, change := range plan.ResourceChanges {
		all[change.Address] = change.Change.Actions
	}
	return all
}

const twoResources = `
terraform {
  required_version = ">= 1.11"
}
variable "note" {
  type    = string
  default = "none"
}
variable "count_of_b" {
  type    = number
  default = 1
}
resource "terraform_data" "a" {
  input = var.note
}
resource "terraform_data" "b" {
  count = var.count_of_b
  input = terraform_data.a.id
}
output "note" {
  value = terraform_data.a.output
}
`

func TestPlanAndApply(t *testing.T) {
	t.Parallel()
	runner := realRunner(t)
	values := filepath.Join(t.TempDir(), "values.tfvars")
	writeFile(t, values, "count_of_b = 2\n")
	dir, plan := planned(t, runner, twoResources, engine.PlanOptions{VarFiles: []string{values}})
	create := tfjson.Actions{tfjson.ActionCreate}
	want := map[string]tfjson.Actions{
		"terraform_data.a": create, "terraform_data.b[0]": create, "terraform_data.b[1]": create,
	}
	if diff := cmp.Diff(want, actions(plan)); diff != "" {
		t.Errorf("planned (-want +got):\n%s", diff)
	}
	if got := plan.Variables["note"].Value; got != "from the environment" {
		t.Errorf("TF_VAR_note did not come through: %v", got)
	}

	var process engine.Process
	var events []engine.Event
	err := runner.Apply(t.Context(), dir, engine.ApplyOptions{Started: func(p engine.Process) {
		process = p
		if alive, known := ProcessAlive(p); !alive || !known {
			t.Errorf("started process %+v: alive %v, known %v", p, alive, known)
		}
	}}, func(e engine.Event) { events = append(events, e) })
	if err != nil {
		t.Fatal(err)
	}
	if alive, known := ProcessAlive(process); alive || !known {
		t.Errorf("ended process %+v: alive %v, known %v", process, alive, known)
	}
	completed := map[string]string{}
	for _, e := range events {
		if e.Kind == engine.ApplyComplete && e.Action == "create" && e.IDKey == "id" && e.IDValue != "" && e.Type == "terraform_data" {
			completed[e.Address] = e.Type
		}
	}
	if len(completed) != 3 || events[0].Kind != engine.ApplyStart || events[0].Address != "terraform_data.a" {
		t.Errorf("events: %+v", events)
	}

	file, err := os.Open(filepath.Join(dir, engine.EventsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("events file: %v, mode %v, want 0600", err, info.Mode())
	}
	var journal []engine.Event
	if err := ReadEvents(file, func(e engine.Event) { journal = append(journal, e) }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(events, journal); diff != "" {
		t.Errorf("the file differs from what was handed over (-handed +file):\n%s", diff)
	}

	// Nothing left to do: an empty plan is applied without an event.
	again, err := runner.Plan(t.Context(), dir, engine.PlanOptions{VarFiles: []string{values}})
	if err != nil {
		t.Fatal(err)
	}
	noop := tfjson.Actions{tfjson.ActionNoop}
	want = map[string]tfjson.Actions{"terraform_data.a": noop, "terraform_data.b[0]": noop, "terraform_data.b[1]": noop}
	if diff := cmp.Diff(want, actions(again)); diff != "" {
		t.Errorf("second plan (-want +got):\n%s", diff)
	}
	if err := runner.Apply(t.Context(), dir, engine.ApplyOptions{}, nil); err != nil {
		t.Errorf("applying an empty plan: %v", err)
	}

	replaced, err := runner.Plan(t.Context(), dir, engine.PlanOptions{
		VarFiles: []string{values}, Replace: []string{"terraform_data.a"}, Targets: []string{"terraform_data.a"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want = map[string]tfjson.Actions{"terraform_data.a": {tfjson.ActionDelete, tfjson.ActionCreate}}
	if diff := cmp.Diff(want, actions(replaced)); diff != "" {
		t.Errorf("targeted replacement (-want +got):\n%s", diff)
	}
	if _, err := runner.Plan(t.Context(), dir, engine.PlanOptions{Destroy: true, VarFiles: []string{values}}); err != nil {
		t.Fatal(err)
	}
	if err := runner.Apply(t.Context(), dir, engine.ApplyOptions{}, nil); err != nil {
		t.Errorf("applying a destroy plan: %v", err)
	}
}

// A brief plan names the same changes as the whole one, of every kind.
func TestBriefPlan(t *testing.T) {
	t.Parallel()
	runner := realRunner(t)
	const before = `
resource "terraform_data" "goes" {}
resource "terraform_data" "stays" {}
resource "terraform_data" "moves" {}
resource "terraform_data" "changes" { input = "x" }
resource "terraform_data" "again" { triggers_replace = "x" }
resource "terraform_data" "forgotten" {}
`
	const after = `
resource "terraform_data" "stays" {}
resource "terraform_data" "comes" { count = 2 }
resource "terraform_data" "moved" {}
resource "terraform_data" "changes" { input = "y" }
resource "terraform_data" "again" { triggers_replace = "y" }
moved {
  from = terraform_data.moves
  to   = terraform_data.moved
}
removed {
  from = terraform_data.forgotten
  lifecycle {
    destroy = false
  }
}
`
	dir, _ := planned(t, runner, before, engine.PlanOptions{})
	if err := runner.Apply(t.Context(), dir, engine.ApplyOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "main.tf"), after)
	changes := func(options engine.PlanOptions) map[string]string {
		plan, err := runner.Plan(t.Context(), dir, options)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		for _, c := range change.FromPlan(plan, change.Options{StatefulTypes: []string{"terraform_data"}}).Changes {
			all[c.Address] = fmt.Sprintf("%s %s, was %q, stateful %v", c.Operation, c.Type, c.MovedFrom, c.Stateful)
		}
		return all
	}
	whole := changes(engine.PlanOptions{NoRefresh: true})
	if diff := cmp.Diff(whole, changes(engine.PlanOptions{NoRefresh: true, Brief: true})); diff != "" || len(whole) != 7 {
		t.Errorf("%d changes (-whole +brief):\n%s", len(whole), diff)
	}
}

func TestFailuresOfRealTerraform(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config  string
		code    problem.Code
		summary string
		line    int
	}{
		"variable of the wrong type": {
			config: "variable \"note\" {\n  type = number\n}\n", code: problem.InvalidVariables,
			summary: "Invalid value for input variable", line: 1,
		},
		"variable refused by its validation": {
			config: "variable \"note\" {\n  type = string\n  validation {\n    condition     = var.note == \"x\"\n" +
				"    error_message = \"must be x\"\n  }\n}\n",
			code: problem.InvalidVariables, summary: "Invalid value for variable", line: 1,
		},
		"precondition": {
			config: "variable \"note\" {}\nresource \"terraform_data\" \"a\" {\n  lifecycle {\n    precondition {\n" +
				"      condition = var.note == \"x\"\n      error_message = \"never\"\n    }\n  }\n}\n",
			code: problem.TerraformFailed, summary: "Resource precondition failed", line: 5,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runner := realRunner(t)
			dir := newRoot(t, test.config)
			if err := runner.Init(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
			_, err := runner.Plan(t.Context(), dir, engine.PlanOptions{})
			if !problem.Is(err, test.code) {
				t.Errorf("got %v, want %s", err, test.code)
			}
			var failure *engine.DiagnosticsError
			if !errors.As(err, &failure) {
				t.Fatalf("no diagnostics in %v", err)
			}
			d := failure.Diagnostics[0]
			if d.Summary != test.summary || d.File != "main.tf" || d.Line != test.line {
				t.Errorf("diagnostic %+v, want %q at main.tf:%d", d, test.summary, test.line)
			}
		})
	}
}

func TestFailedApply(t *testing.T) {
	t.Parallel()
	runner := realRunner(t)
	dir, _ := planned(t, runner, `
resource "terraform_data" "good" {}
resource "terraform_data" "bad" {
  depends_on = [terraform_data.good]
  provisioner "local-exec" {
    command = "exit 3"
  }
}
`, engine.PlanOptions{})
	kinds := map[string]engine.EventKind{}
	err := runner.Apply(t.Context(), dir, engine.ApplyOptions{}, func(e engine.Event) { kinds[e.Address] = e.Kind })
	if !problem.Is(err, problem.TerraformFailed) || !strings.Contains(err.Error(), "local-exec") {
		t.Errorf("got %v, want %s about local-exec", err, problem.TerraformFailed)
	}
	want := map[string]engine.EventKind{
		"terraform_data.good": engine.ApplyComplete, "terraform_data.bad": engine.EventDiagnostic,
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("last events (-want +got):\n%s", diff)
	}
}

func TestInterruptedApply(t *testing.T) {
	t.Parallel()
	runner := realRunner(t)
	dir, _ := planned(t, runner, `
resource "terraform_data" "first" {
  provisioner "local-exec" {
    command = "sleep 1"
  }
}
resource "terraform_data" "second" {
  input = terraform_data.first.id
  provisioner "local-exec" {
    command = "sleep 60"
  }
}
resource "terraform_data" "third" {
  input = terraform_data.second.id
}
`, engine.PlanOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var pid int
	options := engine.ApplyOptions{Started: func(p engine.Process) { pid = p.PID }}
	err := runner.Apply(ctx, dir, options, func(e engine.Event) {
		if e.Kind == engine.ApplyStart && e.Address == "terraform_data.second" {
			cancel()
		}
	})
	waitFor(t, "what Terraform had started to end", func() bool { return groupEnded(pid) })
	if !problem.Is(err, problem.Interrupted) || !errors.Is(err, problem.ErrInterrupted) {
		t.Errorf("got %v, want %s", err, problem.Interrupted)
	}
	if got := stateAddresses(t, dir); !cmp.Equal(got["terraform_data.first"], true) || got["terraform_data.third"] {
		t.Errorf("state after the interrupt: %v; want first in it and third not", got)
	}
	cancelled, stop := context.WithCancel(t.Context())
	stop()
	if err := runner.Apply(cancelled, dir, engine.ApplyOptions{}, nil); !problem.Is(err, problem.Interrupted) {
		t.Errorf("with a cancelled context: %v, want %s", err, problem.Interrupted)
	}
}

// TestStateLocked applies two roots with one state at the same time.
func TestStateLocked(t *testing.T) {
	t.Parallel()
	runner := realRunner(t)
	config := fmt.Sprintf("terraform {\n  backend \"local\" {\n    path = %q\n  }\n}\n%s",
		filepath.Join(t.TempDir(), "shared.tfstate"), slowRoot)
	first, _ := planned(t, runner, config, engine.PlanOptions{})
	second, _ := planned(t, runner, config, engine.PlanOptions{})
	var blocked error
	err := runner.Apply(t.Context(), first, engine.ApplyOptions{}, func(e engine.Event) {
		if e.Kind == engine.ApplyStart && e.Address == "terraform_data.second" {
			blocked = runner.Apply(t.Context(), second, engine.ApplyOptions{}, nil)
		}
	})
	if err != nil {
		t.Errorf("the first apply: %v", err)
	}
	if !problem.Is(blocked, problem.StateLocked) || !strings.Contains(blocked.Error(), "is locked by ") {
		t.Errorf("the second apply: %v, want %s with the holder", blocked, problem.StateLocked)
	}
}

func TestWriteProblem(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]problem.Code{
		&os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}: problem.DiskFull,
		&os.PathError{Op: "open", Path: "x", Err: syscall.EACCES}:  problem.WorkDirectory,
	} {
		if err := writeProblem("writing x", cause); !problem.Is(err, want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// waitFor polls until met holds; it fails the test after 30 s.
func waitFor(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !met(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited 30 s for %s", what)
		}
	}
}
