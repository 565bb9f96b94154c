package interrupt

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// moment is when a process dies: at a request, at an event, or at a command.
// One of the three is set.
type moment struct {
	request  string // at this one; see requestName
	nth      int    // the how manieth, from 1 (0 is 1, too)
	answered bool   // after AWS has carried it out, before anyone hears of it

	layer  string // with event: whose stream
	event  string // after Terraform has written events of this type …
	events int    // … so often

	command string // when this Terraform command is at work …
	dir     string // … in this directory
}

// strike is one death: of what and when.
type strike struct {
	name   string
	moment moment
	way    way
	// unbegun: nobody died who could have changed anything, or whose word is
	// missing, so there is nothing to resume and an ordinary apply does.
	unbegun bool
	// unplanned: the run died before anything was approved, so resuming it
	// needs a confirmation.
	unplanned bool
}

// run is an apply that is struck, resumed and struck again, and then resumed to its end.
// No strike may have a chance to come too late: what Terraform does side by side is struck
// in different journeys.
type run struct {
	lines   string // further variables
	strikes []strike
}

// journey is one test case: runs on an account that was empty before the first.
type journey struct {
	name string
	runs []run
}

func asked(request string) moment    { return moment{request: request} }
func answered(request string) moment { return moment{request: request, answered: true} }
func second(m moment) moment         { m.nth = 2; return m }
func completed(layer string, n int) moment {
	return moment{layer: layer, event: "apply_complete", events: n}
}
func during(command, dir string) moment { return moment{command: command, dir: dir} }
func state(layer string) string {
	return "PUT /interrupt-remote-deploy/states/" + layer + ".tfstate"
}
func lock(method, layer string) string {
	return method + " /interrupt-remote-deploy/states/" + layer + ".tfstate.tflock"
}

func journeys() []journey {
	return []journey{
		{"from the start", []run{{strikes: []strike{
			{name: "init of a slice", moment: during("init", "layer-network"), way: tool},
			{name: "lock taken", moment: answered(lock("PUT", "network")), way: both},
			{name: "VPC created, unheard", moment: answered("CreateVpc"), way: both},
			{name: "group without its rules", moment: asked("RevokeSecurityGroupEgress"), way: both},
			{name: "plan of a slice", moment: during("plan", "layer-app"), way: both},
			{name: "role created, unheard", moment: answered("CreateRole"), way: tool},
		}}}},
		{"from the preview", []run{{lines: "key = true", strikes: []strike{
			{name: "preview, Terraform", moment: during("plan", "preview"), way: terraform, unbegun: true},
			{name: "preview, tool", moment: during("plan", "preview"), way: tool, unplanned: true},
			{name: "key created, unheard", moment: answered("CreateKey"), way: both},
			{name: "subnet created, unheard", moment: second(answered("CreateSubnet")), way: terraform},
			{name: "resume while it adopts", moment: asked(state("network")), way: both},
			{name: "secret's value put, unheard", moment: answered("PutSecretValue"), way: both},
		}}}},
		{"from a half", []run{
			{strikes: []strike{
				{name: "5 complete", moment: completed("network", 5), way: terraform},
				{name: "resume before its record", moment: during("plan", "preview"), way: both},
				{name: "state not yet written", moment: asked(state("network")), way: tool},
				{name: "bucket created, unheard", moment: answered("PUT /interrupt-remote-app"), way: terraform},
			}},
			{lines: "revision = 2", strikes: []strike{
				{name: "subnet deleted for its successor", moment: answered("DeleteSubnet"), way: both},
				{name: "successor created, unheard", moment: answered("CreateSubnet"), way: terraform},
				{name: "successor created before, unheard", moment: answered("CreatePolicy"), way: both},
				{name: "predecessor not yet deleted", moment: asked("DeletePolicy"), way: terraform},
			}},
		}},
		{"from a whole layer", []run{
			{strikes: []strike{
				{name: "lock not yet released", moment: asked(lock("DELETE", "network")), way: both},
				{name: "5 of the next layer complete", moment: completed("app", 5), way: both},
				{name: "resume while it plans a slice", moment: during("plan", "layer-app"), way: tool},
				{name: "resume before it has its state", moment: asked(state("app")), way: terraform},
			}},
			{lines: "revision = 2", strikes: []strike{
				{name: "4 changed", moment: completed("network", 4), way: tool},
			}},
		}},
	}
}

// TestKill kills runs at all sorts of moments, goes on, and sees that in the
// end the plan is empty and the account holds what the states say.
func TestKill(t *testing.T) {
	t.Parallel()
	const atATime = 2 // a Terraform with its provider takes 0.8 GB
	free := make(chan *place, atATime)
	for range atATime {
		free <- remote(t)
	}
	for _, j := range journeys() {
		t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			p := <-free
			defer func() { free <- p }()
			p = p.of(t)
			p.empty(t)
			for _, r := range j.runs {
				p.survive(t, r)
			}
		})
	}
}

