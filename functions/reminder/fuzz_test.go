package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/mail"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
	"github.com/goal-mandala/mandala-deploy/functions/internal/unsubscribe"
)

// nobody is a database without users, which remembers what it was asked.
type nobody struct {
	days      []domain.Date // whose reminders were asked for
	after     []domain.ID
	addresses []string // whose mail was to be switched off
	written   []domain.ID
}

func (n *nobody) ReminderUsers(_ context.Context, day domain.Date, after domain.ID, _ int) ([]domain.ID, error) {
	n.days, n.after = append(n.days, day), append(n.after, after)
	return nil, nil
}

func (n *nobody) UserOfEmail(_ context.Context, address string) (domain.ID, error) {
	n.addresses = append(n.addresses, address)
	return "", store.ErrNotFound
}

func (n *nobody) Write(_ context.Context, user domain.ID, _ func(context.Context, *store.Tx) error) error {
	n.written = append(n.written, user)
	return nil
}

func fuzzHandler(database *nobody) *handler {
	clock := func() time.Time { return now }
	keys := secret.NewReader(manager{}, time.Hour, clock)
	logger := slog.New(slog.DiscardHandler)
	router := httpapi.New(httpapi.Options{Function: function, Logger: logger, Metrics: telemetry.NewMetrics(io.Discard, clock), Clock: clock})
	page{database: database, language: "en", links: unsubscribe.Tokens{Present: keys, Previous: keys, SecretID: "arn", Clock: clock}}.routes(router)
	return &handler{
		feedback: feedback{database: database, logger: logger}, router: router, zone: time.UTC,
		run: run{
			again:  func(context.Context, continuation) error { return nil },
			budget: budget, clock: clock, database: database, logger: logger, page: 1,
		},
	}
}

// FuzzHandle sends any event: reminders are only sent for an object that looks like no
// other service's event; no link that nobody signed writes anything; and what is not
// understood does nothing at all.
func FuzzHandle(f *testing.F) {
	for _, name := range []string{"request", "schedule", "sns"} {
		event, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(event)
	}
	for _, event := range []string{
		`{}`, `{"source": "goal-mandala.reminder", "day": "2026-11-24", "after": "` + string(id(1)) + `", "failed": 1, "again": true}`,
		`{"source": "goal-mandala.reminder", "day": "0000-01-01"}`, `{"source": "goal-mandala.reminder", "day": "2026-11-24", "after": "x"}`,
		`{"detail-type": "x", "source": "aws.s3"}`, `{"Records": []}`, `{"Records": [{"EventSource": "aws:sqs"}]}`, `{"source": 1}`, `null`, `[]`, "",
		`{"httpMethod": "POST", "path": "/unsubscribe", "requestContext": {}, "queryStringParameters": {"token": "a.b.c"}}`,
		`{"httpMethod": "POST", "Records": []}`, `{"requestContext": {}}`, `{"httpMethod": 1, "requestContext": {}}`,
	} {
		f.Add([]byte(event))
	}
	f.Fuzz(func(t *testing.T, event []byte) {
		database := &nobody{}
		answer, err := fuzzHandler(database).Handle(t.Context(), event)
		var shape map[string]json.RawMessage
		object := json.Unmarshal(event, &shape) == nil && shape != nil
		has := func(name string) bool { _, found := shape[name]; return found }
		if len(database.written) > 0 {
			t.Errorf("rows of %v were written", database.written)
		}
		if len(database.days) > 0 && (!object || has("httpMethod") || has("requestContext") || has("Records")) {
			t.Errorf("reminders of %v were sent", database.days)
		}
		for i, day := range database.days {
			if _, isID := domain.ParseID(string(database.after[i])); day == (domain.Date{}) || !isID && database.after[i] != "" {
				t.Errorf("reminders of %v after %q", day, database.after[i])
			}
		}
		if len(database.addresses) > 0 && !has("Records") {
			t.Errorf("mail of %q was switched off", database.addresses)
		}
		switch answer := answer.(type) {
		case events.APIGatewayProxyResponse:
			if !has("httpMethod") || err != nil || !slices.Contains([]int{400, 404, 405}, answer.StatusCode) {
				t.Errorf("%d %s, %v", answer.StatusCode, answer.Body, err)
			}
		case result:
			// An error tells of those who were not reached in the calls before.
			if len(database.days) != 1 || err != nil && !has("failed") {
				t.Errorf("%+v for %v, %v", answer, database.days, err)
			}
		case nil:
			if err != nil && (!errors.Is(err, errEvent) || len(database.days)+len(database.addresses) > 0) {
				t.Errorf("%v, after %+v", err, database)
			}
			if err == nil && !has("Records") {
				t.Error("nothing was done, and nobody told")
			}
		default:
			t.Errorf("an answer %T", answer)
		}
	})
}

// FuzzRead reads any notification of SES: it only speaks of addresses that it says
// bounced or complained, and means the same however it is written.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		`{"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "One <one@example.com>"}]}}`,
		`{"notificationType": "Complaint", "complaint": {"complaintFeedbackType": "abuse", "complainedRecipients": [{"emailAddress": "one@example.com"}]}}`,
		`{"notificationType": "Complaint", "complaint": {"complaintFeedbackType": "not-spam", "complainedRecipients": [{}]}}`,
		`{"eventType": "Boun", "notificationType": "ce"}`, `{"eventType": "Bounce", "bounce": {"bounceType": "Transient", "bouncedRecipients": [{}]}}`, "Successfully validated", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		reason, recipients := read(text)
		switch reason {
		case "":
			if len(recipients) > 0 {
				t.Errorf("%v for no reason", recipients)
			}
			return
		case store.Bounced, store.Complained:
		default:
			t.Fatalf("the reason %q", reason)
		}
		var n notification
		if err := json.Unmarshal([]byte(text), &n); err != nil {
			t.Fatal(err)
		}
		if n.EventType != "" && n.NotificationType != "" {
			t.Errorf("%q and %q are one of them", n.EventType, n.NotificationType)
		}
		// In another order of keys, and with other spaces.
		again, err := json.MarshalIndent(n, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if sameReason, same := read(string(again)); sameReason != reason || !slices.Equal(same, recipients) {
			t.Errorf("%s: %q %v, and again %q %v", text, reason, recipients, sameReason, same)
		}
		// Each is asked for once, as an address alone where it is one.
		database := &nobody{}
		f := feedback{database: database, logger: slog.New(slog.NewJSONHandler(&bytes.Buffer{}, nil))}
		if err := f.handle(t.Context(), []events.SNSEventRecord{{SNS: events.SNSEntity{Message: text}}}); err != nil || len(database.addresses) != len(recipients) {
			t.Fatalf("%d addresses of %d, %v", len(database.addresses), len(recipients), err)
		}
		for i, address := range database.addresses {
			if parsed, err := mail.ParseAddress(recipients[i].EmailAddress); err == nil && parsed.Address != address || err != nil && address != recipients[i].EmailAddress {
				t.Errorf("%q became %q", recipients[i].EmailAddress, address)
			}
		}
	})
}
