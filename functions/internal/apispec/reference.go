package apispec

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Operations is docs/api.md's table of a function's operations, of the document.
func Operations(document *openapi3.T, function string) string {
	var table strings.Builder
	table.WriteString("| request | what it does | body | answers |\n| --- | --- | --- | --- |\n")
	for _, path := range slices.Sorted(maps.Keys(document.Paths.Map())) {
		operations := document.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			operation := operations[method]
			if !slices.Contains(operation.Tags, function) {
				continue
			}
			request, what := code(method+" "+path), operation.Summary
			for _, parameter := range operation.Parameters {
				if parameter.Value.In == openapi3.ParameterInQuery || parameter.Value.Name == "Idempotency-Key" {
					request += " " + code(parameter.Value.Name)
				}
			}
			if len(*operation.Security) == 0 {
				what = "(*open*) " + what
			}
			fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", request, strings.TrimSpace(what+" "+operation.Description), body(operation), answers(operation))
		}
	}
	return table.String()
}

// body names the type of an operation's body, and which of its fields must be there.
func body(operation *openapi3.Operation) string {
	if operation.RequestBody == nil {
		return "–"
	}
	schema := operation.RequestBody.Value.Content.Get("application/json").Schema
	if schema.Ref != "" {
		return kind(schema)
	}
	var required []string
	for _, name := range schema.Value.AllOf[1].Value.Required {
		required = append(required, code(name))
	}
	return kind(schema.Value.AllOf[0]) + " with " + strings.Join(required, ", ")
}

// answers are an operation's statuses and types, but for those that every operation has.
func answers(operation *openapi3.Operation) string {
	var all, problems []string
	for _, status := range slices.Sorted(maps.Keys(operation.Responses.Map())) {
		response := operation.Responses.Value(status)
		number, _ := strconv.Atoi(status) // Validate holds the document to numbers
		switch {
		case response.Ref == "":
			answer := status
			for _, content := range response.Value.Content {
				if kind := kind(content.Schema); kind != "text" {
					answer += " " + kind
				} else {
					answer += " a page"
				}
			}
			all = append(all, answer)
		case number != http.StatusUnauthorized && number < http.StatusInternalServerError:
			problems = append(problems, status)
		}
	}
	return strings.Join(append(all, problems...), ", ")
}

// Types is docs/api.md's table of the document's types.
func Types(document *openapi3.T) string {
	var table strings.Builder
	table.WriteString("| type | fields |\n| --- | --- |\n")
	for _, name := range slices.Sorted(maps.Keys(document.Components.Schemas)) {
		schema := document.Components.Schemas[name].Value
		fmt.Fprintf(&table, "| `%s` | %s |\n", name, fields(schema))
	}
	return table.String()
}

func fields(schema *openapi3.Schema) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		field := schema.Properties[name]
		text := code(name) + ": " + kind(field)
		if field.Value.Nullable && kind(field) != "anything" {
			text += " or null"
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// kind says in words what a schema allows.
func kind(ref *openapi3.SchemaRef) string {
	schema := ref.Value
	switch {
	case ref.Ref != "":
		return code(ref.Ref[strings.LastIndex(ref.Ref, "/")+1:])
	case len(schema.Enum) > 0:
		var words []string
		for _, word := range schema.Enum {
			words = append(words, code(fmt.Sprint(word)))
		}
		return strings.Join(words, ", ")
	case schema.Description != "":
		return schema.Description
	case schema.Type.Is("array"):
		text := "list of " + kind(schema.Items)
		if schema.MaxItems != nil {
			text += fmt.Sprintf(" (%d to %d)", schema.MinItems, *schema.MaxItems)
		}
		return text
	case schema.Properties["items"] != nil:
		return kind(schema.Properties["items"])
	case schema.Type.Is("object") && len(schema.Properties) > 0:
		return "{ " + fields(schema) + " }"
	case schema.Type.Is("object"):
		return "object of " + kind(schema.AdditionalProperties.Schema)
	case schema.Format == "uuid":
		return "id"
	case schema.Format == "date-time":
		return "time"
	case schema.Format != "":
		return schema.Format
	case schema.Type.Is("string") && schema.MaxLength != nil && schema.MinLength == 0:
		return fmt.Sprintf("text of at most %d", *schema.MaxLength)
	case schema.Type.Is("string") && schema.MaxLength != nil:
		return fmt.Sprintf("text of %d to %d", schema.MinLength, *schema.MaxLength)
	case schema.Type.Is("string"):
		return "text"
	case schema.Min != nil:
		return fmt.Sprintf("%g to %g", *schema.Min, *schema.Max)
	case schema.Type == nil:
		return "anything"
	default:
		return (*schema.Type)[0]
	}
}

func code(text string) string { return "`" + text + "`" }
