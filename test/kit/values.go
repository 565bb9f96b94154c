package kit

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// MergeValues makes one tfvars file of several: an attribute may stand only once
// in it, so objects are merged key by key, on every level, and of anything else
// the last file's value counts.
func MergeValues(files ...string) (string, error) {
	merged := map[string]cty.Value{}
	for i, body := range files {
		parsed, problems := hclsyntax.ParseConfig([]byte(body), fmt.Sprintf("values %d", i+1), hcl.InitialPos)
		if problems.HasErrors() {
			return "", problems
		}
		attributes, problems := parsed.Body.JustAttributes()
		if problems.HasErrors() {
			return "", problems
		}
		for name, attribute := range attributes {
			value, problems := attribute.Expr.Value(nil)
			if problems.HasErrors() {
				return "", problems
			}
			if before, there := merged[name]; there {
				value = mergeObjects(before, value)
			}
			merged[name] = value
		}
	}
	file := hclwrite.NewEmptyFile()
	for _, name := range slices.Sorted(maps.Keys(merged)) {
		file.Body().SetAttributeValue(name, merged[name])
	}
	return string(file.Bytes()), nil
}

// mergeObjects gives over, with the keys that only under has if both are objects.
func mergeObjects(under, over cty.Value) cty.Value {
	if under.IsNull() || over.IsNull() || !under.Type().IsObjectType() || !over.Type().IsObjectType() {
		return over
	}
	members := map[string]cty.Value{}
	maps.Copy(members, under.AsValueMap())
	for name, value := range over.AsValueMap() {
		if before, there := members[name]; there {
			value = mergeObjects(before, value)
		}
		members[name] = value
	}
	return cty.ObjectVal(members)
}
