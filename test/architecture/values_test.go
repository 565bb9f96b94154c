package architecture

import (
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// environments are those that there are, production first.
var environments = []string{"production", "staging", "development", "local"}

// values gives what an environment deploys: its terraform.tfvars over the
// variables' defaults, as Terraform lays them, by path (database.instance_count)
// and as a document shows them.
func values(t *testing.T, environment string) map[string]string {
	t.Helper()
	variables, err := parse("environments/variables.tf")
	if err != nil {
		t.Fatal(err)
	}
	path := "environments/" + environment + "/terraform.tfvars"
	given, err := parse(path)
	if err != nil {
		t.Fatal(err)
	}
	unknown := maps.Clone(given.Attributes)
	all := map[string]string{}
	for _, variable := range variables.Blocks {
		name := variable.Labels[0]
		attribute := given.Attributes[name]
		if attribute == nil {
			attribute = variable.Body.Attributes["default"]
		}
		if attribute == nil {
			t.Fatalf("%s does not give %s, which has no default", path, name)
		}
		delete(unknown, name)
		leaves(t, name, value(t, variable, attribute), all)
	}
	for name := range unknown {
		t.Errorf("%s gives %s, which is no variable", path, name)
	}
	return all
}

// value gives a variable's value with the defaults of its optional attributes.
func value(t *testing.T, variable *hclsyntax.Block, attribute *hclsyntax.Attribute) cty.Value {
	t.Helper()
	kind, defaults, problems := typeexpr.TypeConstraintWithDefaults(variable.Body.Attributes["type"].Expr)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	given, problems := attribute.Expr.Value(nil)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	if defaults != nil && !given.IsNull() {
		given = defaults.Apply(given)
	}
	converted, err := convert.Convert(given, kind)
	if err != nil {
		t.Fatalf("%s: %v", attribute.SrcRange, err)
	}
	return converted
}

// leaves writes a value's parts down by path: objects are taken apart, lists,
// sets and maps are not.
func leaves(t *testing.T, path string, value cty.Value, into map[string]string) {
	t.Helper()
	if value.IsNull() {
		into[path] = "none"
		return
	}
	if !value.Type().IsObjectType() {
		into[path] = "`" + shown(t, value) + "`"
		return
	}
	for name, part := range value.AsValueMap() {
		leaves(t, path+"."+name, part, into)
	}
}

// shown gives a string bare and anything else as JSON.
func shown(t *testing.T, value cty.Value) string {
	t.Helper()
	if value.Type() == cty.String {
		return value.AsString()
	}
	text, err := ctyjson.Marshal(value, value.Type())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// settings gives what an environment's deploy.hcl says, by path (state.bucket).
func settings(t *testing.T, environment string) map[string]string {
	t.Helper()
	body, err := parse("environments/" + environment + "/deploy.hcl")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	var collect func(prefix string, body *hclsyntax.Body)
	collect = func(prefix string, body *hclsyntax.Body) {
		for name, attribute := range body.Attributes {
			value, problems := attribute.Expr.Value(nil)
			if problems.HasErrors() {
				t.Fatal(problems)
			}
			leaves(t, prefix+name, value, all)
		}
		for _, block := range body.Blocks {
			collect(prefix+block.Type+".", block.Body)
		}
	}
	collect("", body)
	return all
}

// differences gives a row per path at which the environments are not equal: the
// path, then each environment's value, a dash where it has none.
func differences(each []map[string]string) []row {
	paths := map[string]bool{}
	for _, values := range each {
		for path := range values {
			paths[path] = true
		}
	}
	var found []row
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		cells := row{"`" + path + "`"}
		same := true
		for _, values := range each {
			cell, ok := values[path]
			if !ok {
				cell = "–"
			}
			cells = append(cells, cell)
			same = same && cell == cells[1]
		}
		if !same {
			found = append(found, cells)
		}
	}
	return found
}
