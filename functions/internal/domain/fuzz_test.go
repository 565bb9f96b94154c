package domain_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

var fuzzToday = domain.Date{Year: 2026, Month: 11, Day: 24}

// again gives the fields of an entity as a patch that would make it.
func again(t *testing.T, entity any, fields ...string) []byte {
	t.Helper()
	var all map[string]json.RawMessage
	text, err := json.Marshal(entity)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	kept := map[string]json.RawMessage{}
	for _, field := range fields {
		if value, found := all[field]; found {
			kept[field] = value
		}
	}
	if text, err = json.Marshal(kept); err != nil {
		t.Fatal(err)
	}
	return text
}

// roundTrip makes an entity of a patch, and again of what it became: they are the same.
// It says whether the first was valid; what is not is told by fields.
func roundTrip[Patch, Entity any](t *testing.T, body string, create func(Patch) (Entity, error), fields ...string) (Entity, bool) {
	t.Helper()
	var patch, same Patch
	var none Entity
	if json.Unmarshal([]byte(body), &patch) != nil {
		return none, false
	}
	made, err := create(patch)
	if err != nil {
		var invalid *domain.ValidationError
		if !errors.As(err, &invalid) || len(invalid.Fields) == 0 {
			t.Errorf("%s: %v names no field", body, err)
		}
		return none, false
	}
	text := again(t, made, fields...)
	if err := json.Unmarshal(text, &same); err != nil {
		t.Fatalf("%s became %s: %v", body, text, err)
	}
	remade, err := create(same)
	if diff := cmp.Diff(made, remade); diff != "" || err != nil {
		t.Errorf("%s became %s (-first +second):\n%s%v", body, text, diff, err)
	}
	return made, true
}

// changes changes an entity twice by the same patch: a patch that is refused leaves it as
// it was, and one that is not changes nothing the second time.
func changes[Patch, Entity any](t *testing.T, body string, entity Entity, apply func(*Entity, Patch) error) {
	t.Helper()
	var patch Patch
	if json.Unmarshal([]byte(body), &patch) != nil {
		return
	}
	once := entity
	if err := apply(&once, patch); err != nil {
		if diff := cmp.Diff(entity, once); diff != "" {
			t.Errorf("%s was refused (%v), and changed (-before +after):\n%s", body, err, diff)
		}
		return
	}
	twice := once
	if err := apply(&twice, patch); err != nil || !cmp.Equal(once, twice) {
		t.Errorf("%s a second time: %v\n%s", body, err, cmp.Diff(once, twice))
	}
}

