package messages

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

const (
	snsVersion     = "2010-03-31"
	timestamp      = "2006-01-02T15:04:05.000Z"
	certificateURL = "https://sns.local.invalid/local.pem" // of nothing: messages are not signed
)

func unsubscribeURL(subscription string) string {
	return "https://sns.local.invalid/?Action=Unsubscribe&SubscriptionArn=" + url.QueryEscape(subscription)
}

// message is what is published to a topic.
type message struct {
	topic      string // ARN
	id         string
	text       string
	subject    string
	structured bool // text is JSON with a text for each protocol
	attributes map[string]messageAttribute
}

// messageAttribute is an attribute as functions see it.
type messageAttribute struct {
	Type  string `json:"Type"`
	Value string `json:"Value"` // base64 where Type is Binary
}

// published is what Publish and PublishBatch answer.
type published struct {
	MessageID string `xml:"PublishResult>MessageId"`
	Entries   []struct {
		ID        string `xml:"Id"`
		MessageID string `xml:"MessageId"`
	} `xml:"PublishBatchResult>Successful>member"`
}

// watchMessages brings what is published to the functions and HTTP endpoints that
// subscribed; all other subscribers are the emulator's.
func (p *Plane) watchMessages(next http.Handler, w http.ResponseWriter, r *http.Request, body []byte, region string) {
	form, err := url.ParseQuery(string(body))
	if action := form.Get("Action"); err != nil || action != "Publish" && action != "PublishBatch" {
		next.ServeHTTP(w, r)
		return
	}
	answer := upstream.Forward(next, r)
	var result published
	if answer.Succeeded() && xml.Unmarshal(answer.Body.Bytes(), &result) == nil { //nolint:gosec // the emulator's own answer
		for _, m := range messagesOf(form, result) {
			if err := p.fanOut(r.Context(), region, m); err != nil {
				p.options.Logger.Warn("bringing a message to its subscribers", "topic", m.topic, "error", err)
			}
		}
	}
	answer.Send(w)
}

// messagesOf gives the messages that the emulator took.
func messagesOf(form url.Values, result published) []message {
	topic := form.Get("TopicArn")
	if topic == "" {
		topic = form.Get("TargetArn")
	}
	if form.Get("Action") == "Publish" {
		return []message{messageIn(form, "", topic, result.MessageID)}
	}
	prefixes := map[string]string{}
	for i := 1; ; i++ {
		prefix := "PublishBatchRequestEntries.member." + strconv.Itoa(i) + "."
		if !form.Has(prefix + "Id") {
			break
		}
		prefixes[form.Get(prefix+"Id")] = prefix
	}
	var messages []message
	for _, entry := range result.Entries {
		if prefix, ok := prefixes[entry.ID]; ok {
			messages = append(messages, messageIn(form, prefix, topic, entry.MessageID))
		}
	}
	return messages
}

// messageIn reads the message whose fields begin with prefix.
func messageIn(form url.Values, prefix, topic, id string) message {
	m := message{
		topic: topic, id: id, text: form.Get(prefix + "Message"), subject: form.Get(prefix + "Subject"),
		structured: form.Get(prefix+"MessageStructure") == "json", attributes: map[string]messageAttribute{},
	}
	for i := 1; ; i++ {
		entry := prefix + "MessageAttributes.entry." + strconv.Itoa(i) + "."
		if !form.Has(entry + "Name") {
			return m
		}
		value := form.Get(entry + "Value.StringValue")
		if value == "" {
			value = form.Get(entry + "Value.BinaryValue")
		}
		m.attributes[form.Get(entry+"Name")] = messageAttribute{Type: form.Get(entry + "Value.DataType"), Value: value}
	}
}

// subscriptions is what ListSubscriptionsByTopic answers.
type subscriptions struct {
	Members   []subscription `xml:"ListSubscriptionsByTopicResult>Subscriptions>member"`
	NextToken string         `xml:"ListSubscriptionsByTopicResult>NextToken"`
}

// subscription is one of a topic.
type subscription struct {
	Arn      string `xml:"SubscriptionArn"`
	Protocol string `xml:"Protocol"`
	Endpoint string `xml:"Endpoint"`

	attributes map[string]string
}

