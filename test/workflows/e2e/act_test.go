package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// event is what starts a workflow.
type event struct {
	name   string // push, workflow_dispatch, pull_request, schedule
	ref    string // refs/heads/main where it says nothing else
	inputs map[string]string
	body   map[string]any
}

func dispatched(inputs map[string]string) event {
	return event{name: "workflow_dispatch", inputs: inputs}
}

// result is how a run ended.
type result struct {
	code      int
	jobs      map[string]string // success or failure, by the jobs' ids; those that did not run are missing
	steps     map[string]string // the same, by job/step
	summaries map[string]string // by job
	log       string            // what the steps wrote, and how they failed
}

// act gives the program, which the Makefile builds.
func act(t *testing.T) string {
	t.Helper()
	program := filepath.Join(kit.Repository(), "bin", "tools", "act")
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("act is missing: run `make bin/tools/act`, or the tests by `make test-workflows`: %v", err)
	}
	return program
}

// run is a workflow at work.
type run struct {
	place *place
	cmd   *exec.Cmd
	out   bytes.Buffer
	done  chan struct{}
}

// start starts a workflow as GitHub does on an event. review says whether a job that
// needs an approval gets it; it is asked while the job waits.
func (p *place) start(workflow string, e event, review func(job string) bool) *run {
	p.t.Helper()
	p.runs++
	p.runner.mu.Lock()
	p.runner.review = review
	p.runner.mu.Unlock()
	dir := p.t.TempDir()
	body := map[string]any{"repository": map[string]any{"full_name": "o/r", "default_branch": "main"}}
	if e.inputs != nil {
		body["inputs"] = e.inputs
	}
	for key, value := range e.body {
		body[key] = value
	}
	text, err := json.Marshal(body)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "event.json"), text, 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	ref := e.ref
	if ref == "" {
		ref = "refs/heads/main"
	}
	args := []string{
		e.name, "--json", "--workflows", filepath.Join(p.repo, ".github", "workflows", workflow+".yml"), "--directory", p.repo, "--eventpath", filepath.Join(dir, "event.json"),
		"--actor", "ann", "--defaultbranch", "main", "--platform", "ubuntu-24.04=-self-hosted",
		"--no-skip-checkout", "--action-offline-mode", "--pull=false", "--no-cache-server", "--action-cache-path", filepath.Join(dir, "act"), "--rm",
		"--concurrent-jobs", "1", // its table of local actions is not made for several
		"--insecure-secrets", // it would hide the token, and so that somebody shows it
		"--secret-file", os.DevNull, "--var-file", os.DevNull, "--env-file", os.DevNull, "--input-file", os.DevNull,
		"--secret", "GITHUB_TOKEN=" + p.token,
		"--env", "GITHUB_API_URL=" + p.api, "--env", "GITHUB_REPOSITORY=o/r", "--env", "GITHUB_REF=" + ref, "--env", fmt.Sprintf("GITHUB_RUN_ID=%d", p.runs),
	}
	for name, value := range p.vars {
		args = append(args, "--var", name+"="+value)
	}
	for _, used := range p.runner.uses {
		name, _, _ := strings.Cut(used, "@")
		local, err := filepath.Abs(filepath.Join("testdata", "actions", filepath.Base(name)))
		if _, missing := os.Stat(local); err != nil || missing != nil {
			p.t.Fatalf("%s has no stand-in in testdata/actions: %v", used, errors.Join(err, missing))
		}
		args = append(args, "--local-repository", used+"="+local)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.t.Context()), commandLimit)
	r := &run{place: p, done: make(chan struct{})}
	r.cmd = exec.CommandContext(ctx, act(p.t), args...)
	r.cmd.Dir = dir
	r.cmd.Env = append(p.environ(), "ACT_DISABLE_VERSION_CHECK=1", "STAND_IN="+p.runner.URL+"/"+workflow, "STAND_IN_REPOSITORY="+p.repo, "STAND_IN_TOOL="+p.tool, "STAND_IN_PYTHON="+p.python,
		"STAND_IN_ARTIFACTS="+p.path("artifacts"), "STAND_IN_CALLS="+p.path("calls"))
	r.cmd.Env = append(r.cmd.Env, goSettings(p.t)...)
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
	r.cmd.Cancel = func() error { return r.cmd.Process.Signal(os.Interrupt) }
	r.cmd.WaitDelay = 30 * time.Second
	if err := r.cmd.Start(); err != nil {
		cancel()
		p.t.Fatal(err)
	}
	go func() {
		defer close(r.done)
		defer cancel()
		_ = r.cmd.Wait() // its exit code is in the state
	}()
	p.t.Cleanup(func() {
		cancel()
		<-r.done
		// act kills a step, and nothing that it started: a Terraform goes on.
		for _, left := range kit.TerraformProcesses(dir) {
			_ = syscall.Kill(-left.PID, syscall.SIGKILL)
		}
	})
	return r
}

// path gives a file or folder beside the home of the place's commands.
func (p *place) path(name string) string { return filepath.Join(p.home, name) }

// wait gives how the run ended.
func (r *run) wait() result {
	<-r.done
	ended := result{code: r.cmd.ProcessState.ExitCode(), jobs: map[string]string{}, steps: map[string]string{}, summaries: map[string]string{}}
	lines := bufio.NewScanner(&r.out)
	lines.Buffer(nil, 16<<20)
	var log strings.Builder
	for lines.Scan() {
		var line struct {
			Msg, Level, JobID, Stage, Step, StepResult, JobResult, Command, Content string
			StepID                                                                  []string
			Raw                                                                     bool `json:"raw_output"`
		}
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue
		}
		switch {
		case line.Raw, line.Command == "error", line.Level == "error":
			fmt.Fprintf(&log, "[%s] %s", line.JobID, strings.TrimRight(line.Msg, "\r\n")+"\n")
		case line.JobResult != "":
			ended.jobs[line.JobID] = line.JobResult
		case line.StepResult != "" && line.Stage == "Main" && len(line.StepID) == 1:
			ended.steps[line.JobID+"/"+line.Step] = line.StepResult
		case line.Command == "summary":
			ended.summaries[line.JobID] += line.Content
		}
	}
	ended.log = log.String()
	if strings.Contains(ended.log, r.place.token) {
		r.place.t.Error("the run shows its token")
	}
	return ended
}

// workflow runs a workflow to its end.
func (p *place) workflow(name string, e event, review func(job string) bool) result {
	p.t.Helper()
	return p.start(name, e, review).wait()
}

// approve approves.
func approve(string) bool { return true }

// goSettings are those by which a home of one's own has no part in building.
func goSettings(t *testing.T) []string {
	t.Helper()
	names := []string{"GOCACHE", "GOMODCACHE", "GONOSUMDB", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN"}
	out, err := exec.CommandContext(t.Context(), "go", append([]string{"env", "-json"}, names...)...).Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	settings := map[string]string{}
	if err := json.Unmarshal(out, &settings); err != nil {
		t.Fatal(err)
	}
	var variables []string
	for _, name := range names {
		if settings[name] != "" {
			variables = append(variables, name+"="+settings[name])
		}
	}
	return variables
}
