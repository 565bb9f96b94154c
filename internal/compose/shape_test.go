package compose

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

func TestTypeConstraint(t *testing.T) {
	t.Parallel()
	object := func(name string, of cty.Type) cty.Type { return cty.Object(map[string]cty.Type{name: of}) }
	tests := map[string]struct {
		given cty.Type
		want  string
	}{
		"primitive":                  {cty.Number, "number"},
		"null":                       {cty.DynamicPseudoType, "any"},
		"collections":                {cty.Map(cty.List(cty.Set(cty.Bool))), "map(list(set(bool)))"},
		"tuple":                      {cty.Tuple([]cty.Type{cty.String, cty.EmptyTuple}), "tuple([string, tuple([])])"},
		"object":                     {object("a-b", cty.String), "object({ a-b = string })"},
		"no outputs":                 {cty.EmptyObject, "object({  })"},
		"key that is no identifier":  {object("a/b", object("c", cty.String)), "any"},
		"the same with a set within": {object("a/b", cty.Set(cty.String)), "map(set(string))"},
		"of several types":           {cty.Object(map[string]cty.Type{"a/b": cty.Set(cty.String), "c": cty.Bool}), "any"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, typeConstraint(test.given)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestShapeOf(t *testing.T) {
	t.Parallel()
	instance := cty.Object(map[string]cty.Type{"b": cty.Bool, "a": cty.Bool})
	tests := map[string]struct {
		given      cty.Type
		repetition environment.Repetition
		want       shape
		ok         bool
	}{
		"single":                 {instance, environment.Single, shape{outputs: []string{"a", "b"}}, true},
		"count":                  {cty.Tuple([]cty.Type{instance}), environment.Count, shape{outputs: []string{"a", "b"}}, true},
		"no instances":           {cty.EmptyTuple, environment.Count, shape{empty: true}, true},
		"for_each":               {cty.Object(map[string]cty.Type{"x": instance}), environment.ForEach, shape{outputs: []string{"a", "b"}}, true},
		"count no more":          {cty.Tuple([]cty.Type{instance}), environment.Single, shape{}, false},
		"count now":              {instance, environment.Count, shape{}, false},
		"for_each now":           {instance, environment.ForEach, shape{}, false},
		"a type that is not set": {cty.NilType, environment.Single, shape{}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := shapeOf(test.given, test.repetition)
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(shape{}), cmp.Transformer("none", func(s []string) string {
				return cmp.Diff(nil, s)
			})); diff != "" || ok != test.ok {
				t.Errorf("ok = %v, want %v; (-want +got):\n%s", ok, test.ok, diff)
			}
		})
	}
}
