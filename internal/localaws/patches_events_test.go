package localaws_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// eventQuestions are about EventBridge and its Scheduler: patches 870 to 879.
func eventQuestions() []question {
	return []question{
		{"870_events_lambda_targets", "an unknown function and a queue", unknownTarget, "event and event"},
		{"870_events_lambda_targets", "a rule that is disabled", silentRule("off", eventbridge.PutRuleInput{
			State: eventtypes.RuleStateDisabled, EventPattern: aws.String(`{"source": ["test"]}`)}), "0 messages"},
		{"870_events_lambda_targets", "a rule with a schedule", silentRule("hourly", eventbridge.PutRuleInput{
			ScheduleExpression: aws.String("rate(1 hour)")}), "0 messages"},
		{"871_events_execution_status", "an execution", executionEvents, "RUNNING, SUCCEEDED"},
		{"872_scheduler_fires", "a second from now", firedSchedule, "called"},
	}
}

// sink is a rule whose targets include a queue.
type sink struct {
	queues *sqs.Client
	url    *string
}

// newSink makes a rule, a queue that it sends to, and further targets before that;
// where these name a dead-letter queue, it is the same one.
func newSink(ctx context.Context, to aws.Config, name string, rule eventbridge.PutRuleInput, targets ...eventtypes.Target) (sink, *eventbridge.Client, error) {
	s := sink{queues: sqs.NewFromConfig(to)}
	queue, err := s.queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		return sink{}, nil, err
	}
	s.url = queue.QueueUrl
	events := eventbridge.NewFromConfig(to)
	rule.Name = &name
	if _, err := events.PutRule(ctx, &rule); err != nil {
		return sink{}, nil, err
	}
	targets = append(targets, eventtypes.Target{Id: aws.String("queue"), Arn: queueARN(name)})
	_, err = events.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: &name, Targets: targets})
	return s, events, err
}

func queueARN(name string) *string {
	return aws.String("arn:aws:sqs:" + region + ":123456789012:" + name)
}

// messages waits for some, three seconds at most, and gives their bodies.
func (s sink) messages(ctx context.Context, count int) (bodies []string, err error) {
	for deadline := time.Now().Add(3 * time.Second); len(bodies) < count && time.Now().Before(deadline); {
		got, err := s.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: s.url, MaxNumberOfMessages: 10, WaitTimeSeconds: 0})
		if err != nil {
			return nil, err
		}
		for _, message := range got.Messages {
			bodies = append(bodies, aws.ToString(message.Body))
		}
		time.Sleep(50 * time.Millisecond)
	}
	return bodies, nil
}

func putEvent(ctx context.Context, events *eventbridge.Client, source string) error {
	_, err := events.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []eventtypes.PutEventsRequestEntry{{
		Source: &source, DetailType: aws.String("Test"), Detail: aws.String(`{"number": 1}`),
	}}})
	return err
}

// unknownTarget sends an event to a function that is not there, and to a queue.
func unknownTarget(ctx context.Context, to aws.Config) (string, error) {
	s, events, err := newSink(ctx, to, "unknown-target", eventbridge.PutRuleInput{EventPattern: aws.String(`{"source": ["unknown-target"]}`)}, eventtypes.Target{
		Id: aws.String("function"), Arn: aws.String("arn:aws:lambda:" + region + ":123456789012:function:nobody"),
		DeadLetterConfig: &eventtypes.DeadLetterConfig{Arn: queueARN("unknown-target")},
	})
	if err != nil {
		return "", err
	}
	if err := putEvent(ctx, events, "unknown-target"); err != nil {
		return code(err)
	}
	bodies, err := s.messages(ctx, 2)
	for i, body := range bodies {
		if strings.Contains(body, `"detail": {"number": 1}`) && strings.Contains(body, `"source": "unknown-target"`) {
			bodies[i] = "event"
		}
	}
	return strings.Join(bodies, " and "), err
}

// silentRule makes a rule that has nothing to send, and puts an event.
func silentRule(name string, rule eventbridge.PutRuleInput) func(context.Context, aws.Config) (string, error) {
	return func(ctx context.Context, to aws.Config) (string, error) {
		s, events, err := newSink(ctx, to, name, rule)
		if err != nil {
			return "", err
		}
		if err := putEvent(ctx, events, "test"); err != nil {
			return code(err)
		}
		bodies, err := s.messages(ctx, 1)
		return fmt.Sprintf("%d messages", len(bodies)), err
	}
}

// executionEvents gives the statuses that a queue hears of.
func executionEvents(ctx context.Context, to aws.Config) (string, error) {
	s, _, err := newSink(ctx, to, "executions", eventbridge.PutRuleInput{EventPattern: aws.String(
		`{"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"], "detail": {"name": ["one"], "stateMachineArn": [{"suffix": ":heard"}]}}`)})
	if err != nil {
		return "", err
	}
	if _, _, err := startedMachine(ctx, to, "heard",
		`{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": true}}}`); err != nil {
		return code(err)
	}
	bodies, err := s.messages(ctx, 2)
	var statuses []string
	for _, body := range bodies {
		_, after, _ := strings.Cut(body, `"status": "`)
		status, _, _ := strings.Cut(after, `"`)
		statuses = append(statuses, status)
	}
	return strings.Join(statuses, ", "), err
}
