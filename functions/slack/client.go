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
)

// ErrAddress is a webhook whose URL is not to be used.
var ErrAddress = errors.New("the webhook's URL must be https")

// StatusError is what Slack answered instead of 200.
type StatusError struct {
	Status int
	Reason string // Slack's own short one, such as invalid_payload; may be empty
}

func (e *StatusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("slack answered %d %s", e.Status, e.Reason))
}

// attempts is how often a message is posted.
const attempts = 4

// Client posts to a webhook. No error of it has the URL in it, which is a secret.
type Client struct {
	HTTP    *http.Client
	Backoff time.Duration // before the second attempt; doubled each time
}

// NewClient gives each attempt five seconds, and follows no redirects: what Slack's
// webhooks know nothing of would take a message elsewhere.
func NewClient() *Client {
	return &Client{
		Backoff: 500 * time.Millisecond,
		HTTP: &http.Client{
			Timeout:       5 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Post posts a message to the webhook with this URL. Too many requests, errors of
// Slack's and of the network are tried again, as late as Slack asks for, unless ctx
// ends before that.
func (c *Client) Post(ctx context.Context, webhook string, message Message) error {
	address, err := check(webhook)
	if err != nil {
		return err
	}
	body, err := json.Marshal(Render(message))
	if err != nil {
		return fmt.Errorf("make a message for Slack: %w", err)
	}
	for attempt := range attempts {
		var wait time.Duration
		var again bool
		if wait, again, err = c.post(ctx, address, body); err == nil || !again || attempt == attempts-1 {
			return err
		}
		backoff := c.Backoff << attempt
		wait = max(wait, backoff/2+rand.N(backoff/2+1)) //nolint:gosec // only spreads what is tried again
		if deadline, found := ctx.Deadline(); found && time.Until(deadline) <= wait {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w, and then: %w", err, ctx.Err())
		case <-time.After(wait):
		}
	}
	return err
}

// check refuses a URL over which the message could be read; loopback is for tests.
func check(webhook string) (string, error) {
	parsed, err := url.Parse(strings.TrimSpace(webhook))
	if err != nil || parsed.Hostname() == "" || parsed.User != nil { // the error would quote it
		return "", ErrAddress
	}
	ip := net.ParseIP(parsed.Hostname())
	if parsed.Scheme != "https" && (parsed.Scheme != "http" || parsed.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())) {
		return "", ErrAddress
	}
	return parsed.String(), nil
}

// slackReason is how Slack says shortly what it does not like.
var slackReason = regexp.MustCompile(`^[a-z_]{1,60}$`)

// post posts once, and says whether and how soon it may be tried again.
func (c *Client) post(ctx context.Context, address string, body []byte) (wait time.Duration, again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, false, ErrAddress // the error would quote it
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.HTTP.Do(request)
	if err != nil {
		return 0, ctx.Err() == nil, without(err, request.URL)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10)) // the status says enough
	if response.StatusCode == http.StatusOK {
		return 0, false, nil
	}
	failure := &StatusError{Status: response.StatusCode}
	if reason := strings.TrimSpace(string(text)); slackReason.MatchString(reason) {
		failure.Reason = reason
	}
	if seconds, err := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 16); err == nil {
		wait = time.Duration(seconds) * time.Second
	}
	again = response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= http.StatusInternalServerError
	return wait, again, failure
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
