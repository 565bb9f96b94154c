package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/mail"

	"github.com/aws/aws-lambda-go/events"

	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// feedback switches the mail off of addresses that do not exist, or whose owners
// complained: SES stops an account that goes on sending to them.
type feedback struct {
	database database
	logger   *slog.Logger
}

// notification is what SES publishes of a mail: by a configuration set's event
// destination with eventType, by an identity's notifications with notificationType.
type notification struct {
	EventType        string `json:"eventType"`
	NotificationType string `json:"notificationType"`
	Bounce           struct {
		BounceType        string      `json:"bounceType"` // Permanent, Transient or Undetermined
		BouncedRecipients []recipient `json:"bouncedRecipients"`
	} `json:"bounce"`
	Complaint struct {
		ComplaintFeedbackType string      `json:"complaintFeedbackType"` // such as abuse, or not-spam
		ComplainedRecipients  []recipient `json:"complainedRecipients"`
	} `json:"complaint"`
}

type recipient struct {
	EmailAddress string `json:"emailAddress"`
}

// handle may be called again with the same records: SNS delivers at least once.
func (f feedback) handle(ctx context.Context, records []events.SNSEventRecord) error {
	var failures []error
	for _, record := range records {
		reason, recipients := read(record.SNS.Message)
		if reason == "" {
			f.logger.InfoContext(ctx, "nothing to do about a notification", "message", record.SNS.MessageID)
		}
		for _, recipient := range recipients {
			failures = append(failures, f.switchOff(ctx, recipient.EmailAddress, reason))
		}
	}
	return errors.Join(failures...)
}

// read says why mail has to be switched off, and whose; "" for everything else, such
// as a mailbox that is full, or SES's words of welcome to a new topic.
func read(text string) (store.OffReason, []recipient) {
	var n notification
	if json.Unmarshal([]byte(text), &n) != nil {
		return "", nil
	}
	switch {
	case n.EventType+n.NotificationType == "Bounce" && n.Bounce.BounceType == "Permanent":
		return store.Bounced, n.Bounce.BouncedRecipients
	case n.EventType+n.NotificationType == "Complaint" && n.Complaint.ComplaintFeedbackType != "not-spam":
		return store.Complained, n.Complaint.ComplainedRecipients
	}
	return "", nil
}

func (f feedback) switchOff(ctx context.Context, address string, reason store.OffReason) error {
	if parsed, err := mail.ParseAddress(address); err == nil { // as in "Name <address>"
		address = parsed.Address
	}
	user, err := f.database.UserOfEmail(ctx, address)
	if errors.Is(err, store.ErrNotFound) {
		f.logger.InfoContext(ctx, "mail came back of nobody's address", "reason", reason)
		return nil
	}
	if err != nil {
		return err
	}
	err = f.database.Write(ctx, user, func(ctx context.Context, tx *store.Tx) error { return tx.SwitchRemindersOff(ctx, reason) })
	if err != nil && !errors.Is(err, store.ErrNotFound) { // gone in the meantime
		return err
	}
	f.logger.InfoContext(ctx, "reminders switched off", "user", user, "reason", reason)
	return nil
}
