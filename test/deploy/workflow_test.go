package deploy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// history is what Step Functions recorded of an execution.
type history struct {
	status sfntypes.ExecutionStatus
	events []sfntypes.HistoryEvent
}

func executionARN(a *kit.Application, name string) string {
	return strings.Replace(a.Output("state_machine_arn"), ":stateMachine:", ":execution:", 1) + ":" + name
}

// historyOf waits for the execution's end.
func historyOf(t *testing.T, a *kit.Application, name string) history {
	t.Helper()
	client, arn := sfn.NewFromConfig(a.Config), executionARN(a, name)
	var h history
	a.Eventually(3*time.Minute, "the execution "+name+" ends", func() bool {
		described, err := client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		if err != nil {
			t.Fatal(err)
		}
		h.status = described.Status
		return h.status != sfntypes.ExecutionStatusRunning
	})
	pages := sfn.NewGetExecutionHistoryPaginator(client, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.events = append(h.events, page.Events...)
	}
	return h
}

// entered counts how often each state was entered.
func (h history) entered() map[string]int {
	count := map[string]int{}
	for _, event := range h.events {
		if event.StateEnteredEventDetails != nil {
			count[aws.ToString(event.StateEnteredEventDetails.Name)]++
		}
	}
	return count
}

// failures are the errors of tasks by name, each with the times at which it came.
func (h history) failures() map[string][]time.Time {
	found := map[string][]time.Time{}
	for _, event := range h.events {
		if details := event.TaskFailedEventDetails; details != nil {
			name := aws.ToString(details.Error)
			found[name] = append(found[name], aws.ToTime(event.Timestamp))
		}
	}
	return found
}

// waits are how long tasks waited that were scheduled after a failure, in order.
func (h history) waits() []time.Duration {
	var waits []time.Duration
	var failed time.Time
	for _, event := range h.events {
		switch {
		case event.TaskFailedEventDetails != nil:
			failed = aws.ToTime(event.Timestamp)
		case event.TaskScheduledEventDetails != nil && !failed.IsZero():
			waits = append(waits, aws.ToTime(event.Timestamp).Sub(failed))
			failed = time.Time{}
		}
	}
	return waits
}

// wants compares counts of some states.
func (h history) wants(t *testing.T, status sfntypes.ExecutionStatus, want map[string]int) {
	t.Helper()
	got, all := map[string]int{}, h.entered()
	for state := range want {
		got[state] = all[state]
	}
	if diff := cmp.Diff(want, got); diff != "" || h.status != status {
		t.Errorf("the execution ended %s, wanted %s; states entered (-want +got):\n%s\nall: %v", h.status, status, diff, all)
	}
}

// checkSomeFail: what fails takes nothing away from what succeeds; what may pass is
// tried again after 2, 4 and 8 seconds, what is permanent is not.
func checkSomeFail(t *testing.T, a *kit.Application) {
	dora := a.SignUp("dora@example.com")
	goalID, actions := plant(dora, 1, 4, func(i int) string {
		return []string{"", "simulate: throttling for 2 attempts", "simulate: quota", "simulate: throttling"}[i]
	})
	done := generate(a, dora, goalID)
	wrong := slices.Sorted(slices.Values(actions[2:]))
	if diff := cmp.Diff(wrong, sorted(done.FailedActions)); done.Status != "partial" || diff != "" {
		t.Errorf("the generation is %s; failed (-want +got):\n%s\n%v", done.Status, diff, done.FailedActions)
	}
	h := historyOf(t, a, done.ID)
	h.wants(t, sfntypes.ExecutionStatusSucceeded, map[string]int{
		"GenerateTasks": 4, "SaveTasks": 2, "MarkSuccess": 2, "RecordActionError": 2, "MarkFailure": 2,
		"UpdateProgress": 1, "UpdateGoalStatusPartial": 1, "NotifyPartial": 1, "WorkflowSucceeded": 1, "WorkflowFailed": 0,
	})
	failures := h.failures()
	if quota := failures["QuotaExceededError"]; len(quota) != 1 {
		t.Errorf("a permanent error came %d times: %v", len(quota), failures)
	}
	var g goal
	dora.Call(200, &g, "GET", "/goals/"+goalID, nil)
	if g.Status != "partial" {
		t.Errorf("the goal is %s", g.Status)
	}
	// Only what failed is tried again; what succeeded stays.
	var retried execution
	dora.Call(202, &retried, "POST", "/ai/executions/"+done.ID+"/retry", nil)
	again := historyOf(t, a, retried.ID)
	again.wants(t, sfntypes.ExecutionStatusFailed, map[string]int{"GenerateTasks": 2, "MarkSuccess": 0, "UpdateGoalStatusFailed": 1})
	if dora.Call(200, &g, "GET", "/goals/"+goalID, nil); g.Status != "partial" {
		t.Errorf("after a retry in vain the goal is %s", g.Status)
	}
}

