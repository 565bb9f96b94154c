// Command create-batches is the Lambda function that cuts the actions into batches.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/states"
)

const function = "create-batches"

func main() {
	environment, err := workflow.SetUp(context.Background(), os.LookupEnv, function)
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stdout, nil)).Error("cannot start", "function", function, "error", err)
		os.Exit(1)
	}
	lambda.Start(workflow.Handler(environment.Logger, workflow.TaskLimit, states.CreateBatches))
}
