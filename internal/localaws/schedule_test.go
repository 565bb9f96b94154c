package localaws_test

import (
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// TestSchedulesAreDue asks the emulator's own calendar.
func TestSchedulesAreDue(t *testing.T) {
	t.Parallel()
	const begin = "2026-03-02T00:00:30Z" // a Monday
	tests := []struct {
		Expression, Zone, Last, Now string
		want                        any
	}{
		{"cron(0 1 ? * MON-FRI *)", "UTC", "2026-03-02T00:59:59Z", "2026-03-02T01:00:00Z", true},
		{"cron(0 1 ? * MON-FRI *)", "UTC", "2026-03-02T01:00:00Z", "2026-03-02T01:00:01Z", false},
		{"cron(0 1 ? * MON-FRI *)", "UTC", "2026-03-01T00:59:59Z", "2026-03-01T01:00:00Z", false}, // a Sunday
		{"cron(0 10 ? * 2 *)", "Asia/Tokyo", "2026-03-02T00:59:59Z", "2026-03-02T01:00:00Z", true},
		{"cron(0 10 ? * 2 *)", "UTC", "2026-03-02T00:59:59Z", "2026-03-02T01:00:00Z", false},
		{"cron(5/10 * 2,3 JAN-MAR ? 2026)", "UTC", "2026-03-02T01:14:59Z", "2026-03-02T01:15:00Z", true},
		{"cron(5/10 * 2,3 JAN-MAR ? 2026)", "UTC", "2026-03-02T01:19:59Z", "2026-03-02T01:20:00Z", false},
		{"cron(5/10 * 2,3 JAN-MAR ? 2026)", "UTC", "2027-03-02T01:14:59Z", "2027-03-02T01:15:00Z", false},
		{"rate(5 minutes)", "UTC", "2026-03-02T00:05:29Z", "2026-03-02T00:05:30Z", true},
		{"rate(5 minutes)", "UTC", "2026-03-02T00:05:30Z", "2026-03-02T00:05:31Z", false},
		{"rate(1 hour)", "UTC", "2026-03-02T00:00:29Z", "2026-03-02T00:00:31Z", false},
		{"at(2026-03-02T09:00:01)", "Asia/Tokyo", "2026-03-02T00:00:00Z", "2026-03-02T00:00:01Z", true},
		{"at(2026-03-02T09:00:01)", "Asia/Tokyo", "2026-03-02T00:00:01Z", "2026-03-02T00:00:02Z", false},
		{"cron(0 1 * *)", "UTC", "2026-03-02T00:59:59Z", "2026-03-02T01:00:00Z", "ValueError"},
		{"cron(60 1 ? * * *)", "UTC", "2026-03-02T00:59:59Z", "2026-03-02T01:00:00Z", "ValueError"},
	}
	questions, err := json.Marshal(tests)
	if err != nil {
		t.Fatal(err)
	}
	const program = `import datetime, json, sys
sys.path.insert(0, "emulator")
import schedule
def seconds(text): return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
def answer(q):
    try: return schedule.due(q["Expression"], q["Zone"], seconds(sys.argv[1]), seconds(q["Last"]), seconds(q["Now"]))
    except Exception as fault: return type(fault).__name__
print(json.dumps([answer(q) for q in json.load(sys.stdin)]))`
	command := exec.CommandContext(t.Context(), "python3", "-B", "-c", program, begin)
	command.Stdin = strings.NewReader(string(questions))
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []any
	if err := json.Unmarshal(output, &got); err != nil || len(got) != len(tests) {
		t.Fatalf("%v: %s", err, output)
	}
	for i, test := range tests {
		if got[i] != test.want {
			t.Errorf("%s in %s, after %s until %s: %v", test.Expression, test.Zone, test.Last, test.Now, got[i])
		}
	}
}

// firedSchedule waits for what a schedule sends to a function that is not there:
// its dead-letter queue gets it.
func firedSchedule(ctx context.Context, to aws.Config) (string, error) {
	s := sink{queues: sqs.NewFromConfig(to)}
	queue, err := s.queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("fired")})
	if err != nil {
		return "", err
	}
	s.url = queue.QueueUrl
	body, err := json.Marshal(map[string]any{
		"FlexibleTimeWindow":         map[string]string{"Mode": "OFF"},
		"ScheduleExpression":         "at(" + time.Now().UTC().Add(2*time.Second).Format("2006-01-02T15:04:05") + ")",
		"ScheduleExpressionTimezone": "UTC",
		"Target": map[string]any{
			"Arn": "arn:aws:lambda:" + region + ":123456789012:function:nobody", "RoleArn": "arn:aws:iam::123456789012:role/scheduler",
			"DeadLetterConfig": map[string]string{"Arn": *queueARN("fired")},
		},
	})
	if err != nil {
		return "", err
	}
	status, answer, err := raw(ctx, to, "scheduler", "POST", "/schedules/soon", body, map[string]string{"Content-Type": "application/json"})
	if err != nil || status != 200 {
		return answer, err
	}
	for range 4 { // each waits for three seconds
		if bodies, err := s.messages(ctx, 1); err != nil || len(bodies) > 0 {
			return "called", err
		}
	}
	return "not called", nil
}
