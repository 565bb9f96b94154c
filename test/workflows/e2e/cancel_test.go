package e2e

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
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
		r.place.t.Errorf("the step's process is %q, not the command line", command)
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
	out, err := exec.CommandContext(r.place.t.Context(), "ps", "-A", "-o", "pid=,ppid=,args=").Output()
	if err != nil {
		r.place.t.Fatalf("ps: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[1] != strconv.Itoa(r.cmd.Process.Pid) {
			continue
		}
		if pid, err = strconv.Atoi(fields[0]); err == nil {
			return pid, strings.Join(fields[2:], " ")
		}
	}
	r.place.t.Fatalf("act runs nothing:\n%s", out)
	return 0, ""
}
