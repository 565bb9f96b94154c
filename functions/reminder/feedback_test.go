package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// deliver sends the saved event with another message.
func (f *fixture) deliver(message string) error {
	f.t.Helper()
	var event events.SNSEvent
	if err := json.Unmarshal([]byte(saved(f.t, "sns.json")), &event); err != nil {
		f.t.Fatal(err)
	}
	if message != "" {
		event.Records[0].SNS.Message = message
	}
	text, err := json.Marshal(event)
	if err != nil {
		f.t.Fatal(err)
	}
	_, err = f.Handle(f.t.Context(), text)
	return err
}

func TestMailThatComesBack(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ message, want string }{
		"a welcome to the topic": {want: "on"},
		"no mailbox": {
			message: `{"eventType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"user-1@example.com","status":"5.1.1"}]},"mail":{"messageId":"m"}}`,
			want:    "off: bounced",
		},
		"in other letters": {
			message: `{"eventType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"Ann <USER-1@Example.com>"}]}}`, want: "off: bounced",
		},
		"of an identity's notifications": {
			message: `{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"user-1@example.com"}]}}`, want: "off: bounced",
		},
		"a full mailbox": {
			message: `{"eventType":"Bounce","bounce":{"bounceType":"Transient","bounceSubType":"MailboxFull","bouncedRecipients":[{"emailAddress":"user-1@example.com"}]}}`, want: "on",
		},
		"a complaint": {
			message: `{"eventType":"Complaint","complaint":{"complaintFeedbackType":"abuse","complainedRecipients":[{"emailAddress":"user-1@example.com"}]}}`, want: "off: complained",
		},
		"a complaint without a type": {
			message: `{"eventType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"user-1@example.com"}]}}`, want: "off: complained",
		},
		"no spam after all": {
			message: `{"eventType":"Complaint","complaint":{"complaintFeedbackType":"not-spam","complainedRecipients":[{"emailAddress":"user-1@example.com"}]}}`, want: "on",
		},
		"nobody's address": {
			message: `{"eventType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"user-9@example.com"}]}}`, want: "on",
		},
		"delivered": {message: `{"eventType":"Delivery","delivery":{"recipients":["user-1@example.com"]}}`, want: "on"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.many(2)
			for range 2 { // SNS delivers at least once
				if err := f.deliver(test.message); err != nil {
					t.Fatal(err)
				}
			}
			if got := f.preference(1); got != test.want {
				t.Errorf("reminders are %s, want %s", got, test.want)
			}
			if got := f.preference(2); got != "on" {
				t.Errorf("the other user's reminders are %s", got)
			}
			if strings.Contains(f.log.String(), "@") {
				t.Errorf("the log has an address: %s", f.log.String())
			}
		})
	}
}

// TestFeedbackIsNotLost shows that SNS is told to try again when the database is away.
func TestFeedbackIsNotLost(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.many(1)
	f.db.Close()
	if err := f.deliver(`{"eventType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"user-1@example.com"}]}}`); err == nil {
		t.Error("no error")
	}
}
