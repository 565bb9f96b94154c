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
	moment moment
	way    way
}

// killing is one test case: a run that is struck, perhaps resumes that are
// struck again, and then a resume to the end.
type killing struct {
	name    string
	from    int    // revision that was applied before; 0: nothing was
	lines   string // further variables
	strikes []strike
	// unbegun: nobody died who could have changed anything, or whose word is
	// missing, so there is nothing to resume and an ordinary apply does.
	unbegun bool
	// unplanned: the run died before anything was approved, so resuming it
	// needs a confirmation.
	unplanned bool
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
func once(m moment, how way) []strike { return []strike{{m, how}} }

func killings() []killing {
	const key = "key = true"
	return []killing{
		// Before anything is changed.
		{name: "preview", strikes: once(during("plan", "preview"), tool), unplanned: true},
		{name: "preview", strikes: once(during("plan", "preview"), terraform), unbegun: true},
		{name: "init of a slice", strikes: once(during("init", "layer-network"), tool)},
		{name: "plan of a slice", strikes: once(during("plan", "layer-app"), both)},
		// When Terraform has its lock.
		{name: "lock taken", strikes: once(answered(lock("PUT", "network")), both)},
		// In the middle of a creation.
		{name: "VPC created, unheard", strikes: once(answered("CreateVpc"), both)},
		{name: "subnet created, unheard", strikes: once(second(answered("CreateSubnet")), terraform)},
		{name: "group without its rules", strikes: once(asked("RevokeSecurityGroupEgress"), both)},
		{name: "key created, unheard", lines: key, strikes: once(answered("CreateKey"), both)},
		{name: "role created, unheard", strikes: once(answered("CreateRole"), tool)},
		{name: "secret's value put, unheard", strikes: once(answered("PutSecretValue"), both)},
		{name: "bucket created, unheard", strikes: once(answered("PUT /interrupt-remote-app"), terraform)},
		// Created, told, and in no state yet.
		{name: "5 complete", strikes: once(completed("network", 5), terraform)},
		{name: "state not yet written", strikes: once(asked(state("network")), tool)},
		{name: "lock not yet released", strikes: once(asked(lock("DELETE", "network")), both)},
		// While things are changed.
		{name: "subnet deleted for its successor", from: 1, strikes: once(answered("DeleteSubnet"), both)},
		{name: "successor created, unheard", from: 1, strikes: once(answered("CreateSubnet"), terraform)},
		{name: "successor created before, unheard", from: 1, strikes: once(answered("CreatePolicy"), both)},
		{name: "predecessor not yet deleted", from: 1, strikes: once(asked("DeletePolicy"), terraform)},
		{name: "4 changed", from: 1, strikes: once(completed("network", 4), tool)},
		// While a run is resumed.
		{name: "resume before its record", strikes: []strike{{completed("network", 9), both}, {during("plan", "preview"), both}}},
		{name: "resume while it adopts", strikes: []strike{{second(answered("CreateSubnet")), both}, {asked(state("network")), both}}},
		{name: "resume while it plans a slice", strikes: []strike{{completed("app", 5), both}, {during("plan", "layer-app"), tool}, {asked(state("app")), terraform}}},
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
	for _, c := range killings() {
		name := c.name
		for _, s := range c.strikes {
			name += " " + string(s.way)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := <-free
			defer func() { free <- p }()
			p.of(t).survive(t, c)
		})
	}
}

// survive carries one case out.
func (p *place) survive(t *testing.T, c killing) {
	p.empty(t)
	revision := ""
	if c.from > 0 {
		p.set(c.lines)
		p.Must(0, "apply", p.environment, "--auto-approve")
		revision = fmt.Sprintf("\nrevision = %d", c.from+1)
	}
	p.set(c.lines + revision)
	for _, layer := range []string{"network", "app"} {
		// The case before may have left a stream that would be counted.
		left := []string{p.slice(layer, "apply.jsonl")}
		if c.strikes[0].moment.command == "init" {
			left = append(left, p.slice(layer, ".terraform"))
		}
		for _, path := range left {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	command := []string{"apply", p.environment, "--auto-approve"}
	for _, s := range c.strikes {
		result := p.strike(t, s, command...)
		p.checkTold(t, c, s, result)
		if command = []string{"apply", p.environment}; c.unplanned || c.unbegun {
			command = append(command, "--auto-approve")
		}
		if !c.unbegun {
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
			t.Fatalf("%v: %s", err, running.Wait())
		}
	case <-running.Done():
		select {
		case err := <-struck:
			if err != nil {
				t.Fatalf("%v: %s", err, running.Wait())
			}
		case <-time.After(time.Second):
			t.Fatalf("it ended before its moment came: %s", running.Wait())
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
func (p *place) checkTold(t *testing.T, c killing, s strike, result kit.Result) {
	t.Helper()
	if s.way == terraform {
		if result.Code != 1 || !strings.Contains(result.Stderr, string(problem.TerraformCrashed)) {
			t.Fatalf("want exit code 1 and %s of a killed Terraform: %s", problem.TerraformCrashed, result)
		}
	}
	if c.unbegun {
		if told := p.status(); len(told.Interrupted) > 0 || told.Lease != nil {
			t.Errorf("status tells of a run that had not begun: %+v", told)
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
