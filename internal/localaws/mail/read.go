package mail

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"mime"
	"net/mail"
	"net/url"
	"strings"
)

// read reads a form that SES takes; sends says whether it sends a mail.
func read(body []byte) (message Message, sends bool) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return Message{}, false
	}
	message = Message{From: form.Get("Source"), ConfigurationSet: form.Get("ConfigurationSetName")}
	switch form.Get("Action") {
	case "SendRawEmail":
		raw, err := base64.StdEncoding.DecodeString(form.Get("RawMessage.Data"))
		if err != nil {
			return Message{}, false
		}
		message.raw, message.To = raw, members(form, "Destinations.member.")
		message.readHeader()
	case "SendEmail":
		for _, kind := range []string{"To", "Cc", "Bcc"} {
			message.To = append(message.To, members(form, "Destination."+kind+"Addresses.member.")...)
		}
		message.Subject = form.Get("Message.Subject.Data")
		message.compose(form.Get("Message.Body.Text.Data"), form.Get("Message.Body.Html.Data"))
	case "SendTemplatedEmail":
		for _, kind := range []string{"To", "Cc", "Bcc"} {
			message.To = append(message.To, members(form, "Destination."+kind+"Addresses.member.")...)
		}
		// Unrendered: the values as they were given.
		message.Subject = "template " + form.Get("Template")
		message.compose(form.Get("TemplateData"), "")
	default:
		return Message{}, false
	}
	return message, true
}

// members are the values of a list, in order.
func members(form url.Values, prefix string) []string {
	var all []string
	for i := 1; form.Has(fmt.Sprint(prefix, i)); i++ {
		all = append(all, form.Get(fmt.Sprint(prefix, i)))
	}
	return all
}

// readHeader takes from a raw message what the request does not say.
func (m *Message) readHeader() {
	parsed, err := mail.ReadMessage(bytes.NewReader(m.raw))
	if err != nil {
		return
	}
	m.Subject, err = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil {
		m.Subject = parsed.Header.Get("Subject")
	}
	if m.From == "" {
		m.From = parsed.Header.Get("From")
	}
	if m.ConfigurationSet == "" {
		m.ConfigurationSet = parsed.Header.Get("X-SES-CONFIGURATION-SET")
	}
	if len(m.To) > 0 {
		return
	}
	for _, field := range []string{"To", "Cc", "Bcc"} {
		addresses, err := parsed.Header.AddressList(field)
		if err != nil {
			continue
		}
		for _, address := range addresses {
			m.To = append(m.To, address.Address)
		}
	}
}

// compose makes the message that SES would make of subject and body.
func (m *Message) compose(text, html string) {
	kind, body := "text/plain", text
	if body == "" {
		kind, body = "text/html", html
	}
	m.raw = fmt.Appendf(nil, "From: %s\r\nTo: %s\r\nSubject: %s\r\nMIME-Version: 1.0\r\nContent-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n",
		m.From, strings.Join(m.To, ", "), mime.QEncoding.Encode("utf-8", m.Subject), kind, body)
}

// messageID takes SES's id out of its answer.
func messageID(answer []byte) string {
	_, after, _ := bytes.Cut(answer, []byte("<MessageId>"))
	id, _, _ := bytes.Cut(after, []byte("</MessageId>"))
	var text string
	if xml.Unmarshal(fmt.Appendf(nil, "<id>%s</id>", id), &text) != nil { //nolint:gosec // the emulator's own answer
		return ""
	}
	return text
}
