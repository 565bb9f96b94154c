package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

const user = "018f3c1e-0000-4000-8000-000000000001"

func newRouter(out *bytes.Buffer) *httpapi.Router {
	return httpapi.New(httpapi.Options{
		Function: "test", Environment: "local", CORSOrigins: []string{"https://a.example.com", "https://b.example.com"},
		Logger: slog.New(slog.NewJSONHandler(out, nil)), Metrics: telemetry.NewMetrics(out, time.Now), Clock: time.Now,
	})
}

func event(method, path, body string) events.APIGatewayProxyRequest {
	return events.APIGatewayProxyRequest{
		HTTPMethod: method, Path: path, Body: body,
		Headers: map[string]string{"content-type": "application/json; charset=utf-8"},
		RequestContext: events.APIGatewayProxyRequestContext{
			RequestID: "request", Authorizer: map[string]any{"claims": map[string]any{"sub": user, "email": "one@example.com"}},
		},
	}
}

func TestErrorsBecomeProblems(t *testing.T) {
	t.Parallel()
	const secret = "password=hunter2"
	tests := map[string]struct {
		err    error
		status int
		kind   string
	}{
		"not found":   {fmt.Errorf("read: %w", store.ErrNotFound), 404, "not-found"},
		"stale":       {store.ErrStale, 412, "stale"},
		"conflict":    {fmt.Errorf("create: %w", &store.ConflictError{Constraint: secret}), 409, "conflict"},
		"unavailable": {fmt.Errorf("%s: %w", secret, store.ErrUnavailable), 503, "unavailable"},
		"validation":  {domain.Invalid("title", "required", "must not be empty"), 422, "validation"},
		"our own":     {errors.New(secret), 500, "internal"},
		"a problem":   {httpapi.Conflict("Busy."), 409, "conflict"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			router := newRouter(&bytes.Buffer{})
			router.Handle("GET", "/x", func(context.Context, *httpapi.Request) (httpapi.Response, error) {
				return httpapi.Response{}, test.err
			})
			answer, err := router.Serve(t.Context(), event("GET", "/x", ""))
			if err != nil {
				t.Fatal(err)
			}
			var problem httpapi.Problem
			if err := json.Unmarshal([]byte(answer.Body), &problem); err != nil {
				t.Fatal(err)
			}
			got := []any{answer.StatusCode, problem.Type, problem.Instance, problem.RequestID, strings.Contains(answer.Body, "hunter2")}
			if diff := cmp.Diff([]any{test.status, "/problems/" + test.kind, "/x", "request", false}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", answer.Body, diff)
			}
		})
	}
}

func TestAPanicTellsTheLogAndNotTheCaller(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	router := newRouter(&out)
	router.Handle("GET", "/x", func(context.Context, *httpapi.Request) (httpapi.Response, error) { panic("inside") })
	answer, err := router.Serve(t.Context(), event("GET", "/x", ""))
	if err != nil || answer.StatusCode != 500 || strings.Contains(answer.Body, "inside") || strings.Contains(answer.Body, ".go") {
		t.Errorf("got %d %s, %v", answer.StatusCode, answer.Body, err)
	}
	if !strings.Contains(out.String(), "inside") || !strings.Contains(out.String(), "httpapi_test.go") {
		t.Errorf("the log says %s", out.String())
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	router := newRouter(&bytes.Buffer{})
	says := func(text string) httpapi.Handler {
		return func(_ context.Context, request *httpapi.Request) (httpapi.Response, error) {
			return httpapi.OK(text + string(request.Caller.ID)), nil
		}
	}
	router.Handle("GET", "/tasks/views", says("views "))
	router.Handle("GET", "/tasks/{taskId}", says("task "))
	router.Handle("DELETE", "/tasks/{taskId}", says("delete "))
	router.Open("GET", "/open", says("open"))
	anonymous := event("GET", "/open", "")
	anonymous.RequestContext.Authorizer = nil
	stranger := event("GET", "/tasks/1", "")
	stranger.RequestContext.Authorizer = map[string]any{"claims": map[string]any{"sub": "no id"}}
	tests := map[string]struct {
		event  events.APIGatewayProxyRequest
		status int
		body   string
	}{
		"a parameter":        {event("GET", "/tasks/1", ""), 200, `"task ` + user + `"`},
		"a slash at the end": {event("GET", "/tasks/1/", ""), 200, `"task ` + user + `"`},
		"what came first":    {event("GET", "/tasks/views", ""), 200, `"views ` + user + `"`},
		"no parameter":       {event("GET", "/tasks//", ""), 404, ""},
		"no path":            {event("GET", "/none", ""), 404, ""},
		"no method":          {event("PUT", "/tasks/1", ""), 405, ""},
		"open":               {anonymous, 200, `"open"`},
		"no caller":          {stranger, 401, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := router.Serve(t.Context(), test.event)
			if err != nil || answer.StatusCode != test.status || test.body != "" && answer.Body != test.body {
				t.Errorf("got %d %s, %v", answer.StatusCode, answer.Body, err)
			}
		})
	}
}

