// Command auth is the Lambda function for who is signed in: the session, the profile,
// and what a user wants of reminders.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/connect"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

const function = "auth"

func main() {
	router, err := setUp(context.Background(), os.LookupEnv)
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stdout, nil)).Error("cannot start", "function", function, "error", err)
		os.Exit(1)
	}
	lambda.Start(router.Serve)
}

func setUp(ctx context.Context, lookup config.Lookup) (*httpapi.Router, error) {
	base, baseErr := config.LoadBase(lookup)
	settings, databaseErr := config.LoadDatabase(lookup)
	poolID, poolErr := config.LoadText(lookup, "USER_POOL_ID")
	if err := errors.Join(baseErr, databaseErr, poolErr); err != nil {
		return nil, err
	}
	aws, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	db, err := connect.Database(ctx, settings, function, store.APITimeout)
	if err != nil {
		return nil, err
	}
	logger := telemetry.NewLogger(os.Stdout, telemetry.Options{Function: function, Release: base.Release, Level: base.LogLevel})
	router := httpapi.New(httpapi.Options{
		Function: function, Environment: base.Environment, CORSOrigins: base.CORSOrigins,
		Logger: logger, Metrics: telemetry.NewMetrics(os.Stdout, time.Now), Clock: time.Now,
	})
	handler{database: db, users: pool{client: cognitoidentityprovider.NewFromConfig(aws), id: poolID}}.routes(router)
	return router, nil
}
