package apispec_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
)

// recorder is a test that fails without ending the one that looks at it.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Errorf(format string, arguments ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, arguments...))
}

func TestCheckFindsEveryDifference(t *testing.T) {
	t.Parallel()
	const list, remove = "/reflections", "/reflections/{reflectionId}"
	nothing := func(context.Context, *httpapi.Request) (httpapi.Response, error) { return httpapi.NoContent(), nil }
	tests := map[string]struct {
		function string
		list     func(*httpapi.Router)
		rest     bool
		want     string // in the failure
	}{
		"what is not documented": {"reflections", func(r *httpapi.Router) { r.Handle("GET", list, nothing, "limit", "goalId", "cursor") }, true, "run `make docs`"},
		"another function's":     {"health", func(r *httpapi.Router) { r.Handle("GET", list, nothing) }, false, "/health"},
		"a missing route":        {"reflections", func(*httpapi.Router) {}, true, list},
		"missing routes":         {"reflections", func(r *httpapi.Router) { r.Handle("GET", list, nothing, "cursor", "goalId", "limit") }, false, remove},
		"open":                   {"reflections", func(r *httpapi.Router) { r.Open("GET", list, nothing, "cursor", "goalId", "limit") }, true, "Open"},
		"a parameter too many":   {"reflections", func(r *httpapi.Router) { r.Handle("GET", list, nothing, "cursor", "goalId", "limit", "q") }, true, `"q"`},
		"a parameter too few":    {"reflections", func(r *httpapi.Router) { r.Handle("GET", list, nothing, "cursor", "limit") }, true, "goalId"},
		"a function of no path":  {"migrate", func(*httpapi.Router) {}, false, "no route"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			router := httpapi.New(httpapi.Options{Logger: slog.New(slog.DiscardHandler), Clock: time.Now})
			if test.list(router); test.rest {
				router.Handle("POST", list, nothing)
				for _, method := range []string{"DELETE", "GET", "PATCH"} {
					router.Handle(method, remove, nothing)
				}
			}
			r := &recorder{TB: t}
			apispec.Check(r, test.function, router)
			if got := strings.Join(r.failures, "\n"); !strings.Contains(got, test.want) {
				t.Errorf("wants %q, got %s", test.want, got)
			}
		})
	}
}
