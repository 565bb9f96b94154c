// Command reminder is the Lambda function that mails each user their due and overdue
// tasks, and takes those off the list who do not want that or whose mail comes back.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	lambdaapi "github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ses"

	"github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/connect"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
	"github.com/goal-mandala/mandala-deploy/functions/internal/unsubscribe"
)

const function = "reminder"

func main() {
	handler, err := setUp(context.Background(), os.LookupEnv)
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stdout, nil)).Error("cannot start", "function", function, "error", err)
		os.Exit(1)
	}
	lambda.Start(handler.Handle)
}

// settings are what this function alone is told.
type settings struct {
	configurationSet, from, keyARN, language string
}

func load(lookup config.Lookup) (settings, error) {
	var s settings
	var problems []error
	for name, target := range map[string]*string{
		"JWT_KEY_SECRET_ARN": &s.keyARN, "MAIL_CONFIGURATION_SET": &s.configurationSet, "MAIL_FROM": &s.from,
	} {
		var err error
		*target, err = config.LoadText(lookup, name)
		problems = append(problems, err)
	}
	optional := func(name, otherwise string) string {
		if value, found := lookup(name); found && value != "" {
			return value
		}
		return otherwise
	}
	s.language = optional("MAIL_LANGUAGE", "ja")
	if _, found := languages[s.language]; !found {
		problems = append(problems, errors.New("environment variable MAIL_LANGUAGE must be one of en, ja"))
	}
	return s, errors.Join(problems...)
}

func setUp(ctx context.Context, lookup config.Lookup) (*handler, error) {
	base, baseErr := config.LoadBase(lookup)
	database, databaseErr := config.LoadDatabase(lookup)
	own, ownErr := load(lookup)
	if err := errors.Join(baseErr, databaseErr, ownErr); err != nil {
		return nil, err
	}
	options, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	db, err := connect.Database(ctx, database, function, store.WorkflowTimeout)
	if err != nil {
		return nil, err
	}
	logger := telemetry.NewLogger(os.Stdout, telemetry.Options{Function: function, Release: base.Release, Level: base.LogLevel})
	manager := secretsmanager.NewFromConfig(options)
	links := unsubscribe.Tokens{
		Present:  secret.NewReader(manager, base.SecretsCache, time.Now),
		Previous: secret.NewReader(unsubscribe.PreviousAPI{API: manager}, base.SecretsCache, time.Now),
		SecretID: own.keyARN, Clock: time.Now,
	}
	router := httpapi.New(httpapi.Options{
		Function: function, Environment: base.Environment, CORSOrigins: base.CORSOrigins,
		Logger: logger, Metrics: telemetry.NewMetrics(os.Stdout, time.Now), Clock: time.Now,
	})
	page{database: db, language: own.language, links: links}.routes(router)
	return &handler{
		feedback: feedback{database: db, logger: logger},
		router:   router,
		run: run{
			again: again(lambdaapi.NewFromConfig(options)), budget: budget, clock: time.Now, database: db, logger: logger, page: pageSize,
			post: post{
				application: base.ApplicationURL, backoff: time.Second, clock: time.Now, configurationSet: own.configurationSet,
				from: netmail.Address{Name: "Goal Mandala", Address: own.from}, language: own.language, links: links,
				// What is tried again, and how often, is decided here.
				ses: ses.NewFromConfig(options, func(o *ses.Options) { o.Retryer = aws.NopRetryer{} }),
			},
		},
		zone: base.TimeZone,
	}, nil
}

// again has the function called anew, as it was called now, to go on.
func again(client *lambdaapi.Client) func(context.Context, continuation) error {
	return func(ctx context.Context, next continuation) error {
		invocation, found := lambdacontext.FromContext(ctx)
		if !found {
			return errors.New("go on in another call: this is none of Lambda's")
		}
		payload, err := json.Marshal(next)
		if err != nil {
			return fmt.Errorf("go on in another call: %w", err)
		}
		_, err = client.Invoke(ctx, &lambdaapi.InvokeInput{
			FunctionName: &invocation.InvokedFunctionArn, InvocationType: lambdatypes.InvocationTypeEvent, Payload: payload,
		})
		if err != nil {
			return fmt.Errorf("go on in another call: %w", err)
		}
		return nil
	}
}
