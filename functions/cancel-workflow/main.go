// Command cancel-workflow is the Lambda function by which operators and other services
// stop an execution of the workflow.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/direct"
)

const function = "cancel-workflow"

func main() {
	environment, service, err := direct.SetUp(context.Background(), os.LookupEnv, function)
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stdout, nil)).Error("cannot start", "function", function, "error", err)
		os.Exit(1)
	}
	lambda.Start(workflow.Handler(environment.Logger, workflow.TaskLimit, direct.Cancel{Service: service}.Handle))
}
