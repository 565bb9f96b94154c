package terraform

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	const tail = " S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1000 1 18446744073709551615"
	for name, test := range map[string]struct {
		text string
		want processStat
		ok   bool
	}{
		"plain":                {"7 (sh)" + tail, processStat{"sh", "S", 42, "987654"}, true},
		"blanks, parentheses":  {"7 (a) b (c)" + tail, processStat{"a) b (c", "S", 42, "987654"}, true},
		"cut short":            {"7 (sh) S 1 42", processStat{}, false},
		"no name":              {"7", processStat{}, false},
		"parentheses reversed": {")(" + tail, processStat{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := parseStat(test.text)
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(processStat{})); diff != "" || ok != test.ok {
				t.Errorf("ok %v, want %v; stat (-want +got):\n%s", ok, test.ok, diff)
			}
		})
	}
}

func TestProcessAliveTellsARecycledPID(t *testing.T) {
	t.Parallel()
	p := thisProcess(os.Getpid())
	if p.Started == "" || !strings.Contains(p.Started, "/") {
		t.Fatalf("start mark %q, want boot/tick", p.Started)
	}
	p.Started += "0"
	if alive, known := ProcessAlive(p); alive || !known {
		t.Errorf("another process with the same pid: alive %v, known %v", alive, known)
	}
}

func TestProcessAliveTellsAZombie(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "read x")
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := thisProcess(cmd.Process.Pid)
	if alive, _ := ProcessAlive(p); !alive {
		t.Error("a running child is not alive")
	}
	_ = input.Close()
	waitFor(t, "the child to be a zombie", func() bool {
		stat, ok := readStat(cmd.Process.Pid)
		return ok && stat.state == "Z"
	})
	if alive, known := ProcessAlive(p); alive || !known {
		t.Errorf("a zombie: alive %v, known %v", alive, known)
	}
	_ = cmd.Wait() // its exit status is of no interest
}

// groupMembers counts the living processes of a group whose name begins with
// prefix. A zombie is none: where nobody reaps orphans it stays for good.
func groupMembers(group int, prefix string) int {
	n := 0
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if stat, ok := parseStat(string(text)); err == nil && ok && stat.group == group && stat.state != "Z" &&
			strings.HasPrefix(stat.name, prefix) {
			n++
		}
	}
	return n
}

func groupEnded(group int) bool { return groupMembers(group, "") == 0 }

// TestEndOrphans leaves a provider behind as a killed Terraform does.
func TestEndOrphans(t *testing.T) {
	t.Parallel()
	provider := filepath.Join(t.TempDir(), "terraform-provider-thing_v1.0.0")
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(provider, content, 0o755); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	leader := exec.CommandContext(context.WithoutCancel(t.Context()), "/bin/sh", "-c", provider+" 300 & sleep 300 & wait")
	leader.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := leader.Start(); err != nil {
		t.Fatal(err)
	}
	group := leader.Process.Pid
	t.Cleanup(func() { _ = syscall.Kill(-group, syscall.SIGKILL) })
	count := func(prefix string) int { return groupMembers(group, prefix) }
	waitFor(t, "provider and bystander to run", func() bool { return count(providerName) == 1 && count("sleep") == 1 })
	p := thisProcess(group)
	if n := EndOrphans(p); n != 0 {
		t.Fatalf("ended %d processes while their leader lives", n)
	}
	_ = leader.Process.Kill()
	_ = leader.Wait() // it was killed: that is its error
	if n := EndOrphans(engine.Process{Host: p.Host + "x", PID: p.PID, Started: p.Started}); n != 0 {
		t.Errorf("ended %d processes for another host", n)
	}
	if n := EndOrphans(p); n != 1 {
		t.Errorf("ended %d processes, want the provider alone", n)
	}
	waitFor(t, "the provider to end", func() bool { return count(providerName) == 0 })
	if count("sleep") != 1 {
		t.Error("a process that is no provider was ended too")
	}
}

// TestPlanEndsWithItsParent holds a plan to ending itself and its providers:
// it is interrupted, not killed, when the CLI is.
func TestPlanEndsWithItsParent(t *testing.T) {
	t.Parallel()
	bin, dir := t.TempDir(), t.TempDir()
	fakeTerraform(t, bin, "1.11.4",
		"trap 'touch interrupted; exit 1' INT\ntouch running\nfor i in $(seq 600); do sleep 0.1; done")
	parent := startHelper(t, "plan", dir, bin+":/usr/bin:/bin")
	exists := func(name string) func() bool {
		return func() bool { return isFile(filepath.Join(dir, name)) }
	}
	waitFor(t, "the plan to run", exists("running"))
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the plan to be interrupted", exists("interrupted"))
}
