// Command tasks is the Lambda function for tasks with their notes and their history, and
// for saved views of them.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/connect"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

const function = "tasks"

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
	if err := errors.Join(baseErr, databaseErr); err != nil {
		return nil, err
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
	handler{database: db, clock: time.Now, zone: base.TimeZone}.routes(router)
	return router, nil
}
