package upstream

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// DefaultRegion is what moto takes where a request names none.
const DefaultRegion = "us-east-1"

// Scope takes service and region from the credential scope of a signature; the
// region is the one that moto takes where a request names none.
func Scope(r *http.Request) (service, region string) {
	const scopeParts = 5 // key/date/region/service/aws4_request
	_, after, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	credential, _, _ := strings.Cut(after, ",")
	parts := strings.Split(credential, "/")
	if len(parts) != scopeParts {
		return "", DefaultRegion
	}
	return strings.ToLower(parts[3]), parts[2]
}

// Answer is the emulator's answer, held back until a plane has learnt from it.
type Answer struct {
	header http.Header
	status int
	Body   bytes.Buffer
}

// Forward lets next answer a request.
func Forward(next http.Handler, r *http.Request) *Answer {
	a := &Answer{header: http.Header{}, status: http.StatusOK}
	next.ServeHTTP(a, r)
	return a
}

// Header is part of http.ResponseWriter.
func (a *Answer) Header() http.Header { return a.header }

// WriteHeader is part of http.ResponseWriter.
func (a *Answer) WriteHeader(status int) { a.status = status }

// Write is part of http.ResponseWriter.
func (a *Answer) Write(content []byte) (int, error) { return a.Body.Write(content) }

// FlushError lets the reverse proxy flush what is held back anyway.
func (a *Answer) FlushError() error { return nil }

// Succeeded reports whether the emulator did what it was asked.
func (a *Answer) Succeeded() bool { return a.status < http.StatusMultipleChoices }

// Send gives the answer to whoever asked.
func (a *Answer) Send(w http.ResponseWriter) {
	for key, values := range a.header {
		w.Header()[key] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.Body.Bytes()) // a client that left needs no answer
}

// Peek reads a request's body and puts it back. ok is false if it is longer than limit
// bytes or broke off; what is left in its place is what came, then.
func Peek(r *http.Request, limit int64) (body []byte, ok bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil || int64(len(body)) > limit {
		rest := r.Body
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(body), broken{err}, rest), rest}
		return nil, false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength, r.TransferEncoding = int64(len(body)), nil
	return body, true
}

// broken repeats a failure to read; without one it is empty.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	return 0, io.EOF
}
