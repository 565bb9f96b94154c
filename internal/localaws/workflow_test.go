package localaws_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// workflow is a local AWS with the functions of modules/workflow and its state
// machine in it.
type workflow struct {
	machines *sfn.Client
	aliases  map[string]string
	notes    string // folder, see testdata/workflow
	topic    string
	to       aws.Config
}

var workflowFunctions = []string{
	"aggregate-results", "create-batches", "get-actions", "handle-error", "save-tasks",
	"task-generation", "update-goal-status", "update-progress", "validate-input",
}

// TestWorkflow runs the state machine that is deployed; its pauses are a fifth as long.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	w := newWorkflow(t)
	queue := w.subscribe(t)
	machine := w.create(t, "workflow", nil)

	t.Run("some actions fail", func(t *testing.T) {
		t.Parallel()
		ids := []string{"flaky-1", "quota-1", "broken-1"}
		for i := range 20 {
			ids = append(ids, fmt.Sprintf("good-%d", i))
		}
		arn := w.start(t, machine, "some", ids)
		w.await(t, arn, sfntypes.ExecutionStatusSucceeded)
		if diff := cmp.Diff(map[string]int{"flaky-1": 3, "quota-1": 1, "broken-1": 4, "good-0": 1}, map[string]int{
			"flaky-1": w.calls(t, "some,task-generation,,flaky-1"), "quota-1": w.calls(t, "some,task-generation,,quota-1"),
			"broken-1": w.calls(t, "some,task-generation,,broken-1"), "good-0": w.calls(t, "some,task-generation,,good-0"),
		}); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
		if got := w.calls(t, "some,update-progress"); got != 3 {
			t.Errorf("%d batches", got)
		}
		if got := w.calls(t, "some,handle-error,action"); got != 2 {
			t.Errorf("%d actions failed", got)
		}
		var told struct {
			Error            struct{ Error, Cause string }
			GoalID, ActionID string
		}
		w.note(t, "some,handle-error,action,quota-1", &told)
		if told.Error.Error != "QuotaExceededError" || !strings.Contains(told.Error.Cause, `"errorMessage":"no more"`) || told.GoalID != "g" || told.ActionID != "quota-1" {
			t.Errorf("the failed action: %+v", told)
		}
		var status struct {
			Status  string
			Summary map[string]int
		}
		w.note(t, "some,update-goal-status", &status)
		if diff := cmp.Diff(map[string]int{"total": 23, "succeeded": 21, "failed": 2, "taskCount": 42}, status.Summary); diff != "" || status.Status != "partial" {
			t.Errorf("%s (-want +got):\n%s", status.Status, diff)
		}
		notice := w.receive(t, queue, "some")
		if notice.Status != "partial" || notice.Summary["failed"] != 2 || notice.GoalID != "g" {
			t.Errorf("the notice: %+v", notice)
		}
		w.checkHistory(t, arn)
	})

	t.Run("all actions fail", func(t *testing.T) {
		t.Parallel()
		arn := w.start(t, machine, "none", []string{"quota-1"})
		ended := w.await(t, arn, sfntypes.ExecutionStatusFailed)
		if aws.ToString(ended.Error) != "TaskGenerationFailed" || aws.ToString(ended.Cause) == "" {
			t.Errorf("error %q, cause %q", aws.ToString(ended.Error), aws.ToString(ended.Cause))
		}
		w.awaitEnding(t, "none", arn, "FAILED")
	})

	t.Run("input is refused", func(t *testing.T) {
		t.Parallel()
		started, err := w.machines.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Name: aws.String("refused"), Input: aws.String(`{}`)})
		if err != nil {
			t.Fatal(err)
		}
		ended := w.await(t, *started.ExecutionArn, sfntypes.ExecutionStatusFailed)
		if aws.ToString(ended.Error) != "InputRejected" || w.calls(t, "refused,validate-input") != 1 || w.calls(t, "refused,handle-error,input") != 1 {
			t.Errorf("error %q after %d tries", aws.ToString(ended.Error), w.calls(t, "refused,validate-input"))
		}
	})

	// The request's header as the SDK sends it in a function, and the parameter: the
	// header comes first.
	for name, header := range map[string]string{"traced-by-parameter": "", "traced-by-header": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.checkTrace(t, machine, name, header)
		})
	}

	t.Run("an error outside the actions", func(t *testing.T) {
		t.Parallel()
		w.await(t, w.start(t, machine, "outside", []string{"refused"}), sfntypes.ExecutionStatusFailed)
		if w.calls(t, "outside,handle-error,workflow") != 1 || w.calls(t, "outside,get-actions") != 1 {
			t.Error("the error went another way")
		}
	})

	t.Run("stopped, and one beside it is not", func(t *testing.T) {
		t.Parallel()
		ctx := t.Context()
		stopped, other := w.start(t, machine, "stopped", []string{"slow-1", "slow-2"}), w.start(t, machine, "other", []string{"slow-1"})
		eventually(t, func() bool {
			return w.calls(t, "stopped,task-generation") == 2 && w.calls(t, "other,task-generation") == 1
		})
		if _, err := w.machines.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &stopped, Error: aws.String("Cancelled"), Cause: aws.String("by a user")}); err != nil {
			t.Fatal(err)
		}
		ended, err := w.machines.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &stopped})
		if err != nil {
			t.Fatal(err)
		}
		if ended.Status != sfntypes.ExecutionStatusAborted || aws.ToString(ended.Error) != "Cancelled" || aws.ToString(ended.Cause) != "by a user" || ended.StopDate == nil {
			t.Errorf("after the stop: %s, error %q, cause %q", ended.Status, aws.ToString(ended.Error), aws.ToString(ended.Cause))
		}
		w.awaitEnding(t, "stopped", stopped, "ABORTED")
		// By the time that the other one is through, the tasks of the stopped one have ended, too.
		w.await(t, other, sfntypes.ExecutionStatusSucceeded)
		for _, call := range []string{"stopped,save-tasks", "stopped,handle-error,action", "stopped,update-progress", "stopped,update-goal-status"} {
			if w.calls(t, call) > 0 {
				t.Errorf("after the stop there was %s", call)
			}
		}
		history := w.history(t, stopped)
		if last := history[len(history)-1]; last.Type != sfntypes.HistoryEventTypeExecutionAborted || aws.ToString(last.ExecutionAbortedEventDetails.Cause) != "by a user" {
			t.Errorf("the last event is %s", last.Type)
		}
	})

	t.Run("takes too long", func(t *testing.T) {
		t.Parallel()
		arn := w.start(t, w.create(t, "short", map[string]cty.Value{"timeout_seconds": cty.NumberIntVal(8)}), "late", []string{"stuck-1"})
		ended := w.await(t, arn, sfntypes.ExecutionStatusTimedOut)
		if ended.StopDate == nil {
			t.Error("no stop date")
		}
		history := w.history(t, arn)
		if last := history[len(history)-1]; last.Type != sfntypes.HistoryEventTypeExecutionTimedOut {
			t.Errorf("the last event is %s", last.Type)
		}
		w.awaitEnding(t, "late", arn, "TIMED_OUT")
	})

	t.Run("events of one's own", func(t *testing.T) {
		t.Parallel()
		events, name := eventbridge.NewFromConfig(w.to), aws.String("own")
		if _, err := events.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: name, EventPattern: aws.String(`{"source": ["own"]}`)}); err != nil {
			t.Fatal(err)
		}
		arn := aws.String(w.aliases["handle-error"])
		if _, err := events.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: name, Targets: []eventtypes.Target{
			{Id: aws.String("whole"), Arn: arn},
			{Id: aws.String("input"), Arn: arn, Input: aws.String(`{"execution": {"name": "input"}}`)},
			{Id: aws.String("path"), Arn: arn, InputPath: aws.String("$.detail")},
			{Id: aws.String("text"), Arn: arn, InputTransformer: &eventtypes.InputTransformer{
				InputPathsMap: map[string]string{"type": "$.detail-type", "n": "$.detail.list[1]", "all": "$.detail.execution", "none": "$.detail.none"},
				InputTemplate: aws.String(`{"execution": {"name": "text"}, "quoted": "a <type> of <n><none>", "number": <n>, "object": <all>, "string": <type>}`)}},
		}}); err != nil {
			t.Fatal(err)
		}
		if _, err := events.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []eventtypes.PutEventsRequestEntry{{
			Source: aws.String("own"), DetailType: aws.String(`A "type"`), Detail: aws.String(`{"execution": {"name": "path"}, "list": [1, 2]}`)}}}); err != nil {
			t.Fatal(err)
		}
		detail := map[string]any{"execution": map[string]any{"name": "path"}, "list": []any{1.0, 2.0}}
		for prefix, want := range map[string]map[string]any{
			"input": {"execution": map[string]any{"name": "input"}},
			"path":  detail,
			"text": {"execution": map[string]any{"name": "text"}, "quoted": `a A "type" of 2`, "number": 2.0,
				"object": map[string]any{"name": "path"}, "string": `A "type"`},
		} {
			eventually(t, func() bool { return w.calls(t, prefix+",handle-error") == 1 })
			var got map[string]any
			w.note(t, prefix+",handle-error,,", &got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", prefix, diff)
			}
		}
		eventually(t, func() bool { return w.calls(t, ",handle-error") == 1 })
		var whole map[string]any
		w.note(t, ",handle-error,,", &whole)
		if _, err := time.Parse(time.RFC3339, fmt.Sprint(whole["time"])); err != nil {
			t.Error(err)
		}
		delete(whole, "id")
		delete(whole, "time")
		if diff := cmp.Diff(map[string]any{"version": "0", "detail-type": `A "type"`, "source": "own", "account": "123456789012",
			"region": region, "resources": []any{}, "detail": detail}, whole); diff != "" {
			t.Errorf("the whole event (-want +got):\n%s", diff)
		}
	})

	t.Run("a task takes too long", func(t *testing.T) {
		t.Parallel()
		definition := fmt.Sprintf(`{"StartAt": "Slow", "States": {
			"Slow": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 8,
				"Parameters": {"FunctionName": %q, "Payload": {"actionId": "stuck-1", "execution": {"name.$": "$$.Execution.Name"}}},
				"Catch": [{"ErrorEquals": ["States.Timeout"], "ResultPath": "$.error", "Next": "Wait"}], "End": true},
			"Wait": {"Type": "Wait", "Seconds": 30, "Next": "Done"},
			"Done": {"Type": "Pass", "Result": "as text", "End": true}}}`, w.aliases["task-generation"])
		arn := w.start(t, w.createFrom(t, "timeout", definition), "timeout", nil)
		ended := w.await(t, arn, sfntypes.ExecutionStatusSucceeded)
		if aws.ToString(ended.Output) != `"as text"` {
			t.Errorf("output %s", aws.ToString(ended.Output))
		}
		w.checkHistory(t, arn)
		var names []sfntypes.HistoryEventType
		for _, event := range w.history(t, arn) {
			names = append(names, event.Type)
		}
		want := []sfntypes.HistoryEventType{"ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskTimedOut", "TaskStateExited",
			"WaitStateEntered", "WaitStateExited", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("history (-want +got):\n%s", diff)
		}
	})
}

