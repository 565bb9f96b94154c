// Command validate-input is the Lambda function that checks what an execution of the workflow is started with.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/states"
)

const function = "validate-input"

func main() {
	environment, err := workflow.SetUp(context.Background(), os.LookupEnv, function)
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stdout, nil)).Error("cannot start", "function", function, "error", err)
		os.Exit(1)
	}
	lambda.Start(workflow.Handler(environment.Logger, workflow.TaskLimit, states.ValidateInput{Database: environment.Database}.Handle))
}
