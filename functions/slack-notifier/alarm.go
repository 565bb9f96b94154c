package main

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/goal-mandala/mandala-deploy/functions/slack"
)

// alarm is what CloudWatch publishes when an alarm's state changes.
type alarm struct {
	AlarmName        string
	AlarmDescription string
	AlarmArn         string
	NewStateValue    string // ALARM, OK or INSUFFICIENT_DATA
	OldStateValue    string
	NewStateReason   string
	StateChangeTime  string
	Trigger          struct {
		Namespace, MetricName, Statistic string
		ComparisonOperator               string
		Threshold                        *float64
		Period                           int // seconds
		EvaluationPeriods                int
		Dimensions                       []struct{ Name, Value string }
		Metrics                          []struct {
			ID         string `json:"Id"`
			Label      string
			Expression string
			ReturnData bool
			MetricStat *struct {
				Metric struct{ Namespace, MetricName string }
				Period int
				Stat   string
			}
		}
	}
}

func (t told) ofAlarm(a alarm) slack.Message {
	var level slack.Level
	switch a.NewStateValue {
	case "ALARM":
		level = slack.Critical
	case "OK":
		level = slack.Good
	default:
		level = slack.Unknown
	}
	region := regionOf(a.AlarmArn)
	id := strings.TrimPrefix(a.AlarmName, t.Prefix)
	message := slack.Message{
		Level: level, Title: a.NewStateValue + ": " + id, Text: a.AlarmDescription, Footer: t.Environment,
		Fields: []slack.Field{
			{Name: "Metric", Value: a.metric()},
			{Name: "Threshold", Value: a.threshold()},
			{Name: "Before", Value: a.OldStateValue},
			{Name: "Region", Value: region},
			{Name: "Since", Value: a.StateChangeTime},
			{Name: "Reason", Value: a.NewStateReason},
		},
	}
	if region != "" {
		message.Links = append(message.Links, slack.Link{Text: "Alarm", URL: console(region, "cloudwatch", "alarmsV2:alarm/"+url.PathEscape(a.AlarmName))})
	}
	if t.Runbook != "" && level == slack.Critical {
		message.Links = append(message.Links, slack.Link{Text: "Runbook", URL: t.Runbook + "#" + url.PathEscape(id)})
	}
	return message
}

// metric is what the alarm looks at; an expression with the metrics that are in it.
func (a alarm) metric() string {
	trigger := a.Trigger
	if trigger.MetricName != "" {
		var dimensions []string
		for _, dimension := range trigger.Dimensions {
			dimensions = append(dimensions, dimension.Name+"="+dimension.Value)
		}
		return strings.TrimSpace(trigger.Namespace + " " + trigger.MetricName + " " + strings.ToLower(trigger.Statistic) + " " + strings.Join(dimensions, ", "))
	}
	var parts []string
	for _, metric := range trigger.Metrics {
		switch {
		case metric.MetricStat != nil:
			parts = append(parts, fmt.Sprintf("%s: %s %s %s", metric.ID, metric.MetricStat.Metric.Namespace, metric.MetricStat.Metric.MetricName, strings.ToLower(metric.MetricStat.Stat)))
		case metric.ReturnData:
			parts = append([]string{strings.TrimSpace(metric.Label + " " + metric.Expression)}, parts...)
		}
	}
	return strings.Join(parts, "\n")
}

var operators = map[string]string{
	"GreaterThanOrEqualToThreshold": "≥",
	"GreaterThanThreshold":          ">",
	"LessThanOrEqualToThreshold":    "≤",
	"LessThanThreshold":             "<",
}

// threshold is such as "> 5 in 2 periods of 300 s"; alarms on a band have none.
func (a alarm) threshold() string {
	trigger := a.Trigger
	if trigger.Threshold == nil {
		return ""
	}
	operator := operators[trigger.ComparisonOperator]
	if operator == "" {
		operator = trigger.ComparisonOperator
	}
	text := operator + " " + strconv.FormatFloat(*trigger.Threshold, 'f', -1, 64)
	period := trigger.Period
	for _, metric := range trigger.Metrics {
		if metric.MetricStat != nil {
			period = max(period, metric.MetricStat.Period)
		}
	}
	if trigger.EvaluationPeriods > 0 && period > 0 {
		text += fmt.Sprintf(" in %d periods of %d s", trigger.EvaluationPeriods, period)
	}
	return text
}

var regionForm = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)

// regionOf is the region of an ARN; empty where that is none.
func regionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || !regionForm.MatchString(parts[3]) {
		return ""
	}
	return parts[3]
}

// console is the address of a page of the AWS console.
func console(region, service, page string) string {
	return "https://" + region + ".console.aws.amazon.com/" + service + "/home?region=" + region + "#" + page
}
