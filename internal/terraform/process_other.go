//go:build !linux

package terraform

import (
	"errors"
	"syscall"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// processAttributes puts a child into a process group of its own. Only Linux
// can tell a child of its parent's death.
func processAttributes(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// startMark is "": the system has no mark that is cheap to read.
func startMark(int) string { return "" }

// processAlive reports whether a process with this id runs, be it another one
// that got the same id later.
func processAlive(p engine.Process) bool {
	err := syscall.Kill(p.PID, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// endOrphans ends nothing: without a start mark the group could be another's.
func endOrphans(engine.Process) int { return 0 }
