package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/slack"
)

// told makes messages for the channel of what this function is told.
type told struct {
	Environment string
	Prefix      string // of the names of alarms, such as goal-mandala-production-
	Runbook     string // page whose anchors are the alarms' names without the prefix; may be empty
}

// message makes the message of a text, by what the text is: kind is alarm, workflow,
// deployment or text.
func (t told) message(subject, text string) (kind string, message slack.Message) {
	var alarm alarm
	if json.Unmarshal([]byte(text), &alarm) == nil && alarm.AlarmName != "" && alarm.NewStateValue != "" {
		return "alarm", t.ofAlarm(alarm)
	}
	var source struct{ Source string }
	if json.Unmarshal([]byte(text), &source) == nil {
		switch source.Source {
		case "workflow":
			var notice notice
			if json.Unmarshal([]byte(text), &notice) == nil && notice.Status != "" {
				return source.Source, t.ofNotice(notice)
			}
		case "deployment":
			var deployment deployment
			if json.Unmarshal([]byte(text), &deployment) == nil && deployment.Status != "" {
				return source.Source, ofDeployment(deployment)
			}
		}
	}
	if subject == "" {
		subject = "Message"
	}
	return "text", slack.Message{Level: slack.Info, Title: subject, Text: text, Footer: t.Environment}
}

// notice is the workflow's, of a goal that did not get all its tasks. See the module
// workflow.
type notice struct {
	StateMachine string    `json:"stateMachine"`
	Status       string    `json:"status"` // partial or failed
	GoalID       string    `json:"goalId"`
	Execution    execution `json:"execution"`
	Summary      struct {
		Total     int `json:"total"`
		Succeeded int `json:"succeeded"`
		Failed    int `json:"failed"`
		TaskCount int `json:"taskCount"`
	} `json:"summary"`
}

type execution struct {
	ARN  string `json:"arn"`
	Name string `json:"name"`
}

func (t told) ofNotice(notice notice) slack.Message {
	level, title := slack.Warning, "A goal got only some of its tasks"
	if notice.Status == "failed" {
		level, title = slack.Critical, "A goal got no tasks"
	}
	message := slack.Message{
		Level: level, Title: title, Footer: t.Environment,
		Fields: []slack.Field{
			{Name: "Actions", Value: fmt.Sprintf("%d of %d failed", notice.Summary.Failed, notice.Summary.Total)},
			{Name: "Tasks", Value: fmt.Sprint(notice.Summary.TaskCount)},
			{Name: "Goal", Value: notice.GoalID},
			{Name: "Workflow", Value: notice.StateMachine},
			{Name: "Execution", Value: notice.Execution.Name},
		},
	}
	if region := regionOf(notice.Execution.ARN); region != "" {
		message.Links = append(message.Links, slack.Link{
			Text: "Execution", URL: console(region, "states", "/v2/executions/details/"+notice.Execution.ARN),
		})
	}
	return message
}

// deployment is what whoever deploys publishes to the topic of the alerts. All but
// source, environment and status may be absent.
type deployment struct {
	Source          string  `json:"source"` // "deployment"
	Environment     string  `json:"environment"`
	Version         string  `json:"version"`          // such as v1.2.0
	Status          string  `json:"status"`           // started, succeeded, failed or rolled_back
	Actor           string  `json:"actor"`            // who deploys
	DurationSeconds float64 `json:"duration_seconds"` // until now
	Changes         *struct {
		Add     int `json:"add"`
		Change  int `json:"change"`
		Destroy int `json:"destroy"`
	} `json:"changes"` // of the infrastructure
	FailingChecks []string `json:"failing_checks"` // of the verification
	Reason        string   `json:"reason"`         // of a failure or a rollback
	Links         []struct {
		Text string `json:"text"`
		URL  string `json:"url"`
	} `json:"links"`
}

// longest is more than any deployment takes, and less than a time.Duration can be.
const longest = 1000 * 24 * time.Hour

func ofDeployment(d deployment) slack.Message {
	version := d.Version
	if version == "" {
		version = "a version"
	}
	message := slack.Message{Text: d.Reason, Footer: d.Environment}
	switch d.Status {
	case "started":
		message.Level, message.Title = slack.Info, fmt.Sprintf("Deploying %s to %s", version, d.Environment)
	case "succeeded":
		message.Level, message.Title = slack.Good, fmt.Sprintf("Deployed %s to %s", version, d.Environment)
	case "failed":
		message.Level, message.Title = slack.Critical, fmt.Sprintf("Deploying %s to %s failed", version, d.Environment)
	case "rolled_back":
		message.Level, message.Title = slack.Warning, fmt.Sprintf("Rolled back %s to %s", d.Environment, version)
	default:
		message.Level, message.Title = slack.Unknown, fmt.Sprintf("Deployment of %s to %s: %s", version, d.Environment, d.Status)
	}
	if d.DurationSeconds > 0 && d.DurationSeconds < longest.Seconds() {
		took := time.Duration(d.DurationSeconds * float64(time.Second)).Round(time.Second)
		message.Fields = append(message.Fields, slack.Field{Name: "Duration", Value: took.String()})
	}
	message.Fields = append(message.Fields, slack.Field{Name: "By", Value: d.Actor})
	if d.Changes != nil {
		message.Fields = append(message.Fields, slack.Field{
			Name: "Infrastructure", Value: fmt.Sprintf("%d added, %d changed, %d destroyed", d.Changes.Add, d.Changes.Change, d.Changes.Destroy),
		})
	}
	message.Fields = append(message.Fields, slack.Field{Name: "Failing checks", Value: strings.Join(d.FailingChecks, "\n")})
	for _, link := range d.Links {
		message.Links = append(message.Links, slack.Link{Text: link.Text, URL: link.URL})
	}
	return message
}
