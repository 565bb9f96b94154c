package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	gh "github.com/google/go-github/v92/github"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// retry makes a request again while it fails for now: GitHub's own errors, the
// network's, and limits on how many requests it takes, for as long as it says.
func (c *Client) retry(ctx context.Context, request func() error) error {
	for attempt := 0; ; attempt++ {
		err := request()
		if err == nil {
			return nil
		}
		if err := c.again(ctx, attempt, err); err != nil {
			return err
		}
	}
}

// again waits for the next attempt; it gives the problem where there is none.
func (c *Client) again(ctx context.Context, attempt int, err error) error {
	wait, passing := c.passing(err)
	if !passing {
		return c.refused(err)
	}
	wait = max(wait, c.pause(attempt))
	deadline, bounded := ctx.Deadline()
	if ctx.Err() != nil || attempt >= attempts-1 || bounded && c.now().Add(wait).After(deadline) {
		return c.failed(err, wait)
	}
	if c.sleep(ctx, wait) != nil {
		return c.failed(err, 0)
	}
	return nil
}

// passing reports whether a failure may pass, and after how long GitHub says.
func (c *Client) passing(err error) (time.Duration, bool) {
	response := answerOf(err)
	if response == nil {
		return 0, !errors.Is(err, context.Canceled) // the network, or an answer cut short
	}
	asked := c.asked(response)
	var secondary *gh.AbuseRateLimitError
	switch status := response.StatusCode; {
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooManyRequests:
		return asked, true
	case status == http.StatusForbidden && errors.As(err, &secondary):
		if asked == 0 {
			asked = time.Minute // what GitHub's documentation wants where it does not say
		}
		return asked, true
	case status == http.StatusForbidden && (asked > 0 || response.Header.Get(gh.HeaderRateRemaining) == "0"):
		return asked, true
	}
	return 0, false
}

// asked is how long GitHub asks to wait.
func (c *Client) asked(response *answered) time.Duration {
	if after := response.Header.Get("Retry-After"); after != "" {
		if seconds, err := strconv.Atoi(after); err == nil && seconds >= 0 {
			return time.Duration(seconds) * time.Second
		}
		if at, err := http.ParseTime(after); err == nil {
			return max(at.Sub(c.now()), 0)
		}
	}
	if response.Header.Get(gh.HeaderRateRemaining) == "0" {
		if reset, err := strconv.ParseInt(response.Header.Get(gh.HeaderRateReset), 10, 64); err == nil {
			return max(time.Unix(reset, 0).Sub(c.now())+time.Second, 0) // the second itself may still be refused
		}
	}
	return 0
}

// answered is what of an answer of GitHub is looked at.
type answered struct {
	StatusCode int
	Header     http.Header
}

// answerOf gives the answer that an error stands for, nil for none.
func answerOf(err error) *answered {
	var (
		plain     *gh.ErrorResponse
		primary   *gh.RateLimitError
		secondary *gh.AbuseRateLimitError
		factor    *gh.TwoFactorAuthError
		moved     *gh.RedirectionError
	)
	var response *http.Response
	switch {
	case errors.As(err, &plain):
		response = plain.Response
	case errors.As(err, &primary):
		response = primary.Response
	case errors.As(err, &secondary):
		response = secondary.Response
	case errors.As(err, &factor):
		response = factor.Response
	case errors.As(err, &moved):
		response = moved.Response
	}
	if response == nil {
		return nil
	}
	return &answered{response.StatusCode, response.Header}
}

// refused is the problem of an answer that will not become another.
func (c *Client) refused(err error) error {
	response := answerOf(err)
	if response == nil {
		return c.failed(err, 0)
	}
	next := ""
	switch response.StatusCode {
	case http.StatusUnauthorized:
		next = "the token is not valid here, or not any more: give another one in GITHUB_TOKEN"
	case http.StatusForbidden:
		next = c.task.forbidden
	case http.StatusNotFound, http.StatusGone:
		next = c.task.missing
	case http.StatusUnprocessableEntity:
		next = c.task.invalid
	}
	return &problem.Error{Code: c.task.refused, What: fmt.Sprintf("%s, with status %d", c.task.refuses, response.StatusCode), Next: next, Err: c.scrubbed(err)}
}

// failed is the problem of what was tried until there was no point any more.
func (c *Client) failed(err error, wait time.Duration) error {
	what, next := c.task.undone, ""
	if response := answerOf(err); response != nil && wait > 0 && (response.StatusCode == http.StatusForbidden || response.StatusCode == http.StatusTooManyRequests) {
		what = "GitHub takes no more requests for now"
		next = fmt.Sprintf("%s after %s", c.task.again, c.now().Add(wait).UTC().Format("15:04:05 MST"))
	}
	return &problem.Error{Code: c.task.failed, What: what, Next: next, Err: c.scrubbed(err)}
}

// maxReason bounds what is told of GitHub's own words.
const maxReason = 300

// scrubbed gives an error's text on one line, without the token.
func (c *Client) scrubbed(err error) error {
	said := strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), c.token, "(token)")), " ")
	if characters := []rune(said); len(characters) > maxReason {
		said = string(characters[:maxReason-1]) + "…"
	}
	return errors.New(said)
}
