package apispec

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing" //nolint:depguard // a package for tests
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// idPattern is what domain.ParseID takes.
const idPattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

// schemas makes schemas of the types that become JSON or are read from it. A type with
// a name becomes a component of that name.
type schemas struct {
	t     testing.TB
	named openapi3.Schemas
	types map[string]reflect.Type // of the components
}

// of is the schema of a type; request says that it is read, and not answered.
func (s *schemas) of(kind reflect.Type, request bool) *openapi3.SchemaRef {
	s.t.Helper()
	if schema := scalar(kind); schema != nil {
		return schema.NewRef()
	}
	switch kind.Kind() {
	case reflect.Pointer:
		schema := s.of(kind.Elem(), request)
		if schema.Ref != "" {
			s.t.Errorf("%s: OpenAPI 3.0 has no reference that may be null", kind)
			return schema
		}
		schema.Value.Nullable = !request // what is read is absent then
		return schema
	case reflect.Slice:
		return (&openapi3.Schema{Type: &openapi3.Types{"array"}, Items: s.of(kind.Elem(), request)}).NewRef()
	case reflect.Map:
		values := s.of(kind.Elem(), request)
		return (&openapi3.Schema{Type: &openapi3.Types{"object"}, AdditionalProperties: openapi3.AdditionalProperties{Schema: values}}).NewRef()
	case reflect.Struct:
		if value, found := kind.FieldByName("Value"); found && strings.HasPrefix(kind.Name(), "Optional[") {
			return s.of(value.Type.Elem(), request)
		}
		return s.object(kind, request)
	default:
		s.t.Errorf("no schema for %s", kind)
		return openapi3.NewSchema().NewRef()
	}
}

// scalar is the schema of a type without parts; nil for others.
func scalar(kind reflect.Type) *openapi3.Schema {
	if values := words(kind); values != nil {
		return openapi3.NewStringSchema().WithEnum(values...)
	}
	switch kind {
	case reflect.TypeFor[domain.ID]():
		return idSchema()
	case reflect.TypeFor[domain.Date]():
		return openapi3.NewStringSchema().WithFormat("date")
	case reflect.TypeFor[time.Time]():
		return openapi3.NewDateTimeSchema()
	case reflect.TypeFor[domain.DeadlineFilter]():
		schema := openapi3.NewStringSchema().WithPattern(`^(overdue|today|week|[0-9-]{10}\.\.([0-9-]{10})?|\.\.[0-9-]{10})$`)
		schema.Description = "`overdue` (and open), `today`, `week`, or `FROM..TO`, of which one may be left out"
		return schema
	case reflect.TypeFor[any](): // a value of any field, null included
		return openapi3.NewSchema().WithNullable()
	}
	switch kind.Kind() {
	case reflect.Bool:
		return openapi3.NewBoolSchema()
	case reflect.Int, reflect.Int64:
		return openapi3.NewIntegerSchema()
	case reflect.String:
		return openapi3.NewStringSchema()
	default:
		return nil
	}
}

func idSchema() *openapi3.Schema {
	return openapi3.NewStringSchema().WithFormat("uuid").WithPattern(idPattern)
}

// words are the values that a type of words has; nil for other types.
func words(kind reflect.Type) []any {
	switch kind {
	case reflect.TypeFor[domain.GoalStatus]():
		return anys(domain.GoalStatuses())
	case reflect.TypeFor[domain.TaskStatus]():
		return anys(domain.TaskStatuses())
	case reflect.TypeFor[domain.Type]():
		return anys(domain.Types())
	case reflect.TypeFor[domain.TaskSort]():
		return anys([]domain.TaskSort{domain.SortByDeadline, domain.SortByCreation})
	case reflect.TypeFor[store.Pace]():
		return anys([]store.Pace{store.StayOnTrack, store.ChangePace})
	case reflect.TypeFor[store.OffReason]():
		return anys([]store.OffReason{store.Unsubscribed, store.Bounced, store.Complained})
	case reflect.TypeFor[store.ExecutionStatus]():
		return anys([]store.ExecutionStatus{
			store.ExecutionPending, store.ExecutionRunning, store.ExecutionSucceeded, store.ExecutionPartial,
			store.ExecutionFailed, store.ExecutionCancelled, store.ExecutionTimedOut,
		})
	default:
		return nil
	}
}

func anys[T ~string](values []T) []any {
	all := make([]any, 0, len(values))
	for _, value := range values {
		all = append(all, string(value))
	}
	return all
}

