// Command slack-notifier is the Lambda function that tells a Slack channel of alarms,
// of deployments, and of goals that ended partial or failed.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
	"github.com/goal-mandala/mandala-deploy/functions/slack"
)

const function = "slack-notifier"

func main() {
	handler, err := setUp(context.Background(), os.LookupEnv)
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stdout, nil)).Error("cannot start", "function", function, "error", err)
		os.Exit(1)
	}
	lambda.Start(handler.Handle)
}

func setUp(ctx context.Context, lookup config.Lookup) (*handler, error) {
	base, baseErr := config.LoadBase(lookup)
	arn, secretErr := config.LoadText(lookup, "SLACK_WEBHOOK_SECRET_ARN")
	if err := errors.Join(baseErr, secretErr); err != nil {
		return nil, err
	}
	options, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	runbook, _ := lookup("RUNBOOK_URL") // none: no links to it
	return &handler{
		channel:   slack.NewClient(),
		logger:    telemetry.NewLogger(os.Stdout, telemetry.Options{Function: function, Release: base.Release, Level: base.LogLevel}),
		secretARN: arn,
		secrets:   secret.NewReader(secretsmanager.NewFromConfig(options), base.SecretsCache, time.Now),
		told: told{
			Environment: base.Environment,
			Runbook:     strings.TrimSuffix(runbook, "/"),
			Prefix:      strings.TrimSuffix(lambdacontext.FunctionName, function),
		},
	}, nil
}
