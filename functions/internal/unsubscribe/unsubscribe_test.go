package unsubscribe_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/internal/unsubscribe"
)

const user = "018f3c1e-0000-4000-8000-000000000001"

func key(n int) string { return strings.Repeat(string(rune('a'+n)), 43) }

// manager is Secrets Manager with the versions of one secret, the last one first.
type manager struct {
	versions []string
	calls    int
	fails    error
}

func (m *manager) GetSecretValue(_ context.Context, input *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	m.calls++
	index := 0
	if aws.ToString(input.VersionStage) == "AWSPREVIOUS" {
		index = 1
	}
	if m.fails != nil {
		return nil, m.fails
	}
	if index >= len(m.versions) {
		return nil, &types.ResourceNotFoundException{}
	}
	return &secretsmanager.GetSecretValueOutput{SecretString: &m.versions[index]}, nil
}

var start = time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)

func tokens(api *manager, now time.Time) unsubscribe.Tokens {
	clock := func() time.Time { return now }
	return unsubscribe.Tokens{
		Present:  secret.NewReader(api, 5*time.Minute, clock),
		Previous: secret.NewReader(unsubscribe.PreviousAPI{API: api}, 5*time.Minute, clock),
		SecretID: "arn", Clock: clock,
	}
}

func sign(t *testing.T, api *manager) string {
	t.Helper()
	token, err := tokens(api, start).Sign(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestALinkWorks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		versions []string
		after    time.Duration
		invalid  bool
	}{
		"at once":                    {versions: []string{key(0)}},
		"after 90 days":              {versions: []string{key(0)}, after: 90 * 24 * time.Hour},
		"after two years":            {versions: []string{key(0)}, after: 2 * 365 * 24 * time.Hour, invalid: true},
		"after the key was replaced": {versions: []string{key(1), key(0)}},
		"not after it was again":     {versions: []string{key(2), key(1)}, invalid: true},
		"not with another key":       {versions: []string{key(1)}, invalid: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := sign(t, &manager{versions: []string{key(0)}})
			got, err := tokens(&manager{versions: test.versions}, start.Add(test.after)).Verify(t.Context(), token)
			if errors.Is(err, unsubscribe.ErrInvalid) != test.invalid || !test.invalid && (err != nil || got != user) {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}

func TestForgeries(t *testing.T) {
	t.Parallel()
	claims := func(change func(jwt.MapClaims)) jwt.MapClaims {
		all := jwt.MapClaims{"aud": "unsubscribe", "iss": "goal-mandala", "sub": user, "exp": start.Add(time.Hour).Unix()}
		change(all)
		return all
	}
	made := func(method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
		token, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	right := []byte(key(0))
	good := made(jwt.SigningMethodHS256, right, claims(func(jwt.MapClaims) {}))
	api := &manager{versions: []string{key(0)}}
	verifier := tokens(api, start)
	if got, err := verifier.Verify(t.Context(), good); err != nil || got != user {
		t.Fatalf("the one that is none: %s, %v", got, err)
	}
	for name, token := range map[string]string{
		"empty":               "",
		"no token":            "a.b.c",
		"no signature":        made(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(func(jwt.MapClaims) {})),
		"another method":      made(jwt.SigningMethodHS512, right, claims(func(jwt.MapClaims) {})),
		"another purpose":     made(jwt.SigningMethodHS256, right, claims(func(c jwt.MapClaims) { c["aud"] = "session" })),
		"no purpose":          made(jwt.SigningMethodHS256, right, claims(func(c jwt.MapClaims) { delete(c, "aud") })),
		"another issuer":      made(jwt.SigningMethodHS256, right, claims(func(c jwt.MapClaims) { c["iss"] = "other" })),
		"no end":              made(jwt.SigningMethodHS256, right, claims(func(c jwt.MapClaims) { delete(c, "exp") })),
		"nobody":              made(jwt.SigningMethodHS256, right, claims(func(c jwt.MapClaims) { c["sub"] = "x'; --" })),
		"cut":                 good[:len(good)-4],
		"an empty key":        made(jwt.SigningMethodHS256, []byte{}, claims(func(jwt.MapClaims) {})),
		"claims of another's": strings.Split(good, ".")[0] + "." + strings.Split(made(jwt.SigningMethodHS256, right, claims(func(c jwt.MapClaims) { c["sub"] = "018f3c1e-0000-4000-8000-000000000002" })), ".")[1] + "." + strings.Split(good, ".")[2],
	} {
		if got, err := verifier.Verify(t.Context(), token); !errors.Is(err, unsubscribe.ErrInvalid) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	if api.calls != 2 {
		t.Errorf("Secrets Manager was asked %d times, and not once for each version", api.calls)
	}
}

func TestWithoutAKey(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	if _, err := tokens(&manager{fails: away}, start).Sign(t.Context(), user); !errors.Is(err, away) {
		t.Errorf("sign: %v", err)
	}
	if _, err := tokens(&manager{fails: away}, start).Verify(t.Context(), "a.b.c"); !errors.Is(err, away) {
		t.Errorf("verify: %v", err)
	}
	if _, err := tokens(&manager{versions: []string{"short"}}, start).Sign(t.Context(), user); err == nil || strings.Contains(err.Error(), "\"short\"") {
		t.Errorf("a short key: %v", err)
	}
}
