package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/slack"
)

func saved(t *testing.T, name string) json.RawMessage {
	t.Helper()
	event, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// kept keeps what the channel is told.
type kept struct {
	messages []slack.Message
	fails    error
}

func (k *kept) Post(_ context.Context, _ string, message slack.Message) error {
	k.messages = append(k.messages, message)
	return k.fails
}

// manager is Secrets Manager with one secret; it counts.
type manager struct {
	url   string
	calls int
	fails error
}

func (m *manager) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	m.calls++
	return &secretsmanager.GetSecretValueOutput{SecretString: &m.url}, m.fails
}

func newHandler(channel channel, api *manager, log io.Writer) *handler {
	return &handler{
		channel: channel, logger: slog.New(slog.NewJSONHandler(log, nil)), secretARN: "arn",
		secrets: secret.NewReader(api, 5*time.Minute, time.Now),
		told:    told{Environment: "production", Prefix: "goal-mandala-production-", Runbook: "https://docs.example.com/runbook"},
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	const region = "https://ap-northeast-1.console.aws.amazon.com/"
	tests := map[string]slack.Message{
		"alarm": {
			Level: slack.Critical, Title: "ALARM: api-5xx", Text: "R3.2: more than 5 % of the API's answers are errors.", Footer: "production",
			Fields: []slack.Field{
				{Name: "Metric", Value: "5xx rate 100 * errors / requests\nerrors: AWS/ApiGateway 5XXError sum\nrequests: AWS/ApiGateway Count sum"},
				{Name: "Threshold", Value: "> 5 in 2 periods of 300 s"},
				{Name: "Before", Value: "OK"},
				{Name: "Region", Value: "ap-northeast-1"},
				{Name: "Since", Value: "2026-11-24T01:02:03.000+0000"},
				{Name: "Reason", Value: "Threshold Crossed: 2 datapoints [7.5, 6.1] were greater than the threshold (5.0)."},
			},
			Links: []slack.Link{
				{Text: "Alarm", URL: region + "cloudwatch/home?region=ap-northeast-1#alarmsV2:alarm/goal-mandala-production-api-5xx"},
				{Text: "Runbook", URL: "https://docs.example.com/runbook#api-5xx"},
			},
		},
		"alarm-ok": {
			Level: slack.Good, Title: "OK: database-connections", Footer: "production",
			Fields: []slack.Field{
				{Name: "Metric", Value: "AWS/RDS DatabaseConnections maximum DBClusterIdentifier=goal-mandala-production"},
				{Name: "Threshold", Value: "> 45 in 2 periods of 300 s"},
				{Name: "Before", Value: "ALARM"},
				{Name: "Region", Value: "ap-northeast-1"},
				{Name: "Since", Value: "2026-11-24T01:12:03.000+0000"},
				{Name: "Reason", Value: "Threshold Crossed: 1 datapoint [12.0] was not greater than the threshold (45.0)."},
			},
			Links: []slack.Link{{Text: "Alarm", URL: region + "cloudwatch/home?region=ap-northeast-1#alarmsV2:alarm/goal-mandala-production-database-connections"}},
		},
		"workflow": {
			Level: slack.Warning, Title: "A goal got only some of its tasks", Footer: "production",
			Fields: []slack.Field{
				{Name: "Actions", Value: "4 of 64 failed"},
				{Name: "Tasks", Value: "180"},
				{Name: "Goal", Value: "018f3c1e-0000-4000-8000-000000000001"},
				{Name: "Workflow", Value: "goal-mandala-production-TaskGenerationWorkflow"},
				{Name: "Execution", Value: "018f3c1e-0000-4000-8000-000000000009"},
			},
			Links: []slack.Link{{Text: "Execution", URL: region + "states/home?region=ap-northeast-1#/v2/executions/details/arn:aws:states:ap-northeast-1:123456789012:" +
				"execution:goal-mandala-production-TaskGenerationWorkflow:018f3c1e-0000-4000-8000-000000000009"}},
		},
		"deployment": {
			Level: slack.Critical, Title: "Deploying v1.2.0 to production failed", Text: "verification failed", Footer: "production",
			Fields: []slack.Field{
				{Name: "Duration", Value: "5m12s"},
				{Name: "By", Value: "octocat"},
				{Name: "Infrastructure", Value: "3 added, 2 changed, 0 destroyed"},
				{Name: "Failing checks", Value: "R6.1 p95 of the API\nR1.3 security headers"},
			},
			Links: []slack.Link{{Text: "Run", URL: "https://github.com/goal-mandala/mandala-deploy/actions/runs/1"}},
		},
		"text": {
			Level: slack.Info, Title: "AWS Budgets: goal-mandala-production", Footer: "production",
			Text: "You requested that we alert you when the actual cost exceeds 80 % of $100.\n<!channel> {not json",
		},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			channel := &kept{}
			if err := newHandler(channel, &manager{url: "https://hooks.example.com"}, io.Discard).Handle(t.Context(), saved(t, name)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]slack.Message{want}, channel.messages); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAnythingIsTold goes through what is none of the kinds, or only nearly one.
func TestAnythingIsTold(t *testing.T) {
	t.Parallel()
	titles := map[string]string{
		`{"source":"deployment","environment":"staging","version":"v2","status":"started"}`:     "Deploying v2 to staging",
		`{"source":"deployment","environment":"staging","version":"v2","status":"succeeded"}`:   "Deployed v2 to staging",
		`{"source":"deployment","environment":"staging","version":"v1","status":"rolled_back"}`: "Rolled back staging to v1",
		`{"source":"deployment","environment":"staging","status":"paused"}`:                     "Deployment of a version to staging: paused",
		`{"source":"deployment","status":7}`:                                                    "Message",
		`{"source":"workflow"}`:                                                                 "Message",
		`{"source":"workflow","status":"failed"}`:                                               "A goal got no tasks",
		`{"AlarmName":"x"}`: "Message",
		`{"AlarmName":"x","NewStateValue":"INSUFFICIENT_DATA"}`:                 "INSUFFICIENT_DATA: x",
		`{"AlarmName":"x","NewStateValue":"ALARM","Trigger":{"Threshold":"5"}}`: "Message",
		`{"Records":[]}`: "Message",
		`["a"]`:          "Message",
		`"text"`:         "Message",
		`null`:           "Message",
	}
	for event, want := range titles {
		channel := &kept{}
		if err := newHandler(channel, &manager{url: "https://hooks.example.com"}, io.Discard).Handle(t.Context(), json.RawMessage(event)); err != nil {
			t.Errorf("%s: %v", event, err)
		}
		if len(channel.messages) != 1 || channel.messages[0].Title != want {
			t.Errorf("%s: told %+v, want %q", event, channel.messages, want)
		}
	}
}

// TestFromSNSToTheChannel runs everything but AWS: the webhook refuses once, the URL is
// read once, and neither log nor error has it.
func TestFromSNSToTheChannel(t *testing.T) {
	t.Parallel()
	statuses := []int{503, 200, 200, 404, 200}
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
		w.WriteHeader(statuses[0])
		statuses = statuses[1:]
	}))
	t.Cleanup(server.Close)
	client := slack.NewClient()
	client.Backoff = time.Millisecond
	var log bytes.Buffer
	api := &manager{url: server.URL + "/services/a-secret-path\n"}
	h := newHandler(client, api, &log)
	for i, fails := range []bool{false, false, true, false} {
		err := h.Handle(t.Context(), saved(t, "alarm"))
		if (err != nil) != fails {
			t.Errorf("call %d: %v", i, err)
		}
		if err != nil && strings.Contains(err.Error(), "a-secret-path") {
			t.Errorf("the error has the URL: %v", err)
		}
	}
	if strings.Contains(log.String(), "a-secret-path") {
		t.Errorf("the log has the URL: %s", log.String())
	}
	if len(bodies) != 5 || !strings.Contains(bodies[1], "api-5xx") {
		t.Errorf("posted %q", bodies)
	}
	if api.calls != 2 { // at the start, and after the webhook was gone
		t.Errorf("the secret was read %d times", api.calls)
	}
}

func TestFailuresAreForLambdaToTryAgain(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	if err := newHandler(&kept{fails: away}, &manager{url: "https://hooks.example.com"}, io.Discard).Handle(t.Context(), saved(t, "text")); !errors.Is(err, away) {
		t.Errorf("the channel: %v", err)
	}
	channel := &kept{}
	if err := newHandler(channel, &manager{fails: away}, io.Discard).Handle(t.Context(), saved(t, "text")); !errors.Is(err, away) || len(channel.messages) > 0 {
		t.Errorf("the secret: %v, told %+v", err, channel.messages)
	}
}

func TestSetUpNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := setUp(t.Context(), func(string) (string, bool) { return "", false })
	for _, name := range []string{"ENVIRONMENT", "SLACK_WEBHOOK_SECRET_ARN"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
}
