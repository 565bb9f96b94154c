package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func TestStorageFailures(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		code   string
		want   problem.Code
		words  string
	}{
		"no bucket":       {404, "NoSuchBucket", problem.NoBucket, "s3://bucket/key"},
		"access denied":   {403, "AccessDenied", problem.AccessDenied, "S3 PutObject"},
		"key denied":      {400, "KMS.DisabledException", problem.StorageFailed, "KMS.DisabledException: because"},
		"expired token":   {400, "ExpiredToken", problem.NoCredentials, "refuses"},
		"unknown key":     {403, "InvalidAccessKeyId", problem.NoCredentials, "refuses"},
		"other region":    {301, "PermanentRedirect", problem.WrongRegion, "another region"},
		"other error":     {400, "EntityTooLarge", problem.StorageFailed, "EntityTooLarge: because"},
		"error of theirs": {500, "InternalError", problem.StorageFailed, "InternalError: because"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = fmt.Fprintf(w, `<Error><Code>%s</Code><Message>because</Message></Error>`, test.code)
			}))
			t.Cleanup(server.Close)
			_, err := standIn(t, server.URL).Store("bucket").Put(t.Context(), "key", []byte("secret body"), engine.Condition{})
			if !problem.Is(err, test.want) || !strings.Contains(err.Error(), test.words) {
				t.Errorf("got %v, want %s with %q", err, test.want, test.words)
			}
			if strings.Contains(err.Error(), "secret body") {
				t.Error("the error shows the body")
			}
		})
	}
}

func TestConditionalRequestConflictIsAFailedCondition(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		_, _ = fmt.Fprint(w, `<Error><Code>ConditionalRequestConflict</Code></Error>`)
	}))
	t.Cleanup(server.Close)
	_, err := standIn(t, server.URL).Store("bucket").Put(t.Context(), "key", nil, engine.Condition{Absent: true})
	if !errors.Is(err, engine.ErrPrecondition) {
		t.Errorf("got %v", err)
	}
}

func TestOtherServicesFail(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>`)
	}))
	t.Cleanup(server.Close)
	_, _, err := standIn(t, server.URL).Find(t.Context(), "aws_vpc", map[string]any{"cidr_block": "10.0.0.0/16"}, nil)
	if !problem.Is(err, problem.AccessDenied) || !strings.Contains(err.Error(), "EC2 DescribeVpcs") {
		t.Errorf("got %v, want MD0306 naming the operation", err)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]string{"refused": closed, "no such host": "http://mandala-deploy.invalid"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := standIn(t, url).Identity(t.Context()); !problem.Is(err, problem.EndpointUnreachable) {
				t.Errorf("got %v, want MD0304", err)
			}
		})
	}
}

func TestCancelledRequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(problem.ErrInterrupted)
	if _, err := client(t, region).Identity(ctx); !errors.Is(err, problem.ErrInterrupted) {
		t.Errorf("got %v, want the cause", err)
	}
}

// Not parallel: the chain of credentials reads the environment.
func TestNoCredentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ROLE_ARN",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	c := clientOf(t, Options{Region: region, Endpoint: endpoint})
	if _, err := c.Identity(t.Context()); !problem.Is(err, problem.NoCredentials) {
		t.Errorf("got %v, want MD0301", err)
	}
	t.Setenv("AWS_PROFILE", "none-such")
	if _, err := New(t.Context(), Options{Region: region}); !problem.Is(err, problem.NoCredentials) {
		t.Errorf("unknown profile: %v, want MD0301", err)
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	who, err := client(t, region).Identity(t.Context())
	if err != nil || who.Account != "123456789012" || who.Region != region || who.ARN == "" {
		t.Errorf("got %+v, %v", who, err)
	}
}
