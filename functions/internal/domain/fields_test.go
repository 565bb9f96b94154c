package domain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

// reader is a body that is told what reading found.
type reader interface {
	Found(faults []domain.FieldError)
}

// rules reads text into a body, and holds it to its rules.
func rules[Body any, Pointer interface {
	*Body
	reader
}](apply func(Body) error) func(*testing.T, string) error {
	return func(t *testing.T, text string) error {
		t.Helper()
		var body Body
		faults, err := domain.ReadFields([]byte(text), &body)
		if err != nil {
			t.Fatal(err)
		}
		Pointer(&body).Found(faults)
		return apply(body)
	}
}

// TestAllFaultsAreToldTogether: of types, of names and of rules, for what is new and for
// what is changed.
func TestAllFaultsAreToldTogether(t *testing.T) {
	t.Parallel()
	today := domain.Date{Year: 2026, Month: 11, Day: 24}
	goal := rules(func(p domain.GoalPatch) error { _, err := domain.NewGoal(p, today); return err })
	changed := rules(func(p domain.GoalPatch) error {
		g := domain.Goal{Title: "t", Status: domain.GoalDraft}
		err := g.Apply(p, today)
		if g.Title != "t" {
			t.Errorf("changed to %q", g.Title)
		}
		return err
	})
	view := rules(func(p domain.ViewPatch) error { _, err := domain.NewView(p); return err })
	task := rules(func(p domain.TaskPatch) error { _, err := domain.NewTask(p, time.Unix(1, 0)); return err })
	for name, test := range map[string]struct {
		rules func(*testing.T, string) error
		text  string
		want  string
	}{
		"nothing":              {goal, `{"title": "t"}`, ""},
		"two types":            {goal, `{"title": 1, "deadline": 5}`, "title: invalid, deadline: invalid"},
		"a name and two rules": {goal, `{"title": "` + strings.Repeat("t", 201) + `", "deadline": "soon", "zz": 1}`, "zz: unknown, title: too_long, deadline: invalid"},
		"names":                {changed, `{"zz": 1, "Title": "u", "zz": 2, "title": "u"}`, "zz: unknown, Title: unknown"},
		"a status not taken":   {changed, `{"title": {}, "status": "failed"}`, "title: invalid, status: transition_not_allowed"},
		"twice and of a type":  {goal, `{"title": 1, "title": "t"}`, "title: invalid, title: unknown"},
		"a filter":             {view, `{"name": "n", "filter": {"status": ["zz"], "x": 1}}`, "filter.x: unknown, filter.status[0]: unknown"},
		"a filter's types":     {view, `{"name": 1, "filter": {"status": [1, 2], "goalId": 5, "sort": "up"}}`, "name: invalid, filter.status: invalid, filter.goalId: invalid, filter.sort: unknown"},
		"a filter's names":     {view, `{"name": "n", "filter": {"sort": "up", "sort": "up"}}`, "filter.sort: unknown"},
		"no filter":            {view, `{"name": "n", "filter": 5}`, "filter: invalid"},
		"what must be there":   {task, `{"actionId": 1, "title": "t", "type": [], "estimatedMinutes": 1.5}`, "actionId: invalid, type: invalid, estimatedMinutes: invalid"},
		"an action": {
			rules(func(p domain.ActionPatch) error { _, err := domain.NewAction("g", "s", p); return err }),
			`{"swap": 1, "x": 1, "type": "dream"}`, "swap: invalid, x: unknown, title: required, type: unknown, position: required",
		},
		"a sub-goal": {
			rules(func(p domain.PartPatch) error { return (&domain.SubGoal{Title: "t"}).Apply(p) }),
			`{"x": 1, "position": 8}`, "x: unknown, position: out_of_range",
		},
		"a reflection": {
			rules(func(p domain.ReflectionPatch) error { _, err := domain.NewReflection(p); return err }),
			`{"x": 1, "goalId": "g"}`, "x: unknown, summary: required, goalId: invalid",
		},
		"a user": {
			rules(func(p domain.UserPatch) error { return (&domain.User{Email: "one@example.com"}).Apply(p) }),
			`{"x": 1, "name": "\u0000"}`, "x: unknown, name: invalid",
		},
		"many": {
			rules(func(b domain.BulkStatus) error { _, err := b.Parse(); return err }),
			`{"x": 1, "ids": ["a"], "status": 1}`, "x: unknown, status: invalid, ids[0]: invalid",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := "", test.rules(t, test.text)
			var invalid *domain.ValidationError
			if errors.As(err, &invalid) {
				got = strings.TrimPrefix(err.Error(), "invalid input: ")
			} else if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.text, diff)
			}
		})
	}
}
