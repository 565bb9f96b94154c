package apispec_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

// TestLimitsAreTheDomains asks the domain about the edges of every field of a body: what
// the document allows must be allowed, and what is just beyond must not.
func TestLimitsAreTheDomains(t *testing.T) {
	t.Parallel()
	const id, goal = "018f3c1e-0000-4000-8000-000000000001", `{"title": "t"`
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	bodies := map[string]struct {
		fields string // that must be there
		take   func([]byte) error
	}{
		"GoalPatch": {goal, taking(func(p domain.GoalPatch) error { _, err := domain.NewGoal(p, domain.DateOf(now)); return err })},
		"PartPatch": {goal + `, "position": 1`, taking(func(p domain.PartPatch) error { _, err := domain.NewSubGoal(id, p); return err })},
		"ActionPatch": {goal + `, "position": 1, "type": "habit"`, taking(func(p domain.ActionPatch) error {
			_, err := domain.NewAction(id, id, p)
			return err
		})},
		"TaskPatch": {goal + `, "type": "habit", "actionId": "` + id + `"`, taking(func(p domain.TaskPatch) error {
			_, err := domain.NewTask(p, now)
			return err
		})},
		"ReflectionPatch": {`{"summary": "s", "goalId": "` + id + `"`, taking(func(p domain.ReflectionPatch) error {
			_, err := domain.NewReflection(p)
			return err
		})},
		"ViewPatch": {`{"name": "n", "filter": {}`, taking(func(p domain.ViewPatch) error { _, err := domain.NewView(p); return err })},
		"UserPatch": {`{"name": "n"`, taking(func(p domain.UserPatch) error { return (&domain.User{Email: "a@example.com"}).Apply(p) })},
		"BulkStatus": {`{"ids": ["` + id + `"], "status": "skipped"`, taking(func(p domain.BulkStatus) error {
			_, err := p.Parse()
			return err
		})},
	}
	schemas := document(t).Components.Schemas
	for name, body := range bodies {
		for field, ref := range schemas[name].Value.Properties {
			for _, edge := range edges(t, ref.Value) {
				fields := map[string]json.RawMessage{}
				if err := json.Unmarshal([]byte(body.fields+"}"), &fields); err != nil {
					t.Fatal(err)
				}
				fields[field] = json.RawMessage(edge)
				text, err := json.Marshal(fields)
				if err != nil {
					t.Fatal(err)
				}
				var value any
				if err := json.Unmarshal([]byte(edge), &value); err != nil {
					t.Fatal(err)
				}
				allowed := ref.Value.VisitJSON(value) == nil
				refused := refuses(body.take(text), field, allowed)
				if allowed == refused {
					t.Errorf("%s.%s: the document allows %.40s: %t, the domain refuses it: %t", name, field, edge, allowed, refused)
				}
			}
		}
	}
}

// edges are JSON values just within a field's bounds, just beyond, and null.
func edges(t *testing.T, schema *openapi3.Schema) []string {
	t.Helper()
	number := func(value float64) string { text, _ := json.Marshal(value); return string(text) }
	var all []string
	switch {
	case schema.Type.Is("boolean"), schema.Type.Is("object"):
		return nil // without bounds; the filter has a test of its own
	case schema.Min != nil:
		all = []string{number(*schema.Min), number(*schema.Min - 1), number(*schema.Max), number(*schema.Max + 1)}
	case schema.MaxLength != nil:
		most := int(*schema.MaxLength)
		all = []string{`""`, `"x"`, `"` + strings.Repeat("ä", most) + `"`, `"` + strings.Repeat("ä", most+1) + `"`}
	case schema.Pattern != "":
		all = []string{`"018f3c1e-0000-4000-8000-00000000000a"`, `"018F3C1E-0000-4000-8000-00000000000A"`, `""`}
	case schema.Format == "date":
		all = []string{`"2027-01-31"`, `"soon"`, `""`}
	case schema.Type.Is("array"):
		return []string{`[]`, `["018f3c1e-0000-4000-8000-00000000000a"]`, `["018f3c1e-0000-4000-8000-00000000000a", "018f3c1e-0000-4000-8000-00000000000a"]`, `["x"]`}
	case schema.Enum != nil:
		for _, word := range schema.Enum {
			text, _ := json.Marshal(word)
			all = append(all, string(text))
		}
		all = append(all, `"lost"`, `""`)
	default:
		t.Errorf("no edges of %v", schema)
	}
	return append(all, "null")
}

// refuses says whether an error is about the field; a status that there is may be refused
// for the one before.
func refuses(err error, field string, allowed bool) bool {
	var invalid *domain.ValidationError
	if err != nil && !errors.As(err, &invalid) {
		return true // the JSON is of another type
	}
	return invalid != nil && slices.ContainsFunc(invalid.Fields, func(f domain.FieldError) bool {
		return strings.HasPrefix(f.Field, field) && !(allowed && f.Code == domain.CodeTransition)
	})
}

func taking[T any](take func(T) error) func([]byte) error {
	return func(text []byte) error {
		var patch T
		if err := json.Unmarshal(text, &patch); err != nil {
			return err
		}
		return take(patch)
	}
}
