package lambda_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// listener deploys a function that sends what it gets on to a queue, and gives
// the function's ARN and how to receive from the queue.
func listener(t *testing.T, address, name string) (arn string, received func() json.RawMessage) {
	t.Helper()
	url, queueArn := queue(t, address, name)
	api := deploy(t, address, name, func(in *awslambda.CreateFunctionInput) { in.Publish = true })
	if _, err := api.CreateAlias(t.Context(), &awslambda.CreateAliasInput{FunctionName: &name, Name: aws.String("live"), FunctionVersion: aws.String("1")}); err != nil {
		t.Fatal(err)
	}
	if _, err := api.PutFunctionEventInvokeConfig(t.Context(), &awslambda.PutFunctionEventInvokeConfigInput{
		FunctionName: &name, Qualifier: aws.String("live"),
		DestinationConfig: &types.DestinationConfig{OnSuccess: &types.OnSuccess{Destination: &queueArn}},
	}); err != nil {
		t.Fatal(err)
	}
	return "arn:aws:lambda:" + region + ":123456789012:function:" + name + ":live", func() json.RawMessage {
		t.Helper()
		var record struct{ RequestPayload json.RawMessage }
		if err := json.Unmarshal([]byte(*receive(t, address, url).Body), &record); err != nil {
			t.Fatal(err)
		}
		return record.RequestPayload
	}
}

// topic creates a topic that a function subscribed to.
func topic(t *testing.T, address, name, function string, attributes map[string]string) (api *sns.Client, arn string) {
	t.Helper()
	api = sns.NewFromConfig(client(address))
	created, err := api.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: created.TopicArn, Protocol: aws.String("lambda"), Endpoint: &function, Attributes: attributes,
	}); err != nil {
		t.Fatal(err)
	}
	return api, *created.TopicArn
}

// notification is what a function gets of a message.
type notification struct {
	Records []struct {
		EventSource, EventSubscriptionArn string
		Sns                               struct {
			Message, MessageID, Subject, TopicArn, Timestamp string
			MessageAttributes                                map[string]struct{ Type, Value string }
		}
	}
}

func notified(t *testing.T, payload json.RawMessage) notification {
	t.Helper()
	var n notification
	if err := json.Unmarshal(payload, &n); err != nil || len(n.Records) != 1 {
		t.Fatalf("%v: %s", err, payload)
	}
	return n
}

func TestMessagesReachFunctions(t *testing.T) {
	t.Parallel()
	address := plane(t, nil)
	function, received := listener(t, address, "subscriber")
	api, arn := topic(t, address, "news", function, map[string]string{"FilterPolicy": `{"severity":["high"]}`})
	severity := func(value string) map[string]snstypes.MessageAttributeValue {
		return map[string]snstypes.MessageAttributeValue{"severity": {DataType: aws.String("String"), StringValue: &value}}
	}
	for _, value := range []string{"low", "high"} {
		published, err := api.Publish(t.Context(), &sns.PublishInput{TopicArn: &arn, Message: aws.String("text of " + value), Subject: aws.String("subject"), MessageAttributes: severity(value)})
		if err != nil {
			t.Fatal(err)
		}
		if value == "low" {
			continue
		}
		got := notified(t, received()).Records[0]
		if got.EventSource != "aws:sns" || !strings.HasPrefix(got.EventSubscriptionArn, arn+":") || got.Sns.Message != "text of high" || got.Sns.Subject != "subject" ||
			got.Sns.MessageID != *published.MessageId || got.Sns.TopicArn != arn || got.Sns.MessageAttributes["severity"].Value != "high" {
			t.Errorf("got %+v", got)
		}
	}
	if _, err := api.PublishBatch(t.Context(), &sns.PublishBatchInput{TopicArn: &arn, PublishBatchRequestEntries: []snstypes.PublishBatchRequestEntry{
		{Id: aws.String("a"), Message: aws.String("no"), MessageAttributes: severity("low")},
		{Id: aws.String("b"), Message: aws.String(`{"default":"for others","lambda":"for functions"}`), MessageStructure: aws.String("json"), MessageAttributes: severity("high")},
	}}); err != nil {
		t.Fatal(err)
	}
	if got := notified(t, received()).Records[0]; got.Sns.Message != "for functions" {
		t.Errorf("of the batch: %+v", got)
	}
}

func TestAlarmsReachFunctions(t *testing.T) {
	t.Parallel()
	address := plane(t, nil)
	function, received := listener(t, address, "notifier")
	_, topicArn := topic(t, address, "alerts", function, nil)
	direct, receivedDirectly := listener(t, address, "direct")
	api := cloudwatch.NewFromConfig(client(address))
	name := aws.String("errors")
	if _, err := api.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: name, AlarmDescription: aws.String("too many errors"), MetricName: aws.String("Errors"), Namespace: aws.String("AWS/Lambda"),
		Statistic: cwtypes.StatisticSum, Period: aws.Int32(300), EvaluationPeriods: aws.Int32(2), Threshold: aws.Float64(5),
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold,
		Dimensions:         []cwtypes.Dimension{{Name: aws.String("FunctionName"), Value: aws.String("goals")}},
		AlarmActions:       []string{topicArn}, OKActions: []string{direct},
	}); err != nil {
		t.Fatal(err)
	}
	set := func(state cwtypes.StateValue) {
		t.Helper()
		if _, err := api.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: name, StateValue: state, StateReason: aws.String("drill")}); err != nil {
			t.Fatal(err)
		}
	}
	type said struct {
		AlarmName, NewStateValue, OldStateValue, NewStateReason, Region, AWSAccountID string
		Trigger                                                                       struct {
			MetricName string
			Threshold  float64
			Dimensions []struct{ Name, Value string }
		}
	}
	read := func(text []byte) (s said) {
		t.Helper()
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	set(cwtypes.StateValueOk) // from OK or from no data, moto says
	set(cwtypes.StateValueAlarm)
	set(cwtypes.StateValueAlarm) // no change, no message
	got := notified(t, received()).Records[0].Sns
	s := read([]byte(got.Message))
	if got.Subject != `ALARM: "errors" in ap-northeast-1` || s.AlarmName != "errors" || s.NewStateValue != "ALARM" || s.OldStateValue != "OK" ||
		s.NewStateReason != "drill" || s.Trigger.Threshold != 5 || len(s.Trigger.Dimensions) != 1 {
		t.Errorf("got %s: %s", got.Subject, got.Message)
	}

	// The other protocols of CloudWatch.
	post(t, address, "application/x-www-form-urlencoded", "", "Action=SetAlarmState&Version=2010-08-01&AlarmName=errors&StateValue=OK&StateReason=form")
	if s := read(receivedDirectly()); s.NewStateValue != "OK" || s.NewStateReason != "form" {
		t.Errorf("by form: %+v", s)
	}
	post(t, address, "application/x-amz-json-1.0", "GraniteServiceVersion20100801.SetAlarmState", `{"AlarmName":"errors","StateValue":"ALARM","StateReason":"json"}`)
	if s := read([]byte(notified(t, received()).Records[0].Sns.Message)); s.NewStateReason != "json" {
		t.Errorf("by JSON: %+v", s)
	}
}

func post(t *testing.T, address, contentType, target, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=AKIA/20260101/%s/monitoring/aws4_request, SignedHeaders=host, Signature=x", region))
	if target != "" {
		request.Header.Set("X-Amz-Target", target)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %d", contentType, response.StatusCode)
	}
}
