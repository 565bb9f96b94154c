package localaws

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// launch is what Up hands over to the server that it starts.
type launch struct {
	Interpreter []string `json:"interpreter"` // runs a Python script that can import moto
	Owner       Process  `json:"owner"`       // zero if none
	Without     []string `json:"without"`
	Version     string   `json:"version"`
}

// Up makes sure that the instance in dir runs and answers, and gives its
// status. Calls at the same time, from any process, lead to one instance.
func Up(ctx context.Context, dir string, options Options) (Status, error) {
	unlock, err := lockStart(ctx, dir)
	if err != nil {
		return Status{}, err
	}
	defer unlock()

	status, err := inspectPatiently(ctx, dir)
	if err == nil && status.Healthy {
		return status, nil
	}
	if ctx.Err() != nil {
		return Status{}, context.Cause(ctx)
	}
	// What is left of a broken instance, an unreadable status included, goes.
	if err := stop(ctx, dir); err != nil {
		return Status{}, err
	}
	handover, err := prepare(ctx, options)
	if err != nil {
		return Status{}, err
	}
	if err := writeJSON(path(dir, launchFile), handover); err != nil {
		return Status{}, failed("writing the local AWS's settings", dir, err)
	}
	return start(ctx, dir, options)
}

// inspectPatiently is Inspect that gives a living server startTimeout to
// answer: under load the emulator takes seconds, and who replaces it takes all
// that it holds from those who use it.
func inspectPatiently(ctx context.Context, dir string) (Status, error) {
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	for {
		status, err := Inspect(ctx, dir)
		if err != nil || !status.Running || status.Healthy {
			return status, err
		}
		select {
		case <-timeout.C:
			return status, nil
		case <-ctx.Done():
			return status, context.Cause(ctx)
		case <-time.After(pollInterval):
		}
	}
}

// lockStart keeps other Ups and Downs of dir away; it creates dir.
func lockStart(ctx context.Context, dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, failed("creating the local AWS's directory", dir, err)
	}
	lock := flock.New(path(dir, startLock), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, pollInterval); err != nil {
		return nil, failed("waiting for another start or stop of the local AWS", dir, err)
	}
	return func() { _ = lock.Unlock() }, nil // the kernel lets go of it anyway
}

// prepare finds what the server needs.
func prepare(ctx context.Context, options Options) (launch, error) {
	interpreter, err := newFinder(options).find(ctx)
	if err != nil {
		return launch{}, err
	}
	handover := launch{Interpreter: interpreter, Without: options.Without, Version: options.Version}
	if options.OwnerPID != 0 {
		owner, ok := identify(options.OwnerPID)
		if !ok {
			return launch{}, fmt.Errorf("the local AWS's owner, process %d, does not exist", options.OwnerPID)
		}
		handover.Owner = owner
	}
	return handover, nil
}

// start starts the server and waits until it answers or ends.
func start(ctx context.Context, dir string, options Options) (Status, error) {
	arguments, err := options.command(dir)
	if err != nil {
		return Status{}, failed("finding this program", dir, err)
	}
	log, err := freshLog(dir, proxyLog)
	if err != nil {
		return Status{}, failed("opening the log", dir, err)
	}
	defer log.Close()

	// Not CommandContext: the server outlives the call and its context.
	server := exec.Command(arguments[0], arguments[1:]...) //nolint:noctx // as said
	server.Stdout, server.Stderr = log, log
	server.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := server.Start(); err != nil {
		return Status{}, failed("starting the local AWS", dir, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }() // reaps it should it end before this process

	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	for {
		status, err := Inspect(ctx, dir)
		if err == nil && status.Healthy && status.Server.PID == server.Process.Pid {
			return status, nil
		}
		select {
		case err := <-ended:
			return Status{}, failed("the local AWS ended while it started", dir, err)
		case <-timeout.C:
			return Status{}, abandon(server, ended, failed(fmt.Sprintf("the local AWS did not answer within %s", startTimeout), dir, nil))
		case <-ctx.Done():
			return Status{}, abandon(server, ended, context.Cause(ctx))
		case <-time.After(pollInterval):
		}
	}
}

// abandon ends a server that never answered and gives the reason.
func abandon(server *exec.Cmd, ended <-chan error, reason error) error {
	err := server.Process.Kill() // its emulator ends with it
	<-ended                      //nolint:errcheck // it was killed: what it says is known
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return errors.Join(reason, err)
	}
	return reason
}

// failed makes a user's problem of err, which may be nil.
func failed(what, dir string, err error) error {
	return &problem.Error{
		Code: problem.EmulatorFailed, What: what, Err: err,
		Next: fmt.Sprintf("read %s and %s", path(dir, proxyLog), path(dir, emulatorLog)),
	}
}

// freshLog opens an empty log and keeps the one before it under ".previous",
// where the reason stands why an instance died.
func freshLog(dir, name string) (*os.File, error) {
	file := path(dir, name)
	if err := os.Rename(file, file+".previous"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}
