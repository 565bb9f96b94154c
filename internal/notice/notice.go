// Package notice tells a Slack channel of deployments. The webhook's URL is a
// secret: no error and no message has it.
package notice

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/goal-mandala/mandala-deploy/functions/slack"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Notifier posts notices; it implements engine.Notifier.
type Notifier struct {
	// webhook reads the secret: the URL, or {"url": URL}.
	webhook func(ctx context.Context) (string, error)
	client  *slack.Client
}

var _ engine.Notifier = (*Notifier)(nil)

// New gives a notifier. It reads the webhook's URL anew for each notice, for it
// may have been replaced.
func New(webhook func(ctx context.Context) (string, error)) *Notifier {
	return &Notifier{webhook: webhook, client: slack.NewClient()}
}

// Notify posts a notice.
func (n *Notifier) Notify(ctx context.Context, notice engine.Notice) error {
	stored, err := n.webhook(ctx)
	if err != nil {
		return &problem.Error{Code: problem.NoWebhook, What: "the Slack webhook's secret cannot be read", Err: err}
	}
	err = n.client.Post(ctx, addressIn(stored), messageOf(notice))
	switch {
	case err == nil:
		return nil
	case errors.Is(err, slack.ErrAddress):
		return &problem.Error{Code: problem.NoWebhook, What: "the Slack webhook's secret holds no https URL"}
	default:
		return &problem.Error{Code: problem.NoticeFailed, What: "Slack was not told", Err: err}
	}
}

// addressIn gives the URL that a secret holds; "" is none.
func addressIn(stored string) string {
	if !strings.HasPrefix(strings.TrimSpace(stored), "{") {
		return stored
	}
	var object struct {
		URL string `json:"url"`
	}
	if json.Unmarshal([]byte(stored), &object) != nil { // the error could quote it
		return ""
	}
	return object.URL
}
