package lambda_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

// queue creates a queue and gives its URL and ARN.
func queue(t *testing.T, address, name string) (url, arn string) {
	t.Helper()
	created, err := sqs.NewFromConfig(client(address)).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return *created.QueueUrl, "arn:aws:sqs:" + region + ":123456789012:" + name
}

// receive waits for a message.
func receive(t *testing.T, address, url string) (message sqstypes.Message) {
	t.Helper()
	eventually(t, func() error {
		got, err := sqs.NewFromConfig(client(address)).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MessageAttributeNames: []string{"All"}})
		if err != nil {
			return err
		}
		if len(got.Messages) == 0 {
			return fmt.Errorf("nothing in %s", url)
		}
		message = got.Messages[0]
		return nil
	})
	return message
}

// logged waits until the log group of a function has n lines with text, and
// gives all of its lines.
func logged(t *testing.T, address, function, text string, n int) (lines []string) {
	t.Helper()
	eventually(t, func() error {
		got, err := cloudwatchlogs.NewFromConfig(client(address)).FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("/aws/lambda/" + function)})
		if err != nil {
			return err
		}
		lines = nil
		count := 0
		for _, e := range got.Events {
			lines = append(lines, *e.Message)
			if strings.Contains(*e.Message, text) {
				count++
			}
		}
		if count < n {
			return fmt.Errorf("%d of %d lines with %q in:\n%s", count, n, text, strings.Join(lines, "\n"))
		}
		return nil
	})
	return lines
}

func send(t *testing.T, api *awslambda.Client, function, payload string) {
	t.Helper()
	output, err := api.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: &function, Payload: []byte(payload), InvocationType: types.InvocationTypeEvent})
	if err != nil || output.StatusCode != 202 || len(output.Payload) > 0 {
		t.Fatalf("Event: %+v, %v", output, err)
	}
}

func TestEventsAreTriedAgainAndThenDeadLetters(t *testing.T) {
	t.Parallel()
	address := plane(t, nil)
	url, arn := queue(t, address, "dead-letters")
	api := deploy(t, address, "retried", func(in *awslambda.CreateFunctionInput) {
		in.DeadLetterConfig = &types.DeadLetterConfig{TargetArn: &arn}
	})
	send(t, api, "retried", `{"do":"fail","text":"no luck"}`)
	message := receive(t, address, url)
	if *message.Body != `{"do":"fail","text":"no luck"}` {
		t.Errorf("dead letter %s", *message.Body)
	}
	got := map[string]string{}
	for name, a := range message.MessageAttributes {
		got[name] = *a.StringValue
	}
	if len(got["RequestID"]) != 36 {
		t.Errorf("request id %q", got["RequestID"])
	}
	delete(got, "RequestID")
	if diff := cmp.Diff(map[string]string{"ErrorCode": "200", "ErrorMessage": "no luck"}, got); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if lines := logged(t, address, "retried", "START", 3); strings.Count(strings.Join(lines, "\n"), "START") != 3 {
		t.Errorf("not three tries:\n%s", strings.Join(lines, "\n"))
	}
}

func TestEventsGoByTheirConfiguration(t *testing.T) {
	t.Parallel()
	address := plane(t, nil)
	failures, onFailure := queue(t, address, "failures")
	successes, onSuccess := queue(t, address, "successes")
	api := deploy(t, address, "configured", func(in *awslambda.CreateFunctionInput) { in.Publish = true })
	if _, err := api.PutFunctionEventInvokeConfig(t.Context(), &awslambda.PutFunctionEventInvokeConfigInput{
		FunctionName: aws.String("configured"), Qualifier: aws.String("1"), MaximumRetryAttempts: aws.Int32(0),
		DestinationConfig: &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: &onFailure}, OnSuccess: &types.OnSuccess{Destination: &onSuccess}},
	}); err != nil {
		t.Fatal(err)
	}
	send(t, api, "configured:1", `{"do":"fail","text":"no luck"}`)
	send(t, api, "configured:1", `{"n":1}`)
	for url, want := range map[string]string{failures: "RetriesExhausted", successes: "Success"} {
		var record struct {
			RequestContext  struct{ Condition, FunctionArn string }
			RequestPayload  json.RawMessage
			ResponsePayload json.RawMessage
		}
		if err := json.Unmarshal([]byte(*receive(t, address, url).Body), &record); err != nil {
			t.Fatal(err)
		}
		if record.RequestContext.Condition != want || record.RequestContext.FunctionArn != "arn:aws:lambda:ap-northeast-1:123456789012:function:configured:1" ||
			len(record.RequestPayload) == 0 || len(record.ResponsePayload) == 0 {
			t.Errorf("%s: %+v", url, record)
		}
	}
}

