// Package mail writes mails: MIME with a part in plain text and one in HTML.
package mail

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// Message is a mail to one person.
type Message struct {
	From, To mail.Address
	Date     time.Time
	Language string // of the texts, such as "ja"
	Subject  string
	Text     string
	HTML     string
	// Unsubscribe is the https address that ends these mails when somebody sends a POST
	// to it (RFC 8058): mail services show a button for it.
	Unsubscribe string
}

// Raw is the mail as SES and mail servers take it. SES adds the Message-ID.
func (m Message) Raw() ([]byte, error) {
	for _, value := range []string{m.From.Address, m.To.Address, m.Unsubscribe, m.Language} {
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return nil, errors.New("write a mail: a header has a line break")
		}
	}
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for _, part := range []struct{ kind, text string }{{"text/plain", m.Text}, {"text/html", m.HTML}} { // the best one last
		header := textproto.MIMEHeader{
			"Content-Type":              {part.kind + "; charset=utf-8"},
			"Content-Transfer-Encoding": {"quoted-printable"},
		}
		if err := write(parts, header, part.text); err != nil {
			return nil, fmt.Errorf("write a mail: %w", err)
		}
	}
	if err := parts.Close(); err != nil {
		return nil, fmt.Errorf("write a mail: %w", err)
	}
	var whole bytes.Buffer
	for _, header := range [][2]string{
		{"From", m.From.String()},
		{"To", m.To.String()},
		{"Subject", mime.BEncoding.Encode("utf-8", m.Subject)},
		{"Date", m.Date.Format(time.RFC1123Z)},
		{"Auto-Submitted", "auto-generated"}, // no out-of-office answers (RFC 3834)
		{"Content-Language", m.Language},
		{"List-Unsubscribe", "<" + m.Unsubscribe + ">"},
		{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
		{"MIME-Version", "1.0"},
		{"Content-Type", mime.FormatMediaType("multipart/alternative", map[string]string{"boundary": parts.Boundary()})},
	} {
		fmt.Fprintf(&whole, "%s: %s\r\n", header[0], header[1])
	}
	whole.WriteString("\r\n")
	whole.Write(body.Bytes())
	return whole.Bytes(), nil
}

func write(parts *multipart.Writer, header textproto.MIMEHeader, text string) error {
	part, err := parts.CreatePart(header)
	if err != nil {
		return err
	}
	encoder := quotedprintable.NewWriter(part)
	if _, err := encoder.Write([]byte(text)); err != nil {
		return err
	}
	return encoder.Close()
}
