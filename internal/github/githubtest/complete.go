package githubtest

import (
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// undescribed are fields that GitHub takes and gives though its description has them not:
// the documentation of environments, and what api.github.com answers, do.
func undescribed(name string) bool { return name == "can_admins_bypass" }

// unknown gives the fields of a value that its schema does not have.
func unknown(schema *openapi3.Schema, value any, at string) []string {
	if schema == nil {
		return nil
	}
	switch is := value.(type) {
	case map[string]any:
		known, open := fields(schema)
		if open {
			return nil
		}
		var found []string
		for _, name := range slices.Sorted(maps.Keys(is)) {
			switch field := known[name]; {
			case field != nil:
				found = append(found, unknown(field, is[name], at+"."+name)...)
			case !undescribed(name):
				found = append(found, at+"."+name)
			}
		}
		return found
	case []any:
		var found []string
		for _, each := range is {
			found = append(found, unknown(elements(schema), each, at+"[]")...)
		}
		return found
	}
	return nil
}

// parts gives the schemas that one is made of, itself included.
func parts(schema *openapi3.Schema) []*openapi3.Schema {
	all := []*openapi3.Schema{schema}
	for _, list := range []openapi3.SchemaRefs{schema.AllOf, schema.AnyOf, schema.OneOf} {
		for _, each := range list {
			all = append(all, parts(each.Value)...)
		}
	}
	return all
}

// fields gives those that an object may have, in any of its forms; open says that it
// may have others.
func fields(schema *openapi3.Schema) (known map[string]*openapi3.Schema, open bool) {
	known = map[string]*openapi3.Schema{}
	for _, part := range parts(schema) {
		if part.AdditionalProperties.Schema != nil || part.AdditionalProperties.Has != nil && *part.AdditionalProperties.Has {
			return nil, true
		}
		for name, field := range part.Properties {
			if known[name] == nil {
				known[name] = field.Value
			}
		}
	}
	return known, false
}

// elements gives the schema of a list's elements.
func elements(schema *openapi3.Schema) *openapi3.Schema {
	for _, part := range parts(schema) {
		if part.Items != nil {
			return part.Items.Value
		}
	}
	return nil
}

// complete gives a value with all that its schema wants and it has not.
func complete(schema *openapi3.Schema, value any) any {
	if schema == nil {
		return value
	}
	for _, forms := range []openapi3.SchemaRefs{schema.OneOf, schema.AnyOf} {
		for _, form := range forms {
			tried := complete(form.Value, value)
			if len(unknown(form.Value, tried, "")) == 0 && form.Value.VisitJSON(tried, openapi3.VisitAsResponse()) == nil {
				return tried
			}
		}
	}
	for _, part := range schema.AllOf {
		value = complete(part.Value, value)
	}
	switch is := value.(type) {
	case map[string]any:
		whole := maps.Clone(is)
		for name, field := range schema.Properties {
			if given, there := whole[name]; there {
				whole[name] = complete(field.Value, given)
			}
		}
		for _, name := range schema.Required {
			if _, there := whole[name]; !there && schema.Properties[name] != nil {
				whole[name] = anything(schema.Properties[name].Value)
				if name == "date" && whole[name] == "" { // not all of them say that they are times
					whole[name] = aTime
				}
			}
		}
		return whole
	case []any:
		whole := make([]any, len(is))
		for i, each := range is {
			whole[i] = complete(elements(schema), each)
		}
		return whole
	}
	return value
}

const aTime = "2026-01-01T00:00:00Z"

// anything gives a value that a schema has.
func anything(schema *openapi3.Schema) any {
	switch {
	case schema.Nullable:
		return nil
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case len(schema.OneOf) > 0:
		return anything(schema.OneOf[0].Value)
	case len(schema.AnyOf) > 0:
		return anything(schema.AnyOf[0].Value)
	case len(schema.AllOf) > 0 && schema.Type == nil:
		return complete(schema, map[string]any{})
	case schema.Type.Is(openapi3.TypeString) && schema.Format == "date-time":
		return aTime
	case schema.Type.Is(openapi3.TypeString) && schema.Format == "uri":
		return "https://github.example/"
	case schema.Type.Is(openapi3.TypeString):
		return ""
	case schema.Type.Is(openapi3.TypeInteger), schema.Type.Is(openapi3.TypeNumber):
		return 0.0
	case schema.Type.Is(openapi3.TypeBoolean):
		return false
	case schema.Type.Is(openapi3.TypeArray):
		return []any{}
	}
	return complete(schema, map[string]any{})
}
