package aws

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func TestSecret(t *testing.T) {
	t.Parallel()
	c, err := New(t.Context(), Options{Region: "ap-southeast-2", Endpoint: endpoint, PathStyle: true, Credentials: &Static{AccessKeyID: "AKIASECRETTEST000000", SecretAccessKey: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	name, text := "webhook/of-this-test", "https://hooks.example/hunter2"
	if _, err := c.secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &text}); err != nil {
		t.Fatal(err)
	}
	got, err := c.Secret(t.Context(), name)
	if err != nil || got.Reveal() != text {
		t.Fatalf("got %q, %v", got.Reveal(), err)
	}
	body, err := json.Marshal(map[string]any{"value": got, "pointer": &got, "keys": map[SecretText]int{got: 1}})
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("read", "secret", got)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("read", "secret", struct{ S SecretText }{got})
	told := fmt.Sprintf("%v %+v %#v %s %q %x %d", got, got, got, got, got, got, got) + fmt.Sprintf("%v %+v %#v", struct{ S SecretText }{got}, &got, []any{got}) + string(body) + logged.String() + got.String() + got.GoString()
	if strings.Contains(told, "hunter2") || strings.Contains(told, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("the secret is told: %s", told)
	}

	if _, err := c.Secret(t.Context(), "no/such"); !problem.Is(err, problem.RequestFailed) || !strings.Contains(err.Error(), "no/such") {
		t.Errorf("a missing secret: %v", err)
	}
}
