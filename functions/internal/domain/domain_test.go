package domain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

func pointer[T any](value T) *T { return &value }

// chart makes a goal's actions with random numbers of tasks.
func chart(random *rand.Rand) []domain.ActionCount {
	var actions []domain.ActionCount
	for s := range random.IntN(domain.Positions + 1) {
		for a := range random.IntN(domain.Positions + 1) {
			total := random.IntN(6)
			completed := 0
			if total > 0 {
				completed = random.IntN(total + 1)
			}
			actions = append(actions, domain.ActionCount{
				ActionID: domain.ID(fmt.Sprint(s, a)), SubGoalID: domain.ID(fmt.Sprint(s)),
				Count: domain.Count{Completed: completed, Total: total},
			})
		}
	}
	return actions
}

func TestProgressKeepsItsLaws(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		actions := chart(random)
		got := domain.RollUp(actions)
		done := got.Tasks.Completed == got.Tasks.Total && got.Tasks.Total > 0
		if (got.Goal == 100) != done {
			t.Fatalf("progress %d with %+v of %+v", got.Goal, got.Tasks, actions)
		}
		if got.Tasks.Completed == 0 && got.Goal != 0 {
			t.Fatalf("progress %d of nothing in %+v", got.Goal, actions)
		}
		least, most := 100, 0
		for _, progress := range got.SubGoals {
			least, most = min(least, progress), max(most, progress)
		}
		if got.Goal < 0 || got.Goal > 100 || got.Goal > most+1 || len(got.SubGoals) == 0 && got.Goal != 0 {
			t.Fatalf("progress %d of sub-goals from %d to %d", got.Goal, least, most)
		}
		// Neither the order of the actions nor actions without tasks count.
		shuffled := append([]domain.ActionCount{}, actions...)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if again := domain.RollUp(shuffled); !cmp.Equal(got, again) {
			t.Fatalf("in another order: %s", cmp.Diff(got, again))
		}
		if len(actions) > 0 {
			shuffled = append(shuffled, domain.ActionCount{ActionID: "empty", SubGoalID: actions[0].SubGoalID})
			if again := domain.RollUp(shuffled); again.Goal != got.Goal {
				t.Fatalf("an action without tasks makes %d of %d", again.Goal, got.Goal)
			}
		}
		// Who completes a task never goes back.
		for i := range actions {
			if actions[i].Completed < actions[i].Total {
				actions[i].Completed++
				after := domain.RollUp(actions)
				if after.Goal < got.Goal || after.Actions[actions[i].ActionID] < got.Actions[actions[i].ActionID] {
					t.Fatalf("a task completed: from %d to %d", got.Goal, after.Goal)
				}
				break
			}
		}
	}
}

