package secret_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
)

// manager gives each secret a new value each time, and counts.
type manager struct {
	calls int
	fails error
	text  string
}

func (m *manager) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	m.calls++
	text := m.text
	if text == "" {
		text = fmt.Sprintf("value %d", m.calls)
	}
	return &secretsmanager.GetSecretValueOutput{SecretString: &text}, m.fails
}

func TestASecretIsKeptForFiveMinutes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	api := &manager{}
	reader := secret.NewReader(api, 5*time.Minute, func() time.Time { return now })
	var got []string
	for _, wait := range []time.Duration{0, 0, 5*time.Minute - 1, 1, 0} {
		now = now.Add(wait)
		value, err := reader.Get(t.Context(), "id")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, value.Reveal())
	}
	reader.Forget("id")
	value, err := reader.Get(t.Context(), "id")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, value.Reveal())
	want := []string{"value 1", "value 1", "value 1", "value 2", "value 2", "value 3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAFailureIsNotKept(t *testing.T) {
	t.Parallel()
	api := &manager{fails: errors.New("throttled")}
	reader := secret.NewReader(api, time.Hour, time.Now)
	if _, err := reader.Get(t.Context(), "id"); !errors.Is(err, api.fails) {
		t.Errorf("got %v", err)
	}
	api.fails = nil
	if _, err := reader.Get(t.Context(), "id"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestField(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want, fails string }{
		"a field":   {text: `{"username": "u", "password": "hunter2", "port": 5432}`, want: "hunter2"},
		"no object": {text: `hunter2`, fails: "no JSON object"},
		"no field":  {text: `{"pass": "hunter2"}`, fails: "no text"},
		"no text":   {text: `{"password": 2}`, fails: "no text"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := secret.NewReader(&manager{text: test.text}, time.Hour, time.Now).Field(t.Context(), "id", "password")
			if got.Reveal() != test.want || (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("got %q, %v", got.Reveal(), err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error tells the secret: %v", err)
			}
		})
	}
}

func FuzzNothingPrintsTheSecret(f *testing.F) {
	f.Add("hunter2")
	f.Add("a\x00b")
	f.Fuzz(func(t *testing.T, text string) {
		const mark = "\u2063mark\u2063" // nothing else has it
		value := struct{ Secret secret.Value }{secret.New(mark + text)}
		var out bytes.Buffer
		fmt.Fprintf(&out, "%v %+v %#v %s %q %x", value, value, value, value.Secret, value.Secret, value.Secret)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("message", "secret", value.Secret, "in", value)
		slog.New(slog.NewTextHandler(&out, nil)).Info("message", "secret", value.Secret, "in", value)
		if err := json.NewEncoder(&out).Encode(value); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "mark") {
			t.Errorf("printed: %s", out.String())
		}
	})
}
