package notice

import (
	"fmt"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/slack"
	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// mostChecks bounds the checks that a message names; the rest is counted.
const mostChecks = 15

// messageOf makes the message of a notice.
func messageOf(notice engine.Notice) slack.Message {
	message := slack.Message{
		Level: level(notice.Kind), Title: headline(notice), Text: notice.Error, Fields: fields(notice),
		Links: []slack.Link{{Text: "CI run", URL: notice.CIRun}, {Text: "Site", URL: notice.SiteURL}},
	}
	if notice.DeploymentID != "" {
		message.Footer = "mandala-deploy history show " + notice.DeploymentID
	}
	return message
}

func level(kind engine.NoticeKind) slack.Level {
	switch kind {
	case engine.NoticeStarted:
		return slack.Begun
	case engine.NoticeSucceeded:
		return slack.Good
	case engine.NoticeFailed:
		return slack.Critical
	case engine.NoticeRolledBack:
		return slack.Reverted
	}
	return slack.Unknown
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

func fields(n engine.Notice) []slack.Field {
	release := n.Release
	if n.Previous != "" && n.Previous != n.Release {
		release = orWorkingTree(release) + " ← " + n.Previous
	}
	took := ""
	if n.Seconds > 0 {
		took = (time.Duration(n.Seconds*10+0.5) * time.Second / 10).String()
	}
	return []slack.Field{
		{Name: "Environment", Value: n.Environment}, {Name: "Release", Value: release}, {Name: "By", Value: n.User}, {Name: "Reason", Value: n.Reason},
		{Name: "Took", Value: took}, {Name: "Changes", Value: changes(n.Changes)}, {Name: "Not passed", Value: checks(n.Checks)},
	}
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