// survive carries one run out.
func (p *place) survive(t *testing.T, r run) {
	t.Helper()
	p.set(r.lines)
	for _, layer := range []string{"network", "app"} {
		// A run before may have left a stream that would be counted, and what init makes.
		for _, name := range []string{"apply.jsonl", ".terraform"} {
			if err := os.RemoveAll(p.slice(layer, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	command := []string{"apply", p.environment, "--auto-approve"}
	for _, s := range r.strikes {
		t.Logf("%s: %s %s", s.name, strings.Join(command, " "), s.way)
		p.checkTold(t, s, p.strike(t, s, command...))
		if command = []string{"apply", p.environment}; s.unplanned || s.unbegun {
			command = append(command, "--auto-approve")
		}
		if !s.unbegun {
			command = append(command, "--resume")
		}
	}
	p.Must(0, command...)
	p.Must(0, "plan", p.environment, "--detailed-exitcode")
	p.checkInventory(t)
	p.checkSettled(t)
	p.checkSecrecy(t)
}

// strike runs a command and kills what the strike says when it says.
func (p *place) strike(t *testing.T, s strike, args ...string) kit.Result {
	t.Helper()
	struck := make(chan error, 1)
	started := make(chan *kit.Running, 1)
	if s.moment.request != "" {
		p.gateway.arm(&trap{request: s.moment.request, nth: max(s.moment.nth, 1), answered: s.moment.answered, spring: func() bool {
			struck <- kill(s.way, p.Dir, <-started)
			return s.way != tool
		}})
		defer p.gateway.arm(nil)
	}
	running := p.Start(args...)
	started <- running
	if s.moment.request == "" {
		go func() { struck <- p.await(s, running) }()
	}
	select {
	case err := <-struck:
		if err != nil {
			running.Cmd.Process.Kill()
			t.Fatalf("%s: %v: %s", s.name, err, running.Wait())
		}
	case <-running.Done():
		select {
		case err := <-struck:
			if err != nil {
				t.Fatalf("%s: %v: %s", s.name, err, running.Wait())
			}
		case <-time.After(time.Second):
			t.Fatalf("%s: it ended before its moment came: %s", s.name, running.Wait())
		}
	}
	return running.Wait()
}

// await waits for an event or a command, and kills.
func (p *place) await(s strike, running *kit.Running) error {
	for {
		select {
		case <-running.Done():
			return fmt.Errorf("it ended before its moment came")
		case <-time.After(pollEvery):
		}
		if s.moment.command != "" {
			for _, each := range kit.TerraformProcesses(p.Dir) {
				if each.Command == s.moment.command && each.Dir == s.moment.dir {
					time.Sleep(100 * time.Millisecond) // let it begin its work
					return kill(s.way, p.Dir, running)
				}
			}
			time.Sleep(commandEvery)
			continue
		}
		stream, err := os.ReadFile(p.slice(s.moment.layer, "apply.jsonl"))
		if err == nil && bytes.Count(stream, []byte(`"type":"`+s.moment.event+`"`)) >= s.moment.events {
			return kill(s.way, p.Dir, running)
		}
	}
}

// checkTold sees that the death was told: by the tool, if it lives, and by the
// next status, once nobody can be at work any more.
func (p *place) checkTold(t *testing.T, s strike, result kit.Result) {
	t.Helper()
	if s.way == terraform {
		if result.Code != 1 || !strings.Contains(result.Stderr, string(problem.TerraformCrashed)) {
			t.Fatalf("%s: want exit code 1 and %s of a killed Terraform: %s", s.name, problem.TerraformCrashed, result)
		}
	}
	if s.unbegun {
		if told := p.status(); len(told.Interrupted) > 0 || told.Lease != nil {
			t.Errorf("%s: status tells of a run that had not begun: %+v", s.name, told)
		}
		return
	}
	eventually(t, 15*time.Second, "status tells what was interrupted", func() bool {
		return len(p.status().Interrupted) > 0
	})
}

// checkSettled sees that nothing of any run is left in the way of the next.
func (p *place) checkSettled(t *testing.T) {
	t.Helper()
	if left := p.status(); len(left.Interrupted) > 0 || left.Lease != nil {
		t.Errorf("not settled: %+v", left)
	}
	for _, key := range p.keys(t, "states/") {
		if strings.HasSuffix(key, ".tflock") {
			t.Errorf("%s is left", key)
		}
	}
	if left := kit.TerraformProcesses(p.Dir); len(left) > 0 {
		t.Errorf("Terraform is left at work: %v", left)
	}
}
