package modules

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// A machine is a state machine's definition, or the inner one of a Map.
type machine struct {
	StartAt        string
	TimeoutSeconds int
	States         map[string]state
}

type state struct {
	Type           string
	Resource       string
	TimeoutSeconds int
	MaxConcurrency int
	Parameters     map[string]any
	Retry          []retrier
	Catch          []catcher
	Choices        []struct{ Next string }
	Default, Next  string
	End            bool
	Error          string
	ItemProcessor  *machine
}

type retrier struct {
	ErrorEquals     []string
	IntervalSeconds int
	MaxAttempts     int
	BackoffRate     float64
}

type catcher struct {
	ErrorEquals []string
	Next        string
}

// exits gives the states that may follow s.
func (s state) exits() []string {
	var exits []string
	for _, next := range []string{s.Next, s.Default} {
		if next != "" {
			exits = append(exits, next)
		}
	}
	for _, choice := range s.Choices {
		exits = append(exits, choice.Next)
	}
	for _, caught := range s.Catch {
		exits = append(exits, caught.Next)
	}
	return exits
}

// function gives the name of the function that s invokes, or nothing.
func (s state) function() string {
	alias, _ := s.Parameters["FunctionName"].(string)
	return strings.TrimSuffix(alias, ":live")
}

func TestWorkflowReachesEveryState(t *testing.T) {
	t.Parallel()
	for name, inner := range machines(workflow(t)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reached := map[string]bool{}
			for open := []string{inner.StartAt}; len(open) > 0; open = open[1:] {
				current, exists := inner.States[open[0]]
				if !exists {
					t.Fatalf("there is no state %q", open[0])
				}
				if reached[open[0]] {
					continue
				}
				reached[open[0]] = true
				open = append(open, current.exits()...)

				ends := current.End || current.Type == "Succeed" || current.Type == "Fail"
				if follows := len(current.exits()) > 0; ends == follows {
					t.Errorf("%s: must either end or go on", open[0])
				}
			}
			if diff := cmp.Diff(slices.Sorted(maps.Keys(inner.States)), slices.Sorted(maps.Keys(reached))); diff != "" {
				t.Errorf("states and reachable states differ (-states +reachable):\n%s", diff)
			}
			if loop := findLoop(inner, inner.StartAt, nil); loop != nil {
				t.Errorf("a loop, which only the timeout would end: %s", strings.Join(loop, " → "))
			}
		})
	}
}

func TestWorkflowTasksHaveTimeoutRetriesAndCatch(t *testing.T) {
	t.Parallel()
	permanent := retrier{ErrorEquals: []string{"InvalidInputError", "PermissionDeniedError", "QuotaExceededError", "States.Permissions"}}
	var tasks int
	for name, inner := range machines(workflow(t)) {
		for stateName, task := range inner.States {
			if task.Type != "Task" {
				continue
			}
			tasks++
			timeout, firstWait := 30, 1
			if stateName == "GenerateTasks" {
				timeout, firstWait = 120, 2
			}
			if task.TimeoutSeconds != timeout {
				t.Errorf("R1.2: %s/%s ends after %d s, want %d", name, stateName, task.TimeoutSeconds, timeout)
			}
			want := []retrier{permanent, {ErrorEquals: []string{"States.ALL"}, IntervalSeconds: firstWait, MaxAttempts: 3, BackoffRate: 2}}
			if diff := cmp.Diff(want, task.Retry); diff != "" {
				t.Errorf("R1.2: %s/%s tries again otherwise (-want +got):\n%s", name, stateName, diff)
			}
			if len(task.Catch) != 1 || !slices.Equal(task.Catch[0].ErrorEquals, []string{"States.ALL"}) {
				t.Errorf("R1.2: %s/%s does not catch everything: %+v", name, stateName, task.Catch)
			}
		}
	}
	if tasks == 0 {
		t.Error("no task found")
	}
}

// TestWorkflowErrorsGoThroughHandleError follows each catch of a function that
// does the workflow's own work.
func TestWorkflowErrorsGoThroughHandleError(t *testing.T) {
	t.Parallel()
	for _, inner := range machines(workflow(t)) {
		for name, task := range inner.States {
			if task.function() == "handle-error" || (task.function() == "" && task.Type != "Map") {
				continue
			}
			for _, caught := range task.Catch {
				if handler := inner.States[caught.Next]; handler.function() != "handle-error" {
					t.Errorf("an error of %s goes to %s, which does not call handle-error", name, caught.Next)
				}
			}
		}
	}
}