func TestLogsReachTheLogGroup(t *testing.T) {
	t.Parallel()
	address := plane(t, nil)
	api := deploy(t, address, "logs", nil)
	a := decode(t, invoke(t, api, "logs", `{"do":"log","text":"hello\n\nworld"}`))
	lines := logged(t, address, "logs", "REPORT", 1)
	var kinds []string
	for _, line := range lines {
		kind, _, _ := strings.Cut(line, " ")
		kinds = append(kinds, kind)
	}
	if diff := cmp.Diff([]string{"START", "hello", "world", "and", "END", "REPORT"}, kinds); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	logs := cloudwatchlogs.NewFromConfig(client(address))
	streams, err := logs.DescribeLogStreams(t.Context(), &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String("/aws/lambda/logs")})
	if err != nil || len(streams.LogStreams) != 1 || *streams.LogStreams[0].LogStreamName != a.Env["AWS_LAMBDA_LOG_STREAM_NAME"] {
		t.Errorf("streams %+v, %v; want %s", streams, err, a.Env["AWS_LAMBDA_LOG_STREAM_NAME"])
	}
	// The group may be deleted at any time.
	if _, err := logs.DeleteLogGroup(t.Context(), &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String("/aws/lambda/logs")}); err != nil {
		t.Fatal(err)
	}
	invoke(t, api, "logs", `{}`)
	logged(t, address, "logs", "REPORT", 1)
}

func TestLogsInJSON(t *testing.T) {
	t.Parallel()
	address := plane(t, nil)
	if _, err := cloudwatchlogs.NewFromConfig(client(address)).CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{
		LogGroupName: aws.String("/aws/lambda/of-our-own"), LogGroupClass: logtypes.LogGroupClassStandard,
	}); err != nil {
		t.Fatal(err)
	}
	api := deploy(t, address, "json", func(in *awslambda.CreateFunctionInput) {
		in.LoggingConfig = &types.LoggingConfig{LogFormat: types.LogFormatJson, LogGroup: aws.String("/aws/lambda/of-our-own"), ApplicationLogLevel: types.ApplicationLogLevelDebug}
	})
	a := decode(t, invoke(t, api, "json", `{}`))
	if a.Env["AWS_LAMBDA_LOG_FORMAT"] != "JSON" || a.Env["AWS_LAMBDA_LOG_LEVEL"] != "DEBUG" || !strings.Contains(a.Env["AWS_LAMBDA_LOG_STREAM_NAME"], "/json[$LATEST]") {
		t.Errorf("environment %v", a.Env)
	}
	lines := logged(t, address, "of-our-own", "platform.report", 1)
	var report struct {
		Time   time.Time
		Record struct {
			RequestID, Status string
			Metrics           struct{ DurationMs, InitDurationMs, MaxMemoryUsedMB float64 }
		}
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &report); err != nil || len(lines) != 2 || !strings.Contains(lines[0], "platform.start") {
		t.Fatalf("%v\n%s", err, strings.Join(lines, "\n"))
	}
	if r := report.Record; len(r.RequestID) != 36 || r.Status != "success" || r.Metrics.DurationMs <= 0 || r.Metrics.InitDurationMs <= 0 || r.Metrics.MaxMemoryUsedMB <= 0 {
		t.Errorf("report %+v", report)
	}
}
