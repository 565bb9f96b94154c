//go:build unix && !linux

package localaws

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// startMark gives what tells this process from another of the same pid: its
// start time. ok is false if no process, or a dead one that waits to be
// reaped, has the pid.
func startMark(pid int) (mark string, ok bool) {
	output, err := exec.Command("ps", "-o", "stat=,lstart=", "-p", strconv.Itoa(pid)).Output()
	state, started, found := strings.Cut(strings.TrimSpace(string(output)), " ")
	if err != nil || !found || strings.HasPrefix(state, "Z") {
		return "", false
	}
	return strings.TrimSpace(started), true
}

// childAttributes make a child a process group of its own. Without a death
// signal, the closed standard input alone ends the emulator.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
