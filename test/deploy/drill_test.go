package deploy

import (
	"encoding/json"
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
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// checkDrill sets off an alarm: it has to reach Slack, here a receiver on loopback,
// within ten seconds (R3.2 gives five minutes).
func checkDrill(t *testing.T, a *kit.Application) {
	received := make(chan string, 10)
	slack := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		received <- string(body)
		_, _ = io.WriteString(w, "ok")
	}))
	defer slack.Close()
	names, _ := a.Outputs["secret_names"].(map[string]any)
	webhook := slack.URL + "/services/T000/B000/secret-part-of-the-webhook"
	if _, err := secretsmanager.NewFromConfig(a.Config).PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: aws.String(fmt.Sprint(names["slack-webhook"])), SecretString: &webhook}); err != nil {
		t.Fatal(err)
	}

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
			if strings.Contains(message, "secret-part-of-the-webhook") {
				t.Error("the message tells the webhook")
			}
			return
		case <-limit:
			t.Fatal("the alarm did not reach Slack within 10 s")
		}
	}
}