// object is a reference to the component of a type with a name, and else its schema.
// What a body has in it is no component: an answer may have the same type, and takes
// fields in later releases that a body refuses.
func (s *schemas) object(kind reflect.Type, request bool) *openapi3.SchemaRef {
	name := kind.Name()
	if name == "" || strings.Contains(name, "[") {
		return s.fields(kind, request).NewRef()
	}
	name = strings.ToUpper(name[:1]) + name[1:]
	if before, found := s.types[name]; found && before != kind {
		s.t.Errorf("%s and %s are both named %s", before, kind, name)
	}
	if s.types[name] == nil {
		s.types[name] = kind
		s.named[name] = s.fields(kind, request).NewRef()
	}
	return openapi3.NewSchemaRef("#/components/schemas/"+name, s.named[name].Value)
}

// fields is the object that encoding/json makes of a struct, or takes for it.
func (s *schemas) fields(kind reflect.Type, request bool) *openapi3.Schema {
	object := openapi3.NewObjectSchema()
	if request {
		object.WithoutAdditionalProperties()
	}
	for _, field := range reflect.VisibleFields(kind) {
		name, options, tagged := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" || name == "-" || !field.IsExported() {
			continue // its fields come by themselves, or are none of JSON's
		}
		if name == "" {
			s.t.Errorf("%s.%s has no name in JSON", kind, field.Name)
		}
		schema := s.field(kind, field.Type, name, request)
		object.WithPropertyRef(name, schema)
		if !request && (!tagged || !strings.Contains(options, "omitempty")) {
			object.Required = append(object.Required, name)
		}
	}
	slices.Sort(object.Required)
	return object
}

// field is the schema of a field with the limits that the rules have by its name.
func (s *schemas) field(owner, kind reflect.Type, name string, request bool) *openapi3.SchemaRef {
	if kind == reflect.TypeFor[json.RawMessage]() && name == "filter" {
		return s.fields(reflect.TypeFor[domain.TaskFilter](), request).NewRef()
	}
	ref := s.of(kind, request)
	if ref.Ref != "" {
		return ref
	}
	schema, plain := ref.Value, ref.Value.Type.Is("string") && ref.Value.Enum == nil && ref.Value.Pattern == "" && ref.Value.Format == ""
	switch {
	case ref.Value.Type.Is("integer"):
		bounds(schema, name)
	case ref.Value.Type.Is("array"):
		list(schema, name, request)
	case plain && (name == "goalId" || name == "actionId"): // read as text, so that the field is named
		schema = idSchema()
	case plain && name == "deadline":
		schema.Format = "date"
	case plain && owner != reflect.TypeFor[httpapi.Problem]():
		length(owner, schema, name)
	}
	if strings.HasPrefix(kind.Name(), "Optional[") { // null empties what may be empty
		schema.Nullable = schema.Enum == nil && schema.Pattern == "" && schema.MinLength == 0 && (name != "position" || plain)
	}
	return schema.NewRef()
}

// length is how many characters a text has, or which texts there are.
func length(owner reflect.Type, schema *openapi3.Schema, name string) {
	switch name {
	case "title":
		schema.WithMinLength(1).WithMaxLength(domain.MaxTitle)
	case "summary", "body":
		schema.WithMinLength(1).WithMaxLength(domain.MaxText)
	case "description", "background", "constraints", "regretful", "slow", "untouched":
		schema.WithMaxLength(domain.MaxText)
	case "industry", "companySize", "jobType", "position":
		schema.WithMaxLength(domain.MaxName)
	case "entityType":
		schema.WithEnum("goal", "sub_goal", "action", "task", "reflection")
	case "change":
		schema.WithEnum("created", "updated", "deleted")
	case "code":
		schema.WithEnum(domain.CodeRequired, domain.CodeTooLong, domain.CodeInvalid, domain.CodeOutOfRange, domain.CodeUnknown,
			domain.CodeTransition, domain.CodeInThePast, domain.CodeDuplicate, domain.CodeNotFound)
	case "name":
		if owner == reflect.TypeFor[domain.SavedView]() || owner == reflect.TypeFor[domain.ViewPatch]() {
			schema.WithMinLength(1).WithMaxLength(domain.MaxViewName)
		} else {
			schema.WithMaxLength(domain.MaxName)
		}
	}
}

func bounds(schema *openapi3.Schema, name string) {
	switch name {
	case "position":
		schema.WithMin(0).WithMax(domain.Positions - 1)
	case "progress":
		schema.WithMin(0).WithMax(100)
	case "estimatedMinutes":
		schema.WithMin(1).WithMax(domain.MaxMinutes)
	}
}

func list(schema *openapi3.Schema, name string, request bool) {
	switch {
	case name == "ids":
		schema.WithMinItems(1).WithMaxItems(domain.MaxBulk).WithUniqueItems(true)
		schema.Items = idSchema().NewRef()
	case name == "actionIds" && request:
		schema.WithMaxItems(workflow.MaxActions).WithUniqueItems(true)
	case name == "status":
		schema.WithUniqueItems(true)
	}
}
