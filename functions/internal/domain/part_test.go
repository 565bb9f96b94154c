package domain_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

// TestWhatIsRefusedChangesNothing applies patches of which one field is wrong.
func TestWhatIsRefusedChangesNothing(t *testing.T) {
	t.Parallel()
	title, name, summary := pointer("new"), pointer("new"), pointer("new")
	user := domain.User{Email: "one@example.com", Name: "old"}
	subGoal := domain.SubGoal{Title: "old"}
	action := domain.Action{Title: "old", Type: domain.Habit}
	reflection := domain.Reflection{GoalID: "018f3c1e-0000-4000-8000-000000000001", Summary: "old"}
	got := map[string][]string{
		"user":       wrong(t, user.Apply(domain.UserPatch{Name: name, Industry: pointer("\x00")})),
		"sub-goal":   wrong(t, subGoal.Apply(domain.PartPatch{Title: title, Position: pointer(8)})),
		"action":     wrong(t, action.Apply(domain.ActionPatch{PartPatch: domain.PartPatch{Title: title}, Type: pointer(domain.Type("dream"))})),
		"reflection": wrong(t, reflection.Apply(domain.ReflectionPatch{Summary: summary, GoalID: pointer("018f3c1e-0000-4000-8000-000000000002")})),
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
