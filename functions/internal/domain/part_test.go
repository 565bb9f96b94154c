package domain_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

// TestWhatIsRefusedChangesNothing applies patches of which one field is wrong.
func TestWhatIsRefusedChangesNothing(t *testing.T) {
	t.Parallel()
	title, name, summary := domain.Some("new"), domain.Some("new"), domain.Some("new")
	user := domain.User{Email: "one@example.com", Name: "old"}
	subGoal := domain.SubGoal{Title: "old"}
	action := domain.Action{Title: "old", Type: domain.Habit}
	reflection := domain.Reflection{GoalID: "018f3c1e-0000-4000-8000-000000000001", Summary: "old"}
	got := map[string][]string{
		"user":       wrong(t, user.Apply(domain.UserPatch{Name: name, Industry: domain.Some("\x00")})),
		"sub-goal":   wrong(t, subGoal.Apply(domain.PartPatch{Title: title, Position: domain.Some(8)})),
		"action":     wrong(t, action.Apply(domain.ActionPatch{PartPatch: domain.PartPatch{Title: title}, Type: domain.Some(domain.Type("dream"))})),
		"reflection": wrong(t, reflection.Apply(domain.ReflectionPatch{Summary: summary, GoalID: domain.Some("018f3c1e-0000-4000-8000-000000000002")})),
	}
	want := map[string][]string{
		"user": {"industry: invalid"}, "sub-goal": {"position: out_of_range"}, "action": {"type: unknown"}, "reflection": {"goalId: invalid"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"old", "old", "old", "old"}, []string{user.Name, subGoal.Title, action.Title, reflection.Summary}); diff != "" {
		t.Errorf("left as it was (-want +got):\n%s", diff)
	}
}

// TestNullIsNoSilence sends null in every field of every patch: what may be empty is
// emptied then, and what may not is refused.
func TestNullIsNoSilence(t *testing.T) {
	t.Parallel()
	const owner = "018f3c1e-0000-4000-8000-000000000001"
	day := domain.Date{Year: 2026, Month: 11, Day: 24}
	deadline, minutes := day, 5
	user := domain.User{Email: "one@example.com", Name: "n", Industry: "i", CompanySize: "c", JobType: "j", Position: "p"}
	goal := domain.Goal{Title: "t", Description: "d", Background: "b", Constraints: "c", Deadline: &deadline, Status: domain.GoalActive}
	subGoal := domain.SubGoal{Title: "t", Description: "d", Background: "b", Constraints: "c", Position: 1}
	action := domain.Action{Title: "t", Description: "d", Background: "b", Constraints: "c", Position: 1, Type: domain.Habit}
	task := domain.Task{ActionID: owner, Title: "t", Description: "d", Type: domain.Habit, Status: domain.TaskSkipped, Deadline: &deadline, EstimatedMinutes: &minutes}
	reflection := domain.Reflection{GoalID: owner, Summary: "s", Regretful: "r", Slow: "s", Untouched: "u"}
	view := domain.SavedView{Name: "n"}
	entities := map[string]func(text string) error{
		"user": func(text string) error { return apply(t, text, user.Apply) },
		"goal": func(text string) error {
			return apply(t, text, func(p domain.GoalPatch) error { return goal.Apply(p, day) })
		},
		"sub-goal": func(text string) error { return apply(t, text, subGoal.Apply) },
		"action":   func(text string) error { return apply(t, text, action.Apply) },
		"task": func(text string) error {
			return apply(t, text, func(p domain.TaskPatch) error { return task.Apply(p, time.Now()) })
		},
		"reflection": func(text string) error { return apply(t, text, reflection.Apply) },
		"view":       func(text string) error { return apply(t, text, view.Apply) },
	}
	texts := []string{"description", "background", "constraints"}
	empties := map[string][]string{
		"user": {"name", "industry", "companySize", "jobType", "position"}, "goal": append(texts, "deadline"), "sub-goal": texts, "action": texts,
		"task": {"description", "deadline", "estimatedMinutes"}, "reflection": {"regretful", "slow", "untouched"},
	}
	refuses := map[string][]string{
		"goal": {"title", "status"}, "sub-goal": {"title", "position"}, "action": {"title", "position", "type"},
		"task": {"title", "status", "type", "actionId"}, "reflection": {"summary", "goalId"}, "view": {"name"},
	}
	for name, send := range entities {
		for _, field := range empties[name] {
			if err := send(`{"` + field + `": null}`); err != nil {
				t.Errorf("%s: %s: %v", name, field, err)
			}
		}
		for _, field := range refuses[name] {
			if diff := cmp.Diff([]string{field + ": required"}, wrong(t, send(`{"`+field+`": null}`))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
	got := []any{user, goal, subGoal, action, task, reflection, view}
	want := []any{
		domain.User{Email: "one@example.com"}, domain.Goal{Title: "t", Status: domain.GoalActive},
		domain.SubGoal{Title: "t", Position: 1}, domain.Action{Title: "t", Position: 1, Type: domain.Habit},
		domain.Task{ActionID: owner, Title: "t", Type: domain.Habit, Status: domain.TaskSkipped},
		domain.Reflection{GoalID: owner, Summary: "s"}, domain.SavedView{Name: "n"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
}

// apply reads a patch and applies it.
func apply[P any](t *testing.T, text string, to func(P) error) error {
	t.Helper()
	var patch P
	if err := json.Unmarshal([]byte(text), &patch); err != nil {
		t.Fatal(err)
	}
	return to(patch)
}

func TestParsePeriod(t *testing.T) {
	t.Parallel()
	today := domain.Date{Year: 2026, Month: 11, Day: 24}
	tests := map[string]struct {
		from, to string
		want     string
		wrong    []string
	}{
		"nothing said":         {want: "2026-08-27..2026-11-24"},
		"an end":               {to: "2026-03-31", want: "2026-01-01..2026-03-31"},
		"a start":              {from: "2026-11-01", want: "2026-11-01..2026-11-24"},
		"a start in future":    {from: "2026-11-25", wrong: []string{"to: out_of_range"}},
		"a leap year":          {from: "2024-01-01", to: "2024-12-31", want: "2024-01-01..2024-12-31"},
		"a day more than that": {from: "2024-01-01", to: "2025-01-01", wrong: []string{"to: out_of_range"}},
		"no date":              {from: "2026-02-30", wrong: []string{"from: invalid"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			period, err := domain.ParsePeriod(test.from, test.to, today)
			if diff := cmp.Diff(test.wrong, wrong(t, err)); diff != "" {
				t.Errorf("wrong (-want +got):\n%s", diff)
			}
			if got := period.From.String() + ".." + period.To.String(); err == nil && got != test.want {
				t.Errorf("wants %s, got %s", test.want, got)
			}
		})
	}
}