func TestWorkflowFollowsTheCatalogue(t *testing.T) {
	t.Parallel()
	whole := workflow(t)
	parts := machines(whole)
	batch, action := parts["workflow/ProcessBatches"], parts["workflow/ProcessBatches/ProcessActions"]

	if whole.TimeoutSeconds != 900 {
		t.Errorf("R1.2: the workflow ends after %d s, want 15 minutes", whole.TimeoutSeconds)
	}
	for _, path := range []struct {
		what string
		in   machine
		want []string
	}{
		{"the workflow", whole, []string{"ValidateInput", "GetActions", "CreateBatches", "ProcessBatches", "AggregateResults", "CheckResults"}},
		{"a batch", batch, []string{"ProcessActions", "UpdateProgress", "BatchDone"}},
		{"an action", action, []string{"GenerateTasks", "SaveTasks", "MarkSuccess"}},
	} {
		got := []string{path.in.StartAt}
		for next := path.in.States[path.in.StartAt].Next; next != ""; next = path.in.States[next].Next {
			got = append(got, next)
		}
		if diff := cmp.Diff(path.want, got); diff != "" {
			t.Errorf("R1.2: %s goes another way (-want +got):\n%s", path.what, diff)
		}
	}
	if got := whole.States["ProcessBatches"].MaxConcurrency; got != 3 {
		t.Errorf("R1.2: %d batches at a time, want 3", got)
	}
	if got := batch.States["ProcessActions"].MaxConcurrency; got != 8 {
		t.Errorf("R1.2: %d actions at a time, want 8", got)
	}

	check := whole.States["CheckResults"]
	for _, ending := range []struct {
		state, status string
		want          []string
	}{
		{check.Choices[0].Next, "active", []string{"UpdateGoalStatusActive", "WorkflowSucceeded"}},
		{check.Choices[1].Next, "partial", []string{"UpdateGoalStatusPartial", "NotifyPartial", "WorkflowSucceeded"}},
		{check.Default, "failed", []string{"UpdateGoalStatusFailed", "NotifyFailed", "WorkflowFailed"}},
	} {
		var got []string
		for next := ending.state; next != ""; next = whole.States[next].Next {
			got = append(got, next)
		}
		if diff := cmp.Diff(ending.want, got); diff != "" {
			t.Errorf("R1.2: a goal ends %s another way (-want +got):\n%s", ending.status, diff)
		}
		payload, _ := whole.States[ending.state].Parameters["Payload"].(map[string]any)
		if payload["status"] != ending.status {
			t.Errorf("R1.2: %s writes status %v", ending.state, payload["status"])
		}
	}
	if got := whole.States["WorkflowFailed"].Type; got != "Fail" {
		t.Errorf("R1.2: without any success the workflow ends as %s, want Fail", got)
	}
}

// TestWorkflowInvokesItsFunctions holds the definition to the list that the
// role's permissions are made from.
func TestWorkflowInvokesItsFunctions(t *testing.T) {
	t.Parallel()
	invoked := map[string]bool{}
	for _, inner := range machines(workflow(t)) {
		for _, task := range inner.States {
			if name := task.function(); name != "" {
				invoked[name] = true
			}
		}
	}
	if diff := cmp.Diff(workflowFunctions, slices.Sorted(maps.Keys(invoked))); diff != "" {
		t.Errorf("R4.1: functions and invoked functions differ (-functions +invoked):\n%s", diff)
	}
}

var workflowFunctions = []string{
	"aggregate-results", "create-batches", "get-actions", "handle-error", "save-tasks",
	"task-generation", "update-goal-status", "update-progress", "validate-input",
}

// machines gives whole and the machines inside its Maps, by their path.
func machines(whole machine) map[string]machine {
	found := map[string]machine{}
	var add func(path string, inner machine)
	add = func(path string, inner machine) {
		found[path] = inner
		for name, mapped := range inner.States {
			if mapped.ItemProcessor != nil {
				add(path+"/"+name, *mapped.ItemProcessor)
			}
		}
	}
	add("workflow", whole)
	return found
}

// findLoop gives a way from a state back to itself, or nil.
func findLoop(in machine, from string, way []string) []string {
	if slices.Contains(way, from) {
		return append(way, from)
	}
	for _, next := range in.States[from].exits() {
		if loop := findLoop(in, next, append(slices.Clone(way), from)); loop != nil {
			return loop
		}
	}
	return nil
}

// workflow renders the definition with the variables' defaults, as Terraform
// does: it evaluates the locals of definition.tf in the order of their need.
func workflow(t *testing.T) machine {
	t.Helper()
	aliases := map[string]cty.Value{}
	for _, name := range workflowFunctions {
		aliases[name] = cty.StringVal(name + ":live")
	}
	variables := map[string]cty.Value{
		"concurrency": cty.ObjectVal(map[string]cty.Value{"actions": cty.NumberIntVal(8), "batches": cty.NumberIntVal(3)}),
		"functions":   cty.MapVal(aliases),
	}
	for _, variable := range blocks(t, filepath.Join("workflow", "variables.tf"), "variable") {
		preset := variable.Body.Attributes["default"]
		if _, given := variables[variable.Labels[0]]; given || preset == nil {
			continue
		}
		value, problems := preset.Expr.Value(nil)
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		variables[variable.Labels[0]] = value
	}

	parsed, problems := hclparse.NewParser().ParseHCLFile(filepath.Join("workflow", "definition.tf"))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	waiting := map[string]hclsyntax.Expression{}
	for _, block := range parsed.Body.(*hclsyntax.Body).Blocks {
		for name, attribute := range block.Body.Attributes {
			waiting[name] = attribute.Expr
		}
	}
	// What the module's other files add.
	locals := map[string]cty.Value{
		"partition":          cty.StringVal("aws"),
		"state_machine_name": cty.StringVal("goal-mandala-test-TaskGenerationWorkflow"),
		"topic_arn":          cty.StringVal("arn:aws:sns:ap-northeast-1:123456789012:notices"),
	}
	for len(waiting) > 0 {
		before := len(waiting)
		for name, expression := range waiting {
			if !needsOnly(expression, locals) {
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

	definition := locals["definition"]
	text, err := ctyjson.Marshal(definition, definition.Type())
	if err != nil {
		t.Fatal(err)
	}
	var rendered machine
	if err := json.Unmarshal(text, &rendered); err != nil {
		t.Fatal(fmt.Errorf("read the rendered definition: %w", err))
	}
	return rendered
}

// needsOnly says whether the locals that expression refers to are all there.
func needsOnly(expression hclsyntax.Expression, locals map[string]cty.Value) bool {
	for _, reference := range expression.Variables() {
		if reference.RootName() != "local" {
			continue
		}
		if _, there := locals[reference[1].(hcl.TraverseAttr).Name]; !there {
			return false
		}
	}
	return true
}
