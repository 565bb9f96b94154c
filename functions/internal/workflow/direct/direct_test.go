package direct_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/direct"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/workflowtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const saved domain.ID = "00000000-0000-4000-8000-0000000000e0"

// invoke sends a saved event, changed by edit, to the function with that name.
func invoke(t *testing.T, s *workflowtest.Stack, name string, edit map[string]any) (map[string]any, string) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatal(err)
	}
	for key, value := range edit {
		event[key] = value
	}
	if text, err = json.Marshal(event); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	handle := map[string]func(context.Context, json.RawMessage) (direct.Execution, error){
		"start-workflow":  workflow.Handler(logger, workflow.TaskLimit, direct.Start{Service: s.Service}.Handle),
		"get-status":      workflow.Handler(logger, workflow.TaskLimit, direct.Status{Service: s.Service}.Handle),
		"cancel-workflow": workflow.Handler(logger, workflow.TaskLimit, direct.Cancel{Service: s.Service}.Handle),
	}[name]
	out, err := handle(t.Context(), text)
	if err != nil {
		return nil, fmt.Sprintf("%T", err)
	}
	if text, err = json.Marshal(out); err != nil {
		t.Fatal(err)
	}
	var decoded map[string]any
	if err := json.Unmarshal(text, &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded, ""
}

func TestStartFollowAndCancel(t *testing.T) {
	t.Parallel()
	s := workflowtest.New(t, 2)
	started, failure := invoke(t, s, "start-workflow", nil)
	if failure != "" {
		t.Fatal(failure)
	}
	arn := "arn:aws:states:ap-northeast-1:123456789012:execution:goal-mandala-test-TaskGenerationWorkflow:" + fmt.Sprint(started["executionId"])
	if started["executionArn"] != arn || started["status"] != "running" || started["userId"] != string(workflowtest.User) {
		t.Errorf("started %v", started)
	}
	which := map[string]any{"executionId": started["executionId"]}
	if again, failure := invoke(t, s, "start-workflow", nil); failure != "*workflow.ConflictError" {
		t.Errorf("started again: %v %s", again, failure)
	}
	if diff := cmp.Diff(started, first(invoke(t, s, "get-status", which))); diff != "" {
		t.Errorf("followed (-started +got):\n%s", diff)
	}
	cancelled, failure := invoke(t, s, "cancel-workflow", which)
	if failure != "" || cancelled["status"] != "cancelled" || s.Steps.Statuses()[arn] != "ABORTED" {
		t.Errorf("cancelled %v %s, %v", cancelled, failure, s.Steps.Statuses())
	}
}

func first(out map[string]any, _ string) map[string]any { return out }

func TestSavedEventsOfARecordedExecution(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]store.ExecutionStatus{"get-status": store.ExecutionRunning, "cancel-workflow": store.ExecutionCancelled} {
		s := workflowtest.New(t, 1)
		s.Record(saved)
		out, failure := invoke(t, s, name, nil)
		if failure != "" || out["status"] != string(want) || out["executionId"] != string(saved) || s.Execution(saved).Status != want {
			t.Errorf("%s: %v %s", name, out, failure)
		}
	}
}

func TestWhatCannotBeWorkedOn(t *testing.T) {
	t.Parallel()
	s := workflowtest.New(t, 1)
	s.Record(saved)
	other := "00000000-0000-4000-8000-0000000000ff"
	tests := []struct {
		function string
		edit     map[string]any
	}{
		{"start-workflow", map[string]any{"goalId": "one"}},
		{"start-workflow", map[string]any{"goalId": other}},
		{"start-workflow", map[string]any{"userId": string(workflowtest.Stranger)}},
		{"start-workflow", map[string]any{"actionIds": []string{other}}},
		{"start-workflow", map[string]any{"actionIds": "all"}},
		{"get-status", map[string]any{"executionId": nil}},
		{"get-status", map[string]any{"executionId": other}},
		{"get-status", map[string]any{"userId": string(workflowtest.Stranger)}},
		{"cancel-workflow", map[string]any{"executionId": other}},
		{"cancel-workflow", map[string]any{"userId": "me"}},
		{"cancel-workflow", map[string]any{"userId": string(workflowtest.Stranger)}},
	}
	for _, test := range tests {
		if out, failure := invoke(t, s, test.function, test.edit); failure != "*workflow.InvalidInputError" {
			t.Errorf("%s with %v: %v %s", test.function, test.edit, out, failure)
		}
	}
	if row := s.Execution(saved); row.Status != store.ExecutionRunning || len(s.Steps.Inputs()) > 0 {
		t.Errorf("it is %s, started %v", row.Status, s.Steps.Inputs())
	}
}