// FuzzPatches makes all that a patch can make, and changes them.
func FuzzPatches(f *testing.F) {
	for _, body := range []string{
		`{"title": "t", "description": "d", "background": "b", "constraints": "c", "deadline": "2027-01-01", "status": "draft"}`,
		`{"title": "t", "position": 7, "type": "habit"}`, `{"position": 8, "swap": true, "type": ""}`, `{"title": "\u0000", "deadline": null}`,
		`{"goalId": "018f3c1e-0000-4000-8000-00000000000a", "summary": "s", "regretful": "r", "slow": "", "untouched": "u"}`,
		`{"name": "n", "industry": "i", "companySize": "\ud800", "jobType": "j", "position": "p"}`, `{"title": "t", "status": "active"}`, `null`,
	} {
		f.Add(body)
	}
	const goal, subGoal = "018f3c1e-0000-4000-8000-00000000000a", "018f3c1e-0000-4000-8000-00000000000b"
	texts := []string{"title", "description", "background", "constraints"}
	f.Fuzz(func(t *testing.T, body string) {
		newGoal := func(patch domain.GoalPatch) (domain.Goal, error) { return domain.NewGoal(patch, fuzzToday) }
		if made, ok := roundTrip(t, body, newGoal, append([]string{"deadline", "status"}, texts...)...); ok && !domain.GoalDraft.CanBecome(made.Status, domain.ByUser) {
			t.Errorf("%s made a goal that is %s", body, made.Status)
		}
		newSubGoal := func(patch domain.PartPatch) (domain.SubGoal, error) { return domain.NewSubGoal(goal, patch) }
		if made, ok := roundTrip(t, body, newSubGoal, append([]string{"position"}, texts...)...); ok && made.GoalID != goal {
			t.Errorf("%s made a part of %q", body, made.GoalID)
		}
		newAction := func(patch domain.ActionPatch) (domain.Action, error) { return domain.NewAction(goal, subGoal, patch) }
		if made, ok := roundTrip(t, body, newAction, append([]string{"position", "type"}, texts...)...); ok && made.SubGoalID != subGoal {
			t.Errorf("%s made a part of %q", body, made.SubGoalID)
		}
		if made, ok := roundTrip(t, body, domain.NewReflection, "goalId", "summary", "regretful", "slow", "untouched"); ok {
			if _, isID := domain.ParseID(string(made.GoalID)); !isID {
				t.Errorf("%s made a reflection on %q", body, made.GoalID)
			}
		}
		deadline := domain.Date{Year: 2026, Month: 1, Day: 1} // over already
		changes(t, body, domain.Goal{Title: "t", Status: domain.GoalActive, Deadline: &deadline}, func(g *domain.Goal, patch domain.GoalPatch) error {
			return g.Apply(patch, fuzzToday)
		})
		changes(t, body, domain.SubGoal{GoalID: goal, Title: "t"}, (*domain.SubGoal).Apply)
		changes(t, body, domain.Action{GoalID: goal, SubGoalID: subGoal, Title: "t", Type: domain.Habit}, (*domain.Action).Apply)
		changes(t, body, domain.Reflection{GoalID: goal, Summary: "s"}, (*domain.Reflection).Apply)
		changes(t, body, domain.User{Email: "one@example.com"}, func(u *domain.User, patch domain.UserPatch) error {
			if err := u.Apply(patch); err != nil {
				return err
			}
			if u.Email != "one@example.com" || u.Validate() != nil {
				t.Errorf("%s made %+v", body, u)
			}
			return nil
		})
	})
}

// FuzzParsePeriod: a period is in order, not too long, and what it says of itself is
// read as the same; what is refused is so for its days.
func FuzzParsePeriod(f *testing.F) {
	for _, days := range [][2]string{
		{"", ""}, {"2026-01-01", "2026-12-31"}, {"2024-01-01", "2024-12-31"}, {"2026-02-29", ""}, {"", "0001-01-01"},
		{"9999-12-31", "9999-12-31"}, {"2026-01-02", "2026-01-01"}, {"2026-1-1", " 2026-01-01"},
	} {
		f.Add(days[0], days[1])
	}
	f.Fuzz(func(t *testing.T, from, to string) {
		period, err := domain.ParsePeriod(from, to, fuzzToday)
		if err != nil {
			var invalid *domain.ValidationError
			if !errors.As(err, &invalid) || len(invalid.Fields) == 0 {
				t.Fatalf("%q to %q: %v", from, to, err)
			}
			for _, field := range invalid.Fields {
				if field.Field != "from" && field.Field != "to" {
					t.Errorf("%q to %q: there is no field %q", from, to, field.Field)
				}
			}
			return
		}
		if period.To.Before(period.From) || period.From.AddDays(domain.MaxPeriod-1).Before(period.To) {
			t.Errorf("%q to %q is %v", from, to, period)
		}
		if from != "" && period.From.String() != from || to != "" && period.To.String() != to {
			t.Errorf("%q to %q is %v", from, to, period)
		}
		same, err := domain.ParsePeriod(period.From.String(), period.To.String(), fuzzToday)
		if diff := cmp.Diff(period, same); diff != "" || err != nil {
			t.Errorf("%q to %q (-first +second):\n%s%v", from, to, diff, err)
		}
	})
}