// newWorkflow starts a local AWS and deploys the functions.
func newWorkflow(t *testing.T) *workflow {
	t.Helper()
	ctx := t.Context()
	options := serveOptions()
	options.Command = append([]string{"env", "MANDALA_LOCAL_TIME_SCALE=5"}, options.Command...)
	status := upWith(t, options)
	w := &workflow{to: client(status.Address), aliases: map[string]string{}, notes: t.TempDir()}
	w.machines = sfn.NewFromConfig(w.to)
	topic, err := sns.NewFromConfig(w.to).CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("notices")})
	if err != nil {
		t.Fatal(err)
	}
	w.topic = *topic.TopicArn
	code := buildWorkflow(t)
	for _, name := range workflowFunctions {
		api, err := newFunction(ctx, w.to, name, func(in *lambda.CreateFunctionInput) {
			in.Code = &lambdatypes.FunctionCode{ZipFile: code}
			in.Handler, in.Runtime, in.Timeout = aws.String("bootstrap"), lambdatypes.RuntimeProvidedal2023, aws.Int32(60)
			in.Environment = &lambdatypes.Environment{Variables: map[string]string{"NOTES": w.notes}}
		})
		if err != nil {
			t.Fatal(err)
		}
		alias, err := api.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: &name, FunctionVersion: aws.String("$LATEST"), Name: aws.String("live")})
		if err != nil {
			t.Fatal(err)
		}
		w.aliases[name] = *alias.AliasArn
	}
	return w
}

