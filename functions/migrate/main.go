// Command migrate is the Lambda function that brings the database's schema forward, as
// the master user, before the functions of a release are switched to. Its event is
// migrations.Request and its answer migrations.Report.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
	"github.com/goal-mandala/mandala-deploy/functions/migrations"
)

const function = "migrate"

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
	settings, databaseErr := config.LoadDatabase(lookup)
	arn, secretErr := config.LoadText(lookup, "DATABASE_MASTER_SECRET_ARN")
	if err := errors.Join(baseErr, databaseErr, secretErr); err != nil {
		return nil, err
	}
	options, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	logger := telemetry.NewLogger(os.Stdout, telemetry.Options{Function: function, Release: base.Release, Level: base.LogLevel})
	return &handler{
		database: settings, files: migrations.Files, logger: logger, secretARN: arn,
		secrets: secret.NewReader(secretsmanager.NewFromConfig(options), base.SecretsCache, time.Now),
	}, nil
}
