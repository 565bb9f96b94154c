package lambda

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const snsVersion = "2010-03-31"

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

// watchMessages brings what is published to the functions that subscribed; all
// other subscribers are the emulator's.
func (p *Plane) watchMessages(next http.Handler, w http.ResponseWriter, r *http.Request, region string) {
	body, ok := peek(r)
	if !ok {
		next.ServeHTTP(w, r)
		return
	}
	form, err := url.ParseQuery(string(body))
	if action := form.Get("Action"); err != nil || action != "Publish" && action != "PublishBatch" {
		next.ServeHTTP(w, r)
		return
	}
	answer := forward(next, r)
	var result published
	if answer.succeeded() && xml.Unmarshal(answer.body.Bytes(), &result) == nil {
		for _, m := range messagesOf(form, result) {
			if err := p.fanOut(r.Context(), region, m); err != nil {
				p.options.Logger.Warn("bringing a message to functions", "topic", m.topic, "error", err)
			}
		}
	}
	answer.write(w)
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
	Members []struct {
		Arn      string `xml:"SubscriptionArn"`
		Protocol string `xml:"Protocol"`
		Endpoint string `xml:"Endpoint"`
	} `xml:"ListSubscriptionsByTopicResult>Subscriptions>member"`
	NextToken string `xml:"ListSubscriptionsByTopicResult>NextToken"`
}

// subscriptionAttributes is what GetSubscriptionAttributes answers.
type subscriptionAttributes struct {
	Entries []struct {
		Key   string `xml:"key"`
		Value string `xml:"value"`
	} `xml:"GetSubscriptionAttributesResult>Attributes>entry"`
}

// fanOut sends a message to every function that subscribed to its topic.
func (p *Plane) fanOut(ctx context.Context, region string, m message) error {
	const pages = 128 // of 100 subscriptions: AWS allows 12.5 million, nobody has them here
	form := url.Values{"Action": {"ListSubscriptionsByTopic"}, "Version": {snsVersion}, "TopicArn": {m.topic}}
	for range pages {
		var page subscriptions
		if err := p.emulator.query(ctx, "sns", region, form, &page); err != nil {
			if is(err, "NotFound") {
				return nil // not a topic, but a phone or an application
			}
			return fmt.Errorf("listing subscriptions: %w", err)
		}
		for _, s := range page.Members {
			if s.Protocol != "lambda" {
				continue
			}
			if err := p.notify(ctx, region, s.Arn, s.Endpoint, m); err != nil {
				return err
			}
		}
		if page.NextToken == "" {
			return nil
		}
		form.Set("NextToken", page.NextToken)
	}
	return nil
}

// notify sends a message to one function, if its subscription wants it.
func (p *Plane) notify(ctx context.Context, region, subscription, function string, m message) error {
	var attributes subscriptionAttributes
	err := p.emulator.query(ctx, "sns", region, url.Values{
		"Action": {"GetSubscriptionAttributes"}, "Version": {snsVersion}, "SubscriptionArn": {subscription},
	}, &attributes)
	if err != nil {
		return fmt.Errorf("asking for subscription %s: %w", subscription, err)
	}
	set := map[string]string{}
	for _, entry := range attributes.Entries {
		set[entry.Key] = entry.Value
	}
	if policy := set["FilterPolicy"]; policy != "" {
		wanted, err := wants(policy, set["FilterPolicyScope"], m)
		if err != nil || !wanted {
			return err
		}
	}
	payload, err := snsEvent(subscription, m, time.Now())
	if err != nil {
		return err
	}
	return p.Send(Event{Function: function, Payload: payload})
}

// snsEvent is what a function gets of a message.
func snsEvent(subscription string, m message, now time.Time) ([]byte, error) {
	text := m.text
	if m.structured {
		var texts map[string]string
		if err := json.Unmarshal([]byte(text), &texts); err != nil {
			return nil, fmt.Errorf("reading a structured message: %w", err)
		}
		if text = texts["default"]; texts["lambda"] != "" {
			text = texts["lambda"]
		}
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
			"Timestamp":         now.UTC().Format("2006-01-02T15:04:05.000Z"),
			"SignatureVersion":  "1",
			"Signature":         "local",
			"SigningCertUrl":    "https://sns.local.invalid/local.pem",
			"UnsubscribeUrl":    "https://sns.local.invalid/?Action=Unsubscribe&SubscriptionArn=" + url.QueryEscape(subscription),
			"MessageAttributes": m.attributes,
		},
	}}})
}