func buildWorkflow(t *testing.T) []byte {
	t.Helper()
	program := filepath.Join(t.TempDir(), "bootstrap")
	command := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-o", program, "./testdata/workflow")
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	file, err := archive.CreateHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// create makes the module's state machine and its rule for executions that ended
// early, with the module's variables but for what is given.
func (w *workflow) create(t *testing.T, name string, given map[string]cty.Value) (arn string) {
	t.Helper()
	return w.createFrom(t, name, w.render(t, name, given))
}

func (w *workflow) createFrom(t *testing.T, name, definition string) (arn string) {
	t.Helper()
	ctx := t.Context()
	machine, err := w.machines.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: &name, Definition: &definition, RoleArn: aws.String("arn:aws:iam::123456789012:role/workflow"),
	})
	if err != nil {
		t.Fatal(err)
	}
	events := eventbridge.NewFromConfig(w.to)
	pattern := fmt.Sprintf(`{"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"],
		"detail": {"stateMachineArn": [%q], "status": ["ABORTED", "FAILED", "TIMED_OUT"]}}`, *machine.StateMachineArn)
	if _, err := events.PutRule(ctx, &eventbridge.PutRuleInput{Name: &name, EventPattern: &pattern}); err != nil {
		t.Fatal(err)
	}
	if _, err := events.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: &name, Targets: []eventtypes.Target{{
		Id: aws.String("handle-error"), Arn: aws.String(w.aliases["handle-error"]),
		InputTransformer: &eventtypes.InputTransformer{
			InputPathsMap: map[string]string{"arn": "$.detail.executionArn", "name": "$.detail.name", "status": "$.detail.status"},
			InputTemplate: aws.String(`{"scope":"execution","execution":{"arn":<arn>,"name":<name>},"error":{"Error":<status>}}`),
		},
	}}}); err != nil {
		t.Fatal(err)
	}
	return *machine.StateMachineArn
}

