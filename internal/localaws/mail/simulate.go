package mail

import (
	"context"
	"encoding/json"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
)

// keep stores the message, and tells of what becomes of it where its addresses are
// Amazon's for trying that out:
// https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
func (p *Plane) keep(ctx context.Context, message Message) {
	p.mu.Lock()
	p.messages = append(p.messages, message)
	if len(p.messages) > most {
		p.messages = slices.Delete(p.messages, 0, len(p.messages)-most)
	}
	p.mu.Unlock()
	if message.ConfigurationSet == "" {
		return
	}
	// After the answer, as in AWS; the request's end must not take it back.
	ctx = context.WithoutCancel(ctx)
	for _, recipient := range message.To {
		if kind := simulated(recipient); kind != "" {
			p.telling.Go(func() {
				if err := p.tell(ctx, message, kind, recipient); err != nil {
					p.options.Logger.Warn("telling of a simulated "+strings.ToLower(kind), "error", err)
				}
			})
		}
	}
}

// simulated is the type of event that an address stands for; "" for all others.
func simulated(recipient string) string {
	address, err := mail.ParseAddress(recipient)
	if err != nil {
		return ""
	}
	local, domain, _ := strings.Cut(strings.ToLower(address.Address), "@")
	if domain != "simulator.amazonses.com" {
		return ""
	}
	local, _, _ = strings.Cut(local, "+")
	return map[string]string{"bounce": "Bounce", "complaint": "Complaint"}[local]
}

// destination is where a configuration set tells of events.
type destination struct {
	Enabled bool     `xml:"Enabled"`
	Types   []string `xml:"MatchingEventTypes>member"`
	Topic   string   `xml:"SNSDestination>TopicARN"`
}

// tell publishes an event to the topics of the message's configuration set.
func (p *Plane) tell(ctx context.Context, message Message, kind, recipient string) error {
	var set struct {
		Destinations []destination `xml:"DescribeConfigurationSetResult>EventDestinations>member"`
	}
	if err := p.options.Emulator.Query(ctx, "ses", message.region, url.Values{
		"Action": {"DescribeConfigurationSet"}, "Version": {"2010-12-01"}, "ConfigurationSetName": {message.ConfigurationSet},
		"ConfigurationSetAttributeNames.member.1": {"eventDestinations"},
	}, &set); err != nil {
		return err
	}
	event, err := json.Marshal(eventOf(message, kind, recipient))
	if err != nil {
		return err
	}
	for _, to := range set.Destinations {
		if !to.Enabled || to.Topic == "" || !slices.ContainsFunc(to.Types, func(t string) bool { return strings.EqualFold(t, kind) }) {
			continue
		}
		if err := p.options.Proxy.Query(ctx, "sns", message.region, url.Values{
			"Action": {"Publish"}, "Version": {"2010-03-31"}, "TopicArn": {to.Topic},
			"Subject": {"Amazon SES Email Event Notification"}, "Message": {string(event)},
		}, nil); err != nil {
			return err
		}
	}
	return nil
}

// eventOf is the event as SES publishes it:
// https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
func eventOf(message Message, kind, recipient string) map[string]any {
	at := message.At.Format(time.RFC3339Nano)
	event := map[string]any{
		"eventType": kind,
		"mail": map[string]any{
			"timestamp": at, "messageId": message.ID, "source": message.From, "destination": message.To,
			"tags": map[string]any{"ses:configuration-set": []string{message.ConfigurationSet}},
		},
	}
	bare := recipient
	if address, err := mail.ParseAddress(recipient); err == nil {
		bare = address.Address
	}
	if kind == "Bounce" {
		event["bounce"] = map[string]any{
			"bounceType": "Permanent", "bounceSubType": "General", "timestamp": at, "feedbackId": "local-" + message.ID,
			"bouncedRecipients": []any{map[string]any{
				"emailAddress": bare, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}},
		}
	} else {
		event["complaint"] = map[string]any{
			"complaintFeedbackType": "abuse", "timestamp": at, "feedbackId": "local-" + message.ID,
			"complainedRecipients": []any{map[string]any{"emailAddress": bare}},
		}
	}
	return event
}
