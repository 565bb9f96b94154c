package environment

import (
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

func TestTheGuideListsTheSchema(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/deploy-hcl.md")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\| (.*?) \\|").FindAllStringSubmatch(string(guide), -1) {
		got = append(got, row[1]+" "+row[2])
	}
	for _, a := range schema() {
		initial := "`" + a.initial + "`"
		if a.required {
			initial = "required"
		}
		want = append(want, a.path()+" "+initial)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes and defaults (-schema +guide):\n%s", diff)
	}
}

// TestTheSchemaTellsTheDefaults holds the defaults that are shown against
// those that are used: setting every attribute to its default changes nothing.
func TestTheSchemaTellsTheDefaults(t *testing.T) {
	t.Parallel()
	used, shown := defaults("<environment>"), defaults("<environment>")
	for _, a := range schema() {
		if a.required {
			continue
		}
		expr, diagnostics := hclsyntax.ParseExpression([]byte(a.initial), a.path(), hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		value, diagnostics := expr.Value(nil)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		converted, err := convert.Convert(value, a.kind)
		if err != nil {
			t.Fatalf("%s: %v", a.path(), err)
		}
		// Empty means "none" where the default is empty, and nothing is set.
		if converted.RawEquals(cty.StringVal("")) || (a.kind.IsListType() && converted.LengthInt() == 0) {
			continue
		}
		a.set(&shown, converted)
	}
	if diff := cmp.Diff(used, shown); diff != "" {
		t.Errorf("(-used +shown):\n%s", diff)
	}
}
