// Package slack posts messages to a Slack channel by an incoming webhook, for the
// command line and for functions. What a message says is text of others: it is
// escaped, so that it can neither mention anybody nor make links, and cut to what
// Slack takes. The webhook's URL is a secret: no error has it.
package slack

import (
	"net/url"
	"strings"

	"github.com/slack-go/slack"
)

// Level is what a message is about, at first sight.
type Level int

// The levels.
const (
	Info Level = iota
	Good
	Warning
	Critical
	Unknown
	Begun
	Reverted
)

// emoji and colour of a level: the colour alone tells nothing to who cannot see it.
func (l Level) look() (emoji, colour string) {
	switch l {
	case Good:
		return ":white_check_mark:", "#2eb67d"
	case Warning:
		return ":warning:", "#ecb22e"
	case Critical:
		return ":rotating_light:", "#e01e5a"
	case Unknown:
		return ":grey_question:", "#868686"
	case Begun:
		return ":rocket:", "#36c5f0"
	case Reverted:
		return ":leftwards_arrow_with_hook:", "#ecb22e"
	default:
		return ":information_source:", "#36c5f0"
	}
}

// Message is what a channel is told. All texts are plain: Render escapes them.
type Message struct {
	Level  Level
	Title  string
	Text   string // several lines are possible
	Fields []Field
	Links  []Link
	Footer string // where it comes from, in small print
}

// Field is a name and a value.
type Field struct{ Name, Value string }

// Link is a link; one whose URL is not http or https is left out, and so are a
// user and a password in it.
type Link struct{ Text, URL string }

// What Slack takes, in characters: https://docs.slack.dev/reference/block-kit/blocks
const (
	maxTitle  = 150
	maxText   = 2900
	maxField  = 1850
	maxFields = 10
)

// Render makes the message of a webhook in Block Kit. The text outside the blocks is
// what notifications and screen readers get.
func Render(message Message) *slack.WebhookMessage {
	emoji, colour := message.Level.look()
	title := emoji + " " + message.Title
	blocks := []slack.Block{slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, cut(title, maxTitle), true, false))}
	if message.Text != "" {
		blocks = append(blocks, slack.NewSectionBlock(markdown(escape(message.Text, maxText)), nil, nil))
	}
	var fields []*slack.TextBlockObject
	for _, field := range message.Fields {
		if field.Value != "" && len(fields) < maxFields {
			fields = append(fields, markdown("*"+escape(field.Name, maxTitle)+"*\n"+escape(field.Value, maxField-maxTitle)))
		}
	}
	if len(fields) > 0 {
		blocks = append(blocks, slack.NewSectionBlock(nil, fields, nil))
	}
	if links := links(message.Links); links != "" {
		blocks = append(blocks, slack.NewSectionBlock(markdown(links), nil, nil))
	}
	if message.Footer != "" {
		blocks = append(blocks, slack.NewContextBlock("", markdown(escape(message.Footer, maxTitle))))
	}
	return &slack.WebhookMessage{
		Text:        emoji + " " + escape(message.Title, maxTitle),
		Attachments: []slack.Attachment{{Color: colour, Fallback: escape(message.Title, maxTitle), Blocks: slack.Blocks{BlockSet: blocks}}},
	}
}

func markdown(text string) *slack.TextBlockObject {
	object := slack.NewTextBlockObject(slack.MarkdownType, text, false, false)
	object.Verbatim = true // Slack makes no links and mentions of what only looks so
	return object
}

func links(all []Link) string {
	var whole []string
	left := maxText
	for _, link := range all {
		parsed, err := url.Parse(link.URL)
		if err != nil || parsed.Scheme != "https" && parsed.Scheme != "http" || parsed.Host == "" {
			continue
		}
		parsed.User = nil
		address := strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", "&", "&amp;").Replace(parsed.String())
		text := "<" + address + "|" + strings.ReplaceAll(escape(link.Text, maxTitle), "|", "/") + ">"
		if len(text)+5 > left {
			continue
		}
		left -= len(text) + 5
		whole = append(whole, text)
	}
	return strings.Join(whole, "  ·  ")
}

// escape keeps text from being a mention or a link; it may be bold, which harms nobody.
// It is cut so that it fits also escaped, and never in the middle of an escape.
func escape(text string, most int) string {
	var escaped strings.Builder
	escaper := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	length := 0
	for _, character := range text {
		part := escaper.Replace(string(character))
		count := len([]rune(part))
		if length+count > most-1 {
			return escaped.String() + "…"
		}
		escaped.WriteString(part)
		length += count
	}
	return escaped.String()
}

func cut(text string, most int) string {
	if characters := []rune(text); len(characters) > most {
		return string(characters[:most-1]) + "…"
	}
	return text
}
