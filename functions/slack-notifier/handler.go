package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
	"github.com/goal-mandala/mandala-deploy/functions/slack"
)

// channel posts a message.
type channel interface {
	Post(ctx context.Context, webhook string, message slack.Message) error
}

// secrets reads the secret with the webhook's URL.
type secrets interface {
	Get(ctx context.Context, id string) (secret.Value, error)
	Forget(id string)
}

// handler tells a Slack channel. SNS delivers at least once, so that the channel may
// be told twice; it is never told nothing: what could not be posted ends with an error,
// Lambda tries again, and the dead-letter queue keeps it in the end.
type handler struct {
	channel   channel
	logger    *slog.Logger
	secretARN string
	secrets   secrets
	told      told
}

// Handle posts what SNS brings, or an event without Records, which is a message itself.
func (h *handler) Handle(ctx context.Context, event json.RawMessage) error {
	ctx = telemetry.WithRequest(ctx, telemetry.Request{})
	var delivery events.SNSEvent
	if json.Unmarshal(event, &delivery) != nil || len(delivery.Records) == 0 {
		return h.tell(ctx, "", string(event))
	}
	var failures []error
	for _, record := range delivery.Records { // SNS brings one
		failures = append(failures, h.tell(ctx, record.SNS.Subject, record.SNS.Message))
	}
	return errors.Join(failures...)
}

func (h *handler) tell(ctx context.Context, subject, text string) error {
	kind, message := h.told.message(subject, text)
	webhook, err := h.secrets.Get(ctx, h.secretARN)
	if err != nil {
		return err
	}
	if err = h.channel.Post(ctx, webhook.Reveal(), message); err != nil {
		err = fmt.Errorf("post to Slack: %w", err)
		h.secrets.Forget(h.secretARN) // the next attempt reads the URL that may have replaced it
		h.logger.ErrorContext(ctx, "the channel was not told", "kind", kind, "title", message.Title, "error", err)
		return err
	}
	h.logger.InfoContext(ctx, "the channel was told", "kind", kind, "title", message.Title)
	return nil
}
