package mail_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/mail"
)

func message() mail.Message {
	return mail.Message{
		From: netmail.Address{Name: "Goal Mandala", Address: "no-reply@example.com"},
		To:   netmail.Address{Name: "山田 花子, \"H\"", Address: "hanako@example.com"},
		Date: time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC), Language: "ja", Subject: "今日のタスク（2件）\r\nBcc: evil@example.com",
		Text: "タスク = " + strings.Repeat("長い", 200) + "\n.\n", HTML: "<p>タスク &amp; " + strings.Repeat("a", 2000) + "</p>",
		Unsubscribe: "https://app.example.com/api/unsubscribe?token=" + strings.Repeat("x", 300),
	}
}

func TestRawIsReadBack(t *testing.T) {
	t.Parallel()
	want := message()
	raw, err := want.Raw()
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r") {
			t.Errorf("a line that no server takes: %q", line)
		}
	}
	got, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	to, err := got.Header.AddressList("To")
	if err != nil || len(to) != 1 || *to[0] != want.To {
		t.Errorf("to %v, %v", to, err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject != want.Subject || got.Header.Get("Bcc") != "" {
		t.Errorf("subject %q, %v, bcc %q", subject, err, got.Header.Get("Bcc"))
	}
	if date, err := got.Header.Date(); err != nil || !date.Equal(want.Date) {
		t.Errorf("date %v, %v", date, err)
	}
	headers := []string{got.Header.Get("From"), got.Header.Get("List-Unsubscribe"), got.Header.Get("List-Unsubscribe-Post"), got.Header.Get("Auto-Submitted"), got.Header.Get("Content-Language")}
	if diff := cmp.Diff([]string{`"Goal Mandala" <no-reply@example.com>`, "<" + want.Unsubscribe + ">", "List-Unsubscribe=One-Click", "auto-generated", "ja"}, headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	kind, parameters, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	var parts [][2]string
	reader := multipart.NewReader(got.Body, parameters["boundary"])
	for {
		part, err := reader.NextPart() // takes quoted-printable away
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, [2]string{part.Header.Get("Content-Type"), strings.ReplaceAll(string(text), "\r\n", "\n")})
	}
	if diff := cmp.Diff([][2]string{{"text/plain; charset=utf-8", want.Text}, {"text/html; charset=utf-8", want.HTML}}, parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

func TestAddressesHaveNoLineBreaks(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*mail.Message){
		"to":          func(m *mail.Message) { m.To.Address = "a@example.com>\r\nBcc: b@example.com" },
		"from":        func(m *mail.Message) { m.From.Address = "a\n@example.com" },
		"unsubscribe": func(m *mail.Message) { m.Unsubscribe = "https://example.com\r\nBcc: b@example.com" },
	} {
		m := message()
		change(&m)
		if raw, err := m.Raw(); err == nil {
			t.Errorf("%s: %s", name, raw)
		}
	}
}
