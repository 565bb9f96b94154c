package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

func workflowChecks() []Check {
	return []Check{
		{
			ID: "monitoring.workflow-definition", Area: Monitoring, Requirements: []string{"R1.2"},
			Title:  "the workflow has the catalogue's states",
			Reads:  []string{"states:DescribeStateMachine"},
			Remedy: "apply the layer workflow",
			Run:    workflowHasItsStates,
		},
		{
			ID: "monitoring.workflow-limits", Area: Monitoring, Requirements: []string{"R1.2"},
			Title:  "the workflow ends after 15 minutes and has the catalogue's batches, tries and waits",
			Reads:  []string{"states:DescribeStateMachine"},
			Remedy: "apply the layer workflow",
			Run:    workflowHasItsLimits,
		},
		{
			ID: "monitoring.workflow-functions", Area: Monitoring, Requirements: []string{"R1.2"},
			Title:  "each step of the workflow calls alias live of a function of the environment",
			Reads:  []string{"states:DescribeStateMachine"},
			Remedy: "apply the layer workflow",
			Run:    workflowCallsAliases,
		},
	}
}

// states is a level of a definition in the States Language, as far as it is read.
type states struct {
	TimeoutSeconds int
	States         map[string]state
}

type state struct {
	Type           string
	Resource       string
	TimeoutSeconds int
	MaxConcurrency int
	Next           string
	ItemProcessor  *states
	Parameters     struct {
		FunctionName string
		TopicArn     string
		Payload      map[string]any
	}
	Retry []struct {
		ErrorEquals     []string
		IntervalSeconds int
		MaxAttempts     *int
		BackoffRate     float64
	}
}

// inner gives the states inside a Map.
func (s state) inner() map[string]state {
	if s.ItemProcessor == nil {
		return nil
	}
	return s.ItemProcessor.States
}

// retries reports whether a step is tried so often more, first after so many seconds
// and each time after twice as many, but not after an error that is permanent.
func (s state) retries(seconds, times int) bool {
	if len(s.Retry) < 2 || s.Retry[0].MaxAttempts == nil || *s.Retry[0].MaxAttempts != 0 {
		return false
	}
	last := s.Retry[len(s.Retry)-1]
	return slices.Contains(last.ErrorEquals, "States.ALL") && last.IntervalSeconds == seconds && last.BackoffRate == 2 && last.MaxAttempts != nil && *last.MaxAttempts == times
}

func definition(ctx context.Context, s *Subject) (states, error) {
	machine, err := stateMachine(ctx, s)
	if err != nil {
		return states{}, err
	}
	var d states
	if err := json.Unmarshal([]byte(text(machine.Definition)), &d); err != nil {
		return states{}, fmt.Errorf("the workflow's definition cannot be read: %w", err)
	}
	return d, nil
}

func workflowHasItsStates(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	machine, err := stateMachine(ctx, s)
	if err != nil {
		return nil, err
	}
	v.saw("%s, %s", text(machine.Name), machine.Status)
	v.must(machine.Status == "" || machine.Status == sfntypes.StateMachineStatusActive, "the workflow is %s", machine.Status)
	v.must(machine.Type == sfntypes.StateMachineTypeStandard, "the workflow is of type %s: its history is not kept", machine.Type)
	d, err := definition(ctx, s)
	if err != nil {
		return nil, err
	}
	for name, kind := range map[string]string{
		"ValidateInput": "Task", "GetActions": "Task", "CreateBatches": "Task", "ProcessBatches": "Map", "AggregateResults": "Task", "CheckResults": "Choice",
		"UpdateGoalStatusActive": "Task", "UpdateGoalStatusPartial": "Task", "UpdateGoalStatusFailed": "Task", "NotifyPartial": "Task", "NotifyFailed": "Task",
		"HandleError": "Task", "InputRejected": "Fail", "WorkflowFailed": "Fail", "WorkflowSucceeded": "Succeed",
	} {
		v.must(d.States[name].Type == kind, "state %s is %q, not %s", name, d.States[name].Type, kind)
	}
	batch := d.States["ProcessBatches"].inner()
	action := batch["ProcessActions"].inner()
	v.must(batch["UpdateProgress"].Type == "Task", "batches do not tell of their progress")
	for _, name := range []string{"GenerateTasks", "SaveTasks", "MarkSuccess", "MarkFailure"} {
		v.must(action[name].Type != "", "an action has no step %s", name)
	}
	return v.give()
}

func workflowHasItsLimits(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	d, err := definition(ctx, s)
	if err != nil {
		return nil, err
	}
	batches := d.States["ProcessBatches"]
	actions := batches.inner()["ProcessActions"]
	generate, save := actions.inner()["GenerateTasks"], actions.inner()["SaveTasks"]
	size := fmt.Sprint(d.States["CreateBatches"].Parameters.Payload["batchSize"])
	v.saw("%d s, batches of %s, %d at a time, %d actions of each; a generation has %d s", d.TimeoutSeconds, size, batches.MaxConcurrency, actions.MaxConcurrency, generate.TimeoutSeconds)
	v.must(d.TimeoutSeconds == 900, "the workflow ends after %d s, not 900", d.TimeoutSeconds)
	v.must(size == "8", "a batch has %s actions, not 8", size)
	v.must(batches.MaxConcurrency == 3, "%d batches run at a time, not 3", batches.MaxConcurrency)
	v.must(actions.MaxConcurrency == 8, "%d actions of a batch run at a time, not 8", actions.MaxConcurrency)
	v.must(generate.TimeoutSeconds == 120, "a generation has %d s, not 120", generate.TimeoutSeconds)
	v.must(generate.retries(2, 3), "a generation is not tried again after 2, 4 and 8 s")
	v.must(save.retries(1, 3), "saving is not tried again after 1, 2 and 4 s")
	return v.give()
}

func workflowCallsAliases(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	d, err := definition(ctx, s)
	if err != nil {
		return nil, err
	}
	called := map[string]bool{}
	prefix := ":function:" + s.Name() + "-"
	var walk func(level map[string]state)
	walk = func(level map[string]state) {
		for name, step := range level {
			walk(step.inner())
			if !strings.HasSuffix(step.Resource, ":states:::lambda:invoke") {
				continue
			}
			_, function, _ := strings.Cut(step.Parameters.FunctionName, prefix)
			short, alias, _ := strings.Cut(function, ":")
			v.must(short != "" && alias == liveAlias, "step %s calls %q, not alias live of a function of %s", name, step.Parameters.FunctionName, s.Name())
			called[short] = true
		}
	}
	walk(d.States)
	v.saw("calls %s", strings.Join(slices.Sorted(maps.Keys(called)), ", "))
	for _, name := range []string{
		"validate-input", "get-actions", "create-batches", "task-generation", "save-tasks", "update-progress", "aggregate-results", "update-goal-status", "handle-error",
	} {
		v.must(called[name], "no step calls function %s", name)
	}
	return v.give()
}
