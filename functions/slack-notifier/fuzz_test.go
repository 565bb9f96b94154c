package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	slackapi "github.com/slack-go/slack"

	"github.com/goal-mandala/mandala-deploy/functions/slack"
)

// link is the only thing in a text that may begin with <: mentions are <@…> and <!…>.
var link = regexp.MustCompile(`<https?://[^<>|]+\|[^<>|]*>`)

// FuzzHandle sends any event, as SNS brings it and by itself: the channel is told of it
// once for each record, by a message that Slack takes, that mentions nobody, and that
// has no link but to the web. The log never has the webhook's URL.
func FuzzHandle(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		event, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(event)
		var delivery events.SNSEvent
		if json.Unmarshal(event, &delivery) == nil && len(delivery.Records) > 0 {
			f.Add([]byte(delivery.Records[0].SNS.Message))
		}
	}
	for _, event := range []string{
		"<!channel> & <https://evil.example.com|click>", `{"Records": [{"Sns": {"Subject": "<@U1>", "Message": "` + strings.Repeat("<", 4000) + `"}}, {}]}`,
		`{"source": "deployment", "status": "failed", "duration_seconds": 1e300, "links": [{"text": "<|>", "url": "https://a|b>"}, {"url": "javascript:alert(1)"}]}`,
		`{"AlarmName": "a", "NewStateValue": "ALARM", "Trigger": {"Threshold": 1e308, "Metrics": [{"MetricStat": {}}]}}`, "\xff", "", "null",
	} {
		f.Add([]byte(event))
	}
	const webhook = "https://hooks.slack.com/services/T00000000/B00000000/FuzzedSecretOfTheWebhook"
	f.Fuzz(func(t *testing.T, event []byte) {
		channel, log := &kept{}, &bytes.Buffer{}
		if err := newHandler(channel, &manager{url: webhook}, log).Handle(t.Context(), event); err != nil {
			t.Fatal(err)
		}
		var delivery events.SNSEvent
		_ = json.Unmarshal(event, &delivery) // what is none is a message itself
		if len(channel.messages) != max(1, len(delivery.Records)) {
			t.Fatalf("%d messages of %d records", len(channel.messages), len(delivery.Records))
		}
		if strings.Contains(log.String(), webhook) && !bytes.Contains(event, []byte(webhook)) {
			t.Errorf("the log has the webhook: %s", log)
		}
		for _, message := range channel.messages {
			for _, field := range message.Fields {
				if field.Name == "Duration" && strings.HasPrefix(field.Value, "-") {
					t.Errorf("it took %s", field.Value)
				}
			}
			takenBySlack(t, slack.Render(message))
		}
	})
}

// takenBySlack holds a message to the limits of Block Kit, in characters.
func takenBySlack(t *testing.T, rendered *slackapi.WebhookMessage) {
	t.Helper()
	if _, err := json.Marshal(rendered); err != nil {
		t.Fatal(err)
	}
	text := func(object *slackapi.TextBlockObject, most int) {
		if count := utf8.RuneCountInString(object.Text); count == 0 || count > most {
			t.Errorf("%d characters of at most %d", count, most)
		}
		if object.Type == slackapi.MarkdownType && (strings.ContainsAny(link.ReplaceAllString(object.Text, ""), "<>") || !object.Verbatim) {
			t.Errorf("more than text and links: %q", object.Text)
		}
	}
	if strings.ContainsAny(rendered.Text, "<>") || len(rendered.Attachments) != 1 {
		t.Fatalf("%d attachments and %q", len(rendered.Attachments), rendered.Text)
	}
	for _, block := range rendered.Attachments[0].Blocks.BlockSet {
		switch block := block.(type) {
		case *slackapi.HeaderBlock:
			text(block.Text, 150)
		case *slackapi.SectionBlock:
			if block.Text != nil {
				text(block.Text, 3000)
			}
			if len(block.Fields) > 10 || block.Text == nil && len(block.Fields) == 0 {
				t.Errorf("%d fields", len(block.Fields))
			}
			for _, field := range block.Fields {
				text(field, 2000)
			}
		case *slackapi.ContextBlock:
			for _, element := range block.ContextElements.Elements {
				text(element.(*slackapi.TextBlockObject), 3000)
			}
		default:
			t.Errorf("a block %T", block)
		}
	}
	if !slices.ContainsFunc(rendered.Attachments[0].Blocks.BlockSet, func(b slackapi.Block) bool { return b.BlockType() == slackapi.MBTHeader }) {
		t.Error("there is no title")
	}
}
