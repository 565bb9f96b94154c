package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

const (
	maxDeploy  = 70_167_211 // bytes of a request that carries code; AWS's limit
	maxMessage = 2 << 20    // bytes of a request to SNS or CloudWatch that is looked into
)

// IsWatched reports whether the plane wants to see the request on its way to
// the emulator: changes of functions, messages, alarms.
func IsWatched(r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return false
	}
	switch service, _ := scope(r); service {
	case "lambda", "":
		_, _, ok := functionPath(r)
		return ok
	case "sns", "monitoring":
		return true
	default:
		return false
	}
}

// Watch gives a handler that passes requests on to the emulator and learns
// from them: it keeps the code that is deployed, and brings what is published
// to the functions that subscribed.
func (p *Plane) Watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch service, region := scope(r); service {
		case "sns":
			p.watchMessages(next, w, r, region)
		case "monitoring":
			p.watchAlarms(next, w, r, region)
		default:
			p.watchFunctions(next, w, r, region)
		}
	})
}

// codeSource is where CreateFunction and UpdateFunctionCode take code from.
type codeSource struct {
	ZipFile                          []byte // base64 in JSON
	S3Bucket, S3Key, S3ObjectVersion string
}

func (p *Plane) watchFunctions(next http.Handler, w http.ResponseWriter, r *http.Request, region string) {
	text, rest, _ := functionPath(r)
	carries := text == "" && r.Method == http.MethodPost || rest == "code" && r.Method == http.MethodPut
	var source codeSource
	if carries {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxDeploy+1))
		switch {
		case err != nil:
			badRequest(w, "InvalidRequestContentException", "Could not read the request body")
			return
		case len(body) > maxDeploy:
			writeError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException",
				fmt.Sprintf("Request must be smaller than %d bytes", maxDeploy))
			return
		}
		setBody(r, body)
		source = parseSource(body, rest == "code")
	}
	p.deploys.RLock()
	answer := forward(next, r)
	if answer.succeeded() {
		if carries {
			if err := p.keep(r.Context(), region, source, answer.body.Bytes()); err != nil {
				p.options.Logger.Warn("keeping a function's code", "error", err)
			}
		}
		p.changed(r, region)
	}
	p.deploys.RUnlock()
	if answer.succeeded() && (carries || r.Method == http.MethodDelete) {
		p.sweep(r.Context(), region)
	}
	answer.write(w)
}

// parseSource reads the source of the code; moto answers what cannot be read.
func parseSource(body []byte, update bool) codeSource {
	var request struct {
		codeSource
		Code codeSource
	}
	if json.Unmarshal(body, &request) != nil {
		return codeSource{}
	}
	if update {
		return request.codeSource
	}
	return request.Code
}

// keep stores the code that was just deployed; answer is moto's.
func (p *Plane) keep(ctx context.Context, region string, source codeSource, answer []byte) error {
	var configured configuration
	if err := json.Unmarshal(answer, &configured); err != nil {
		return err
	}
	archive := source.ZipFile
	if source.S3Key != "" {
		target := "/" + url.PathEscape(source.S3Bucket) + "/" + escapeKey(source.S3Key)
		if source.S3ObjectVersion != "" {
			target += "?versionId=" + url.QueryEscape(source.S3ObjectVersion)
		}
		object, err := p.emulator.ask(ctx, "s3", region, http.MethodGet, target, nil, nil)
		if err != nil {
			return fmt.Errorf("reading s3://%s/%s: %w", source.S3Bucket, source.S3Key, err)
		}
		archive = object
	}
	if len(archive) == 0 {
		return nil // an image, or nothing new
	}
	digest, err := p.code.put(archive)
	if err != nil {
		return err
	}
	if told, err := hexDigest(configured.CodeSha256); err != nil || told != digest {
		return fmt.Errorf("the code of %s is %s, and the emulator says %q", configured.FunctionName, digest, configured.CodeSha256)
	}
	return nil
}

// escapeKey escapes what may not stand in a path, but no slash.
func escapeKey(key string) string { return strings.ReplaceAll(url.PathEscape(key), "%2F", "/") }

// changed forgets what may be different after the request, and ends processes
// that run what is no more.
func (p *Plane) changed(r *http.Request, region string) {
	p.resolver.forget()
	text, rest, _ := functionPath(r)
	n, ok := parseName(text, r.URL.Query().Get("Qualifier"), region)
	if !ok {
		return
	}
	switch {
	case r.Method == http.MethodDelete && rest == "":
		p.pools.retire(n.region, n.function, n.qualifier)
	case r.Method == http.MethodPut && (rest == "code" || rest == "configuration"):
		p.pools.retire(n.region, n.function, "$LATEST")
	}
}

// setBody gives a request a body that was read.
func setBody(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.TransferEncoding = nil
}

// peek reads the body and puts it back. ok is false if it is too large to be
// looked into; it is whole then, too.
func peek(r *http.Request) (body []byte, ok bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxMessage+1))
	if err != nil || len(body) > maxMessage {
		rest := r.Body
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(body), broken{err}, rest), rest}
		return nil, false
	}
	setBody(r, body)
	return body, true
}

// broken repeats a failure to read; without one it is empty.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) {
	if b.err != nil && !errors.Is(b.err, io.EOF) {
		return 0, b.err
	}
	return 0, io.EOF
}

// captured is the emulator's answer, held back until the plane has learnt from
// it.
type captured struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func forward(next http.Handler, r *http.Request) *captured {
	c := &captured{header: http.Header{}, status: http.StatusOK}
	next.ServeHTTP(c, r)
	return c
}

func (c *captured) Header() http.Header               { return c.header }
func (c *captured) WriteHeader(status int)            { c.status = status }
func (c *captured) Write(content []byte) (int, error) { return c.body.Write(content) }

// FlushError lets the reverse proxy flush what is held back anyway.
func (c *captured) FlushError() error { return nil }

func (c *captured) succeeded() bool { return c.status < http.StatusMultipleChoices }

func (c *captured) write(w http.ResponseWriter) {
	for key, values := range c.header {
		w.Header()[key] = values
	}
	w.WriteHeader(c.status)
	_, _ = w.Write(c.body.Bytes()) // a client that left needs no answer
}
