package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// await waits for something while the run goes on.
func (r *run) await(what string, is func() bool) {
	r.place.t.Helper()
	for !is() {
		select {
		case <-r.done:
			r.place.t.Fatalf("it ended before %s: %s", what, r.wait().log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// cancel cancels a run as GitHub's runner does: it interrupts the process that it started
// for the step, and only that one. This has to be the command line itself, for a shell
// between them would keep the signal. act would kill it at once, as GitHub does after ten
// seconds; so it is told only when the step has ended.
func (r *run) cancel() {
	r.place.t.Helper()
	pid, command := r.step()
	if !strings.Contains(command, "mandala-deploy apply production") {
		r.place.t.Fatalf("the step's process is %q, not the command line", command)
	}
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
		r.place.t.Fatalf("interrupt %q: %v", command, err)
	}
	for syscall.Kill(pid, 0) == nil {
		select {
		case <-r.done:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	_ = r.cmd.Process.Signal(syscall.SIGINT) // it may have ended by itself
}

// step gives the process that act started for the step that is at work.
func (r *run) step() (pid int, command string) {
	r.place.t.Helper()
	for _, each := range processes(r.place.t) {
		if each.parent == r.cmd.Process.Pid {
			return each.pid, each.command
		}
	}
	r.place.t.Fatal("act runs nothing")
	return 0, ""
}

// process is one of this machine's.
type process struct {
	pid, parent int
	command     string
}

// processes gives this machine's: by /proc, or by ps where there is none.
func processes(t *testing.T) []process {
	t.Helper()
	var all []process
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err == nil && len(lines) > 0 {
		for _, file := range lines {
			line, lineErr := os.ReadFile(file)
			stat, statErr := os.ReadFile(filepath.Join(filepath.Dir(file), "stat"))
			_, rest, named := strings.Cut(string(stat), ") ") // the name before it may hold anything
			fields := strings.Fields(rest)
			if lineErr != nil || statErr != nil || !named || len(fields) < 2 {
				continue // it has ended
			}
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			parent, _ := strconv.Atoi(fields[1])
			all = append(all, process{pid, parent, strings.ReplaceAll(strings.TrimRight(string(line), "\x00"), "\x00", " ")})
		}
		return all
	}
	out, err := exec.CommandContext(t.Context(), "ps", "-A", "-o", "pid=,ppid=,args=").Output()
	if err != nil {
		t.Fatalf("ps: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) > 2 {
			pid, _ := strconv.Atoi(fields[0])
			parent, _ := strconv.Atoi(fields[1])
			all = append(all, process{pid, parent, strings.Join(fields[2:], " ")})
		}
	}
	return all
}
