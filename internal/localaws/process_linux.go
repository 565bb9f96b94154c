package localaws

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// startMark gives what tells this process from another of the same pid: the
// boot and the tick of its start. ok is false if no process, or a dead one
// that waits to be reaped, has the pid.
func startMark(pid int) (mark string, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	// The name, in brackets, may hold spaces and brackets. After it come the
	// state (field 3) and the rest; the start tick is field 22.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return "", false
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return fields[19], true
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[19], true
}

// childAttributes make a child a process group of its own that the kernel
// kills when the thread that started it ends.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
