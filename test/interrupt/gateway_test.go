package interrupt

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// gateway stands between everything that speaks to AWS and the local AWS. It
// knows each request by name and stops one of them at a chosen moment, so that
// a process dies exactly between what AWS did and what anyone heard of it.
type gateway struct {
	*httptest.Server

	mu   sync.Mutex
	trap *trap
}

// trap springs at the nth request of a name.
type trap struct {
	request string // see requestName
	nth     int    // from 1
	// answered springs it when AWS has carried the request out and nobody has
	// heard so; else it springs before AWS has got the request.
	answered bool
	// spring does the harm. If it reports true the request is lost: AWS does
	// not get it, or its sender not the answer.
	spring func() (lost bool)

	seen int
}

func newGateway(t testing.TB, address string) *gateway {
	t.Helper()
	upstream, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{}
	pass := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(upstream)
			r.Out.Host = r.In.Host // it is part of the signature
			// Read before it is sent on: the transport's look past the end of a
			// body that the server has closed would cut the answer off
			// (golang/go#40747; see endByItself in internal/localaws).
			if r.Out.ContentLength > 0 {
				body, err := io.ReadAll(r.Out.Body)
				if err != nil {
					panic(http.ErrAbortHandler) // the sender is gone
				}
				r.Out.Body = io.NopCloser(bytes.NewReader(body))
			}
		},
		// A connection for each request: none that breaks can lose an answer.
		Transport:     &http.Transport{DisableKeepAlives: true},
		FlushInterval: -1,
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		armed := g.sprung(r)
		// What AWS has got it carries out, whoever dies meanwhile.
		r = r.WithContext(context.WithoutCancel(r.Context()))
		if armed == nil {
			pass.ServeHTTP(w, r)
			return
		}
		if !armed.answered && armed.spring() {
			panic(http.ErrAbortHandler)
		}
		answer := httptest.NewRecorder()
		pass.ServeHTTP(answer, r)
		if armed.answered && armed.spring() {
			panic(http.ErrAbortHandler)
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // the sender may be dead
	}))
	t.Cleanup(g.Close)
	return g
}

// arm sets the trap; nil takes it away.
func (g *gateway) arm(t *trap) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.trap = t
}

// sprung gives the trap if this is the request that it waits for.
func (g *gateway) sprung(r *http.Request) *trap {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.trap == nil || requestName(r) != g.trap.request {
		return nil
	}
	if g.trap.seen++; g.trap.seen != g.trap.nth {
		return nil
	}
	return g.trap
}

// requestName gives a request's operation: CreateVpc, CreateSecret; of S3 its
// method and path, "PUT /bucket/key". The empty state that an interrupted plan
// writes where there is none yet has no name: nothing hangs on it.
func requestName(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndex(target, ".")+1:]
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return ""
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return ""
		}
		return form.Get("Action")
	}
	if len(r.URL.Query()) > 1 || r.URL.RawQuery != "" && r.URL.Query().Get("x-id") == "" {
		return "" // a bucket's parts and listings
	}
	if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, ".tfstate") {
		body, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if err != nil || bytes.Contains(body, []byte(`"resources": []`)) && bytes.Contains(body, []byte(`"outputs": {}`)) {
			return ""
		}
	}
	return r.Method + " " + strings.TrimSuffix(r.URL.Path, "/")
}
