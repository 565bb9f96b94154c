package localaws_test

import (
	"cmp"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// checkTrace holds all functions of an execution to the trace that it was started in.
func (w *workflow) checkTrace(t *testing.T, machine, name, header string) {
	t.Helper()
	const parameter = "Root=1-5759e988-aaaaaaaaaaaaaaaaaaaaaaaa;Sampled=1"
	input := aws.String(`{"goalId": "g", "userId": "u", "actionIds": ["good-1", "quota-1"]}`)
	started, err := w.machines.StartExecution(t.Context(), &sfn.StartExecutionInput{
		StateMachineArn: &machine, Name: &name, Input: input, TraceHeader: aws.String(parameter),
	}, func(o *sfn.Options) {
		if header != "" {
			o.APIOptions = append(o.APIOptions, smithyhttp.AddHeaderValue("X-Amzn-Trace-Id", header))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	w.await(t, *started.ExecutionArn, sfntypes.ExecutionStatusSucceeded)
	want, _, _ := strings.Cut(cmp.Or(header, parameter), ";")
	for _, function := range []string{"validate-input", "get-actions", "task-generation", "save-tasks", "handle-error", "update-goal-status"} {
		notes, err := filepath.Glob(filepath.Join(w.notes, "trace,"+name+","+function+",*"))
		if err != nil || len(notes) == 0 {
			t.Errorf("%s was not called: %v", function, err)
		}
		for _, note := range notes {
			if !strings.Contains(note, ","+want+";") || !strings.HasSuffix(note, ";Sampled=1") {
				t.Errorf("%s is in the trace of %s, want %s", function, filepath.Base(note), want)
			}
		}
	}
}
