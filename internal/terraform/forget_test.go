package terraform

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// TestForget takes one of two objects out of a state, then tries again while
// an apply holds the state's lock.
func TestForget(t *testing.T) {
	t.Parallel()
	runner := realRunner(t)
	dir, _ := planned(t, runner, `
resource "terraform_data" "kept" {}
resource "terraform_data" "gone" {
  for_each = toset(["a b"])
}
`, engine.PlanOptions{})
	if err := runner.Apply(t.Context(), dir, engine.ApplyOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	if err := runner.Forget(t.Context(), dir, []string{`terraform_data.gone["a b"]`}); err != nil {
		t.Fatal(err)
	}
	state, err := os.ReadFile(filepath.Join(dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(state), `"kept"`) || strings.Contains(string(state), `"gone"`) {
		t.Errorf("the state now holds %s", state)
	}

	locked, _ := planned(t, runner, slowRoot, engine.PlanOptions{})
	var blocked error
	err = runner.Apply(t.Context(), locked, engine.ApplyOptions{}, func(e engine.Event) {
		if e.Kind == engine.ApplyStart && e.Address == "terraform_data.second" {
			blocked = runner.Forget(t.Context(), locked, []string{"terraform_data.first"})
		}
	})
	if err != nil {
		t.Errorf("the apply: %v", err)
	}
	if !problem.Is(blocked, problem.StateLocked) || !strings.Contains(blocked.Error(), "is locked by ") {
		t.Errorf("while the state is locked: %v, want %s with the holder", blocked, problem.StateLocked)
	}
}

// TestPushState replaces a state by a later one, and is refused an older one.
func TestPushState(t *testing.T) {
	t.Parallel()
	runner := realRunner(t)
	dir, _ := planned(t, runner, `
resource "terraform_data" "one" {}
resource "terraform_data" "two" {}
`, engine.PlanOptions{})
	if err := runner.Apply(t.Context(), dir, engine.ApplyOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "terraform.tfstate")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	later := regexp.MustCompile(`"serial": \d+`).ReplaceAll(old, []byte(`"serial": 99`))
	if err := runner.PushState(t.Context(), dir, later); err != nil {
		t.Fatal(err)
	}
	if now, err := os.ReadFile(path); err != nil || !strings.Contains(string(now), `"serial": 99`) {
		t.Errorf("the state now is %s, %v", now, err)
	}
	if err := runner.PushState(t.Context(), dir, old); err == nil {
		t.Error("an older state was taken")
	}
	if _, err := os.Stat(filepath.Join(dir, pushedFile)); !os.IsNotExist(err) {
		t.Errorf("the pushed state is left: %v", err)
	}
}
