package states_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/workflowtest"
)

// saved is the execution of the saved events.
const saved domain.ID = "00000000-0000-4000-8000-0000000000e0"

func event(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var decoded map[string]any
	if err := json.Unmarshal(text, &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded
}

// named is what Step Functions calls an error: the name of its type.
func named(err error) string {
	if err == nil {
		return ""
	}
	kind := reflect.TypeOf(err)
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	return kind.Name()
}

func call(t *testing.T, s *workflowtest.Stack, name string, in any) (string, string) {
	t.Helper()
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	out, err := functions(s)[name](t.Context(), text)
	return string(out), named(err)
}

// after is what an event leaves of an execution of three actions, of which one was done
// before where the goal says so.
type after struct {
	Output string
	Status store.ExecutionStatus
	Goal   domain.GoalStatus
	Done   int
	Failed map[domain.ID]string
	Total  int
	Error  string
	Tasks  int // of the first action
}

// TestSavedEvents sends each event twice, as Step Functions and EventBridge may.
func TestSavedEvents(t *testing.T) {
	t.Parallel()
	quota := map[domain.ID]string{workflowtest.Action(2): "QuotaExceededError"}
	tests := map[string]struct {
		event string
		done  bool // the first action has its tasks
		want  after
	}{
		"validate-input": {"validate-input", false, after{
			Output: `{"goalId":"00000000-0000-4000-8000-0000000000c0","userId":"00000000-0000-4000-8000-00000000000a","actionIds":[]}`, Status: "running", Goal: "generating"}},
		"get-actions": {"get-actions", false, after{
			Output: `{"actions":[{"actionId":"00000000-0000-4000-8000-0000000ac001"},{"actionId":"00000000-0000-4000-8000-0000000ac003"}]}`, Status: "running", Goal: "generating", Total: 2}},
		"create-batches": {"create-batches", false, after{
			Output: `{"batches":[{"batchNumber":1,"actions":[{"actionId":"00000000-0000-4000-8000-0000000ac001"},{"actionId":"00000000-0000-4000-8000-0000000ac002"}]},` +
				`{"batchNumber":2,"actions":[{"actionId":"00000000-0000-4000-8000-0000000ac003"}]}],"actionCount":3}`, Status: "running", Goal: "generating"}},
		"save-tasks":         {"save-tasks", false, after{Output: `{"taskCount":2}`, Status: "running", Goal: "generating", Done: 1, Tasks: 2}},
		"update-progress":    {"update-progress", true, after{Output: `{}`, Status: "running", Goal: "generating", Done: 1, Failed: quota, Total: 3, Tasks: 1}},
		"update-goal-status": {"update-goal-status", true, after{Output: `{}`, Status: "partial", Goal: "partial", Done: 1, Tasks: 1}},
		"aggregate-results": {"aggregate-results", true, after{
			Output: `{"total":3,"succeeded":1,"failed":2,"taskCount":1}`, Status: "running", Goal: "generating", Done: 1, Total: 3, Tasks: 1,
			Failed: map[domain.ID]string{workflowtest.Action(2): "QuotaExceededError", workflowtest.Action(3): "States.Timeout"}}},
		"an action failed":             {"handle-error-action", false, after{Output: nothing, Status: "running", Goal: "generating", Failed: quota}},
		"progress was not recorded":    {"handle-error-progress", false, after{Output: nothing, Status: "running", Goal: "generating"}},
		"no status after some":         {"handle-error-status", true, after{Output: nothing, Status: "failed", Goal: "partial", Done: 1, Error: "UnavailableError", Tasks: 1}},
		"no status after nothing":      {"handle-error-status", false, after{Output: nothing, Status: "failed", Goal: "failed", Error: "UnavailableError"}},
		"something else failed":        {"handle-error-workflow", true, after{Output: `{"total":0,"succeeded":0,"failed":0,"taskCount":1}`, Status: "running", Goal: "generating", Done: 1, Error: "States.Timeout", Tasks: 1}},
		"the input was invalid":        {"handle-error-input", false, after{Output: nothing, Status: "failed", Goal: "failed", Error: "InvalidInputError"}},
		"it timed out after some":      {"handle-error-execution", true, after{Output: nothing, Status: "timed_out", Goal: "partial", Done: 1, Error: "TIMED_OUT", Tasks: 1}},
		"it timed out before it began": {"handle-error-execution", false, after{Output: nothing, Status: "timed_out", Goal: "failed", Error: "TIMED_OUT"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := workflowtest.New(t, 3)
			s.Record(saved)
			if test.done {
				s.Exec("INSERT INTO tasks (user_id, goal_id, action_id, title, type, generated_position) VALUES ($1, $2, $3, 'Task', 'execution', 0)",
					workflowtest.User, workflowtest.Goal, workflowtest.Action(1))
				s.Exec("UPDATE workflow_executions SET done_actions = ARRAY[$1::uuid]", workflowtest.Action(1))
			}
			function := test.event
			if strings.HasPrefix(function, "handle-error") {
				function = "handle-error"
			}
			var versions []int64
			for range 2 {
				out, failure := call(t, s, function, event(t, test.event))
				if failure != "" {
					t.Fatal(failure)
				}
				row := s.Execution(saved)
				if test.want.Failed == nil {
					test.want.Failed = map[domain.ID]string{}
				}
				got := after{out, row.Status, s.GoalStatus(), len(row.DoneActions), row.FailedActions, row.TotalActions, row.Error, s.TaskCount(1)}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				var tasks int64
				if err := s.Owner.QueryRow(t.Context(), "SELECT coalesce(sum(version), 0) FROM tasks").Scan(&tasks); err != nil {
					t.Fatal(err)
				}
				versions = append(versions, tasks)
			}
			if versions[0] != versions[1] {
				t.Errorf("the second event changed tasks: versions %v", versions)
			}
		})
	}
}

// nothing is what handle-error gives back where nobody reads it.
const nothing = `{"total":0,"succeeded":0,"failed":0,"taskCount":0}`

// edit changes an event at a path of keys.
func edit(path string, value any) func(map[string]any) {
	return func(event map[string]any) {
		keys := strings.Split(path, ".")
		for _, key := range keys[:len(keys)-1] {
			event = event[key].(map[string]any)
		}
		event[keys[len(keys)-1]] = value
	}
}

// TestWhatCanNeverWorkIsInvalid: trying again would change nothing, and nothing may be
// written.
func TestWhatCanNeverWorkIsInvalid(t *testing.T) {
	t.Parallel()
	const other = "00000000-0000-4000-8000-0000000000ff"
	tests := map[string]struct {
		event string
		edit  func(map[string]any)
	}{
		"an input that is no object":        {"validate-input", edit("input", "text")},
		"an input with an unknown field":    {"validate-input", edit("input.actionIDS2", []string{})},
		"an input without a user":           {"validate-input", edit("input.userId", nil)},
		"another user's goal":               {"validate-input", edit("input.userId", string(workflowtest.Stranger))},
		"another goal than was recorded":    {"validate-input", edit("input.goalId", other)},
		"other actions than were recorded":  {"validate-input", edit("input.actionIds", []string{string(workflowtest.Action(1))})},
		"an execution that nobody recorded": {"validate-input", edit("execution.name", other)},
		"an execution started by hand":      {"validate-input", edit("execution.name", "by-hand")},
		"actions that are not there":        {"get-actions", edit("actionIds", []string{other})},
		"no actions to batch":               {"create-batches", edit("actions", []any{})},
		"batches of nothing":                {"create-batches", edit("batchSize", 0)},
		"another user's action":             {"task-generation", edit("userId", string(workflowtest.Stranger))},
		"tasks for no action":               {"task-generation", edit("actionId", other)},
		"tasks of another user's action":    {"save-tasks", edit("userId", string(workflowtest.Stranger))},
		"no tasks":                          {"save-tasks", edit("tasks", []any{})},
		"a task without a title":            {"save-tasks", edit("tasks", []any{map[string]any{"title": " ", "type": "habit", "estimatedMinutes": 5}})},
		"a result of no kind":               {"update-progress", edit("results", []any{map[string]any{"actionId": other, "status": "maybe"}})},
		"a status of no end":                {"update-goal-status", edit("status", "cancelled")},
		"no such scope":                     {"handle-error-action", edit("scope", "else")},
		"no JSON of the function":           {"update-progress", edit("actionCount", "three")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := workflowtest.New(t, 3)
			s.Record(saved)
			changed := event(t, test.event)
			test.edit(changed)
			function := test.event
			if strings.HasPrefix(function, "handle-error") {
				function = "handle-error"
			}
			if out, failure := call(t, s, function, changed); failure != "InvalidInputError" {
				t.Errorf("gave %s and %q", out, failure)
			}
			row := s.Execution(saved)
			got := []any{row.Status, row.Version, s.GoalStatus(), s.TaskCount(1)}
			if diff := cmp.Diff([]any{store.ExecutionRunning, int64(1), domain.GoalGenerating, 0}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestExecutionsOfNobody end without anything to settle.
func TestExecutionsOfNobody(t *testing.T) {
	t.Parallel()
	s := workflowtest.New(t, 1)
	s.Record(saved)
	for _, name := range []string{"by-hand", "00000000-0000-4000-8000-0000000000ff"} {
		for _, scope := range []string{"handle-error-input", "handle-error-execution"} {
			changed := event(t, scope)
			edit("execution.name", name)(changed)
			if out, failure := call(t, s, "handle-error", changed); failure != "" || out != nothing {
				t.Errorf("%s of %s: %s %s", scope, name, out, failure)
			}
		}
	}
	if row := s.Execution(saved); row.Status != store.ExecutionRunning {
		t.Errorf("settled another one: %+v", row)
	}
}

// TestADatabaseThatIsAwayIsTriedAgain: only the three names of the definition are permanent.
func TestADatabaseThatIsAwayIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := workflowtest.New(t, 1)
	s.Record(saved)
	s.DB.Close()
	for _, name := range []string{"validate-input", "get-actions", "task-generation", "save-tasks", "update-progress", "aggregate-results", "update-goal-status"} {
		if _, failure := call(t, s, name, event(t, name)); failure == "" || failure == "InvalidInputError" || failure == "PermissionDeniedError" || failure == "QuotaExceededError" {
			t.Errorf("%s: %q", name, failure)
		}
	}
}