// raw reports whether the subscriber gets the text alone.
func (s subscription) raw() bool {
	return strings.EqualFold(s.attributes["RawMessageDelivery"], "true")
}

// subscriptionAttributes is what GetSubscriptionAttributes answers.
type subscriptionAttributes struct {
	Entries []struct {
		Key   string `xml:"key"`
		Value string `xml:"value"`
	} `xml:"GetSubscriptionAttributesResult>Attributes>entry"`
}

// fanOut sends a message to every function and HTTP endpoint that subscribed to its
// topic. What one subscriber cannot be given does not keep it from the others.
func (p *Plane) fanOut(ctx context.Context, region string, m message) error {
	const pages = 128 // of 100 subscriptions: AWS allows 12.5 million, nobody has them here
	form := url.Values{"Action": {"ListSubscriptionsByTopic"}, "Version": {snsVersion}, "TopicArn": {m.topic}}
	var failures []error
	for range pages {
		var page subscriptions
		if err := p.options.Emulator.Query(ctx, "sns", region, form, &page); err != nil {
			if upstream.Is(err, "NotFound") {
				return nil // not a topic, but a phone or an application
			}
			return errors.Join(append(failures, fmt.Errorf("listing subscriptions: %w", err))...)
		}
		for _, s := range page.Members {
			switch s.Protocol {
			case "lambda", "http", "https":
				failures = append(failures, p.notify(ctx, region, s, m))
			}
		}
		if page.NextToken == "" {
			break
		}
		form.Set("NextToken", page.NextToken)
	}
	return errors.Join(failures...)
}

// notify sends a message to one subscriber, if its subscription wants it.
func (p *Plane) notify(ctx context.Context, region string, s subscription, m message) error {
	var attributes subscriptionAttributes
	err := p.options.Emulator.Query(ctx, "sns", region, url.Values{
		"Action": {"GetSubscriptionAttributes"}, "Version": {snsVersion}, "SubscriptionArn": {s.Arn},
	}, &attributes)
	if err != nil {
		return fmt.Errorf("asking for subscription %s: %w", s.Arn, err)
	}
	s.attributes = map[string]string{}
	for _, entry := range attributes.Entries {
		s.attributes[entry.Key] = entry.Value
	}
	if policy := s.attributes["FilterPolicy"]; policy != "" {
		wanted, err := wants(policy, s.attributes["FilterPolicyScope"], m)
		if err != nil || !wanted {
			return err
		}
	}
	if s.Protocol != "lambda" {
		return p.post(s, m)
	}
	payload, err := snsEvent(s.Arn, m, p.options.Clock())
	if err != nil {
		return err
	}
	return p.options.Invoke(s.Endpoint, payload)
}

// textFor gives the text for subscribers of a protocol.
func (m message) textFor(protocol string) (string, error) {
	if !m.structured {
		return m.text, nil
	}
	var texts map[string]string
	if err := json.Unmarshal([]byte(m.text), &texts); err != nil {
		return "", fmt.Errorf("reading a structured message: %w", err)
	}
	return cmp.Or(texts[protocol], texts["default"]), nil
}

// snsEvent is what a function gets of a message.
func snsEvent(subscription string, m message, now time.Time) ([]byte, error) {
	text, err := m.textFor("lambda")
	if err != nil {
		return nil, err
	}
	var subject any // null where there is none
	if m.subject != "" {
		subject = m.subject
	}
	return json.Marshal(map[string]any{"Records": []any{map[string]any{
		"EventSource":          "aws:sns",
		"EventVersion":         "1.0",
		"EventSubscriptionArn": subscription,
		"Sns": map[string]any{
			"Type":              "Notification",
			"MessageId":         m.id,
			"TopicArn":          m.topic,
			"Subject":           subject,
			"Message":           text,
			"Timestamp":         now.UTC().Format(timestamp),
			"SignatureVersion":  "1",
			"Signature":         "local",
			"SigningCertUrl":    certificateURL,
			"UnsubscribeUrl":    unsubscribeURL(subscription),
			"MessageAttributes": m.attributes,
		},
	}}})
}
