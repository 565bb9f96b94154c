package localaws

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// NewProxy gives the handler in front of the emulator at upstream. A request
// goes to the first route that matches, else to the emulator, as it came: the
// Host and the signature stay. Each is logged with its method, service,
// operation, status and milliseconds, never with contents.
func NewProxy(upstream *url.URL, routes []Route, logger *slog.Logger) http.Handler {
	transport := direct()
	p := &proxy{logger: logger, transport: transport, upstream: upstream, replay: newReplay(time.Now)}
	p.routes = append([]Route{{
		Name:    "health",
		Match:   func(r *http.Request) bool { return r.URL.Path == HealthPath },
		Handler: http.HandlerFunc(p.health),
	}}, routes...)
	p.reverse = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(upstream)
			r.Out.Host = r.In.Host
			r.Out.Header.Del("Expect") // this server has answered it
			endByItself(r.Out)
		},
		Transport:     transport,
		FlushInterval: -1, // streams pass as they come
		ModifyResponse: func(response *http.Response) error {
			if err := mendResponse(response); err != nil {
				return err
			}
			return p.replay.keep(response)
		},
		ErrorHandler: p.upstreamFailed,
		ErrorLog:     slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	return p
}

type proxy struct {
	upstream  *url.URL
	transport http.RoundTripper
	reverse   *httputil.ReverseProxy
	routes    []Route
	replay    *replay
	logger    *slog.Logger
}

// operationKey is the context key of a request's operation.
type operationKey struct{}

func operationOf(r *http.Request) operation {
	op, _ := r.Context().Value(operationKey{}).(operation)
	return op
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
	emulator := http.Handler(p.reverse)
	for _, route := range p.routes {
		if !route.Match(r) {
			continue
		}
		if route.Through != nil {
			emulator = route.Through(emulator)
		} else {
			route.Handler.ServeHTTP(recorder, r)
			if r.URL.Path != HealthPath { // asked too often to be of interest
				p.log(slog.LevelInfo, "request", r, operation{name: route.Name}, recorder.status, begin)
			}
			return
		}
	}
	op := classify(r)
	if p.replay.give(recorder, r) {
		p.log(slog.LevelInfo, "answer given again", r, op, recorder.status, begin)
		return
	}
	whole := false
	defer func() { // the reverse proxy panics to break an answer off
		if whole {
			p.log(slog.LevelInfo, "request", r, op, recorder.status, begin)
		} else {
			p.log(slog.LevelWarn, "answer broken off", r, op, recorder.status, begin)
		}
	}()
	emulator.ServeHTTP(recorder, r.WithContext(context.WithValue(r.Context(), operationKey{}, op)))
	whole = true
}

func (p *proxy) log(level slog.Level, message string, r *http.Request, op operation, status int, begin time.Time) {
	p.logger.Log(r.Context(), level, message, "method", r.Method, "service", op.service, "operation", op.name,
		"status", status, "ms", time.Since(begin).Milliseconds())
}

// health answers 200 if the emulator answers, 503 if not.
func (p *proxy) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
	defer cancel()
	status, text := http.StatusServiceUnavailable, "emulator down"
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, p.upstream.JoinPath("/moto-api/").String(), nil)
	if err == nil {
		if response, err := p.transport.RoundTrip(request); err == nil {
			response.Body.Close()
			status, text = http.StatusOK, "ok"
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"status":`+strconv.Quote(text)+"}\n")
}

// upstreamFailed answers when the emulator cannot be reached.
func (p *proxy) upstreamFailed(w http.ResponseWriter, r *http.Request, err error) {
	op := operationOf(r)
	p.logger.Warn("emulator does not answer", "service", op.service, "operation", op.name, "error", err)
	unavailable().write(w, op.protocol)
}

// mendResponse turns the pages that moto's web framework answers for itself
// into errors as AWS words them. moto's own answers pass: some of them call
// themselves HTML, too, but are not.
func mendResponse(response *http.Response) error {
	status := response.StatusCode
	if status < http.StatusBadRequest {
		return nil
	}
	op := operationOf(response.Request)
	switch {
	case status == http.StatusNotImplemented:
		replace(response, notImplemented(op), op.protocol)
	case !isPage(response):
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		replace(response, notImplemented(op), op.protocol)
	default:
		replace(response, internalFailure(op), op.protocol)
	}
	return nil
}

// isPage reports whether the body is an HTML document; it stays unread.
func isPage(response *http.Response) bool {
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
		return false
	}
	const doctype = "<!doctype html"
	body := bufio.NewReaderSize(response.Body, 64)
	head, _ := body.Peek(len(doctype)) // a shorter body is none
	response.Body = struct {
		io.Reader
		io.Closer
	}{body, response.Body}
	return strings.EqualFold(string(head), doctype)
}

// replace puts a fault in the place of a response.
func replace(response *http.Response, f fault, p protocol) {
	_ = response.Body.Close()
	body, contentType := f.render(p)
	response.StatusCode, response.Status = f.status, ""
	response.Body = io.NopCloser(bytes.NewReader(body))
	response.ContentLength = int64(len(body))
	response.Header = http.Header{
		"Content-Type":     {contentType},
		"Content-Length":   {strconv.Itoa(len(body))},
		"X-Amzn-Errortype": {f.code},
	}
}

// statusRecorder remembers the status for the log.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (s *statusRecorder) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap lets the reverse proxy flush.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
