package deploy

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// checkOperators starts, looks at and cancels a generation by the functions that
// operators invoke, as they are deployed.
func checkOperators(t *testing.T, a *kit.Application) {
	type direct struct {
		ExecutionID, ExecutionARN, UserID, Status string
	}
	ines := a.SignUp("ines@example.com")
	goalID, actions := plant(ines, 1, 1, func(int) string { return "simulate: timeout" })
	var profile struct{ ID string }
	ines.Call(200, &profile, "GET", "/profile", nil)

	var started direct
	a.Invoke("start-workflow", map[string]any{"goalId": goalID, "userId": profile.ID, "actionIds": actions}, &started)
	if started.ExecutionID == "" || started.ExecutionARN != executionARN(a, started.ExecutionID) || started.UserID != profile.ID {
		t.Fatalf("started: %+v", started)
	}
	var seen direct
	a.Eventually(2*time.Minute, "get-status tells of the running generation", func() bool {
		a.Invoke("get-status", map[string]any{"executionId": started.ExecutionID}, &seen)
		return seen.Status == "running"
	})
	if seen.ExecutionARN != started.ExecutionARN || seen.UserID != profile.ID {
		t.Errorf("get-status: %+v, started as %+v", seen, started)
	}
	var cancelled direct
	a.Invoke("cancel-workflow", map[string]any{"executionId": started.ExecutionID, "userId": profile.ID}, &cancelled)
	described, err := sfn.NewFromConfig(a.Config).DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: aws.String(started.ExecutionARN)})
	if err != nil {
		t.Fatal(err)
	}
	if cancelled.Status != "cancelled" || described.Status != sfntypes.ExecutionStatusAborted {
		t.Errorf("cancel-workflow: %+v; the execution is %s", cancelled, described.Status)
	}
	var now execution
	if ines.Call(200, &now, "GET", "/ai/executions/"+started.ExecutionID, nil); now.Status != "cancelled" {
		t.Errorf("the API tells of the generation: %+v", now)
	}
}
