package mail_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/mail"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// emulator answers like moto: a message's id, a configuration set, a topic.
func emulator(published chan<- url.Values) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		switch action := r.Form.Get("Action"); action {
		case "DescribeConfigurationSet":
			_, _ = io.WriteString(w, `<DescribeConfigurationSetResponse><DescribeConfigurationSetResult><EventDestinations>
				<member><Name>off</Name><Enabled>false</Enabled><MatchingEventTypes><member>bounce</member></MatchingEventTypes><SNSDestination><TopicARN>arn:off</TopicARN></SNSDestination></member>
				<member><Name>on</Name><Enabled>true</Enabled><MatchingEventTypes><member>bounce</member></MatchingEventTypes><SNSDestination><TopicARN>arn:on</TopicARN></SNSDestination></member>
				</EventDestinations></DescribeConfigurationSetResult></DescribeConfigurationSetResponse>`)
		case "Publish":
			published <- r.Form
		case "SendEmail", "SendRawEmail":
			if strings.Contains(r.Form.Get("Source"), "refused") {
				http.Error(w, "<ErrorResponse><Error><Code>MessageRejected</Code></Error></ErrorResponse>", http.StatusBadRequest)
				return
			}
			_, _ = fmt.Fprintf(w, "<R><%sResult><MessageId>id-%d</MessageId></%sResult></R>", action, time.Now().UnixNano(), action)
		default:
			http.Error(w, action, http.StatusNotImplemented)
		}
	})
}

// start gives SES's client for a plane, the plane's address, and what is published.
func start(t *testing.T) (*ses.Client, string, <-chan url.Values) {
	t.Helper()
	published := make(chan url.Values, 10)
	moto := httptest.NewServer(emulator(published))
	t.Cleanup(moto.Close)
	address, err := url.Parse(moto.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := upstream.New(address)
	plane := mail.New(mail.Options{Emulator: client, Proxy: client, Logger: slog.New(slog.DiscardHandler), Clock: time.Now})
	t.Cleanup(plane.Close)
	watched, reading := plane.Watch(emulator(published)), plane.Reading()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case mail.IsReading(r):
			reading.ServeHTTP(w, r)
		case mail.IsSending(r):
			watched.ServeHTTP(w, r)
		default:
			http.Error(w, "not for mail", http.StatusTeapot)
		}
	}))
	t.Cleanup(front.Close)
	return ses.New(ses.Options{
		BaseEndpoint: &front.URL, Region: "ap-northeast-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), RetryMaxAttempts: 1,
	}), front.URL, published
}

func get(t *testing.T, address string, into any) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", address, response.StatusCode, err)
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			t.Fatal(err)
		}
	}
	return body
}

func raw(ctx context.Context, client *ses.Client, to, subject string) error {
	_, err := client.SendRawEmail(ctx, &ses.SendRawEmailInput{
		ConfigurationSetName: aws.String("set"), Destinations: []string{to}, Source: aws.String("app@example.com"),
		RawMessage: &types.RawMessage{Data: []byte("From: app@example.com\r\nTo: " + to + "\r\nSubject: " + subject + "\r\n\r\nhello\r\n")},
	})
	return err
}

func TestMailIsKept(t *testing.T) {
	t.Parallel()
	client, address, _ := start(t)
	if err := raw(t.Context(), client, "anna@example.com", "=?utf-8?q?=E3=82=BF=E3=82=B9=E3=82=AF?="); err != nil {
		t.Fatal(err)
	}
	if _, err := client.SendEmail(t.Context(), &ses.SendEmailInput{
		Source: aws.String("app@example.com"), Destination: &types.Destination{ToAddresses: []string{"ben@example.com"}},
		Message: &types.Message{Subject: &types.Content{Data: aws.String("Hi")}, Body: &types.Body{Text: &types.Content{Data: aws.String("text")}}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.SendEmail(t.Context(), &ses.SendEmailInput{
		Source: aws.String("refused@example.com"), Destination: &types.Destination{ToAddresses: []string{"ben@example.com"}},
		Message: &types.Message{Subject: &types.Content{Data: aws.String("No")}, Body: &types.Body{}},
	}); err == nil {
		t.Error("a refusal did not pass")
	}
	var messages []mail.Message
	get(t, address+mail.Path, &messages)
	var got [][]string
	for _, m := range messages {
		got = append(got, append([]string{m.From, m.Subject}, m.To...))
	}
	want := [][]string{{"app@example.com", "Hi", "ben@example.com"}, {"app@example.com", "タスク", "anna@example.com"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("kept (-want +got):\n%s", diff)
	}
	if body := get(t, address+mail.Path+"/"+messages[1].ID, nil); !strings.HasSuffix(string(body), "\r\n\r\nhello\r\n") {
		t.Errorf("the message: %q", body)
	}
}

func TestSimulatedBounceIsToldToTheTopicOfTheSet(t *testing.T) {
	t.Parallel()
	client, _, published := start(t)
	for _, to := range []string{"anna@example.com", "complaint@simulator.amazonses.com", "bounce+anna@simulator.amazonses.com"} {
		if err := raw(t.Context(), client, to, "s"); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case form := <-published:
		var event struct {
			EventType string
			Bounce    struct {
				BounceType        string
				BouncedRecipients []struct{ EmailAddress string }
			}
		}
		if err := json.Unmarshal([]byte(form.Get("Message")), &event); err != nil {
			t.Fatal(err)
		}
		got := []string{form.Get("TopicArn"), event.EventType, event.Bounce.BounceType, event.Bounce.BouncedRecipients[0].EmailAddress}
		if diff := cmp.Diff([]string{"arn:on", "Bounce", "Permanent", "bounce+anna@simulator.amazonses.com"}, got); diff != "" {
			t.Errorf("published (-want +got):\n%s", diff)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was published")
	}
	select { // nobody asked for complaints
	case form := <-published:
		t.Errorf("published besides: %v", form)
	case <-time.After(100 * time.Millisecond):
	}
}
