// Package mail is the data plane of SES in the local AWS: it keeps what was sent
// for people and tests to read, and sends it nowhere. Amazon's addresses for trying
// out bounces and complaints do what they do in AWS: tell the configuration set's
// topics.
package mail

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// Path lists the messages as JSON, newest first; Path/ID gives one as it was sent
// (message/rfc822).
const Path = "/_mandala/mail"

const (
	maxForm = 15 << 20 // bytes; SES takes messages up to 10 MB, in base64
	most    = 1000     // messages that are kept
)

// Message is a mail that was sent.
type Message struct {
	ID               string    `json:"id"` // SES's
	At               time.Time `json:"at"`
	From             string    `json:"from"`
	To               []string  `json:"to"`
	Subject          string    `json:"subject"`
	ConfigurationSet string    `json:"configuration_set,omitempty"`
	raw              []byte
	region           string
}

// Options are what a Plane needs.
type Options struct {
	Emulator *upstream.Client // where event destinations are read
	Proxy    *upstream.Client // through which topics are told, so that functions hear of it
	Logger   *slog.Logger
	Clock    func() time.Time
}

// Plane keeps the mails of one local AWS.
type Plane struct {
	options  Options
	mu       sync.Mutex
	messages []Message
	telling  sync.WaitGroup
}

// New makes a Plane without mails.
func New(options Options) *Plane { return &Plane{options: options} }

// Close waits until topics have been told.
func (p *Plane) Close() { p.telling.Wait() }

// IsSending reports whether a request may send mail.
func IsSending(r *http.Request) bool {
	service, _ := upstream.Scope(r)
	return r.Method == http.MethodPost && service == "ses" &&
		strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}

// IsReading reports whether a request asks for mails.
func IsReading(r *http.Request) bool {
	return r.URL.Path == Path || strings.HasPrefix(r.URL.Path, Path+"/")
}

// Watch gives a handler that passes requests on and keeps what they send.
func (p *Plane) Watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := upstream.Peek(r, maxForm)
		if !ok {
			http.Error(w, "the message is too large or broke off", http.StatusRequestEntityTooLarge)
			return
		}
		message, sends := read(body)
		if !sends {
			next.ServeHTTP(w, r)
			return
		}
		answer := upstream.Forward(next, r)
		if answer.Succeeded() {
			message.ID = messageID(answer.Body.Bytes())
			_, message.region = upstream.Scope(r)
			message.At = p.options.Clock().UTC()
			p.keep(r.Context(), message)
		}
		answer.Send(w)
	})
}

// Reading answers the list and single messages.
func (p *Plane) Reading() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, Path), "/")
		p.mu.Lock()
		messages := make([]Message, 0, len(p.messages))
		for i := range p.messages {
			messages = append(messages, p.messages[len(p.messages)-1-i])
		}
		p.mu.Unlock()
		if id == "" {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(messages) // a client that left needs no answer
			return
		}
		for _, message := range messages {
			if message.ID == id {
				w.Header().Set("Content-Type", "message/rfc822")
				w.Header().Set("Content-Length", strconv.Itoa(len(message.raw)))
				_, _ = w.Write(message.raw)
				return
			}
		}
		http.NotFound(w, r)
	})
}
