package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"regexp"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

// keyForm is an Idempotency-Key that is taken.
var keyForm = regexp.MustCompile(`^[[:graph:]]{1,128}$`)

// FuzzIdempotencyKey: a key and fields make the same id each time, and other keys, other
// fields and other users make other ones; what is no key is refused.
func FuzzIdempotencyKey(f *testing.F) {
	f.Add("key", "other", "title", "another")
	f.Add("", "a b", "\n", "")
	f.Add("k\nt", "k", "t", "t\x00")
	f.Fuzz(func(t *testing.T, key, otherKey, title, otherTitle string) {
		id := func(user, key, title string) domain.ID {
			var made domain.ID
			var err error
			router := httpapi.New(httpapi.Options{
				Function: function, Logger: slog.New(slog.DiscardHandler), Metrics: telemetry.NewMetrics(io.Discard, time.Now), Clock: time.Now,
			})
			router.Handle("POST", "/x", func(_ context.Context, request *httpapi.Request) (httpapi.Response, error) {
				var patch domain.TaskPatch
				text, marshalErr := json.Marshal(map[string]string{"title": title})
				if err := errors.Join(marshalErr, json.Unmarshal(text, &patch)); err != nil {
					t.Fatal(err)
				}
				made, err = repeatable(request, patch)
				return httpapi.NoContent(), err
			})
			if _, serveErr := router.Serve(t.Context(), events.APIGatewayProxyRequest{
				HTTPMethod: "POST", Path: "/x", Headers: map[string]string{"idempotency-key": key},
				RequestContext: events.APIGatewayProxyRequestContext{Authorizer: map[string]any{"claims": map[string]any{"sub": user}}},
			}); serveErr != nil {
				t.Fatal(serveErr)
			}
			var problem *httpapi.Problem
			_, isID := domain.ParseID(string(made))
			switch {
			case key == "":
				if made != "" || err != nil {
					t.Errorf("without a key: %q, %v", made, err)
				}
			case keyForm.MatchString(key):
				if !isID || err != nil {
					t.Errorf("%q: %q, %v", key, made, err)
				}
			default:
				if made != "" || !errors.As(err, &problem) || problem.Status != 400 {
					t.Errorf("%q: %q, %v", key, made, err)
				}
			}
			return made
		}
		first := id(one, key, title)
		if id(one, key, title) != first {
			t.Errorf("%q with %q makes two ids", key, title)
		}
		if first == "" {
			return
		}
		if id(two, key, title) == first {
			t.Errorf("%q is the same for two users", key)
		}
		if otherKey != key && id(one, otherKey, title) == first {
			t.Errorf("%q and %q make the same id", key, otherKey)
		}
		// What is no UTF-8 can be in no JSON.
		if valid(title) != valid(otherTitle) && id(one, key, otherTitle) == first {
			t.Errorf("%q and %q make the same id", title, otherTitle)
		}
	})
}

func valid(text string) string { return string([]rune(text)) }