// render evaluates the module's definition as Terraform does: the locals of
// definition.tf, in the order of their need.
func (w *workflow) render(t *testing.T, name string, given map[string]cty.Value) string {
	t.Helper()
	module := filepath.Join("..", "..", "modules", "workflow")
	aliases := map[string]cty.Value{}
	for name, arn := range w.aliases {
		aliases[name] = cty.StringVal(arn)
	}
	variables := map[string]cty.Value{
		"concurrency": cty.ObjectVal(map[string]cty.Value{"actions": cty.NumberIntVal(8), "batches": cty.NumberIntVal(3)}),
		"functions":   cty.MapVal(aliases),
	}
	maps.Copy(variables, given)
	for _, block := range parseModule(t, module, "variables.tf").Blocks {
		preset := block.Body.Attributes["default"]
		if _, there := variables[block.Labels[0]]; there || preset == nil {
			continue
		}
		value, problems := preset.Expr.Value(nil)
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		variables[block.Labels[0]] = value
	}
	waiting := map[string]hclsyntax.Expression{}
	for _, block := range parseModule(t, module, "definition.tf").Blocks {
		for name, attribute := range block.Body.Attributes {
			waiting[name] = attribute.Expr
		}
	}
	locals := map[string]cty.Value{
		"partition": cty.StringVal("aws"), "state_machine_name": cty.StringVal(name), "topic_arn": cty.StringVal(w.topic),
	}
	for len(waiting) > 0 {
		before := len(waiting)
		for name, expression := range waiting {
			missing := slices.ContainsFunc(expression.Variables(), func(reference hcl.Traversal) bool {
				if reference.RootName() != "local" {
					return false
				}
				_, there := locals[reference[1].(hcl.TraverseAttr).Name]
				return !there
			})
			if missing {
				continue
			}
			value, problems := expression.Value(&hcl.EvalContext{
				Variables: map[string]cty.Value{"local": cty.ObjectVal(locals), "var": cty.ObjectVal(variables)},
				Functions: map[string]function.Function{"merge": stdlib.MergeFunc},
			})
			if problems.HasErrors() {
				t.Fatal(problems)
			}
			locals[name] = value
			delete(waiting, name)
		}
		if len(waiting) == before {
			t.Fatalf("locals that nothing defines are needed by %v", slices.Sorted(maps.Keys(waiting)))
		}
	}
	text, err := ctyjson.Marshal(locals["definition"], locals["definition"].Type())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func parseModule(t *testing.T, module, file string) *hclsyntax.Body {
	t.Helper()
	parsed, problems := hclparse.NewParser().ParseHCLFile(filepath.Join(module, file))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return parsed.Body.(*hclsyntax.Body)
}

func (w *workflow) start(t *testing.T, machine, name string, actions []string) (arn string) {
	t.Helper()
	input, err := json.Marshal(map[string]any{"goalId": "g", "userId": "u", "actionIds": actions})
	if err != nil {
		t.Fatal(err)
	}
	started, err := w.machines.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Name: &name, Input: aws.String(string(input))})
	if err != nil {
		t.Fatal(err)
	}
	return *started.ExecutionArn
}

// await waits until an execution has ended, as it should.
func (w *workflow) await(t *testing.T, arn string, want sfntypes.ExecutionStatus) *sfn.DescribeExecutionOutput {
	t.Helper()
	var ended *sfn.DescribeExecutionOutput
	eventually(t, func() bool {
		var err error
		ended, err = w.machines.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		if err != nil {
			t.Fatal(err)
		}
		return ended.Status != sfntypes.ExecutionStatusRunning
	})
	if ended.Status != want {
		t.Fatalf("the execution %s: %s %s", ended.Status, aws.ToString(ended.Error), aws.ToString(ended.Cause))
	}
	return ended
}

