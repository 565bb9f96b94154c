package apispec

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing" //nolint:depguard // a package for tests

	"github.com/getkin/kin-openapi/openapi3"
	diff "github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

var update = flag.Bool("update-api", false, "write docs/openapi.json and docs/api.md anew") //nolint:gochecknoglobals // a flag

// Document is the OpenAPI document of a function: what its routes declare, under the ids
// of routes.tf.
func Document(t testing.TB, function string, router *httpapi.Router) *openapi3.T {
	t.Helper()
	ids := map[string]string{}
	for _, route := range Routes(t) {
		ids[route.Method+" "+route.Path] = route.OperationID
	}
	s := &schemas{t, openapi3.Schemas{}, map[string]reflect.Type{}}
	problem := s.of(reflect.TypeFor[httpapi.Problem](), false)
	paths := openapi3.NewPaths()
	for _, declared := range router.Operations() {
		item := paths.Value(declared.Path)
		if item == nil {
			item = &openapi3.PathItem{}
			paths.Set(declared.Path, item)
		}
		if declared.Summary == "" || len(declared.Answers) == 0 {
			t.Errorf("%s %s does not say what it does, or what it answers", declared.Method, declared.Path)
		}
		operation := s.operation(declared)
		operation.OperationID, operation.Tags = ids[declared.Method+" "+declared.Path], []string{function}
		item.SetOperation(declared.Method, operation)
	}
	return &openapi3.T{
		OpenAPI: "3.0.3",
		Info: &openapi3.Info{
			Title: "Goal Mandala", Version: "1",
			Description: "What the application's functions answer; docs/api.md has what all operations have in common. Written by `make docs`.",
		},
		Servers: openapi3.Servers{{URL: "/v1"}},
		Paths:   paths,
		Components: &openapi3.Components{
			Schemas:         s.named,
			Responses:       problems(problem),
			SecuritySchemes: openapi3.SecuritySchemes{"cognito": {Value: openapi3.NewJWTSecurityScheme().WithDescription("An ID token of the Cognito user pool.")}},
		},
	}
}

func (s *schemas) operation(declared httpapi.Operation) *openapi3.Operation {
	s.t.Helper()
	operation := &openapi3.Operation{
		Summary: declared.Summary, Description: declared.Description,
		Parameters: s.parameters(declared), Responses: openapi3.NewResponsesWithCapacity(8),
		Security: openapi3.NewSecurityRequirements().With(openapi3.NewSecurityRequirement().Authenticate("cognito")),
	}
	if declared.Open {
		operation.Security = openapi3.NewSecurityRequirements()
	}
	if declared.Body != nil {
		body := s.of(reflect.TypeOf(declared.Body), true)
		if len(declared.Required) > 0 {
			required := openapi3.NewSchema().WithRequired(slices.Sorted(slices.Values(declared.Required)))
			for _, name := range declared.Required {
				if body.Value.Properties[name] == nil {
					s.t.Errorf("%s %s requires %q, which its body does not have", declared.Method, declared.Path, name)
				}
			}
			body = (&openapi3.Schema{AllOf: openapi3.SchemaRefs{body, required.NewRef()}}).NewRef()
		}
		content := openapi3.NewContentWithJSONSchemaRef(body)
		if declared.Method == http.MethodPatch {
			content["application/merge-patch+json"] = openapi3.NewMediaType().WithSchemaRef(body)
		}
		operation.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().WithRequired(true).WithContent(content)}
	}
	for _, status := range problemsOf(declared) {
		operation.Responses.Set(strconv.Itoa(status), &openapi3.ResponseRef{Ref: "#/components/responses/" + responseName(status)})
	}
	for _, answer := range declared.Answers {
		operation.Responses.Set(strconv.Itoa(answer.Status), &openapi3.ResponseRef{Value: s.answer(answer)})
	}
	return operation
}

