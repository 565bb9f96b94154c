package messages

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// How SNS delivers where no delivery policy says otherwise:
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
const (
	httpTries   = 4 // the first and three more
	httpPause   = 20 * time.Second
	httpTimeout = 15 * time.Second // of one try
)

func newClient() *http.Client {
	return &http.Client{
		Timeout:       httpTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post delivers a message to an HTTP endpoint after the answer to who published it: a
// slow or dead one is nobody else's matter.
func (p *Plane) post(s subscription, m message) error {
	text, err := m.textFor(s.Protocol)
	if err != nil {
		return err
	}
	body := []byte(text)
	if !s.raw() {
		if body, err = envelope(s.Arn, m, text, p.options.Clock()); err != nil {
			return err
		}
	}
	return p.start(func() {
		if err := p.deliver(p.life, s, m, body); err != nil && p.life.Err() == nil {
			p.options.Logger.Warn("a message is lost", "topic", m.topic, "endpoint", host(s.Endpoint), "error", err)
		}
	})
}

// host names an endpoint for the log: path and query may hold what lets one in.
func host(endpoint string) string {
	if address, err := url.Parse(endpoint); err == nil {
		return address.Host
	}
	return "unreadable"
}

// deliver tries until the endpoint has the message, refuses it or no try is left.
func (p *Plane) deliver(ctx context.Context, s subscription, m message, body []byte) error {
	for try := 1; ; try++ {
		again, err := p.try(ctx, s, m, body)
		if err == nil || !again || try == httpTries {
			return err
		}
		select {
		case <-time.After(time.Duration(float64(httpPause) * p.options.Minute.Minutes())):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// try sends once; again says whether another try may help.
func (p *Plane) try(ctx context.Context, s subscription, m message, body []byte) (again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Endpoint, strings.NewReader(string(body)))
	if err != nil {
		return false, fmt.Errorf("the endpoint is no URL: %w", unlocated(err))
	}
	for name, value := range map[string]string{
		"Content-Type":               "text/plain; charset=UTF-8",
		"User-Agent":                 "Amazon Simple Notification Service Agent",
		"X-Amz-Sns-Message-Type":     "Notification",
		"X-Amz-Sns-Message-Id":       m.id,
		"X-Amz-Sns-Topic-Arn":        m.topic,
		"X-Amz-Sns-Subscription-Arn": s.Arn,
	} {
		request.Header.Set(name, value)
	}
	if s.raw() {
		request.Header.Set("X-Amz-Sns-Rawdelivery", "true")
	}
	response, err := p.client.Do(request)
	if err != nil {
		return true, unlocated(err)
	}
	_ = response.Body.Close() // what it says is of no interest
	switch status := response.StatusCode; {
	case status >= http.StatusOK && status < http.StatusMultipleChoices:
		return false, nil
	default:
		return status == http.StatusTooManyRequests || status >= http.StatusInternalServerError,
			fmt.Errorf("the endpoint answers %s", response.Status)
	}
}

// unlocated takes the URL out of an error.
func unlocated(err error) error {
	if located, ok := err.(*url.Error); ok { //nolint:errorlint // as the client gives it, not wrapped
		return located.Err
	}
	return err
}

// envelope is the JSON that an endpoint gets of a message, unless it is delivered raw:
// https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
func envelope(subscription string, m message, text string, now time.Time) ([]byte, error) {
	type fields struct {
		Type              string
		MessageID         string `json:"MessageId"`
		TopicArn          string
		Subject           string `json:",omitempty"`
		Message           string
		Timestamp         string
		SignatureVersion  string
		Signature         string
		SigningCertURL    string
		UnsubscribeURL    string
		MessageAttributes map[string]messageAttribute `json:",omitempty"`
	}
	return json.Marshal(fields{
		Type: "Notification", MessageID: m.id, TopicArn: m.topic, Subject: m.subject, Message: text,
		Timestamp: now.UTC().Format(timestamp), SignatureVersion: "1", Signature: "local", SigningCertURL: certificateURL,
		UnsubscribeURL: unsubscribeURL(subscription), MessageAttributes: m.attributes,
	})
}
