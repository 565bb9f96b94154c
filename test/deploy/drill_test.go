package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// checkDrill sets off an alarm: it has to reach Slack, here a receiver on loopback,
// within ten seconds (R3.2 gives five minutes).
func checkDrill(t *testing.T, a *kit.Application) {
	received := slackChannel(t, a)
	alarms := cloudwatch.NewFromConfig(a.Config)
	all, err := alarms.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{ActionPrefix: aws.String(a.Output("alerts_topic_arn"))})
	if err != nil || len(all.MetricAlarms) == 0 {
		t.Fatalf("no alarm tells the topic of alerts: %v", err)
	}
	name := all.MetricAlarms[0].AlarmName
	for _, alarm := range all.MetricAlarms {
		if strings.Contains(*alarm.AlarmName, "api") {
			name = alarm.AlarmName
		}
	}
	begun := time.Now()
	if _, err := alarms.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
		AlarmName: name, StateValue: cwtypes.StateValueAlarm, StateReason: aws.String("drill: is anybody there?")}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := alarms.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
			AlarmName: name, StateValue: cwtypes.StateValueOk, StateReason: aws.String("drill: over")}); err != nil {
			t.Error(err)
		}
	}()
	for limit := time.After(10 * time.Second); ; {
		select {
		case message := <-received:
			if !strings.Contains(message, "drill: is anybody there?") {
				continue // of another check's workflow
			}
			t.Logf("the alarm reached Slack after %v", time.Since(begun).Round(time.Millisecond))
			if !json.Valid([]byte(message)) || !strings.Contains(message, *name) || !strings.Contains(message, `"blocks"`) {
				t.Errorf("the message: %s", message)
			}
			if section := strings.TrimPrefix(*name, "goal-mandala-local-"); !strings.Contains(message, "https://docs.local.goal-mandala.example/runbook#"+section) {
				t.Errorf("the message does not lead to the section %s of the runbook: %s", section, message)
			}
			log := notifierLog(t, a)
			if !strings.Contains(log, "the channel was told") || strings.Contains(message+log, private) {
				t.Errorf("the message or the log tells the webhook, or the log does not tell of the message:\n%s\n%s", message, log)
			}
			return
		case <-limit:
			t.Fatal("the alarm did not reach Slack within 10 s")
		}
	}
}

// private is a part of the webhook's address that nobody may tell.
const private = "secret-part-of-the-webhook"

// slackChannel puts a receiver on loopback in the place of Slack until the test ends,
// and gives what it receives.
func slackChannel(t *testing.T, a *kit.Application) <-chan string {
	t.Helper()
	received := make(chan string, 100)
	slack := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case received <- string(body):
		default: // nobody reads them any more
		}
		_, _ = io.WriteString(w, "ok")
	}))
	t.Cleanup(slack.Close)
	names, _ := a.Outputs["secret_names"].(map[string]any)
	secrets, id := secretsmanager.NewFromConfig(a.Config), aws.String(fmt.Sprint(names["slack-webhook"]))
	put := func(value string) {
		if _, err := secrets.PutSecretValue(context.WithoutCancel(t.Context()), &secretsmanager.PutSecretValueInput{SecretId: id, SecretString: &value}); err != nil {
			t.Error(err)
		}
	}
	var none *types.ResourceNotFoundException // an operator has set none yet
	if before, err := secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: id}); err == nil {
		t.Cleanup(func() { put(*before.SecretString) })
	} else if !errors.As(err, &none) {
		t.Fatal(err)
	}
	put(slack.URL + "/services/T000/B000/" + private)
	return received
}

// notifierLog waits for the notifier to have logged that it told the channel, and gives
// all that it logged.
func notifierLog(t *testing.T, a *kit.Application) string {
	t.Helper()
	logs := cloudwatchlogs.NewFromConfig(a.Config)
	var all strings.Builder
	a.Eventually(2*time.Minute, "the notifier's log", func() bool {
		all.Reset()
		found, err := logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("/aws/lambda/" + a.Function("slack-notifier"))})
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range found.Events {
			all.WriteString(aws.ToString(event.Message) + "\n")
		}
		return strings.Contains(all.String(), "the channel was told")
	})
	return all.String()
}
