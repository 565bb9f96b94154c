package preview_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/change"
)

// ladderLayers are the layers of the fixture, in the root's order.
var ladderLayers = []string{"identity", "network", "store", "edge", "app"}

// monolith compares the preview with the plan of the same root as one plain
// Terraform configuration with one state, address by address, and proves that
// an applied environment has nothing left to do.
func monolith(t *testing.T, a *account) {
	s := a.open(t, "ladder", "ladder", `secret = "first-secret-value"`)

	s.missing(t)
	s.compare(t, "from nothing", nil)
	s.apply(t, 0)
	s.settled(t)
	for _, layer := range ladderLayers {
		s.settled(t, "--layer", layer)
	}

	s.values("secret = \"second-secret-value\"\nretention_days = 14\ncidr_block = \"10.41.0.0/16\"")
	s.compare(t, "after an upstream change", s.merged(t))

	s.values(`secret = "first-secret-value"`)
	s.taint(t, "app", "aws_iam_policy", "green")
	s.compare(t, "with a tainted resource", s.merged(t))

	s.cut(t, "environments/main.tf", `module "store" {`, "}\n\n")
	s.compare(t, "with a removed layer", s.merged(t))
}

// missing wants a layer whose upstream was never applied to be refused.
func (s *scene) missing(t *testing.T) {
	t.Helper()
	text := s.refuses(t, "MD0113", "plan", "--layer", "network")
	if !strings.Contains(text, "identity") {
		t.Errorf("the refusal does not name the layer to add: %s", text)
	}
	s.do(t, 2, "plan", "--layer", "identity", "--detailed-exitcode")
}

// compare plans the environment both ways. state is what the monolith has;
// nil for nothing.
func (s *scene) compare(t *testing.T, when string, state []byte) {
	t.Helper()
	approval := filepath.Join(t.TempDir(), "approval.json")
	ours := s.plan(t, 2, "--detailed-exitcode", "--out", approval)
	theirs := s.monolith(t, state)

	want := map[string]string{}
	counts := map[string]int{"create": 0, "update": 0, "replace": 0, "delete": 0}
	for _, rc := range theirs.ResourceChanges {
		actions := rc.Change.Actions
		switch {
		case rc.Mode == tfjson.DataResourceMode, actions.NoOp():
			continue
		case actions.Replace():
			counts["replace"]++
		default:
			counts[string(actions[0])]++
		}
		var words []string
		for _, action := range actions {
			words = append(words, string(action))
		}
		want[rc.Address] = strings.Join(words, ",")
	}
	if len(want) == 0 {
		t.Fatalf("%s: the monolith has nothing to do: the comparison says nothing", when)
	}
	if diff := cmp.Diff(want, ours.actions()); diff != "" {
		t.Errorf("%s: actions by address (-monolith +preview):\n%s", when, diff)
	}
	if diff := cmp.Diff(counts, ours.Summary); diff != "" {
		t.Errorf("%s: counts (-monolith +preview):\n%s", when, diff)
	}
	if diff := cmp.Diff(planned(t, theirs), approved(t, approval)); diff != "" {
		t.Errorf("%s: planned values by address (-monolith +preview):\n%s", when, diff)
	}
}

// planned gives the planned values of a plan by address, as digests: the known
// ones, and what is unknown or sensitive as such.
func planned(t *testing.T, plan *tfjson.Plan) map[string]any {
	t.Helper()
	trees := map[string]any{}
	for _, c := range change.FromPlan(plan, change.Options{}).Changes {
		if c.After != nil {
			trees[c.Address] = plain(t, c.After)
		}
	}
	return trees
}

// approved gives the same of an approval file.
func approved(t *testing.T, file string) map[string]any {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var approval struct {
		Changes []struct {
			Address string `json:"address"`
			After   any    `json:"after"`
		} `json:"changes"`
	}
	if err := json.Unmarshal(body, &approval); err != nil {
		t.Fatal(err)
	}
	trees := map[string]any{}
	for _, c := range approval.Changes {
		if c.After != nil {
			trees[c.Address] = c.After
		}
	}
	return trees
}

// plain takes a value through JSON.
func plain(t *testing.T, value any) any {
	t.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(body, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// monolith plans a copy of the root with plain Terraform and one local state.
func (s *scene) monolith(t *testing.T, state []byte) *tfjson.Plan {
	t.Helper()
	top := t.TempDir()
	for _, folder := range []string{"environments", "modules"} {
		if err := os.CopyFS(filepath.Join(top, folder), os.DirFS(filepath.Join(s.Dir, folder))); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(top, "environments")
	if state != nil {
		if err := os.WriteFile(filepath.Join(dir, "terraform.tfstate"), state, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.account.tool.Run(t, dir, nil, "init", "-input=false", "-no-color")
	s.account.tool.Run(t, dir, nil, "plan", "-input=false", "-no-color", "-out=monolith.tfplan", "-var-file="+s.environment+"/terraform.tfvars")
	body, _ := s.account.tool.Run(t, dir, nil, "show", "-json", "monolith.tfplan")
	var plan tfjson.Plan
	if err := json.Unmarshal(body, &plan); err != nil {
		t.Fatal(err)
	}
	return &plan
}

// merged builds the monolith's state from the layers' states by nothing but
// their JSON: all managed resources, one after the other.
func (s *scene) merged(t *testing.T) []byte {
	t.Helper()
	var resources []any
	for _, layer := range ladderLayers {
		state := s.state(t, layer)
		for _, each := range state["resources"].([]any) {
			if each.(map[string]any)["mode"] == "managed" {
				resources = append(resources, each)
			}
		}
	}
	whole := map[string]any{"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "monolith",
		"outputs": map[string]any{}, "resources": resources, "check_results": nil}
	body, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// taint marks the instances of a type in a layer's state whose module has the
// key, as `terraform taint` does.
func (s *scene) taint(t *testing.T, layer, resourceType, key string) {
	t.Helper()
	state := s.state(t, layer)
	tainted := 0
	for _, each := range state["resources"].([]any) {
		resource := each.(map[string]any)
		if resource["type"] != resourceType || !strings.Contains(fmt.Sprint(resource["module"]), key) {
			continue
		}
		for _, instance := range resource["instances"].([]any) {
			instance.(map[string]any)["status"] = "tainted"
			tainted++
		}
	}
	if tainted == 0 {
		t.Fatalf("layer %s has no %s in %s", layer, resourceType, key)
	}
	s.putState(t, layer, state)
}