// awaitEnding waits until handle-error has been told by EventBridge.
func (w *workflow) awaitEnding(t *testing.T, name, arn, status string) {
	t.Helper()
	eventually(t, func() bool { return w.calls(t, name+",handle-error,execution") > 0 })
	var got map[string]any
	w.note(t, name+",handle-error,execution,", &got)
	want := map[string]any{"scope": "execution", "execution": map[string]any{"arn": arn, "name": name}, "error": map[string]any{"Error": status}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("handle-error is told (-want +got):\n%s", diff)
	}
}

// calls counts the notes that begin so.
func (w *workflow) calls(t *testing.T, prefix string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(w.notes, prefix+",*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// note reads the first call of a kind.
func (w *workflow) note(t *testing.T, prefix string, into any) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(w.notes, prefix+",*"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no call %s: %v", prefix, err)
	}
	eventually(t, func() bool { // the file is there before its content
		content, err := os.ReadFile(found[0])
		return err == nil && json.Unmarshal(content, into) == nil
	})
}

// history reads all events, page by page.
func (w *workflow) history(t *testing.T, arn string) []sfntypes.HistoryEvent {
	t.Helper()
	var all []sfntypes.HistoryEvent
	pages := sfn.NewGetExecutionHistoryPaginator(w.machines, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: 50})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Events...)
	}
	return all
}

// checkHistory looks whether a history is one: numbered, linked, in order, and
// each task scheduled, started and ended by its name.
func (w *workflow) checkHistory(t *testing.T, arn string) {
	t.Helper()
	history := w.history(t, arn)
	tasks := map[sfntypes.HistoryEventType]int{}
	for i, event := range history {
		if event.Id != int64(i+1) || event.PreviousEventId >= event.Id || event.Timestamp == nil || time.Since(*event.Timestamp) > time.Hour {
			t.Errorf("event %d is %d after %d at %v", i+1, event.Id, event.PreviousEventId, event.Timestamp)
		}
		tasks[event.Type]++
		if details := event.TaskScheduledEventDetails; details != nil && (aws.ToString(details.ResourceType) == "" || aws.ToInt64(details.TimeoutInSeconds) == 0) {
			t.Errorf("event %d: %+v", event.Id, details)
		}
	}
	if tasks["TaskScheduled"] == 0 || tasks["TaskScheduled"] != tasks["TaskStarted"] || tasks["TaskStarted"] != tasks["TaskSucceeded"]+tasks["TaskFailed"]+tasks["TaskTimedOut"] {
		t.Errorf("events of tasks: %v", tasks)
	}
	reversed, err := w.machines.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{
		ExecutionArn: &arn, MaxResults: 1, ReverseOrder: true, IncludeExecutionData: aws.Bool(false)})
	if err != nil {
		t.Fatal(err)
	}
	last := reversed.Events[0]
	if last.Id != int64(len(history)) || last.ExecutionSucceededEventDetails == nil || last.ExecutionSucceededEventDetails.Output != nil {
		t.Errorf("the last event, without data: %+v", last)
	}
}

// notice is a message of modules/workflow.
type notice struct {
	Status, GoalID string
	Execution      struct{ Name string }
	Summary        map[string]int
}

// subscribe gives the URL of a queue that gets the notices.
func (w *workflow) subscribe(t *testing.T) string {
	t.Helper()
	ctx := t.Context()
	queues := sqs.NewFromConfig(w.to)
	queue, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("notices")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sns.NewFromConfig(w.to).Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: &w.topic, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:" + region + ":123456789012:notices"),
		Attributes: map[string]string{"RawMessageDelivery": "true"},
	}); err != nil {
		t.Fatal(err)
	}
	return *queue.QueueUrl
}

// receive waits for the notice about an execution.
func (w *workflow) receive(t *testing.T, queue, execution string) (found notice) {
	t.Helper()
	queues := sqs.NewFromConfig(w.to)
	eventually(t, func() bool {
		got, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, message := range got.Messages {
			var n notice
			if err := json.Unmarshal([]byte(*message.Body), &n); err != nil {
				t.Fatal(errors.Join(err, errors.New(*message.Body)))
			}
			if n.Execution.Name == execution {
				found = n
				return true
			}
		}
		return false
	})
	return found
}

// eventually waits until something holds.
func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come about")
		}
	}
}
