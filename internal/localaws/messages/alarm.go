package messages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

const cloudwatchTarget = "GraniteServiceVersion20100801."

// alarm is what DescribeAlarms answers of a metric alarm.
type alarm struct {
	AlarmName, AlarmArn, AlarmDescription            string
	ActionsEnabled                                   *bool
	OKActions, AlarmActions, InsufficientDataActions []string
	StateValue, StateReason                          string
	MetricName, Namespace, Statistic, Unit           string
	ComparisonOperator, TreatMissingData             string
	Period, EvaluationPeriods, DatapointsToAlarm     json.Number
	Threshold                                        json.Number
	Dimensions                                       []struct{ Name, Value string }
	Metrics                                          json.RawMessage `json:",omitempty"`
}

// watchAlarms does what an alarm is to do when its state is set.
func (p *Plane) watchAlarms(next http.Handler, w http.ResponseWriter, r *http.Request, body []byte, region string) {
	name := alarmIn(r, body)
	if name == "" {
		next.ServeHTTP(w, r)
		return
	}
	before, err := p.alarm(r.Context(), region, name)
	answer := upstream.Forward(next, r)
	if err == nil && answer.Succeeded() {
		err = p.act(r.Context(), region, before)
	}
	if err != nil {
		p.options.Logger.Warn("acting on an alarm", "alarm", name, "error", err)
	}
	answer.Send(w)
}

// alarmIn gives the name of the alarm whose state a request sets, in any of
// CloudWatch's protocols; empty for other requests.
func alarmIn(r *http.Request, body []byte) string {
	const operation = "SetAlarmState"
	switch {
	case strings.HasSuffix(r.URL.Path, "/operation/"+operation):
		return cborText(body, "AlarmName")
	case strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+operation):
		var input struct{ AlarmName string }
		if json.Unmarshal(body, &input) != nil {
			return ""
		}
		return input.AlarmName
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") == operation {
			return form.Get("AlarmName")
		}
	}
	return ""
}

var errNoAlarm = errors.New("there is no such alarm")

func (p *Plane) alarm(ctx context.Context, region, name string) (alarm, error) {
	var answer struct{ MetricAlarms []alarm }
	err := p.options.Emulator.Call(ctx, "monitoring", region, "1.0", cloudwatchTarget+"DescribeAlarms", map[string]any{"AlarmNames": []string{name}}, &answer)
	if err != nil {
		return alarm{}, err
	}
	if len(answer.MetricAlarms) == 0 {
		return alarm{}, errNoAlarm
	}
	return answer.MetricAlarms[0], nil
}

// act sends the alarm on if its state is another than before.
func (p *Plane) act(ctx context.Context, region string, before alarm) error {
	now, err := p.alarm(ctx, region, before.AlarmName)
	if err != nil || now.StateValue == before.StateValue || now.ActionsEnabled != nil && !*now.ActionsEnabled {
		return err
	}
	targets := now.InsufficientDataActions
	switch now.StateValue {
	case "ALARM":
		targets = now.AlarmActions
	case "OK":
		targets = now.OKActions
	}
	text, err := now.message(p.options.Account, region, before.StateValue, p.options.Clock())
	if err != nil {
		return err
	}
	var failures []error
	for _, target := range targets {
		switch {
		case strings.HasPrefix(target, "arn:aws:sns:"):
			err = p.options.Proxy.Query(ctx, "sns", region, url.Values{
				"Action": {"Publish"}, "Version": {snsVersion}, "TopicArn": {target}, "Message": {string(text)},
				"Subject": {now.subject(region)},
			}, nil)
		case strings.HasPrefix(target, "arn:aws:lambda:"):
			err = p.options.Invoke(target, text)
		default:
			err = fmt.Errorf("the local AWS has no alarm action %s", target)
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// subject is the subject of the message; SNS takes at most 100 characters.
func (a alarm) subject(region string) string {
	text := fmt.Sprintf("%s: %q in %s", a.StateValue, a.AlarmName, region)
	return strings.ToValidUTF8(text[:min(len(text), 99)], "") // not half of a character
}

// message is the text that CloudWatch publishes.
func (a alarm) message(account, region, before string, now time.Time) ([]byte, error) {
	const layout = "2006-01-02T15:04:05.000-0700"
	trigger := map[string]any{
		"MetricName": a.MetricName, "Namespace": a.Namespace, "StatisticType": "Statistic", "Statistic": strings.ToUpper(a.Statistic),
		"Unit": nullable(a.Unit), "Dimensions": lowered(a.Dimensions), "Period": a.Period, "EvaluationPeriods": a.EvaluationPeriods,
		"DatapointsToAlarm": a.DatapointsToAlarm, "ComparisonOperator": a.ComparisonOperator, "Threshold": a.Threshold,
		"TreatMissingData": a.TreatMissingData, "EvaluateLowSampleCountPercentile": "",
	}
	if len(a.Metrics) > 2 { // more than []
		trigger["Metrics"] = a.Metrics
	}
	return json.Marshal(map[string]any{
		"AlarmName": a.AlarmName, "AlarmDescription": nullable(a.AlarmDescription), "AWSAccountId": account,
		"AlarmConfigurationUpdatedTimestamp": now.UTC().Format(layout),
		"NewStateValue":                      a.StateValue, "NewStateReason": a.StateReason, "StateChangeTime": now.UTC().Format(layout),
		"Region": region, "AlarmArn": a.AlarmArn, "OldStateValue": before,
		"OKActions": list(a.OKActions), "AlarmActions": list(a.AlarmActions), "InsufficientDataActions": list(a.InsufficientDataActions),
		"Trigger": trigger,
	})
}

// nullable gives null for an empty text.
func nullable(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// list gives an empty list, not null, for none.
func list(values []string) []string { return append([]string{}, values...) }

// lowered gives dimensions as the message spells them.
func lowered(dimensions []struct{ Name, Value string }) []map[string]string {
	result := []map[string]string{}
	for _, d := range dimensions {
		result = append(result, map[string]string{"name": d.Name, "value": d.Value})
	}
	return result
}
