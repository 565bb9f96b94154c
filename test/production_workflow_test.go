package test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"
)

// checkWorkflow holds the state machine to R1.2 and to the catalogue's section
// "The workflow", by walking through the definition that is deployed.
func checkWorkflow(t *testing.T, s *stack) {
	name := s.Name + "-TaskGenerationWorkflow"
	deployed, err := sfn.NewFromConfig(s.config).DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(s.output(t, "state_machine_arn"))})
	if err != nil {
		t.Fatalf("R1.2: the workflow: %v", err)
	}
	logging := deployed.LoggingConfiguration
	if logging == nil || len(logging.Destinations) != 1 || logging.Destinations[0].CloudWatchLogsLogGroup == nil {
		t.Fatalf("R3.4: the workflow has no log: %+v", logging)
	}
	group, key := "/aws/vendedlogs/states/"+name, s.functionsKey(t)
	facts(t, "R1.2", map[string]bool{
		"named " + name:             aws.ToString(deployed.Name) == name,
		"a standard workflow":       deployed.Type == sfntypes.StateMachineTypeStandard,
		"with a role of its own":    strings.Contains(aws.ToString(deployed.RoleArn), ":role/"+s.Name+"-workflow"),
		"active":                    deployed.Status == sfntypes.StateMachineStatusActive,
		"every event is logged":     logging.Level == sfntypes.LogLevelAll,
		"goals stay out of the log": !logging.IncludeExecutionData,
	})
	facts(t, "R3.3", map[string]bool{"the workflow is traced": deployed.TracingConfiguration != nil && deployed.TracingConfiguration.Enabled})
	facts(t, "R3.4", map[string]bool{"into its log group": strings.HasSuffix(aws.ToString(logging.Destinations[0].CloudWatchLogsLogGroup.LogGroupArn), ":log-group:"+group+":*")})
	checkLogGroup(t, s, group, key)

	var m aslMachine
	if err := json.Unmarshal([]byte(aws.ToString(deployed.Definition)), &m); err != nil {
		t.Fatalf("R1.2: the definition: %v", err)
	}
	checkWorkflowOrder(t, m)
	checkWorkflowFailures(t, m)
	checkWorkflowTasks(t, s, m)
	topic := m.States["NotifyPartial"].Parameters.TopicArn
	notices, err := sns.NewFromConfig(s.config).GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: &topic})
	if err != nil || m.States["NotifyFailed"].Parameters.TopicArn != topic || notices.Attributes["KmsMasterKeyId"] != key {
		t.Errorf("R1.2: notices do not go to one encrypted topic: %q, %+v, %v", topic, notices, err)
	}
}

// checkWorkflowOrder walks the ways of an execution without an error.
func checkWorkflowOrder(t *testing.T, m aslMachine) {
	t.Helper()
	batches := m.States["ProcessBatches"]
	if batches.ItemProcessor == nil || batches.ItemProcessor.States["ProcessActions"].ItemProcessor == nil {
		t.Fatal("R1.2: ProcessBatches is no Map of batches with a Map of actions in it")
	}
	batch := *batches.ItemProcessor
	actions := batch.States["ProcessActions"]
	action := *actions.ItemProcessor
	for what, way := range map[string]struct{ want, got []string }{
		"execution": {[]string{"ValidateInput", "GetActions", "CreateBatches", "ProcessBatches", "AggregateResults", "CheckResults"}, m.way(m.StartAt)},
		"batch":     {[]string{"ProcessActions", "UpdateProgress", "BatchDone"}, batch.way(batch.StartAt)},
		"action":    {[]string{"GenerateTasks", "SaveTasks", "MarkSuccess"}, action.way(action.StartAt)},
		"all":       {[]string{"UpdateGoalStatusActive", "WorkflowSucceeded"}, m.way(m.decide("CheckResults", 8, 0))},
		"some":      {[]string{"UpdateGoalStatusPartial", "NotifyPartial", "WorkflowSucceeded"}, m.way(m.decide("CheckResults", 5, 3))},
		"one":       {[]string{"UpdateGoalStatusPartial", "NotifyPartial", "WorkflowSucceeded"}, m.way(m.decide("CheckResults", 1, 63))},
		"none":      {[]string{"UpdateGoalStatusFailed", "NotifyFailed", "WorkflowFailed"}, m.way(m.decide("CheckResults", 0, 8))},
		"nothing":   {[]string{"UpdateGoalStatusFailed", "NotifyFailed", "WorkflowFailed"}, m.way(m.decide("CheckResults", 0, 0))},
	} {
		if diff := cmp.Diff(way.want, way.got); diff != "" {
			t.Errorf("R1.2: the workflow's way, %s (-want +got):\n%s", what, diff)
		}
	}
	status := func(state string) any { return m.States[state].Parameters.Payload["status"] }
	facts(t, "R1.2: workflow", map[string]bool{
		"15 minutes":                 m.TimeoutSeconds == 900,
		"batches of at most 8":       m.States["CreateBatches"].Parameters.Payload["batchSize"] == float64(8),
		"3 batches at a time":        batches.Type == "Map" && batches.MaxConcurrency == 3,
		"8 actions at a time":        actions.Type == "Map" && actions.MaxConcurrency == 8,
		"all succeeded: active":      status("UpdateGoalStatusActive") == "active",
		"some succeeded: partial":    status("UpdateGoalStatusPartial") == "partial",
		"none succeeded: failed":     status("UpdateGoalStatusFailed") == "failed",
		"a good end":                 m.States["WorkflowSucceeded"].Type == "Succeed",
		"a bad end":                  m.States["WorkflowFailed"].Type == "Fail",
		"an action's success counts": action.States["MarkSuccess"].Parameters.Status == "succeeded",
	})
}

