package aws

import (
	"context"
	"fmt"
	"log/slog"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// SecretText is the content of a secret. No format tells it.
type SecretText struct{ text string }

const redacted = "(redacted)"

// Reveal gives the text itself.
func (s SecretText) Reveal() string { return s.text }

// String tells nothing.
func (SecretText) String() string { return redacted }

// GoString tells nothing.
func (SecretText) GoString() string { return redacted }

// Format tells nothing, whatever the verb.
func (SecretText) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue tells nothing.
func (SecretText) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON tells nothing.
func (SecretText) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText tells nothing.
func (SecretText) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Secret reads the text of a secret by its name or ARN.
func (c *Client) Secret(ctx context.Context, name string) (SecretText, error) {
	answer, err := c.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &name})
	if err != nil {
		return SecretText{}, failure(ctx, "read secret "+name, err)
	}
	return SecretText{awssdk.ToString(answer.SecretString)}, nil
}
