//go:build unix && !linux

package lambda

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// childAttributes make a process a group of its own. Without a death signal it
// ends by itself: the runtime meets a closed connection when it asks for work.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// peakMemory gives the memory that the process holds, in MB; 0 if it is gone.
func peakMemory(pid int) int {
	output, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output() //nolint:noctx // ends by itself
	if err != nil {
		return 0
	}
	kilobytes, err := strconv.Atoi(strings.TrimSpace(string(output)))
	if err != nil {
		return 0
	}
	return (kilobytes + 1023) / 1024
}