// checkAllFail also holds the waits between the attempts to the catalogue.
func checkAllFail(t *testing.T, a *kit.Application) {
	emil := a.SignUp("emil@example.com")
	goalID, _ := plant(emil, 1, 1, func(int) string { return "simulate: throttling" })
	done := generate(a, emil, goalID)
	if done.Status != "failed" {
		t.Errorf("the generation: %+v", done)
	}
	h := historyOf(t, a, done.ID)
	h.wants(t, sfntypes.ExecutionStatusFailed, map[string]int{
		"GenerateTasks": 1, "SaveTasks": 0, "RecordActionError": 1, "UpdateGoalStatusFailed": 1, "NotifyFailed": 1, "WorkflowFailed": 1,
	})
	waits := h.waits()
	if len(waits) < 3 {
		t.Fatalf("tried again %d times: %v", len(waits), waits)
	}
	for i, least := range []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second} {
		if waits[i] < least { // on a busy machine it may be more
			t.Errorf("retry %d came after %v, wanted %v", i+1, waits[i], least)
		}
	}
	var g goal
	emil.Call(200, &g, "GET", "/goals/"+goalID, nil)
	if g.Status != "failed" {
		t.Errorf("the goal is %s", g.Status)
	}
}

// checkInvalidInput starts the workflow around the API.
func checkInvalidInput(t *testing.T, a *kit.Application) {
	client := sfn.NewFromConfig(a.Config)
	for i, input := range []string{`{}`, `{"goalId": 1, "userId": "x"}`, `{"goalId": "018f3c1e-0000-4000-8000-000000000001", "userId": "018f3c1e-0000-4000-8000-000000000002"}`} {
		name := fmt.Sprintf("invalid-%d-%d", i, time.Now().UnixNano())
		if _, err := client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(a.Output("state_machine_arn")), Name: &name, Input: &input}); err != nil {
			t.Fatal(err)
		}
		h := historyOf(t, a, name)
		failures := h.failures()
		if h.status != sfntypes.ExecutionStatusFailed || len(failures["InvalidInputError"]) != 1 {
			t.Errorf("%s: %s, failures %v, states %v", input, h.status, failures, h.entered())
		}
		if n := h.entered()["GenerateTasks"]; n != 0 {
			t.Errorf("%s: generated %d times", input, n)
		}
	}
}

