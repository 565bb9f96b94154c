package terraform

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// What a re-executed test binary is to do, and in which directory.
const (
	helperOperation = "MANDALA_TEST_OPERATION"
	helperDir       = "MANDALA_TEST_DIR"
)

// TestMain lets the test binary stand in for the CLI: a process that plans or
// applies and can be killed.
func TestMain(m *testing.M) {
	switch dir := os.Getenv(helperDir); os.Getenv(helperOperation) {
	case "apply":
		os.Exit(applyAsHelper(dir))
	case "plan":
		os.Exit(planAsHelper(dir))
	}
	os.Exit(m.Run())
}

// startHelper runs the test binary as the CLI; it ends with the test.
func startHelper(t *testing.T, operation, dir, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self) //nolint:noctx // it is killed by the test
	cmd.Env = append(os.Environ(), helperOperation+"="+operation, helperDir+"="+dir, "PATH="+path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

func planAsHelper(dir string) int {
	cache := filepath.Join(dir, ".cache")
	runner, err := New(Options{CacheDir: cache, ConfigDir: cache, MirrorRoots: []string{}})
	if err != nil {
		return 1
	}
	if _, err := runner.Plan(context.Background(), dir, engine.PlanOptions{}); err != nil {
		return 1
	}
	return 0
}

func applyAsHelper(dir string) int {
	cache := filepath.Join(dir, ".cache")
	runner, err := New(Options{CacheDir: cache, ConfigDir: cache, MirrorRoots: []string{}})
	if err != nil {
		return 1
	}
	started := func(p engine.Process) {
		text, err := json.Marshal(p)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "process.tmp"), text, 0o600)
		}
		if err == nil {
			_ = os.Rename(filepath.Join(dir, "process.tmp"), filepath.Join(dir, "process.json"))
		}
	}
	if err := runner.Apply(context.Background(), dir, engine.ApplyOptions{Started: started}, nil); err != nil {
		return 1
	}
	return 0
}

// stateAddresses are the resources in dir's local state.
func stateAddresses(t *testing.T, dir string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "terraform.tfstate"))
	if err != nil {
		return nil
	}
	var state struct {
		Resources []struct{ Type, Name string }
	}
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, resource := range state.Resources {
		all[resource.Type+"."+resource.Name] = true
	}
	return all
}

const slowRoot = `
resource "terraform_data" "first" {}
resource "terraform_data" "second" {
  input = terraform_data.first.id
  provisioner "local-exec" {
    command = "sleep 3"
  }
}
resource "terraform_data" "third" {
  input = terraform_data.second.id
}
`

func TestApplyOutlivesItsParent(t *testing.T) {
	t.Parallel()
	dir, _ := planned(t, realRunner(t), slowRoot, engine.PlanOptions{})
	parent := startHelper(t, "apply", dir, os.Getenv("PATH"))
	var process engine.Process
	waitFor(t, "the apply to start", func() bool {
		text, err := os.ReadFile(filepath.Join(dir, "process.json"))
		return err == nil && json.Unmarshal(text, &process) == nil
	})
	t.Cleanup(func() { _ = syscall.Kill(-process.PID, syscall.SIGKILL) })
	journal := filepath.Join(dir, engine.EventsFile)
	waitFor(t, "the second resource to start", func() bool {
		text, _ := os.ReadFile(journal)
		return strings.Contains(string(text), "terraform_data.second: Provisioning")
	})
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed: that is its error
	if alive, known := ProcessAlive(process); !alive || !known {
		t.Errorf("right after its parent's death Terraform is alive %v, known %v", alive, known)
	}
	waitFor(t, "Terraform to end", func() bool { alive, _ := ProcessAlive(process); return !alive })
	if got := stateAddresses(t, dir); len(got) != 3 {
		t.Errorf("state holds %v, want all three resources", got)
	}
	if _, err := os.Stat(filepath.Join(dir, ".terraform.tfstate.lock.info")); err == nil {
		t.Error("the state's lock was not released")
	}
	file, err := os.Open(journal)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	done := 0
	if err := ReadEvents(file, func(e engine.Event) {
		if e.Kind == engine.ApplyComplete {
			done++
		}
	}); err != nil || done != 3 {
		t.Errorf("the events file tells of %d creations (%v), want 3", done, err)
	}
}

func TestTerraformKilled(t *testing.T) {
	t.Parallel()
	runner := realRunner(t)
	dir, _ := planned(t, runner, slowRoot, engine.PlanOptions{})
	var pid int
	var completed []string
	begin := time.Now()
	err := runner.Apply(t.Context(), dir, engine.ApplyOptions{Started: func(p engine.Process) { pid = p.PID }}, func(e engine.Event) {
		if e.Kind == engine.ApplyComplete {
			completed = append(completed, e.Address)
		}
		if e.Kind == engine.ApplyStart && e.Address == "terraform_data.second" {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}
	})
	if !problem.Is(err, problem.TerraformCrashed) || !strings.Contains(err.Error(), "killed") {
		t.Errorf("got %v after %s, want %s", err, time.Since(begin), problem.TerraformCrashed)
	}
	if len(completed) != 1 || completed[0] != "terraform_data.first" {
		t.Errorf("completed before the kill: %v, want the first resource", completed)
	}
	waitFor(t, "its process group to end", func() bool { return groupEnded(pid) })
}

func TestFaultyTerraform(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script string
		code   problem.Code
	}{
		"garbage and success":   {"echo 'not JSON'", problem.TerraformCrashed},
		"garbage and failure":   {"echo 'not JSON'; exit 1", problem.TerraformCrashed},
		"crash":                 {"echo 'panic: x' >&2; exit 2", problem.TerraformCrashed},
		"silence":               {"exit 0", problem.TerraformCrashed},
		"dies by a signal":      {"kill -9 $$", problem.TerraformCrashed},
		"full disk on stderr":   {"echo 'write x: No space left on device' >&2; exit 1", problem.DiskFull},
		"cannot be interrupted": {"trap '' INT; echo $$ > pid; exec sleep 300", problem.Interrupted},
	} {
		for operation, run := range map[string]func(context.Context, *Runner, string) error{
			"plan": func(ctx context.Context, r *Runner, dir string) error {
				_, err := r.Plan(ctx, dir, engine.PlanOptions{})
				return err
			},
			"apply": func(ctx context.Context, r *Runner, dir string) error {
				return r.Apply(ctx, dir, engine.ApplyOptions{}, nil)
			},
		} {
			if operation == "plan" && test.code == problem.Interrupted {
				continue // waits 20 s by design
			}
			t.Run(operation+" "+name, func(t *testing.T) {
				t.Parallel()
				bin, dir := t.TempDir(), t.TempDir()
				fakeTerraform(t, bin, "1.11.4", test.script)
				runner := newRunner(t, Options{
					Env: map[string]string{"PATH": bin + ":/usr/bin:/bin"}, MirrorRoots: []string{}, InterruptWait: 300 * time.Millisecond,
				})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.code == problem.Interrupted {
					go cancelOnceStarted(ctx, cancel, filepath.Join(dir, "pid"))
				}
				if err := run(ctx, runner, dir); !problem.Is(err, test.code) {
					t.Errorf("got %v, want %s", err, test.code)
				}
			})
		}
	}
}

// cancelOnceStarted cancels when the script has written its pid.
func cancelOnceStarted(ctx context.Context, cancel func(), pidFile string) {
	for ctx.Err() == nil {
		if text, err := os.ReadFile(pidFile); err == nil {
			if _, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
				cancel()
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}
