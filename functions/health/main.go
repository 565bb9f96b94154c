// Command health is the Lambda function that says whether the application works, and
// in which version.
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
	"github.com/goal-mandala/mandala-deploy/functions/migrations"
)

const function = "health"

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
	target, err := migrations.Target()
	if err != nil {
		return nil, err
	}
	logger := telemetry.NewLogger(os.Stdout, telemetry.Options{Function: function, Release: base.Release, Level: base.LogLevel})
	router := httpapi.New(httpapi.Options{
		Function: function, Environment: base.Environment, CORSOrigins: base.CORSOrigins,
		Logger: logger, Metrics: telemetry.NewMetrics(os.Stdout, time.Now), Clock: time.Now,
	})
	handler{
		database: db, generator: string(base.Generator), logger: logger,
		release: base.Release, target: target, timeout: databaseTimeout,
	}.routes(router)
	return router, nil
}

func (h handler) routes(router *httpapi.Router) {
	router.Open("GET", "/health", h.Get).
		Says("Says whether the application works, and in which version.", "It is `ok`, or with 503 `degraded`; the database is `ok`, `unreachable` or `behind`: migrations are missing.").
		OK(health{}).Also(503, health{})
}
