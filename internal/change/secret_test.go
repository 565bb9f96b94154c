package change

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"
)

// TestEchoedSecrets hides a secret wherever a provider repeats it without a
// mark, and nothing else.
func TestEchoedSecrets(t *testing.T) {
	t.Parallel()
	plan := &tfjson.Plan{
		Config:    &tfjson.Config{RootModule: &tfjson.ConfigModule{Variables: map[string]*tfjson.ConfigVariable{"pin": {Sensitive: true}, "label": {}}}},
		Variables: map[string]*tfjson.PlanVariable{"pin": {Value: "pin7"}, "label": {Value: "loud"}},
		ResourceChanges: []*tfjson.ResourceChange{
			{
				Address: "module.a.terraform_data.token", Mode: tfjson.ManagedResourceMode, Type: "terraform_data",
				Change: &tfjson.Change{
					Actions: tfjson.Actions{tfjson.ActionUpdate},
					Before: map[string]any{
						"input": "first-token", "output": "first-token", "pin": "none", "list": []any{"x"},
						"url": "https://x/?t=first-token", "label": "quiet",
					},
					After: map[string]any{
						"input": "second-token", "output": "second-token", "pin": "pin7", "list": []any{map[string]any{"second-token": "y"}},
						"url": "https://x/?t=second-token", "label": "loud pin7",
					},
					BeforeSensitive: map[string]any{"input": true}, AfterSensitive: map[string]any{"input": true},
				},
			},
		},
	}
	c := FromPlan(plan, Options{}).Changes[0]
	want := []Attribute{
		{Path: "input", Before: shownSensitive, After: shownSensitive},
		{Path: "label", Before: `"quiet"`, After: `"loud pin7"`}, // too short a secret to be looked for inside
		{Path: "list", Before: `["x"]`, After: shownSensitive},
		{Path: "output", Before: shownSensitive, After: shownSensitive},
		{Path: "pin", Before: `"none"`, After: shownSensitive},
		{Path: "url", Before: shownSensitive, After: shownSensitive},
	}
	if diff := cmp.Diff(want, c.Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	body, err := json.Marshal(c.After)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"second-token", "pin7"} {
		if digest := leaf(secret); strings.Contains(string(body), fmt.Sprint(digest)) {
			t.Errorf("an approval would hold the digest of %s: %s", secret, body)
		}
	}
}
