package direct_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apifuzz"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/direct"
)

// FuzzInputs gives any event to the functions for operators: it is refused as invalid,
// or gets as far as the database, which is asked for the ids that the event names.
func FuzzInputs(f *testing.F) {
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
	f.Add([]byte(`{"goalId": "none", "userId": 1, "actionIds": ["` + apifuzz.ID + `", "` + apifuzz.ID + `"], "executionId": ""}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, event []byte) {
		database, logger := &apifuzz.Database{}, slog.New(slog.DiscardHandler)
		service := workflow.Service{Database: database, Clock: apifuzz.Now, Logger: logger}
		var said struct {
			workflow.Request
			ExecutionID domain.ID `json:"executionId"`
		}
		_ = json.Unmarshal(event, &said) // each function refuses what it doesn't understand of it
		check := func(name string, named domain.ID, err error) {
			asked := database.Asked()
			switch err := err.(type) { //nolint:errorlint // Lambda looks at the type of this very error
			case *workflow.InvalidInputError:
				if len(asked) > 0 || strings.ContainsAny(err.Message, "{}\"\n") {
					t.Errorf("%s: %v after asking for %v", name, err, asked)
				}
			case *workflow.UnavailableError:
				_, isID := domain.ParseID(string(named))
				if !isID || len(asked) == 0 || slices.ContainsFunc(asked, func(id domain.ID) bool { return id != named }) {
					t.Errorf("%s of %q asked for %v", name, named, asked)
				}
			default:
				t.Errorf("%s: %v after asking for %v", name, err, asked)
			}
		}
		_, err := workflow.Handler(logger, workflow.TaskLimit, direct.Start{Service: service}.Handle)(t.Context(), event)
		check("start-workflow", said.UserID, err)
		_, err = workflow.Handler(logger, workflow.TaskLimit, direct.Status{Service: service}.Handle)(t.Context(), event)
		check("get-status", said.ExecutionID, err)
		_, err = workflow.Handler(logger, workflow.TaskLimit, direct.Cancel{Service: service}.Handle)(t.Context(), event)
		check("cancel-workflow", said.ExecutionID, err)
	})
}
