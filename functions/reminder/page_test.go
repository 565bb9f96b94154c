package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
)

func TestRoutesAreTheDeployedAPIs(t *testing.T) {
	t.Parallel()
	apispec.Check(t, "reminder", newFixture(t).router)
}

// open sends the saved request, as a browser or a mail service would.
func (f *fixture) open(method, token, body string) events.APIGatewayProxyResponse {
	f.t.Helper()
	var event events.APIGatewayProxyRequest
	if err := json.Unmarshal([]byte(saved(f.t, "request.json")), &event); err != nil {
		f.t.Fatal(err)
	}
	event.HTTPMethod, event.QueryStringParameters, event.Body = method, map[string]string{"token": token}, body
	event.Headers["Content-Type"] = "application/x-www-form-urlencoded"
	text, err := json.Marshal(event)
	if err != nil {
		f.t.Fatal(err)
	}
	answer, err := f.Handle(f.t.Context(), text)
	response, ok := answer.(events.APIGatewayProxyResponse)
	if err != nil || !ok {
		f.t.Fatalf("%T, %v", answer, err)
	}
	return response
}

func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.many(2)
	token, err := f.links.Sign(t.Context(), id(1))
	if err != nil {
		t.Fatal(err)
	}
	gone, err := f.links.Sign(t.Context(), id(3))
	if err != nil {
		t.Fatal(err)
	}
	later := f.links
	later.Clock = func() time.Time { return now.Add(-2 * 365 * 24 * time.Hour) }
	old, err := later.Sign(t.Context(), id(2))
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		name, method, token, body string
		status                    int
		shows, first              string // first: the preference of user 1
	}{
		{"a scanner opens it", "GET", token, "", 200, `<form method="post"><button type="submit">リマインダーを停止する</button></form>`, "on"},
		{"no token", "GET", "", "", 400, `<p role="alert">`, "on"},
		{"no token, pressed", "POST", "", "", 400, `<p role="alert">`, "on"},
		{"forged", "POST", token[:len(token)-3] + "abc", "", 400, `<p role="alert">`, "on"},
		{"too old", "POST", old, "", 400, `<p role="alert">`, "on"},
		{"of a user who is gone", "POST", gone, "", 200, `<p role="status">今後リマインダーは届きません。</p>`, "on"},
		{"a mail service's button", "POST", token, "List-Unsubscribe=One-Click", 200, `<p role="status">今後リマインダーは届きません。</p>`, "off: unsubscribed"},
		{"pressed again", "POST", token, "", 200, `<p role="status">`, "off: unsubscribed"},
	}
	for _, step := range steps {
		answer := f.open(step.method, step.token, step.body)
		if answer.StatusCode != step.status || !strings.Contains(answer.Body, step.shows) || !strings.HasPrefix(answer.Body, "<!doctype html>\n<html lang=\"ja\">") {
			t.Errorf("%s: %d %s", step.name, answer.StatusCode, answer.Body)
		}
		if answer.Headers["Content-Type"] != "text/html; charset=utf-8" || answer.Headers["Referrer-Policy"] != "no-referrer" ||
			answer.Headers["Cache-Control"] != "no-store" || !strings.Contains(answer.Headers["Content-Security-Policy"], "default-src 'none'") {
			t.Errorf("%s: headers %v", step.name, answer.Headers)
		}
		if got := f.preference(1); got != step.first {
			t.Errorf("%s: reminders are %s, want %s", step.name, got, step.first)
		}
	}
	if got := f.preference(2); got != "on" {
		t.Errorf("the other user's reminders are %s", got)
	}
	if answer := f.open(http.MethodDelete, token, ""); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", answer.StatusCode)
	}
	if got, err := f.handle(`{}`); err != nil || got.Sent != 1 {
		t.Errorf("the next reminders: %+v, %v", got, err)
	}
	if strings.Contains(f.log.String(), token) {
		t.Error("the log has the token")
	}
}
