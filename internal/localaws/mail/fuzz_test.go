package mail

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"io"
	"mime"
	netmail "net/mail"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzRead reads any form, and mails of any parts: what is kept of a mail is what the form
// says, and the message that is made of it can be read as one.
func FuzzRead(f *testing.F) {
	for _, form := range []string{
		"Action=SendEmail&Source=a%40example.com&Destination.ToAddresses.member.1=b%40example.com&Message.Subject.Data=Hello&Message.Body.Text.Data=Body",
		"Action=SendTemplatedEmail&Template=t&TemplateData=%7B%7D&Destination.BccAddresses.member.1=b%40example.com",
		"Action=SendRawEmail&RawMessage.Data=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("From: a@example.com\r\nTo: b@example.com, c@example.com\r\nSubject: =?utf-8?q?=E3=81=82?=\r\n\r\nBody"))),
		"Action=SendRawEmail&RawMessage.Data=%", "Action=GetSendQuota", "%zz", "",
	} {
		f.Add(form, "a@example.com", "Subject あ", "text", "id-1")
	}
	f.Add("", "", "a\r\nBcc: c@example.com", "", "<&>")
	f.Fuzz(func(t *testing.T, form, to, subject, text, id string) {
		if message, sends := read([]byte(form)); sends && message.raw == nil {
			values, _ := url.ParseQuery(form)
			if values.Get("RawMessage.Data") != "" {
				t.Errorf("%q has no message", form)
			}
		}
		for _, encode := range []func(string) []byte{asRaw, func(text string) []byte { return []byte(text) }} {
			_, _ = read([]byte(url.Values{"Action": {"SendRawEmail"}, "RawMessage.Data": {base64.StdEncoding.EncodeToString(encode(form))}}.Encode()))
		}
		composed(t, to, subject, text)
		known(t, id)
	})
}

// asRaw is a message whose header is anything.
func asRaw(header string) []byte { return []byte(header + "\r\n\r\nBody") }

// composed sends a mail of its parts, and reads what was kept.
func composed(t *testing.T, to, subject, text string) {
	t.Helper()
	message, sends := read([]byte(url.Values{
		"Action": {"SendEmail"}, "Source": {"from@example.com"}, "Destination.ToAddresses.member.1": {to},
		"Destination.CcAddresses.member.1": {"cc@example.com"}, "Message.Subject.Data": {subject}, "Message.Body.Text.Data": {text},
	}.Encode()))
	if !sends || message.From != "from@example.com" || message.Subject != subject || len(message.To) != 2 || message.To[0] != to || message.To[1] != "cc@example.com" {
		t.Fatalf("%+v of %q %q", message, to, subject)
	}
	// SES takes no address with a control character, and no text that is no UTF-8.
	if strings.ContainsFunc(to, unicode.IsControl) || !utf8.ValidString(subject) {
		return
	}
	parsed, err := netmail.ReadMessage(bytes.NewReader(message.raw))
	if err != nil {
		t.Fatalf("%q: %v", message.raw, err)
	}
	if len(parsed.Header) != 6 {
		t.Errorf("a subject or an address became header: %q", message.raw)
	}
	got, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if !strings.Contains(subject, "=?") && (err != nil || strings.Trim(got, " \t") != strings.Trim(subject, " \t")) {
		t.Errorf("the subject %q became %q, %v", subject, got, err)
	}
	if body, err := io.ReadAll(parsed.Body); err != nil || string(body) != text+"\r\n" {
		t.Errorf("the text %q became %q, %v", text, body, err)
	}
}

// known takes the id out of an answer that has it.
func known(t *testing.T, id string) {
	t.Helper()
	var escaped bytes.Buffer
	if err := xml.EscapeText(&escaped, []byte(id)); err != nil {
		t.Fatal(err)
	}
	want := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\ufffe' || r == '\uffff' {
			return utf8.RuneError // what XML cannot have
		}
		return r
	}, id)
	if got := messageID([]byte("<R><MessageId>" + escaped.String() + "</MessageId></R>")); got != want {
		t.Errorf("the id %q became %q", id, got)
	}
	_ = messageID([]byte(id))
}