func TestCORSAllowsTheCallersOrigin(t *testing.T) {
	t.Parallel()
	router := newRouter(&bytes.Buffer{})
	for origin, want := range map[string]string{
		"https://b.example.com": "https://b.example.com", "https://evil.example.com": "", "null": "", "": "",
	} {
		request := event("GET", "/none", "")
		request.Headers["origin"] = origin
		answer, err := router.Serve(t.Context(), request)
		if err != nil || answer.Headers["Access-Control-Allow-Origin"] != want || answer.Headers["Vary"] != "Origin" {
			t.Errorf("for %q: %v, %v", origin, answer.Headers, err)
		}
	}
}

// serve sends the event to a route that declares the query's parameters and reads the request.
func serve(t *testing.T, event events.APIGatewayProxyRequest, read func(*httpapi.Request), query ...string) events.APIGatewayProxyResponse {
	t.Helper()
	router := newRouter(&bytes.Buffer{})
	router.Handle(event.HTTPMethod, event.Path, func(_ context.Context, request *httpapi.Request) (httpapi.Response, error) {
		read(request)
		return httpapi.NoContent(), nil
	}, query...)
	answer, err := router.Serve(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestOnlyDeclaredParametersOfTheQueryAreRead(t *testing.T) {
	t.Parallel()
	request := event("GET", "/x", "")
	request.QueryStringParameters = map[string]string{"limit": "7", "status": "draft"}
	var limit string
	if answer := serve(t, request, func(r *httpapi.Request) { limit = r.Query("limit") }, "limit"); answer.StatusCode != 204 || limit != "7" {
		t.Errorf("declared: %d, %q", answer.StatusCode, limit)
	}
	if answer := serve(t, request, func(r *httpapi.Request) { limit = r.Query("status") }, "limit"); answer.StatusCode != 500 {
		t.Errorf("not declared: %d, %q", answer.StatusCode, limit)
	}
}

func TestARouteThatCannotBeReachedPanics(t *testing.T) {
	t.Parallel()
	for first, second := range map[string]string{"/tasks/{taskId}": "/tasks/views", "/goals": "/goals"} {
		func() {
			defer func() {
				if cause, _ := recover().(string); !strings.Contains(cause, second) {
					t.Errorf("%s after %s: %q", second, first, cause)
				}
			}()
			router := newRouter(&bytes.Buffer{})
			router.Handle("GET", first, nil)
			router.Handle("GET", second, nil)
		}()
	}
}

func TestIfMatch(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]int64{"": 0, "*": 0, `"1"`: 1, ` "12" `: 12, `W/"1"`: -1, `"0"`: -1, `"01"`: -1, `"a"`: -1, `1`: -1, `"`: -1, `"1", "2"`: -1} {
		request := event("GET", "/x", "")
		request.Headers["if-match"] = tag
		var got int64
		var err error
		serve(t, request, func(r *httpapi.Request) { got, err = r.IfMatch() })
		if (want == -1) != errors.Is(err, store.ErrStale) || err == nil && got != want {
			t.Errorf("%s: %d, %v", tag, got, err)
		}
	}
}

// TestAnAnswerHasALimit: Lambda's, of which each quote of a body takes two bytes.
func TestAnAnswerHasALimit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body   string
		status int
	}{
		"short":       {strings.Repeat("a", 1<<20), 200},
		"long":        {strings.Repeat("a", 5<<20), 200},
		"too long":    {strings.Repeat("a", 6<<20), 500},
		"with quotes": {strings.Repeat(`"`, 2<<20), 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			router := newRouter(&bytes.Buffer{})
			router.Handle("GET", "/x", func(context.Context, *httpapi.Request) (httpapi.Response, error) {
				return httpapi.OK(test.body), nil
			})
			request := event("GET", "/x", "")
			request.Headers["origin"] = "https://a.example.com"
			answer, err := router.Serve(t.Context(), request)
			if err != nil || answer.StatusCode != test.status || answer.Headers["Access-Control-Allow-Origin"] != "https://a.example.com" {
				t.Errorf("%d with %v, %v", answer.StatusCode, answer.Headers, err)
			}
			if sent, err := json.Marshal(answer); err != nil || len(sent) > 6_000_000 {
				t.Errorf("%d bytes, %v", len(sent), err)
			}
			if test.status == 500 && !strings.Contains(answer.Body, "/problems/answer-too-large") {
				t.Errorf("got %.200s", answer.Body)
			}
		})
	}
}

