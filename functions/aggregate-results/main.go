// Command aggregate-results is the Lambda function that sums the results of all batches up.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/states"
)

const function = "aggregate-results"

func main() {
	environment, err := workflow.SetUp(context.Background(), os.LookupEnv, function)
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stdout, nil)).Error("cannot start", "function", function, "error", err)
		os.Exit(1)
	}
	lambda.Start(workflow.Handler(environment.Logger, workflow.TaskLimit, states.AggregateResults{Database: environment.Database}.Handle))
}
