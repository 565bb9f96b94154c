package compose

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

// shape is what the type of a layer's outputs says: the outputs' names. A
// repeated layer without instances has outputs that nobody knows.
type shape struct {
	outputs []string // sorted
	empty   bool     // a repeated layer without instances
}

func (s shape) has(output string) bool {
	return s.empty || slices.Contains(s.outputs, output)
}

// shapeOf gives the shape of outputs of that type; ok is false when the layer
// was repeated in another way when it made them.
func shapeOf(t cty.Type, repetition environment.Repetition) (s shape, ok bool) {
	if t == cty.NilType {
		return shape{}, false
	}
	var instances []cty.Type
	switch {
	case repetition == environment.Single && t.IsObjectType():
		instances = []cty.Type{t}
	case repetition == environment.Count && t.IsTupleType():
		instances = t.TupleElementTypes()
	case repetition == environment.ForEach && t.IsObjectType():
		instances = slices.Collect(maps.Values(t.AttributeTypes()))
	case repetition == environment.Count && t.IsListType(), repetition == environment.ForEach && t.IsMapType():
		instances = []cty.Type{t.ElementType()}
	default:
		return shape{}, false
	}
	names := map[string]bool{}
	for _, instance := range instances {
		if !instance.IsObjectType() {
			return shape{}, false
		}
		for name := range instance.AttributeTypes() {
			names[name] = true
		}
	}
	return shape{outputs: slices.Sorted(maps.Keys(names)), empty: len(instances) == 0}, true
}

// typeConstraint writes t as the type of a variable. Terraform's syntax has no
// way to write an object whose keys are not identifiers, as for expressions
// make them ({"10.0.0.0/24" = …}). Read from JSON as `any`, it keeps its type
// unless it holds lists, sets or maps; with those it becomes a map, if its
// values are of one type, so that at least they stay what they are.
func typeConstraint(t cty.Type) string {
	switch {
	case t.IsObjectType():
		attributes := t.AttributeTypes()
		names := slices.Sorted(maps.Keys(attributes))
		if !slices.ContainsFunc(names, func(name string) bool { return !identifier(name) }) {
			parts := make([]string, len(names))
			for i, name := range names {
				parts[i] = name + " = " + typeConstraint(attributes[name])
			}
			return "object({ " + strings.Join(parts, ", ") + " })"
		}
		if !hasCollection(t) {
			return "any"
		}
		for _, name := range names[1:] {
			if !attributes[name].Equals(attributes[names[0]]) {
				return "any"
			}
		}
		return "map(" + typeConstraint(attributes[names[0]]) + ")"
	case t.IsTupleType():
		elements := t.TupleElementTypes()
		parts := make([]string, len(elements))
		for i, element := range elements {
			parts[i] = typeConstraint(element)
		}
		return "tuple([" + strings.Join(parts, ", ") + "])"
	case t.IsListType():
		return "list(" + typeConstraint(t.ElementType()) + ")"
	case t.IsSetType():
		return "set(" + typeConstraint(t.ElementType()) + ")"
	case t.IsMapType():
		return "map(" + typeConstraint(t.ElementType()) + ")"
	case t.IsPrimitiveType():
		return typeexpr.TypeString(t)
	default:
		return "any"
	}
}

// hasCollection reports whether t is or holds a list, set or map.
func hasCollection(t cty.Type) bool {
	switch {
	case t.IsCollectionType():
		return true
	case t.IsObjectType():
		for _, attribute := range t.AttributeTypes() {
			if hasCollection(attribute) {
				return true
			}
		}
	case t.IsTupleType():
		return slices.ContainsFunc(t.TupleElementTypes(), hasCollection)
	}
	return false
}
