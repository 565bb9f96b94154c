// Package slack tells a Slack channel of deployments, by an incoming webhook.
// The webhook's URL is a secret: no error and no message has it.
package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const (
	attempts = 4 // at one message
	timeout  = 5 * time.Second
	backoff  = 500 * time.Millisecond // before the second attempt; doubled each time
)

// Notifier posts notices; it implements engine.Notifier.
type Notifier struct {
	// webhook reads the secret: the URL, or {"url": URL}.
	webhook func(ctx context.Context) (string, error)
	client  *http.Client
	backoff time.Duration
}

var _ engine.Notifier = (*Notifier)(nil)

// New gives a notifier. It reads the webhook's URL anew for each notice, for it
// may have been replaced.
func New(webhook func(ctx context.Context) (string, error)) *Notifier {
	return &Notifier{webhook: webhook, backoff: backoff, client: &http.Client{
		Timeout: timeout,
		// Slack's webhooks lead nowhere else; what does would take a message there.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Notify posts a notice. Too many requests, errors of Slack's and of the
// network are tried again, as late as Slack asks for, while ctx lasts.
func (n *Notifier) Notify(ctx context.Context, notice engine.Notice) error {
	stored, err := n.webhook(ctx)
	if err != nil {
		return &problem.Error{Code: problem.NoWebhook, What: "the Slack webhook's secret cannot be read", Err: err}
	}
	address, ok := addressIn(stored)
	if !ok {
		return &problem.Error{Code: problem.NoWebhook, What: "the Slack webhook's secret holds no https URL"}
	}
	body, err := json.Marshal(Render(notice))
	if err != nil {
		return fmt.Errorf("make a message for Slack: %w", err)
	}
	for attempt := range attempts {
		var wait time.Duration
		var again bool
		if wait, again, err = n.post(ctx, address, body); err == nil {
			return nil
		}
		if !again || attempt == attempts-1 {
			break
		}
		pause := n.backoff << attempt
		wait = max(wait, pause/2+rand.N(pause/2+1)) //nolint:gosec // only spreads what is tried again
		if deadline, found := ctx.Deadline(); found && time.Until(deadline) <= wait {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		if ctx.Err() != nil {
			break
		}
	}
	return &problem.Error{Code: problem.NoticeFailed, What: "Slack was not told", Err: err}
}

// addressIn gives the URL that a secret holds: one over which nobody reads
// along. Loopback is for tests.
func addressIn(stored string) (string, bool) {
	text := strings.TrimSpace(stored)
	if strings.HasPrefix(text, "{") {
		var object struct {
			URL string `json:"url"`
		}
		if json.Unmarshal([]byte(text), &object) != nil { // the error could quote it
			return "", false
		}
		text = strings.TrimSpace(object.URL)
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Hostname() == "" || parsed.User != nil {
		return "", false
	}
	ip := net.ParseIP(parsed.Hostname())
	loopback := parsed.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if parsed.Scheme != "https" && (parsed.Scheme != "http" || !loopback) {
		return "", false
	}
	return parsed.String(), true
}

// slackReason is how Slack says shortly what it does not like.
var slackReason = regexp.MustCompile(`^[a-z_]{1,60}$`)

// post posts once, and says whether and how soon it may be tried again.
func (n *Notifier) post(ctx context.Context, address string, body []byte) (wait time.Duration, again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, false, errors.New("the webhook's URL cannot be asked") // the error quotes it
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := n.client.Do(request)
	if err != nil {
		return 0, ctx.Err() == nil, without(err, request.URL)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10)) // the status says enough
	if response.StatusCode == http.StatusOK {
		return 0, false, nil
	}
	said := fmt.Sprintf("it answered %d", response.StatusCode)
	if reason := strings.TrimSpace(string(text)); slackReason.MatchString(reason) {
		said += " " + reason
	}
	if seconds, err := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 16); err == nil {
		wait = time.Duration(seconds) * time.Second
	}
	again = response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= http.StatusInternalServerError
	return wait, again, errors.New(said)
}

// without gives the cause of a failed request, which may not name the URL.
func without(err error, address *url.URL) error {
	var about *url.Error
	for errors.As(err, &about) { // each begins with the URL
		err = about.Err
	}
	for _, secret := range []string{address.String(), address.Path, address.EscapedPath(), address.RawQuery} {
		if len(secret) > 1 && strings.Contains(err.Error(), secret) {
			return errors.New("the request failed")
		}
	}
	return err
}