func TestProgressOfAnExample(t *testing.T) {
	t.Parallel()
	got := domain.RollUp([]domain.ActionCount{
		{ActionID: "a", SubGoalID: "1", Count: domain.Count{Completed: 1, Total: 3}},
		{ActionID: "b", SubGoalID: "1", Count: domain.Count{Completed: 2, Total: 2}},
		{ActionID: "c", SubGoalID: "2", Count: domain.Count{Total: 4}},
		{ActionID: "d", SubGoalID: "3"},
	})
	want := domain.Progress{
		Goal: 33, SubGoals: map[domain.ID]int{"1": 66, "2": 0, "3": 0},
		Actions: map[domain.ID]int{"a": 33, "b": 100, "c": 0, "d": 0}, Tasks: domain.Count{Completed: 3, Total: 9},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOnlyTheWorkflowGenerates(t *testing.T) {
	t.Parallel()
	for _, from := range domain.GoalStatuses() {
		if !from.CanBecome(from, domain.ByUser) {
			t.Errorf("%s cannot stay", from)
		}
		for _, to := range []domain.GoalStatus{domain.GoalGenerating, domain.GoalPartial, domain.GoalFailed} {
			if from != to && from.CanBecome(to, domain.ByUser) {
				t.Errorf("a user makes a goal that is %s %s", from, to)
			}
		}
		if from != domain.GoalGenerating && domain.GoalGenerating.CanBecome(from, domain.ByUser) {
			t.Errorf("a user makes a goal that is generating %s", from)
		}
	}
	if domain.GoalStatus("").CanBecome("", domain.ByUser) || domain.GoalDraft.CanBecome("done", domain.ByUser) {
		t.Error("a status that there is not is taken")
	}
}

func TestTaskStatuses(t *testing.T) {
	t.Parallel()
	refused := map[string]bool{"completed skipped": true, "skipped completed": true}
	for _, from := range domain.TaskStatuses() {
		for _, to := range domain.TaskStatuses() {
			if got, want := from.CanBecome(to), !refused[fmt.Sprint(from, " ", to)]; got != want {
				t.Errorf("%s to %s: %v", from, to, got)
			}
		}
	}
}

// TestATaskKnowsWhenItWasCompleted walks through statuses: whatever the way, a task has
// a time of completion if and only if it is completed.
func TestATaskKnowsWhenItWasCompleted(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	task := domain.Task{Title: "t", Type: domain.Habit, Status: domain.TaskNotStarted}
	for range 500 {
		status := domain.TaskStatuses()[random.IntN(4)]
		before := task
		if err := task.Apply(domain.TaskPatch{Status: domain.Some(status)}, time.Unix(1, 0)); err != nil && task != before {
			t.Fatalf("a change that was refused made %+v of %+v", task, before)
		}
		if (task.CompletedAt != nil) != (task.Status == domain.TaskCompleted) {
			t.Fatalf("%s with time %v", task.Status, task.CompletedAt)
		}
	}
}

func TestNewGoal(t *testing.T) {
	t.Parallel()
	today := domain.Date{Year: 2026, Month: 11, Day: 24}
	yesterday := today.AddDays(-1)
	tests := map[string]struct {
		patch domain.GoalPatch
		wrong []string
	}{
		"the least":          {patch: domain.GoalPatch{Title: domain.Some("目標")}},
		"longest title":      {patch: domain.GoalPatch{Title: domain.Some(strings.Repeat("目", 200))}},
		"due today":          {patch: domain.GoalPatch{Title: domain.Some("t"), Deadline: due(today.String())}},
		"without title":      {wrong: []string{"title: required"}},
		"too long a title":   {patch: domain.GoalPatch{Title: domain.Some(strings.Repeat("目", 201))}, wrong: []string{"title: too_long"}},
		"a character of nul": {patch: domain.GoalPatch{Title: domain.Some("a\x00b")}, wrong: []string{"title: invalid"}},
		"broken text":        {patch: domain.GoalPatch{Title: domain.Some("t"), Background: domain.Some("\xff")}, wrong: []string{"background: invalid"}},
		"due yesterday":      {patch: domain.GoalPatch{Title: domain.Some("t"), Deadline: due(yesterday.String())}, wrong: []string{"deadline: in_the_past"}},
		"due soon":           {patch: domain.GoalPatch{Title: domain.Some("t"), Deadline: due("soon")}, wrong: []string{"deadline: invalid"}},
		"generating":         {patch: domain.GoalPatch{Title: domain.Some("t"), Status: domain.Some(domain.GoalGenerating)}, wrong: []string{"status: transition_not_allowed"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := domain.NewGoal(test.patch, today)
			var invalid *domain.ValidationError
			var wrong []string
			if errors.As(err, &invalid) {
				for _, field := range invalid.Fields {
					wrong = append(wrong, field.Field+": "+field.Code)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.wrong, wrong); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func due(day string) domain.Optional[string] {
	return domain.Some(day)
}

func TestAnOldDeadlineMayStay(t *testing.T) {
	t.Parallel()
	day := domain.Date{Year: 2026, Month: 11, Day: 24}
	goal := domain.Goal{Title: "t", Status: domain.GoalActive, Deadline: &day}
	var patch domain.GoalPatch
	if err := json.Unmarshal([]byte(`{"title": "u", "deadline": "2026-11-24"}`), &patch); err != nil {
		t.Fatal(err)
	}
	if err := goal.Apply(patch, day.AddDays(10)); err != nil || goal.Title != "u" {
		t.Errorf("got %v, %+v", err, goal)
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("2026-11-23")
	f.Add("2024-02-30")
	f.Fuzz(func(t *testing.T, text string) {
		if date, err := domain.ParseDate(text); err == nil && date.String() != text {
			t.Errorf("%q becomes %q", text, date)
		}
	})
}
