package states_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apifuzz"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/generator"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/states"
)

// plain is a message of ours, which quotes nothing of the input.
var plain = regexp.MustCompile(`^[A-Za-z0-9_,:;'. \[\]-]{1,500}$`)

// FuzzStates gives any event to each function of the workflow: it is refused by an error
// that Step Functions knows not to try again, or gets as far as the database, which is
// asked for ids only.
func FuzzStates(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		event, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(event)
	}
	f.Add([]byte(`{"batchSize": -1, "actions": [null], "actionCount": 65, "scope": "none", "attempt": 1e400}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, event []byte) {
		database, logger := &apifuzz.Database{}, slog.New(slog.DiscardHandler)
		for name, do := range map[string]invoke{
			"validate-input":     function(states.ValidateInput{Database: database}.Handle),
			"get-actions":        function(states.GetActions{Database: database}.Handle),
			"create-batches":     function(states.CreateBatches),
			"task-generation":    function(states.Generate{Database: database, Generator: generator.Offline{}, Logger: logger}.Handle),
			"save-tasks":         function(states.SaveTasks{Database: database}.Handle),
			"update-progress":    function(states.UpdateProgress{Database: database}.Handle),
			"aggregate-results":  function(states.AggregateResults{Database: database}.Handle),
			"update-goal-status": function(states.UpdateGoalStatus{Database: database}.Handle),
			"handle-error":       function(states.HandleError{Database: database, Logger: logger}.Handle),
		} {
			out, err := do(t.Context(), event)
			asked := database.Asked()
			for _, id := range asked {
				if _, ok := domain.ParseID(string(id)); !ok {
					t.Errorf("%s asked for %q", name, id)
				}
			}
			switch kind := named(err); {
			case kind == "UnavailableError" && len(asked) > 0:
			case kind == "InvalidInputError" && len(asked) == 0:
				if !plain.MatchString(err.Error()) {
					t.Errorf("%s says %q", name, err)
				}
			case kind == "" && len(asked) == 0 && name == "create-batches":
				whole(t, event, out)
			// What concerns no execution, or is recorded elsewhere, needs nothing.
			case kind == "" && len(asked) == 0 && name == "handle-error":
			default:
				t.Errorf("%s gave %s and %v after asking for %v", name, out, err, asked)
			}
		}
	})
}

// whole holds batches to being the actions in their order.
func whole(t *testing.T, event, out []byte) {
	t.Helper()
	var in states.ToBatch
	var batches states.Batches
	if err := json.Unmarshal(event, &in); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &batches); err != nil {
		t.Fatal(err)
	}
	var actions []workflow.Action
	for i, batch := range batches.Batches {
		actions = slices.Concat(actions, batch.Actions)
		if batch.BatchNumber != i+1 || len(batch.Actions) == 0 || len(batch.Actions) > in.BatchSize {
			t.Errorf("batch %d has %d actions of at most %d", batch.BatchNumber, len(batch.Actions), in.BatchSize)
		}
	}
	if diff := cmp.Diff(in.Actions, actions); diff != "" || batches.ActionCount != len(actions) {
		t.Errorf("%d actions (-in +out):\n%s", batches.ActionCount, diff)
	}
}
