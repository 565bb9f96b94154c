package change

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"
)

// What changes inside a block is told by its own name: of a whole block only the
// beginning would be seen, and that is often the same.
func TestAttributesOfBlocks(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	block := func(variables m) []any { return []any{m{"variables": variables}} }
	tests := map[string]struct {
		change   tfjson.Change
		replaces []string
		want     []Attribute
	}{
		"one block": {
			tfjson.Change{Before: m{"environment": block(m{"A": "same", "RELEASE": "v1.0.0"})}, After: m{"environment": block(m{"A": "same", "RELEASE": "v1.1.0"})}}, nil,
			[]Attribute{{Path: "environment.variables.RELEASE", Before: `"v1.0.0"`, After: `"v1.1.0"`}},
		},
		"a block in a block": {
			tfjson.Change{Before: m{"a": []any{m{"b": []any{m{"c": 1.0, "d": 2.0}}}}}, After: m{"a": []any{m{"b": []any{m{"c": 1.0, "d": 3.0}}}}}}, []string{"a[0].b[0].d"},
			[]Attribute{{Path: "a.b.d", Before: "2", After: "3", Replaces: true}},
		},
		"a member is not known": {
			tfjson.Change{Before: m{"a": []any{m{"b": "x", "c": 1.0}}}, After: m{"a": []any{m{"c": 1.0}}}, AfterUnknown: m{"a": []any{m{"b": true}}}}, nil,
			[]Attribute{{Path: "a.b", Before: `"x"`, After: shownUnknown}},
		},
		"a member is secret": {
			tfjson.Change{Before: m{"a": []any{m{"b": "x", "c": 1.0}}}, After: m{"a": []any{m{"b": "y", "c": 2.0}}}, AfterSensitive: m{"a": []any{m{"b": true}}}}, nil,
			[]Attribute{{Path: "a.b", Before: shownSensitive, After: shownSensitive}, {Path: "a.c", Before: "1", After: "2"}},
		},
		"the block is secret": {
			tfjson.Change{Before: m{"a": []any{m{"b": "x"}}}, After: m{"a": []any{m{"b": "y"}}}, BeforeSensitive: m{"a": true}}, nil,
			[]Attribute{{Path: "a", Before: shownSensitive, After: shownSensitive}},
		},
		"the block's object is secret": {
			tfjson.Change{Before: m{"a": []any{m{"b": "x"}}}, After: m{"a": []any{m{"b": "y"}}}, BeforeSensitive: m{"a": []any{true}}}, nil,
			[]Attribute{{Path: "a", Before: shownSensitive, After: shownSensitive}},
		},
		"one more": {
			tfjson.Change{Before: m{"a": []any{m{"b": 1.0}}}, After: m{"a": []any{m{"b": 1.0}, m{"b": 2.0}}}}, nil,
			[]Attribute{{Path: "a", Before: `[{"b":1}]`, After: `[{"b":1},{"b":2}]`}},
		},
		"texts": {
			tfjson.Change{Before: m{"a": []any{"x"}}, After: m{"a": []any{"y"}}}, nil,
			[]Attribute{{Path: "a", Before: `["x"]`, After: `["y"]`}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, attributes(&test.change, test.replaces, secrets{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
