package slack

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// What Slack takes, in characters: https://docs.slack.dev/reference/block-kit/blocks
const (
	maxTitle = 150
	maxText  = 2900
	maxField = 1700
)

// mostChecks bounds the checks that a message names; the rest is counted.
const mostChecks = 15

// Render makes the message of a notice. Its texts are those of others: they are
// escaped, so that they can neither mention anybody nor make links, and cut to
// what Slack takes. The text outside the blocks is what notifications show.
func Render(notice engine.Notice) *slack.WebhookMessage {
	emoji, colour := look(notice.Kind)
	title := emoji + " " + headline(notice)
	blocks := []slack.Block{slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, cut(title, maxTitle), true, false))}
	if notice.Error != "" {
		blocks = append(blocks, slack.NewSectionBlock(markdown(escape(notice.Error, maxText)), nil, nil))
	}
	if parts := fields(notice); len(parts) > 0 {
		blocks = append(blocks, slack.NewSectionBlock(nil, parts, nil))
	}
	if text := links(notice); text != "" {
		blocks = append(blocks, slack.NewSectionBlock(markdown(text), nil, nil))
	}
	if notice.DeploymentID != "" {
		blocks = append(blocks, slack.NewContextBlock("", markdown(escape("mandala-deploy history show "+notice.DeploymentID, maxTitle))))
	}
	return &slack.WebhookMessage{
		Text:        emoji + " " + escape(headline(notice), maxTitle),
		Attachments: []slack.Attachment{{Color: colour, Fallback: escape(headline(notice), maxTitle), Blocks: slack.Blocks{BlockSet: blocks}}},
	}
}

// look gives the emoji and the colour of a kind: the colour alone tells nothing
// to who cannot see it.
func look(kind engine.NoticeKind) (emoji, colour string) {
	switch kind {
	case engine.NoticeStarted:
		return ":rocket:", "#36c5f0"
	case engine.NoticeSucceeded:
		return ":white_check_mark:", "#2eb67d"
	case engine.NoticeFailed:
		return ":rotating_light:", "#e01e5a"
	case engine.NoticeRolledBack:
		return ":leftwards_arrow_with_hook:", "#ecb22e"
	}
	return ":grey_question:", "#868686"
}

func headline(n engine.Notice) string {
	if n.Kind == engine.NoticeRolledBack {
		return strings.TrimSpace(n.Environment + " went back to " + orWorkingTree(n.Release))
	}
	doing := map[engine.Operation][3]string{
		engine.OperationDestroy:  {"Destroying %s", "Destroyed %s", "Destroying %s failed"},
		engine.OperationRollback: {"Taking %s back to %s", "Took %s back to %s", "Taking %s back to %s failed"},
	}
	texts, known := doing[n.Operation]
	if !known {
		texts = [3]string{"Deploying %[2]s to %[1]s", "Deployed %[2]s to %[1]s", "Deploying %[2]s to %[1]s failed"}
	}
	text := texts[0]
	switch n.Kind {
	case engine.NoticeSucceeded:
		text = texts[1]
	case engine.NoticeFailed:
		text = texts[2]
	case engine.NoticeStarted, engine.NoticeRolledBack:
	}
	if n.Operation == engine.OperationDestroy {
		return fmt.Sprintf(text, n.Environment)
	}
	return fmt.Sprintf(text, n.Environment, orWorkingTree(n.Release))
}

func orWorkingTree(release string) string {
	if release == "" {
		return "a working tree"
	}
	return release
}

func fields(n engine.Notice) []*slack.TextBlockObject {
	release := n.Release
	if n.Previous != "" && n.Previous != n.Release {
		release = orWorkingTree(release) + " ← " + n.Previous
	}
	took := ""
	if n.Seconds > 0 {
		took = (time.Duration(n.Seconds*10+0.5) * time.Second / 10).String()
	}
	var parts []*slack.TextBlockObject
	for _, f := range [][2]string{
		{"Environment", n.Environment}, {"Release", release}, {"By", n.User}, {"Reason", n.Reason},
		{"Took", took}, {"Changes", changes(n.Changes)}, {"Not passed", checks(n.Checks)},
	} {
		if f[1] != "" {
			parts = append(parts, markdown("*"+f[0]+"*\n"+escape(f[1], maxField)))
		}
	}
	return parts
}

func changes(s change.Summary) string {
	var parts []string
	for _, each := range []struct {
		count int
		what  string
	}{
		{s.Create, "to create"}, {s.Update, "to update"}, {s.Replace, "to replace"}, {s.Delete, "to delete"},
		{s.Import, "to import"}, {s.Forget, "to forget"}, {s.Move, "to move"},
	} {
		if each.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", each.count, each.what))
		}
	}
	return strings.Join(parts, ", ")
}

func checks(ids []string) string {
	text := strings.Join(ids[:min(len(ids), mostChecks)], "\n")
	if len(ids) > mostChecks {
		text += fmt.Sprintf("\nand %d more", len(ids)-mostChecks)
	}
	return text
}

// links gives the links that lead to a page; others are left out.
func links(n engine.Notice) string {
	var whole []string
	for _, link := range [][2]string{{"CI run", n.CIRun}, {"Site", n.SiteURL}} {
		parsed, err := url.Parse(link[1])
		if err != nil || parsed.Scheme != "https" && parsed.Scheme != "http" || parsed.Host == "" {
			continue
		}
		parsed.User = nil
		address := strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", "&", "&amp;").Replace(parsed.String())
		if len(address) < maxText/2 {
			whole = append(whole, "<"+address+"|"+link[0]+">")
		}
	}
	return strings.Join(whole, "  ·  ")
}

func markdown(text string) *slack.TextBlockObject {
	object := slack.NewTextBlockObject(slack.MarkdownType, text, false, false)
	object.Verbatim = true // Slack makes no links and mentions of what only looks so
	return object
}

// escape keeps text from being a mention or a link. It is cut so that it fits
// also escaped, and never in the middle of an escape.
func escape(text string, most int) string {
	escaper := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	var escaped strings.Builder
	length := 0
	for _, character := range text {
		part := escaper.Replace(string(character))
		if length+len([]rune(part)) > most-1 {
			return escaped.String() + "…"
		}
		escaped.WriteString(part)
		length += len([]rune(part))
	}
	return escaped.String()
}

func cut(text string, most int) string {
	if characters := []rune(text); len(characters) > most {
		return string(characters[:most-1]) + "…"
	}
	return text
}