func (s *schemas) answer(declared httpapi.Answer) *openapi3.Response {
	s.t.Helper()
	response := openapi3.NewResponse().WithDescription(http.StatusText(declared.Status))
	response.Headers = openapi3.Headers{"X-Request-Id": header(openapi3.NewStringSchema())}
	for _, name := range declared.Headers {
		schema := openapi3.NewStringSchema()
		if name == "ETag" {
			schema.WithPattern(`^"[0-9]+"$`)
		}
		response.Headers[name] = header(schema)
	}
	switch declared.Body.(type) {
	case nil:
	case httpapi.Page:
		response.WithContent(openapi3.NewContentWithSchema(openapi3.NewStringSchema(), []string{"text/html; charset=utf-8"}))
	default:
		response.WithJSONSchemaRef(s.of(reflect.TypeOf(declared.Body), false))
	}
	return response
}

func header(schema *openapi3.Schema) *openapi3.HeaderRef {
	return &openapi3.HeaderRef{Value: &openapi3.Header{Parameter: openapi3.Parameter{Required: true, Schema: schema.NewRef()}}}
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

func (s *schemas) parameters(declared httpapi.Operation) openapi3.Parameters {
	s.t.Helper()
	var all openapi3.Parameters
	add := func(parameter *openapi3.Parameter, schema *openapi3.Schema) {
		all = append(all, &openapi3.ParameterRef{Value: parameter.WithSchema(schema)})
	}
	for _, match := range pathParameter.FindAllStringSubmatch(declared.Path, -1) {
		add(openapi3.NewPathParameter(match[1]), idSchema())
	}
	for _, name := range declared.Query {
		parameter := openapi3.NewQueryParameter(name)
		schema := s.query(declared.Path, name)
		if schema.Type.Is("array") { // with commas
			parameter.Style, parameter.Explode = openapi3.SerializationForm, new(bool)
		}
		add(parameter, schema)
	}
	if versioned(declared.Method) {
		add(openapi3.NewHeaderParameter("If-Match").WithDescription("The ETag of the version that it must still have."), openapi3.NewStringSchema())
	}
	for _, name := range declared.Headers {
		add(openapi3.NewHeaderParameter(name), openapi3.NewStringSchema().WithMaxLength(128).WithPattern(`^[!-~]+$`))
	}
	return all
}

// query is the schema of a parameter of the query.
func (s *schemas) query(path, name string) *openapi3.Schema {
	s.t.Helper()
	switch name {
	case "cursor", "token":
		return openapi3.NewStringSchema()
	case "limit":
		return openapi3.NewIntegerSchema().WithMin(1).WithMax(store.MaxLimit).WithDefault(store.DefaultLimit)
	case "from", "to":
		return openapi3.NewStringSchema().WithFormat("date")
	case "viewId":
		return idSchema()
	case "status":
		if path == "/goals" {
			return scalar(reflect.TypeFor[domain.GoalStatus]())
		}
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[domain.TaskFilter]()) {
		if tag, _, _ := strings.Cut(field.Tag.Get("json"), ","); tag == name {
			return s.field(reflect.TypeFor[domain.TaskFilter](), field.Type, name, true).Value
		}
	}
	s.t.Errorf("%s: no schema for the parameter %q of the query", path, name)
	return openapi3.NewSchema()
}

// versioned says whether If-Match means something to the method.
func versioned(method string) bool {
	return method == http.MethodPatch || method == http.MethodPut || method == http.MethodDelete
}

// problemsOf are the statuses of problems that follow from what a route is, and those
// that it declares besides.
func problemsOf(declared httpapi.Operation) []int {
	statuses := append([]int{http.StatusInternalServerError, http.StatusServiceUnavailable}, declared.Problems...)
	if !declared.Open {
		statuses = append(statuses, http.StatusUnauthorized)
	}
	if strings.Contains(declared.Path, "{") {
		statuses = append(statuses, http.StatusNotFound)
	}
	if versioned(declared.Method) {
		statuses = append(statuses, http.StatusPreconditionFailed)
	}
	if slices.Contains(declared.Query, "cursor") {
		statuses = append(statuses, http.StatusBadRequest)
	}
	if len(declared.Query) > 0 && !declared.Open {
		statuses = append(statuses, http.StatusUnprocessableEntity)
	}
	if declared.Body != nil {
		statuses = append(statuses, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
	}
	slices.Sort(statuses)
	return slices.Compact(statuses)
}

// problems are the answers of all operations that failed, by the names of their statuses.
func problems(schema *openapi3.SchemaRef) openapi3.ResponseBodies {
	all := openapi3.ResponseBodies{}
	for _, status := range []int{400, 401, 404, 409, 412, 413, 415, 422, 500, 503} {
		response := openapi3.NewResponse().WithDescription(http.StatusText(status)).
			WithContent(openapi3.NewContentWithSchemaRef(schema, []string{"application/problem+json"}))
		response.Headers = openapi3.Headers{"X-Request-Id": header(openapi3.NewStringSchema())}
		if status == http.StatusServiceUnavailable {
			response.Headers["Retry-After"] = header(openapi3.NewIntegerSchema())
		}
		all[responseName(status)] = &openapi3.ResponseRef{Value: response}
	}
	return all
}

func responseName(status int) string { return strings.ReplaceAll(http.StatusText(status), " ", "") }

// checkDocument fails unless docs/openapi.json says of the function what its routes
// declare; with the flag it writes that instead.
func checkDocument(t testing.TB, function string, router *httpapi.Router) {
	t.Helper()
	name := filepath.Join(Root(t), "docs", "openapi.json")
	before, err := os.ReadFile(name)
	if err != nil && !*update {
		t.Fatal(err)
	}
	after := merge(t, before, Document(t, function, router), function)
	switch {
	case bytes.Equal(before, after):
	case *update:
		if err := os.WriteFile(name, after, 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("docs/openapi.json is not what %s declares: run `make docs` (-document +function):\n%s", function, diff.Diff(string(before), string(after)))
	}
}

// merge is the document with what it has of the function replaced. What no operation
// refers to goes.
func merge(t testing.TB, text []byte, function *openapi3.T, tag string) []byte {
	t.Helper()
	part := plain(t, function)
	whole := plain(t, function)
	if len(text) > 0 {
		var before map[string]any
		if err := json.Unmarshal(text, &before); err != nil {
			t.Fatalf("docs/openapi.json: %v", err)
		}
		deployed := map[string]bool{}
		for _, route := range Routes(t) {
			deployed[route.Path+" "+strings.ToLower(route.Method)+" "+route.Function] = true
		}
		paths := object(whole, "paths")
		for path, item := range object(before, "paths") {
			for method, operation := range item.(map[string]any) {
				of, _ := operation.(map[string]any)["tags"].([]any)
				if len(of) != 1 || of[0] == tag || !deployed[path+" "+method+" "+of[0].(string)] {
					continue
				}
				if paths[path] == nil {
					paths[path] = map[string]any{}
				}
				paths[path].(map[string]any)[method] = operation
			}
		}
		for kind, components := range object(before, "components") {
			for name, component := range components.(map[string]any) {
				if own := object(part, "components", kind); own[name] == nil {
					object(whole, "components", kind)[name] = component
				}
			}
		}
	}
	used := map[string]bool{}
	references(whole["paths"], object(whole, "components"), used)
	for _, kind := range []string{"schemas", "responses"} {
		maps.DeleteFunc(object(whole, "components", kind), func(name string, _ any) bool { return !used[kind+"/"+name] })
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(whole); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// references gathers the components that a value refers to, such as schemas/Goal.
func references(value any, components map[string]any, found map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		if reference, ok := value["$ref"].(string); ok {
			parts := strings.Split(reference, "/")
			kind, name := parts[len(parts)-2], parts[len(parts)-1]
			if !found[kind+"/"+name] {
				found[kind+"/"+name] = true
				references(object(components, kind)[name], components, found)
			}
		}
		for _, part := range value {
			references(part, components, found)
		}
	case []any:
		for _, part := range value {
			references(part, components, found)
		}
	}
}

// plain is the document as JSON has it.
func plain(t testing.TB, document *openapi3.T) map[string]any {
	t.Helper()
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	var value map[string]any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// object is what a value has under names, one in the other.
func object(value map[string]any, names ...string) map[string]any {
	for _, name := range names {
		value, _ = value[name].(map[string]any)
	}
	return value
}
