// Command update-goal-status is the Lambda function that sets the goal active, partial or failed.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/states"
)

const function = "update-goal-status"

func main() {
	environment, err := workflow.SetUp(context.Background(), os.LookupEnv, function)
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stdout, nil)).Error("cannot start", "function", function, "error", err)
		os.Exit(1)
	}
	lambda.Start(workflow.Handler(environment.Logger, workflow.TaskLimit, states.UpdateGoalStatus{Database: environment.Database}.Handle))
}
