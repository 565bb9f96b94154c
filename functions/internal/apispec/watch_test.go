package apispec_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

func TestWatchFindsEveryDifference(t *testing.T) {
	t.Parallel()
	goal := domain.Goal{ID: "018f3c1e-0000-4000-8000-000000000001", Title: "Run", Status: domain.GoalDraft}
	nameless, unknown := goal, goal
	nameless.Title, unknown.Status = "", "lost"
	reads := func(target any, answer httpapi.Response) httpapi.Handler {
		return func(_ context.Context, request *httpapi.Request) (httpapi.Response, error) {
			return answer, request.Body(target)
		}
	}
	created := httpapi.Created(goal, "/goals/1", 1)
	untagged := created
	untagged.Headers = map[string]string{"Location": "/goals/1"}
	fails := func(err error) httpapi.Handler {
		return func(context.Context, *httpapi.Request) (httpapi.Response, error) { return httpapi.Response{}, err }
	}
	const good = `{"title": "Run"}`
	tests := map[string]struct {
		handle httpapi.Handler
		body   string
		want   string // in the failure; empty for none
	}{
		"as declared":                {reads(&domain.GoalPatch{}, created), good, ""},
		"a problem as declared":      {fails(domain.Invalid("title", domain.CodeRequired, "must be there")), `{}`, ""},
		"another status":             {reads(&domain.GoalPatch{}, httpapi.Tagged(goal, 1)), good, "declares to answer"},
		"another problem":            {fails(httpapi.Conflict("it is there")), good, "status is not supported"},
		"a header too few":           {reads(&domain.GoalPatch{}, untagged), good, "ETag"},
		"another type":               {reads(&domain.GoalPatch{}, httpapi.Created(domain.Note{}, "/goals/1", 1)), good, "domain.Note"},
		"a value out of its bounds":  {reads(&domain.GoalPatch{}, httpapi.Created(nameless, "/goals/1", 1)), good, "title"},
		"a word that is none":        {reads(&domain.GoalPatch{}, httpapi.Created(unknown, "/goals/1", 1)), good, "status"},
		"a body of another type":     {reads(&domain.Goal{}, created), good, "domain.Goal"},
		"a body that must not work":  {reads(&domain.GoalPatch{}, created), `{"title": "Run", "status": "lost"}`, "status"},
		"without a field it needs":   {reads(&domain.GoalPatch{}, created), `{}`, "title"},
		"a field it also needs":      {fails(domain.Invalid("deadline", domain.CodeRequired, "must be there")), good, "deadline"},
		"what is nothing JSON knows": {reads(&domain.GoalPatch{}, httpapi.Created(make(chan int), "/goals/1", 1)), good, ""}, // 500, a problem
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			router := httpapi.New(httpapi.Options{
				Logger: slog.New(slog.DiscardHandler), Metrics: telemetry.NewMetrics(io.Discard, time.Now), Clock: time.Now,
			})
			router.Handle("POST", "/goals", test.handle).Says("Makes a goal.").Takes(domain.GoalPatch{}, "title").Created(domain.Goal{})
			r := &recorder{TB: t}
			apispec.Watch(r, "goals", router)
			event := events.APIGatewayProxyRequest{
				HTTPMethod: "POST", Path: "/goals", Body: test.body, Headers: map[string]string{"Content-Type": "application/json"},
			}
			event.RequestContext.RequestID = "1"
			event.RequestContext.Authorizer = map[string]any{"claims": map[string]any{"sub": string(goal.ID)}}
			if _, err := router.Serve(t.Context(), event); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(r.failures, "\n"); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("wants %q, got %s", test.want, got)
			}
		})
	}
}
