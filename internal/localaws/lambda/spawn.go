package lambda

import (
	"context"
	"errors"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// spawner starts all processes on one thread that stays: Linux sends the death
// signal when the starting thread ends, not the process.
type spawner struct {
	requests chan spawnRequest
	stop     chan struct{} // closed when no process is left
}

type spawnRequest struct {
	command *exec.Cmd
	result  chan error
}

func newSpawner() *spawner {
	return &spawner{requests: make(chan spawnRequest), stop: make(chan struct{})}
}

// run starts what is asked for until stop. Its thread ends with it, and with
// the thread every process that it started.
func (s *spawner) run() {
	runtime.LockOSThread()
	for {
		select {
		case request := <-s.requests:
			request.result <- start(request.command)
		case <-s.stop:
			return
		}
	}
}

// start starts a command. A file that was just written may be held open for
// writing by another child between its fork and its exec, for microseconds.
func start(command *exec.Cmd) error {
	const tries = 50
	for try := 1; ; try++ {
		err := command.Start()
		if !errors.Is(err, syscall.ETXTBSY) || try == tries {
			return err
		}
		*command = exec.Cmd{
			Path: command.Path, Args: command.Args, Env: command.Env, Dir: command.Dir,
			Stdout: command.Stdout, Stderr: command.Stderr, SysProcAttr: command.SysProcAttr,
		}
		time.Sleep(time.Millisecond)
	}
}

func (s *spawner) start(ctx context.Context, command *exec.Cmd) error {
	request := spawnRequest{command: command, result: make(chan error, 1)}
	select {
	case s.requests <- request:
		return <-request.result
	case <-ctx.Done():
		return errClosed
	}
}
