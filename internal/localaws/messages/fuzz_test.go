package messages

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzPublished reads any form and any answer to it, and messages of any parts: what
// subscribers get is what was published.
func FuzzPublished(f *testing.F) {
	f.Add("Action=Publish&TopicArn=t&Message=m&MessageAttributes.entry.1.Name=a", "<R><PublishResult><MessageId>id</MessageId></PublishResult></R>", "text", "subject", "value")
	f.Add("Action=PublishBatch&PublishBatchRequestEntries.member.1.Id=1", "<R><PublishBatchResult><Successful><member><Id>1</Id></member></Successful></PublishBatchResult></R>", `{"default": "d", "lambda": "l"}`, "", "")
	f.Add("Action=Publish&MessageStructure=json&Message=x", "<R/>", "{", "\x00", "あ")
	f.Fuzz(func(t *testing.T, form, answer, text, subject, value string) {
		var result published
		if values, err := url.ParseQuery(form); err == nil && xml.Unmarshal([]byte(answer), &result) == nil {
			for _, m := range messagesOf(values, result) {
				// A structured message that is none is refused, and goes to nobody.
				if _, err := snsEvent("arn", m, time.Unix(0, 0)); err != nil && !m.structured {
					t.Errorf("%q: %v", form, err)
				}
			}
		}
		for _, part := range []string{text, subject, value} {
			if !utf8.ValidString(part) {
				return // SNS takes UTF-8 only
			}
		}
		for prefix, action := range map[string]string{"": "Publish", "PublishBatchRequestEntries.member.1.": "PublishBatch"} {
			values := url.Values{
				"Action": {action}, "TopicArn": {"topic"}, prefix + "Message": {text}, prefix + "Subject": {subject}, prefix + "Id": {"1"},
				prefix + "MessageAttributes.entry.1.Name": {"name"}, prefix + "MessageAttributes.entry.1.Value.DataType": {"String"},
				prefix + "MessageAttributes.entry.1.Value.StringValue": {value},
			}
			var result published
			told := "<R><PublishResult><MessageId>id</MessageId></PublishResult>" +
				"<PublishBatchResult><Successful><member><Id>1</Id><MessageId>id</MessageId></member></Successful></PublishBatchResult></R>"
			if err := xml.Unmarshal([]byte(told), &result); err != nil {
				t.Fatal(err)
			}
			messages := messagesOf(values, result)
			if len(messages) != 1 {
				t.Fatalf("%s made %d messages", action, len(messages))
			}
			delivered(t, messages[0], text, subject, value)
		}
	})
}

// delivered holds what a function and an HTTP endpoint get to what was published.
func delivered(t *testing.T, m message, text, subject, value string) {
	t.Helper()
	type received struct {
		Message, MessageID, TopicArn, Subject string
		MessageAttributes                     map[string]messageAttribute
	}
	want := received{text, "id", "topic", subject, map[string]messageAttribute{"name": {"String", value}}}
	var event struct{ Records []struct{ Sns received } }
	content, err := snsEvent("arn", m, time.Unix(0, 0))
	if err == nil {
		err = json.Unmarshal(content, &event)
	}
	if err != nil || len(event.Records) != 1 {
		t.Fatalf("%s: %v", content, err)
	}
	if diff := cmp.Diff(want, event.Records[0].Sns); diff != "" {
		t.Errorf("a function gets (-want +got):\n%s", diff)
	}
	var got received
	if content, err = envelope("arn", m, text, time.Unix(0, 0)); err == nil {
		err = json.Unmarshal(content, &got)
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("an endpoint gets (-want +got):\n%s%v", diff, err)
	}
}

// cborOf is {"Other": value, "AlarmName": name} in CBOR.
func cborOf(value, name string) []byte {
	text := func(text string) []byte {
		return append([]byte{cborString<<5 | 25, byte(len(text) >> 8), byte(len(text))}, text...)
	}
	out := []byte{cborMap<<5 | 2}
	for _, part := range []string{"Other", value, "AlarmName", name} {
		out = append(out, text(part)...)
	}
	return out
}

// FuzzAlarm: whoever sets an alarm's state, in whichever protocol, names the same alarm;
// what is told of it is text that SNS takes; and no other request names any.
func FuzzAlarm(f *testing.F) {
	f.Add("goal-mandala-production-api-5xx", "x", []byte("\xbf\x61x\x9f\x01\x82\x02\x03\xff\xff"))
	f.Add(strings.Repeat("あ", 255), "<&>", []byte("\xbb\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Add("", "", []byte(`{"AlarmName": {}}`))
	f.Fuzz(func(t *testing.T, name, value string, body []byte) {
		request := func(path, header, kind string) *http.Request {
			r := httptest.NewRequest(http.MethodPost, path, nil)
			r.Header.Set(header, kind)
			return r
		}
		const form = "application/x-www-form-urlencoded; charset=utf-8"
		cbor := request("/service/GraniteServiceVersion20100801/operation/SetAlarmState", "Smithy-Protocol", "rpc-v2-cbor")
		target := request("/", "X-Amz-Target", cloudwatchTarget+"SetAlarmState")
		query := request("/", "Content-Type", form)
		for _, r := range []*http.Request{cbor, target, query} {
			_ = alarmIn(r, body)
		}
		for _, r := range []*http.Request{
			request("/service/GraniteServiceVersion20100801/operation/DescribeAlarms", "Smithy-Protocol", "rpc-v2-cbor"),
			request("/", "X-Amz-Target", cloudwatchTarget+"DescribeAlarms"),
		} {
			if got := alarmIn(r, body); got != "" {
				t.Errorf("another operation names %q", got)
			}
		}
		if len(name) > 1<<10 || len(value) > 1<<10 || !utf8.ValidString(name) {
			return
		}
		asJSON, err := json.Marshal(map[string]string{"AlarmName": name, "Other": value})
		if err != nil {
			t.Fatal(err)
		}
		asForm := url.Values{"Action": {"SetAlarmState"}, "AlarmName": {name}, "Other": {value}}.Encode()
		got := []string{alarmIn(cbor, cborOf(value, name)), alarmIn(target, asJSON), alarmIn(query, []byte(asForm))}
		if diff := cmp.Diff([]string{name, name, name}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		a := alarm{AlarmName: name, StateValue: "ALARM", AlarmDescription: value, Threshold: "1", Period: "60", EvaluationPeriods: "1"}
		if subject := a.subject("ap-northeast-1"); !utf8.ValidString(subject) || len(subject) > 99 || strings.ContainsAny(subject, "\r\n") {
			t.Errorf("the subject is %q", subject)
		}
		text, err := a.message("123456789012", "ap-northeast-1", "OK", time.Unix(0, 0))
		var told struct{ AlarmName, NewStateValue, OldStateValue string }
		if err == nil {
			err = json.Unmarshal(text, &told)
		}
		if err != nil || told.AlarmName != name || told.NewStateValue != "ALARM" || told.OldStateValue != "OK" {
			t.Errorf("%s: %v", text, err)
		}
	})
}
