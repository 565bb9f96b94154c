package localaws_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/go-cmp/cmp"
)

// delivery is what an endpoint was sent.
type delivery struct {
	header http.Header
	body   string
}

// endpoint takes messages and answers one status after the other, the last one again.
func endpoint(t *testing.T, statuses ...int) (address string, messages <-chan delivery) {
	t.Helper()
	taken := make(chan delivery, 100)
	next := make(chan int, len(statuses))
	for _, status := range statuses {
		next <- status
	}
	last := statuses[len(statuses)-1]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a short one fails the comparison
		taken <- delivery{r.Header, string(body)}
		select {
		case last = <-next:
		default:
		}
		w.WriteHeader(last)
	}))
	t.Cleanup(server.Close)
	return server.URL, taken
}

// message waits for the next one.
func message(t *testing.T, messages <-chan delivery) delivery {
	t.Helper()
	select {
	case m := <-messages:
		return m
	case <-time.After(time.Minute):
		t.Fatal("no message came")
		return delivery{}
	}
}

func subscribe(t *testing.T, api *sns.Client, topic *string, endpoint string, attributes map[string]string) string {
	t.Helper()
	made, err := api.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: topic, Protocol: aws.String("http"), Endpoint: &endpoint, Attributes: attributes, ReturnSubscriptionArn: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return *made.SubscriptionArn
}

// TestMessagesReachEndpoints: each subscriber gets a message as it wants it, whatever
// becomes of the others.
func TestMessagesReachEndpoints(t *testing.T) {
	t.Parallel()
	_, status := up(t)
	api := sns.NewFromConfig(client(status.Address))
	topic, err := api.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("news")})
	if err != nil {
		t.Fatal(err)
	}
	subscribe(t, api, topic.TopicArn, "http://127.0.0.1:1/dead", nil)
	failing, tries := endpoint(t, http.StatusServiceUnavailable)
	subscribe(t, api, topic.TopicArn, failing, nil)
	refusing, refused := endpoint(t, http.StatusForbidden)
	subscribe(t, api, topic.TopicArn, refusing, nil)
	recovering, recovered := endpoint(t, http.StatusInternalServerError, http.StatusOK)
	subscription := subscribe(t, api, topic.TopicArn, recovering, nil)
	plain, raw := endpoint(t, http.StatusOK)
	subscribe(t, api, topic.TopicArn, plain, map[string]string{"RawMessageDelivery": "true"})
	other, filtered := endpoint(t, http.StatusOK)
	subscribe(t, api, topic.TopicArn, other, map[string]string{"FilterPolicy": `{"kind":["other"]}`})

	published, err := api.Publish(t.Context(), &sns.PublishInput{
		TopicArn: topic.TopicArn, Subject: aws.String("subject"), Message: aws.String(`text & "more"`),
		MessageAttributes: map[string]snstypes.MessageAttributeValue{"kind": {DataType: aws.String("String"), StringValue: aws.String("this")}},
	})
	if err != nil {
		t.Fatal(err)
	}

	first, second := message(t, recovered), message(t, recovered)
	if diff := cmp.Diff(first.body, second.body); diff != "" {
		t.Errorf("the second try differs (-first +second):\n%s", diff)
	}
	var told map[string]any
	if err := json.Unmarshal([]byte(first.body), &told); err != nil {
		t.Fatalf("%v: %s", err, first.body)
	}
	if at, err := time.Parse(time.RFC3339, told["Timestamp"].(string)); err != nil || time.Since(at) > 10*time.Minute {
		t.Errorf("at %v: %v", told["Timestamp"], err)
	}
	delete(told, "Timestamp")
	if !strings.Contains(told["UnsubscribeURL"].(string), "Action=Unsubscribe") {
		t.Errorf("unsubscribe at %v", told["UnsubscribeURL"])
	}
	delete(told, "UnsubscribeURL")
	if diff := cmp.Diff(map[string]any{
		"Type": "Notification", "MessageId": *published.MessageId, "TopicArn": *topic.TopicArn, "Subject": "subject", "Message": `text & "more"`,
		"SignatureVersion": "1", "Signature": "local", "SigningCertURL": "https://sns.local.invalid/local.pem",
		"MessageAttributes": map[string]any{"kind": map[string]any{"Type": "String", "Value": "this"}},
	}, told); diff != "" {
		t.Errorf("the envelope (-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{
		"X-Amz-Sns-Message-Type": "Notification", "X-Amz-Sns-Message-Id": *published.MessageId, "X-Amz-Sns-Topic-Arn": *topic.TopicArn,
		"X-Amz-Sns-Subscription-Arn": subscription, "Content-Type": "text/plain; charset=UTF-8", "X-Amz-Sns-Rawdelivery": "",
	} {
		if diff := cmp.Diff(want, first.header.Get(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if m := message(t, raw); m.body != `text & "more"` || m.header.Get("X-Amz-Sns-Rawdelivery") != "true" {
		t.Errorf("raw: %s %v", m.body, m.header)
	}
	for range 4 {
		message(t, tries)
	}
	message(t, refused)
	time.Sleep(time.Second) // longer than the pause between two tries
	if len(tries)+len(refused)+len(recovered)+len(raw)+len(filtered) > 0 {
		t.Errorf("too many: %d after four failures, %d after a refusal, %d after a success, %d raw, %d filtered",
			len(tries), len(refused), len(recovered), len(raw), len(filtered))
	}
}

// TestMessagesTextForEndpoints: of a message with several texts, and of each of a batch.
func TestMessagesTextForEndpoints(t *testing.T) {
	t.Parallel()
	_, status := up(t)
	api := sns.NewFromConfig(client(status.Address))
	topic, err := api.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("texts")})
	if err != nil {
		t.Fatal(err)
	}
	address, messages := endpoint(t, http.StatusOK)
	subscribe(t, api, topic.TopicArn, address, map[string]string{"RawMessageDelivery": "true"})
	if _, err := api.PublishBatch(t.Context(), &sns.PublishBatchInput{TopicArn: topic.TopicArn, PublishBatchRequestEntries: []snstypes.PublishBatchRequestEntry{
		{Id: aws.String("a"), Message: aws.String(`{"default":"for others","http":"for endpoints"}`), MessageStructure: aws.String("json")},
		{Id: aws.String("b"), Message: aws.String(`{"default":"for all"}`), MessageStructure: aws.String("json")},
	}}); err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{message(t, messages).body: true, message(t, messages).body: true}
	if diff := cmp.Diff(map[string]bool{"for endpoints": true, "for all": true}, texts); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
}
