package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
)

// stored answers for one secret.
type stored struct {
	text string
	err  error
}

func (s stored) Get(context.Context, string) (secret.Value, error) { return secret.New(s.text), s.err }

func TestAPIKey(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	tests := map[string]struct {
		secret stored
		want   string
		fails  bool
	}{
		"never set":   {stored{err: fmt.Errorf("read secret: %w", &types.ResourceNotFoundException{})}, "", false},
		"without one": {stored{text: `{"ses": {"user": "u"}}`}, "", false},
		"with one":    {stored{text: `{"bedrock_api_key": "key", "other": 1}`}, "key", false},
		"no JSON":     {stored{text: `key`}, "", true},
		"not read":    {stored{err: down}, "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := apiKey(t.Context(), test.secret, "arn")
			if key.Reveal() != test.want || (err != nil) != test.fails || err != nil && strings.Contains(err.Error(), "key") {
				t.Errorf("got %q, %v", key.Reveal(), err)
			}
		})
	}
}

func TestSetUp(t *testing.T) {
	t.Parallel()
	environment := map[string]string{
		"APPLICATION_URL": "https://app.example.com", "CORS_ORIGINS": "https://app.example.com", "ENVIRONMENT": "test", "RELEASE": "v1.0.0",
		"DATABASE_HOST": "db", "DATABASE_NAME": "d", "DATABASE_USER": "u", "DATABASE_AUTH": "password", "DATABASE_TLS": "disable",
	}
	tests := map[string]struct {
		more map[string]string
		want string // in the error; empty for none
	}{
		"offline needs neither model nor secret": {map[string]string{"GENERATOR": "offline"}, ""},
		"Bedrock needs a model":                  {map[string]string{"EXTERNAL_API_SECRET_ARN": "arn"}, "MODEL_ID"},
		"Bedrock needs the secret's ARN":         {map[string]string{"MODEL_ID": "m"}, "EXTERNAL_API_SECRET_ARN"},
		"Bedrock":                                {map[string]string{"MODEL_ID": "m", "EXTERNAL_API_SECRET_ARN": "arn"}, ""},
		"no database":                            {map[string]string{"GENERATOR": "offline", "DATABASE_HOST": ""}, "DATABASE_HOST"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lookup := func(name string) (string, bool) {
				if value, found := test.more[name]; found {
					return value, true
				}
				value, found := environment[name]
				return value, found
			}
			handle, err := setUp(t.Context(), lookup)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) || (handle == nil) != (err != nil) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
