package states_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/goal-mandala/mandala-deploy/functions/internal/generator"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/states"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/workflowtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// invoke is a function as Lambda invokes it: JSON in, JSON out.
type invoke func(ctx context.Context, event json.RawMessage) (json.RawMessage, error)

func function[In interface{ Validate() error }, Out any](do func(context.Context, In) (Out, error)) invoke {
	handle := workflow.Handler(slog.New(slog.DiscardHandler), workflow.TaskLimit, do)
	return func(ctx context.Context, event json.RawMessage) (json.RawMessage, error) {
		out, err := handle(ctx, event)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
}

// functions are the nine that the states invoke, by name.
func functions(s *workflowtest.Stack) map[string]invoke {
	logger := slog.New(slog.DiscardHandler)
	return map[string]invoke{
		"validate-input":     function(states.ValidateInput{Database: s.DB}.Handle),
		"get-actions":        function(states.GetActions{Database: s.DB}.Handle),
		"create-batches":     function(states.CreateBatches),
		"task-generation":    function(states.Generate{Database: s.DB, Generator: generator.Offline{}, Logger: logger}.Handle),
		"save-tasks":         function(states.SaveTasks{Database: s.DB}.Handle),
		"update-progress":    function(states.UpdateProgress{Database: s.DB}.Handle),
		"aggregate-results":  function(states.AggregateResults{Database: s.DB}.Handle),
		"update-goal-status": function(states.UpdateGoalStatus{Database: s.DB}.Handle),
		"handle-error":       function(states.HandleError{Database: s.DB, Logger: logger}.Handle),
	}
}
