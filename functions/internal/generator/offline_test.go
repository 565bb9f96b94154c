package generator_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/generator"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

func request(title string, kind domain.Type, description string) generator.Request {
	return generator.Request{
		Goal:    domain.Goal{Title: "Run a marathon", Background: "I ran 10 km once.", Deadline: &domain.Date{Year: 2027, Month: 5, Day: 1}},
		SubGoal: domain.SubGoal{Title: "Endurance"},
		Action:  domain.Action{Title: title, Type: kind, Description: description},
	}
}

func TestOfflineGivesTheSameTasksAgain(t *testing.T) {
	t.Parallel()
	different := map[string]bool{}
	for _, kind := range domain.Types() {
		for _, title := range []string{"Run three times a week", "Buy shoes", "毎朝走る", "靴を買う", strings.Repeat("長", domain.MaxTitle)} {
			tasks, err := generator.Offline{}.Generate(t.Context(), request(title, kind, ""))
			if err != nil {
				t.Fatalf("%s: %v", title, err)
			}
			again, err := generator.Offline{}.Generate(t.Context(), request(title, kind, "another description"))
			if diff := cmp.Diff(tasks, again); diff != "" || err != nil {
				t.Errorf("%s: %v (-first +again):\n%s", title, err, diff)
			}
			titles := map[string]bool{}
			habits := 0
			for _, task := range tasks {
				titles[task.Title] = true
				if task.Type == domain.Habit {
					habits++
				}
				if japanese := strings.Contains(task.Title, "「"); japanese != (title[0] > 0x7f) {
					t.Errorf("%s: in another language: %s", title, task.Title)
				}
			}
			if len(tasks) < 3 || len(tasks) > 5 || len(titles) != len(tasks) || kind == domain.Execution && habits > 0 {
				t.Errorf("%s: %+v", title, tasks)
			}
			different[tasks[1].Title] = true
		}
	}
	if len(different) < 7 {
		t.Errorf("the second tasks of 10 actions are only %d different ones", len(different))
	}
}

func TestOfflineFailsOnDemand(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		description string
		attempt     int
		want        error // its type; nil for none
	}{
		"nothing asked":            {"Run.", 0, nil},
		"throttling":               {"simulate: throttling", 9, &workflow.ThrottlingError{}},
		"throttling, first time":   {"simulate: throttling for 2 attempts", 1, &workflow.ThrottlingError{}},
		"throttling, no more":      {"simulate: throttling for 2 attempts", 2, nil},
		"one attempt":              {"Simulate: Quota for 1 attempt", 0, &workflow.QuotaExceededError{}},
		"quota in a line":          {"Run.\r\n  simulate:quota \r\nSlowly.", 0, &workflow.QuotaExceededError{}},
		"permission":               {"simulate: permission", 0, &workflow.PermissionDeniedError{}},
		"invalid":                  {"simulate: invalid", 0, &workflow.InvalidInputError{}},
		"timeout":                  {"simulate: timeout", 0, &workflow.TimeoutError{}},
		"in the middle of a line":  {"I do not simulate: quota", 0, nil},
		"another word":             {"simulate: fatigue", 0, nil},
		"with something behind it": {"simulate: quota of water", 0, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := request("Run", domain.Habit, test.description)
			asked.Attempt = test.attempt
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			tasks, err := generator.Offline{}.Generate(ctx, asked)
			if err != nil {
				err = workflow.Named(err)
			}
			same := cmp.Comparer(func(a, b error) bool { return typeOf(a) == typeOf(b) })
			if diff := cmp.Diff(&test.want, &err, same); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (err == nil) != (len(tasks) > 0) {
				t.Errorf("%d tasks and %v", len(tasks), err)
			}
		})
	}
}

func TestOfflinePanicsOnDemand(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	_, err := generator.Offline{}.Generate(t.Context(), request("Run", domain.Habit, "simulate: panic"))
	t.Errorf("went on, with %v", err)
}

func TestOfflineCanBeEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (generator.Offline{}).Generate(ctx, request("Run", domain.Habit, "simulate: timeout")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
