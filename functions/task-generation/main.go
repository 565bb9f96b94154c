// Command task-generation is the Lambda function that generates the tasks of an action:
// with Amazon Bedrock, or offline.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/generator"
	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/states"
)

const function = "task-generation"

func main() {
	handle, err := setUp(context.Background(), os.LookupEnv)
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stdout, nil)).Error("cannot start", "function", function, "error", err)
		os.Exit(1)
	}
	lambda.Start(handle)
}

func setUp(ctx context.Context, lookup config.Lookup) (func(context.Context, json.RawMessage) (states.Tasks, error), error) {
	environment, err := workflow.SetUp(ctx, lookup, function)
	if err != nil {
		return nil, err
	}
	generate := states.Generate{Database: environment.Database, Generator: generator.Offline{}, Logger: environment.Logger}
	if environment.Base.Generator == config.Bedrock {
		model, modelErr := config.LoadText(lookup, "MODEL_ID")
		credentials, secretErr := config.LoadText(lookup, "EXTERNAL_API_SECRET_ARN")
		settings, awsErr := awsconfig.LoadDefaultConfig(ctx)
		if err := errors.Join(modelErr, secretErr, awsErr); err != nil {
			return nil, err
		}
		secrets := secret.NewReader(secretsmanager.NewFromConfig(settings), environment.Base.SecretsCache, time.Now)
		generate.Generator = generator.Bedrock{
			Client: bedrockruntime.NewFromConfig(settings), Model: model,
			Key: func(ctx context.Context) (secret.Value, error) { return apiKey(ctx, secrets, credentials) },
		}
	}
	return workflow.Handler(environment.Logger, workflow.GenerationLimit, generate.Handle), nil
}

// values are the secrets as they are now.
type values interface {
	Get(ctx context.Context, id string) (secret.Value, error)
}

// apiKey is the field bedrock_api_key of the external APIs' secret; empty where an
// operator has set none.
func apiKey(ctx context.Context, secrets values, id string) (secret.Value, error) {
	whole, err := secrets.Get(ctx, id)
	var unset *types.ResourceNotFoundException
	if errors.As(err, &unset) {
		return secret.Value{}, nil
	}
	if err != nil {
		return secret.Value{}, err
	}
	var fields struct {
		Key string `json:"bedrock_api_key"`
	}
	if json.Unmarshal([]byte(whole.Reveal()), &fields) != nil { // its error would quote the secret
		return secret.Value{}, &workflow.PermissionDeniedError{Message: "the secret of external APIs is no JSON object"}
	}
	return secret.New(fields.Key), nil
}