func TestBodyHasALimit(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]int{httpapi.MaxBody: 0, httpapi.MaxBody + 1: http.StatusRequestEntityTooLarge} {
		const frame = `{"title":""}`
		body := `{"title":"` + strings.Repeat("a", length-len(frame)) + `"}`
		var patch domain.GoalPatch
		var err error
		serve(t, event("POST", "/x", body), func(r *httpapi.Request) { err = r.Body(&patch) })
		var problem *httpapi.Problem
		if errors.As(err, &problem) != (want > 0) || problem != nil && problem.Status != want {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
}

func TestFieldsHaveTheirNamesAndComeOnce(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"title": "t", "description": "d", "position": 1, "type": "habit"}`: "",
		`{"TITLE": "t"}`:                            "TITLE: unknown",
		`{"typ\u0065": "habit"}`:                    "",
		`{"po\u017fition": 1}`:                      "po\u017fition: unknown", // folds to an s
		`{"title": "t", "title": "u"}`:              "title: unknown",
		`{"title": "t", "Title": "u"}`:              "Title: unknown",
		`{"PartPatch": {"title": "t"}}`:             "PartPatch: unknown",
		`{"title": "t", "t\u0069tle": "u"}`:         "title: unknown",
		`{"title": "{\"title\": 1, \"title\": 2}"}`: "",
	} {
		var patch domain.ActionPatch
		var err error
		serve(t, event("POST", "/x", body), func(r *httpapi.Request) { err = r.Body(&patch) })
		if err == nil {
			err = patch.With(nil)
		}
		var invalid *domain.ValidationError
		if got := ""; errors.As(err, &invalid) {
			got = invalid.Fields[0].Field + ": " + invalid.Fields[0].Code
			if got != want {
				t.Errorf("%s: %s, want %s", body, got, want)
			}
		} else if err != nil || want != "" {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
}

func TestNestedFieldsHaveTheirNamesAndComeOnce(t *testing.T) {
	t.Parallel()
	type inner struct {
		Deep []struct {
			Name string `json:"name"`
		} `json:"deep"`
	}
	for body, want := range map[string]string{
		`{"deep": [{"name": "a"}, {"name": "b"}]}`:           "",
		`{"deep": [{"name": "a"}, {"Name": "b"}]}`:           "deep.Name: unknown",
		`{"deep": [{"name": "a", "name": "b"}], "deep": []}`: "deep.name: unknown, deep: unknown",
		`{"deep": [], "deep": []}`:                           "deep: unknown",
	} {
		var target inner
		var err error
		serve(t, event("POST", "/x", body), func(r *httpapi.Request) { err = r.Body(&target) })
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "invalid input: ")
		}
		if got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

// FuzzServe sends anything as a request: the answer is always one that a caller
// understands, never a panic and never a fault of ours.
func FuzzServe(f *testing.F) {
	f.Add("POST", "/goals/1", "application/json", `{"title": "t", "deadline": "2027-01-01"}`, `"1"`, "10", "", false)
	f.Add("POST", "/goals/1", "application/json", `{"status": null}`, "*", "-1", "", true)
	f.Fuzz(func(t *testing.T, method, path, kind, body, tag, limit, cursor string, encoded bool) {
		router := newRouter(&bytes.Buffer{})
		router.Handle("POST", "/goals/{goalId}", func(_ context.Context, request *httpapi.Request) (httpapi.Response, error) {
			var patch domain.GoalPatch
			_, idErr := request.ID("goalId")
			window, windowErr := request.Window()
			version, tagErr := request.IfMatch()
			bodyErr := request.Body(&patch)
			goal, goalErr := domain.NewGoal(patch, domain.Date{Year: 2026, Month: 1, Day: 1})
			return httpapi.OK([]any{window, version, goal}), errors.Join(idErr, windowErr, tagErr, bodyErr, goalErr)
		}, "cursor", "limit")
		request := event(method, path, body)
		request.IsBase64Encoded = encoded
		request.Headers = map[string]string{"Content-Type": kind, "If-Match": tag}
		request.QueryStringParameters = map[string]string{"limit": limit, "cursor": cursor}
		answer, err := router.Serve(t.Context(), request)
		if err != nil || answer.StatusCode >= 500 || answer.StatusCode == http.StatusForbidden || !json.Valid([]byte(answer.Body)) {
			t.Errorf("got %d %s, %v", answer.StatusCode, answer.Body, err)
		}
	})
}
