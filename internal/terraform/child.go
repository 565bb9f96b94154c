package terraform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// readerWait is how long an interrupted command that changes nothing may take
// to end before it is asked again, and then before it is killed.
const readerWait = 20 * time.Second

// command is one Terraform command with its output redirected to files of its
// directory, so that nothing of it depends on this process being alive.
type command struct {
	name   string // for messages: plan, show or apply
	args   []string
	dir    string
	stdout string        // file name in dir; "" gathers stdout in memory
	writes bool          // it changes the world: it outlives us and is never killed
	wait   time.Duration // after an interrupt, before SIGTERM
}

func (c command) stderrFile() string { return filepath.Join(c.dir, c.name+".stderr") }

// child is a running command.
type child struct {
	command
	cmd    *exec.Cmd
	memory *bytes.Buffer
	done   chan struct{} // closed when the process has ended
	err    error         // of Wait, set before done is closed
}

// start runs the command in a process group of its own: a Ctrl-C on the
// terminal reaches this process alone, which then interrupts Terraform alone.
// Providers must not get it, since they would drop what Terraform still waits
// for.
//
// terraform-exec is not used here: it has children killed with their parent
// and reads their output through a pipe, so that a killed CLI would kill an
// apply that is writing, and it refuses TF_VAR_* in the environment.
func (t *toolchain) start(c command) (*child, error) {
	cmd := exec.Command(t.binary.path, c.args...) //nolint:noctx // its context is wait's: it is interrupted, not killed
	cmd.Dir = c.dir
	cmd.Env = environList(t.env)
	cmd.SysProcAttr = processAttributes(c.writes)
	running := &child{command: c, cmd: cmd, done: make(chan struct{})}

	stderr, err := createPrivate(c.stderrFile())
	if err != nil {
		return nil, err
	}
	defer func() { _ = stderr.Close() }() // the child has its own copy
	cmd.Stderr = stderr
	if c.stdout == "" {
		running.memory = &bytes.Buffer{}
		cmd.Stdout = running.memory
		cmd.WaitDelay = 5 * time.Second // a leftover provider may hold the pipe open
	} else {
		stdout, err := createPrivate(filepath.Join(c.dir, c.stdout))
		if err != nil {
			return nil, err
		}
		defer func() { _ = stdout.Close() }()
		cmd.Stdout = stdout
	}
	if err := cmd.Start(); err != nil {
		return nil, &problem.Error{
			Code: problem.TerraformCrashed,
			What: "terraform " + c.name + " could not be started",
			Next: "run `mandala-deploy doctor`",
			Err:  err,
		}
	}
	return running, nil
}

// run starts the command and waits for it; started, if any, is called while
// the process is sure to exist.
func (t *toolchain) run(ctx context.Context, c command, started func(pid int)) (*child, error) {
	if ctx.Err() != nil {
		return nil, interrupted(ctx, "terraform "+c.name)
	}
	running, err := t.start(c)
	if err != nil {
		return nil, err
	}
	if started != nil {
		started(running.cmd.Process.Pid)
	}
	go func() {
		running.err = running.cmd.Wait()
		close(running.done)
	}()
	go running.interruptWhen(ctx)
	return running, nil
}

// interruptWhen ends the child once ctx is done. It returns when the child has
// ended.
func (c *child) interruptWhen(ctx context.Context) {
	select {
	case <-c.done:
		return
	case <-ctx.Done():
	}
	// Errors of signals mean that the process has just ended.
	_ = c.cmd.Process.Signal(os.Interrupt)
	if c.endsWithin(c.wait) {
		return
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	if c.writes || c.endsWithin(readerWait) {
		return
	}
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
}

func (c *child) endsWithin(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.done:
		return true
	case <-timer.C:
		return false
	}
}

// outcome gives the error of an ended child, nil if it succeeded. said is what
// it printed.
func (c *child) outcome(ctx context.Context, said *stream) error {
	state := c.cmd.ProcessState
	signal, signalled := endedBy(state)
	if signalled || ctx.Err() != nil {
		// A killed Terraform leaves its providers behind, an interrupted one
		// what its provisioners' shells had started.
		_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGTERM)
	}
	if signalled && ctx.Err() == nil {
		return c.crashed(fmt.Errorf("ended by signal: %s", signal))
	}
	if ctx.Err() != nil && !state.Success() {
		stopped := interrupted(ctx, "terraform "+c.name)
		if c.writes {
			stopped.Next = "" // the catalogue's: resume
		}
		if len(said.errors) > 0 {
			stopped.Err = errors.Join(stopped.Err, said.failure(c.name))
		}
		return stopped
	}
	if len(said.errors) > 0 && !state.Success() {
		return said.problem(c.name)
	}
	if !state.Success() {
		if fileContains(c.stderrFile(), noSpace) {
			return &problem.Error{Code: problem.DiskFull, What: "terraform " + c.name + " ran out of disk space in " + c.dir}
		}
		return c.crashed(fmt.Errorf("%s without a diagnostic", state))
	}
	return nil
}

func (c *child) crashed(cause error) error {
	return &problem.Error{
		Code:  problem.TerraformCrashed,
		What:  "terraform " + c.name + " ended unexpectedly",
		Where: problem.Location{File: c.stderrFile()},
		Err:   cause,
	}
}

func endedBy(state *os.ProcessState) (syscall.Signal, bool) {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return 0, false
	}
	return status.Signal(), true
}

// createPrivate truncates or creates a file that only its owner can read:
// Terraform's output may hold what provisioners print.
func createPrivate(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, writeProblem("creating "+path, err)
	}
	return file, nil
}

func fileContains(path, text string) bool {
	content, err := os.ReadFile(path)
	return err == nil && bytes.Contains(bytes.ToLower(content), []byte(text))
}