// checkCancelled stops a generation while an action takes its time.
func checkCancelled(t *testing.T, a *kit.Application) {
	fritz := a.SignUp("fritz@example.com")
	goalID, _ := plant(fritz, 1, 2, func(i int) string { return []string{"", "simulate: timeout"}[i] })
	started := start(fritz, goalID)
	fritz.Call(409, nil, "POST", "/ai/executions", map[string]any{"goalId": goalID}) // one at a time
	arn := executionARN(a, started.ID)
	client := sfn.NewFromConfig(a.Config)
	a.Eventually(2*time.Minute, "tasks of the first action are there", func() bool {
		var page struct{ Items []json.RawMessage }
		fritz.Call(200, &page, "GET", "/tasks?goalId="+goalID, nil)
		return len(page.Items) > 0
	})
	if answer := fritz.Do("POST", "/ai/executions/"+started.ID+"/cancel", nil); answer.Status != 200 && answer.Status != 202 {
		t.Fatalf("cancel: %d %s", answer.Status, answer.Body)
	}
	h := historyOf(t, a, started.ID)
	h.wants(t, sfntypes.ExecutionStatusAborted, map[string]int{"GenerateTasks": 2, "SaveTasks": 1, "UpdateProgress": 0})
	if last := h.events[len(h.events)-1].Type; last != sfntypes.HistoryEventTypeExecutionAborted {
		t.Errorf("the last event is %s", last)
	}
	var now execution
	fritz.Call(200, &now, "GET", "/ai/executions/"+started.ID, nil)
	if now.Status != "cancelled" {
		t.Errorf("the generation: %+v", now)
	}
	// What was saved stays; nothing comes after the end, and the goal waits for nothing.
	time.Sleep(2 * time.Second)
	later, err := client.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: 1000})
	if err != nil || len(later.Events) != len(h.events) {
		t.Errorf("after the end came %d more events: %v", len(later.Events)-len(h.events), err)
	}
	var g goal
	fritz.Call(200, &g, "GET", "/goals/"+goalID, nil)
	if g.Status != "partial" {
		t.Errorf("with tasks for one of two actions the goal is %s", g.Status)
	}
	var page struct{ Items []json.RawMessage }
	if fritz.Call(200, &page, "GET", "/tasks?goalId="+goalID, nil); len(page.Items) == 0 {
		t.Error("what was saved before is gone")
	}
}

// checkTimedOut gives the deployed workflow ten seconds for once.
func checkTimedOut(t *testing.T, a *kit.Application) {
	client, arn := sfn.NewFromConfig(a.Config), a.Output("state_machine_arn")
	deployed, err := client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	var definition map[string]any
	if err := json.Unmarshal([]byte(*deployed.Definition), &definition); err != nil || definition["TimeoutSeconds"] != 900.0 {
		t.Fatalf("the deployed workflow ends after %v s: %v", definition["TimeoutSeconds"], err)
	}
	definition["TimeoutSeconds"] = 10
	short, err := json.Marshal(definition)
	if err != nil {
		t.Fatal(err)
	}
	set := func(text string) {
		t.Helper()
		if _, err := client.UpdateStateMachine(t.Context(), &sfn.UpdateStateMachineInput{StateMachineArn: &arn, Definition: &text}); err != nil {
			t.Fatal(err)
		}
	}
	set(string(short))
	defer set(*deployed.Definition)

	greta := a.SignUp("greta@example.com")
	goalID, _ := plant(greta, 1, 2, func(i int) string { return []string{"", "simulate: timeout"}[i] })
	started := start(greta, goalID)
	h := historyOf(t, a, started.ID)
	h.wants(t, sfntypes.ExecutionStatusTimedOut, map[string]int{"GenerateTasks": 2, "MarkSuccess": 1, "UpdateProgress": 0})
	if last := h.events[len(h.events)-1].Type; last != sfntypes.HistoryEventTypeExecutionTimedOut {
		t.Errorf("the last event is %s", last)
	}
	// The states cannot catch it: a rule of EventBridge calls handle-error.
	var g goal
	a.Eventually(2*time.Minute, "the goal is settled", func() bool {
		greta.Call(200, &g, "GET", "/goals/"+goalID, nil)
		return g.Status != "generating"
	})
	if g.Status != "partial" {
		t.Errorf("with one of two actions done in time the goal is %s", g.Status)
	}
}

func sorted(failed map[string]string) []string {
	var ids []string
	for id := range failed {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
