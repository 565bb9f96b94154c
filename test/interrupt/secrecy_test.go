package interrupt

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// checkSecrecy sees that the password stands in no object but the states, and
// in no file that a run has left in the work directory.
func (p *place) checkSecrecy(t *testing.T) {
	t.Helper()
	for _, key := range p.keys(t, "") {
		if !strings.HasPrefix(key, "states/") && bytes.Contains(p.object(t, key), []byte(password)) {
			t.Errorf("object %s holds the password", key)
		}
	}
	root := filepath.Join(p.Dir, ".mandala")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() == ".terraform" && entry.IsDir() {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		body, err := os.ReadFile(path)
		if err == nil && bytes.Contains(body, []byte(password)) {
			t.Errorf("%s holds the password", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// holders are the files that can hold values, by their names.
var holders = []string{"plan.tfplan", "plan.jsonl", "apply.jsonl", "terraform.tfstate", "mandala.auto.tfvars.json"}

// TestSecrecy watches what commands write and which files they leave, while
// they work and after.
func TestSecrecy(t *testing.T) {
	t.Parallel()
	p := local(t, "quiet")
	p.Must(0, "bootstrap", "local")
	p.set("app_wait_seconds = 5")
	running := p.Start("apply", "local", "--auto-approve", "--json", "--log-level", "debug")
	p.awaitEvents(t, running, "app", 1)
	seen := p.checkModes(t)
	for _, name := range []string{"plan.tfplan", "apply.jsonl", "mandala.auto.tfvars.json"} {
		if !seen[name] {
			t.Errorf("no %s while a layer with inputs was applied: the test looks in the wrong place", name)
		}
	}
	outputs := []kit.Result{running.Wait()}
	if outputs[0].Code != 0 {
		t.Fatal(outputs[0])
	}
	if left := p.checkModes(t); len(left) > 0 {
		t.Errorf("files that can hold values are left: %v", left)
	}
	p.set("revision = 2") // the secret's value changes with it
	for _, args := range [][]string{
		{"plan", "local", "--log-level", "debug"},
		{"plan", "local", "--json", "--log-format", "json"},
		{"plan", "local", "--out", "approval.json"},
		{"status", "local", "--json"},
		{"graph", "local", "--format", "json"},
		{"apply", "local", "--approval", "approval.json", "--log-level", "debug"},
	} {
		outputs = append(outputs, p.Must(0, args...))
	}
	for _, each := range outputs {
		if strings.Contains(each.Stdout+each.Stderr, password) {
			t.Errorf("mandala-deploy %s tells the password", strings.Join(each.Args, " "))
		}
	}
	if strings.Contains(p.Read("approval.json"), password) {
		t.Error("the approval tells the password")
	}
	if !bytes.Contains(p.object(t, "states/app.tfstate"), []byte(password)) {
		t.Error("the state does not hold the password: the test looks for the wrong thing")
	}
	p.checkSecrecy(t)
}

// checkModes sees that the files that can hold values are their owner's alone,
// and gives the names of those there are.
func (p *place) checkModes(t *testing.T) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	paths, err := filepath.Glob(filepath.Join(p.Dir, ".mandala", p.environment, "run", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		name := filepath.Base(path)
		info, err := os.Stat(path)
		if err != nil || !slices.Contains(holders, name) {
			continue
		}
		seen[name] = true
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o, want 600", path, mode)
		}
	}
	return seen
}
