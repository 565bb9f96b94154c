package httpapi_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
)

func TestLocationLeadsToWhatWasMade(t *testing.T) {
	t.Parallel()
	for from, to := range map[string]string{
		"/goals":                 "/goals/1",
		"/tasks/views":           "/tasks/views/1",
		"/goals/1/sub-goals":     "/goals/1/sub-goals/2",
		"/goals/1/sub-goals/2/a": "/goals/1/actions/3",
		"/ai/executions/1/retry": "/ai/executions/2",
		"/other":                 "/goals/1",
	} {
		router := newRouter(&bytes.Buffer{})
		router.Handle("POST", from, func(context.Context, *httpapi.Request) (httpapi.Response, error) {
			return httpapi.Created("body", to, 1), nil
		})
		answer, err := router.Serve(t.Context(), event("POST", from, ""))
		if err != nil || answer.StatusCode != 201 {
			t.Fatalf("%s: %d, %v", from, answer.StatusCode, err)
		}
		if got := apispec.Location(t, from, answer); got != to {
			t.Errorf("%s leads to %s by %q, want %s", from, got, answer.Headers["Location"], to)
		}
	}
}