// checkWorkflowFailures walks the ways after an error: only wrong input ends an
// execution at once, all else keeps what was saved.
func checkWorkflowFailures(t *testing.T, m aslMachine) {
	t.Helper()
	batch := *m.States["ProcessBatches"].ItemProcessor
	action := *batch.States["ProcessActions"].ItemProcessor
	generate, save := action.States["GenerateTasks"], action.States["SaveTasks"]
	for state, want := range map[string][]string{
		"ValidateInput":    {"RecordInputError", "InputRejected"},
		"GetActions":       {"HandleError", "CheckResults"},
		"CreateBatches":    {"HandleError", "CheckResults"},
		"ProcessBatches":   {"HandleError", "CheckResults"},
		"AggregateResults": {"HandleError", "CheckResults"},
		"HandleError":      {"AssumeFailure", "UpdateGoalStatusFailed", "NotifyFailed", "WorkflowFailed"},
		"NotifyPartial":    {"WorkflowSucceeded"},
		"NotifyFailed":     {"WorkflowFailed"},
	} {
		if diff := cmp.Diff(want, m.way(m.States[state].caught())); diff != "" {
			t.Errorf("R1.2: after an error of %s (-want +got):\n%s", state, diff)
		}
	}
	failed := []string{"RecordActionError", "MarkFailure"}
	facts(t, "R1.2: workflow", map[string]bool{
		"input that is rejected fails":           m.States["InputRejected"].Type == "Fail",
		"a generation has 120 s":                 generate.TimeoutSeconds == 120,
		"3 tries of it at 2, 4, 8 s":             generate.retries(2, 3),
		"3 tries of saving at 1, 2, 4 s":         save.retries(1, 3),
		"an action that got no tasks is marked":  slices.Equal(action.way(generate.caught()), failed),
		"an action that was not saved is marked": slices.Equal(action.way(save.caught()), failed),
		"with a failure":                         action.States["MarkFailure"].Parameters.Status == "failed",
		"progress that is lost loses no batch":   slices.Equal(batch.way(batch.States["UpdateProgress"].caught()), []string{"RecordProgressError", "BatchDone"}),
	})
}

// checkWorkflowTasks looks at every task, on each level.
func checkWorkflowTasks(t *testing.T, s *stack, m aslMachine) {
	t.Helper()
	called := map[string]bool{}
	m.each(func(name string, state aslState) {
		if state.Type != "Task" {
			return
		}
		function, alias, qualified := strings.Cut(state.Parameters.FunctionName[strings.LastIndex(state.Parameters.FunctionName, ":function:")+1:], ":live")
		publishes := strings.HasSuffix(state.Resource, ":states:::sns:publish")
		facts(t, "R1.2: "+name, map[string]bool{
			"calls a function's alias or tells SNS": publishes || strings.HasSuffix(state.Resource, ":states:::lambda:invoke") && qualified && alias == "",
			"ends":                                  state.TimeoutSeconds > 0 && state.TimeoutSeconds <= 120,
			"is tried again, but not after permanent": state.retries(state.interval(), 3),
			"has somewhere to go after an error":      state.caught() != "",
		})
		if !publishes {
			called[strings.TrimPrefix(function, "function:"+s.Name+"-")] = true
		}
	})
	var want []string
	for _, group := range []string{"workflow", "generation"} {
		want = append(want, functionGroups()[group].names...)
	}
	var got []string
	for name := range called {
		got = append(got, name)
	}
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("R1.2: functions that the workflow calls (-want +got):\n%s", diff)
	}
}
