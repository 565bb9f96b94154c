package localaws

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Down ends the instance in dir and returns when its processes are gone. It
// is no error if none runs.
func Down(ctx context.Context, dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := lockStart(ctx, dir)
	if err != nil {
		return err
	}
	defer unlock()
	return stop(ctx, dir)
}

// stop ends whatever of the instance still lives and removes its status.
func stop(ctx context.Context, dir string) error {
	status, err := readStatus(dir)
	if err != nil {
		// An unreadable status names no process; its server, if any, keeps
		// server.lock, and the next one says so.
		status = Status{}
	}
	// The server ends its emulator. Only when it was killed before it could
	// may the emulator need a signal of its own.
	for _, process := range []Process{status.Server, status.Emulator} {
		if err := end(ctx, process); err != nil {
			return failed("ending the local AWS", dir, err)
		}
	}
	if err := os.Remove(path(dir, statusFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed("removing the local AWS's status", dir, err)
	}
	return nil
}

// end asks a process to end, kills it after stopTimeout, and waits.
func end(ctx context.Context, process Process) error {
	signal := syscall.SIGTERM
	patience := time.NewTimer(stopTimeout)
	defer patience.Stop()
	for sent := false; process.alive(); {
		if !sent {
			if err := syscall.Kill(process.PID, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
				return err
			}
			sent = true
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-patience.C:
			signal, sent = syscall.SIGKILL, false
		case <-time.After(pollInterval):
		}
	}
	return nil
}
