// Package apifuzz sends anything to a function of the API, and holds its answers to what
// all of the API promises: a request is refused as the caller's mistake, by a problem that
// names fields that there are, or gets as far as the database. Only tests use it.
package apifuzz

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing" //nolint:depguard // a package for tests
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

// ID is an id for the paths of requests, and User whose requests they are.
const (
	ID   = "018f3c1e-0000-4000-8000-00000000000a"
	User = "018f3c1e-0000-4000-8000-000000000001"
)

// Now is the clock of the functions.
func Now() time.Time { return time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC) }

// Database answers nothing, and remembers who asked.
type Database struct{ asked []domain.ID }

func (d *Database) Read(_ context.Context, user domain.ID, _ func(context.Context, *store.Tx) error) error {
	d.asked = append(d.asked, user)
	return store.ErrUnavailable
}

func (d *Database) Write(ctx context.Context, user domain.ID, do func(context.Context, *store.Tx) error) error {
	return d.Read(ctx, user, do)
}

// ExecutionOwner is for those who know no user: as if it had been asked for ID's.
func (d *Database) ExecutionOwner(_ context.Context, id domain.ID) (domain.ID, error) {
	d.asked = append(d.asked, id)
	return "", store.ErrUnavailable
}

// Asked says who asked, and forgets it.
func (d *Database) Asked() []domain.ID {
	asked := d.asked
	d.asked = nil
	return asked
}

// Request is one whose body, If-Match or query is fuzzed.
type Request struct {
	Method, Path string
	Fields       []string // of the body or the query that a problem can name
	IfMatch      bool     // the route reads it
}

// Requests fuzzes all the requests of a function; routes registers what it serves.
func Requests(f *testing.F, routes func(*httpapi.Router, *Database), requests []Request) {
	f.Helper()
	f.Fuzz(func(t *testing.T, body, tag, query string) {
		database := &Database{}
		router := httpapi.New(httpapi.Options{
			Function: "fuzz", Environment: "local", Logger: slog.New(slog.DiscardHandler),
			Metrics: telemetry.NewMetrics(io.Discard, Now), Clock: Now,
		})
		routes(router, database)
		for _, request := range requests {
			answer, err := router.Serve(t.Context(), request.event(body, tag, query))
			if err != nil {
				t.Fatal(err)
			}
			request.check(t, answer, database.Asked(), body, tag)
			if t.Failed() {
				t.Fatalf("%s %s with body %q, tag %q, query %q: %d %s", request.Method, request.Path, body, tag, query, answer.StatusCode, answer.Body)
			}
		}
	})
}

func (r Request) event(body, tag, query string) events.APIGatewayProxyRequest {
	event := events.APIGatewayProxyRequest{
		HTTPMethod: r.Method, Path: r.Path, Body: body, QueryStringParameters: map[string]string{},
		Headers: map[string]string{"content-type": "application/json", "if-match": tag},
		RequestContext: events.APIGatewayProxyRequestContext{RequestID: "request", Authorizer: map[string]any{
			"claims": map[string]any{"sub": User, "email": "one@example.com"},
		}},
	}
	values, _ := url.ParseQuery(query) // with what could be read of it
	for name, list := range values {
		event.QueryStringParameters[name] = list[len(list)-1]
	}
	return event
}

// version is an If-Match that can be a version's.
var version = regexp.MustCompile(`^("[1-9][0-9]{0,18}"|\*)?$`)

func (r Request) check(t *testing.T, answer events.APIGatewayProxyResponse, asked []domain.ID, body, tag string) {
	t.Helper()
	if answer.Headers["Cache-Control"] != "no-store" || answer.Headers["X-Request-Id"] != "request" || answer.Headers["Content-Type"] != "application/problem+json" {
		t.Errorf("headers %v", answer.Headers)
	}
	var problem httpapi.Problem
	decoder := json.NewDecoder(strings.NewReader(answer.Body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&problem); err != nil {
		t.Fatalf("no problem: %v", err)
	}
	if problem.Status != answer.StatusCode || problem.Instance != r.Path || problem.RequestID != "request" || problem.Title == "" || !strings.HasPrefix(problem.Type, "/problems/") {
		t.Errorf("the problem is not the request's")
	}
	switch answer.StatusCode {
	case 503: // it got as far as the database
	case 400, 413:
	case 412:
		if !r.IfMatch || tag == "" || tag == "*" {
			t.Errorf("refused for a tag that was not sent")
		}
	case 422:
		r.named(t, problem, body)
	default:
		t.Errorf("an answer that there is not")
	}
	if (answer.StatusCode == 503) != (len(asked) > 0) || slices.ContainsFunc(asked, func(id domain.ID) bool { return id != User }) {
		t.Errorf("the database was asked for %v", asked)
	}
	if r.IfMatch && len(asked) > 0 && !version.MatchString(strings.TrimSpace(tag)) {
		t.Errorf("a tag that is none was taken")
	}
}

// named holds the fields of a problem to those that there are, or that were sent.
func (r Request) named(t *testing.T, problem httpapi.Problem, body string) {
	t.Helper()
	if len(problem.Errors) == 0 {
		t.Errorf("no field is named")
	}
	var sent map[string]json.RawMessage
	_ = json.NewDecoder(strings.NewReader(body)).Decode(&sent) // what is no object names nothing
	for _, field := range problem.Errors {
		is := func(name string) bool {
			return field.Field == name || strings.HasPrefix(field.Field, name+".") || strings.HasPrefix(field.Field, name+"[")
		}
		known := slices.ContainsFunc(r.Fields, is)
		for name := range sent {
			known = known || field.Code == domain.CodeUnknown && is(name)
		}
		if !known || field.Code == "" || field.Message == "" {
			t.Errorf("there is no field %q (%s)", field.Field, field.Code)
		}
	}
}
