package dashboard

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const token = "a-token"

func now() time.Time { return time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC) }

// world is two environments; a name with "broken" in it cannot be looked at.
type world struct {
	mu    sync.Mutex
	looks int
	runs  bool
}

func (*world) Names() []string { return []string{"production", "broken"} }

func (w *world) Look(_ context.Context, name string) (*Standing, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	if name == "broken" {
		return nil, &problem.Error{Code: problem.NoCredentials, What: "no AWS credentials, password=hunter2"}
	}
	record := engine.Record{ID: "4f1c", Environment: name, Operation: engine.OperationApply, Status: engine.Succeeded, Release: "v1.2.0<script>", User: "hana", StartedAt: now().Add(-time.Hour),
		Verification: &engine.VerificationRecord{Result: engine.Failed, Passed: 1, Failed: []string{"health.api"}}}
	s := &Standing{Overview: engine.Overview{Environment: name, Release: record.Release, Standing: &record, Verified: &record, Deployments: []engine.Record{record}}, Drift: &Drift{At: now(), Resources: 2, Layers: []string{"api"}}}
	if w.runs {
		s.Running = &engine.Underway{Record: engine.Record{ID: "5a5a", Operation: engine.OperationRollback, Release: "v1.1.0", StartedAt: now().Add(-time.Minute), Phases: []engine.PhaseRecord{{Name: engine.PhaseVerify, Status: engine.Running, StartedAt: now().Add(-5 * time.Second)}}},
			Layers: []engine.LayerUnderway{{Name: "api", Status: engine.Succeeded, Planned: 3, Done: 1}, {Name: "web", Status: engine.Running, Planned: 5, Done: 2, Working: []engine.Event{{Action: "create", Address: "module.web.aws_thing.this", Time: now().Add(-3 * time.Second)}}}}}
	}
	return s, nil
}

func (*world) Report(_ context.Context, environment, id string, links func(string) string) ([]byte, error) {
	if id == "none" {
		return nil, &problem.Error{Code: problem.UnknownDeployment, What: "there is none"}
	}
	if id == "down" {
		return nil, errors.New("token=hunter2")
	}
	text := "report of " + id + " of " + environment
	if links != nil {
		text += " beside " + links("9/9")
	}
	return []byte(text), nil
}

// ask gives the answer to a request.
func ask(handler http.Handler, method, target, host string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, target, nil)
	request.Host = host
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

func TestWhoIsAnswered(t *testing.T) {
	t.Parallel()
	open, only := New(Options{Token: token, Source: &world{}, Now: now}), New(Options{Token: token, Source: &world{}, Now: now, Only: "production/4f1c"})
	cases := map[string]struct {
		server               *Server
		method, target, host string
		status               int
		text                 string
	}{
		"the dashboard":                 {open, "GET", "/a-token/", "127.0.0.1:8080", 200, "<title>Environments</title>"},
		"by another name of loopback":   {open, "GET", "/a-token/", "localhost:8080", 200, "production"},
		"by IPv6":                       {open, "GET", "/a-token/", "[::1]:8080", 200, "production"},
		"without a port":                {open, "GET", "/a-token/", "localhost", 200, "production"},
		"by a name of elsewhere":        {open, "GET", "/a-token/", "evil.example:8080", 403, "this machine only"},
		"by a name that begins so":      {open, "GET", "/a-token/", "localhost.evil.example", 403, "this machine only"},
		"without the token":             {open, "GET", "/", "127.0.0.1", 404, "nothing here"},
		"with a part of the token":      {open, "GET", "/a-toke/", "127.0.0.1", 404, "nothing here"},
		"with the token as a query":     {open, "GET", "/?token=a-token", "127.0.0.1", 404, "nothing here"},
		"with more than the token":      {open, "GET", "/a-tokens/", "127.0.0.1", 404, "nothing here"},
		"to change something":           {open, "POST", "/a-token/", "127.0.0.1", 405, "look at only"},
		"a report":                      {open, "GET", "/a-token/report/production/4f1c", "127.0.0.1", 200, "report of 4f1c of production beside ../../report/production/9%2F9"},
		"a report of nothing":           {open, "GET", "/a-token/report/production/none", "127.0.0.1", 404, "there is none [MD0831]"},
		"a report that cannot be made":  {open, "GET", "/a-token/report/production/down", "127.0.0.1", 502, "(looks like a secret)"},
		"a report of elsewhere":         {open, "GET", "/a-token/report/nowhere/4f1c", "127.0.0.1", 404, "no such environment"},
		"what is not there":             {open, "GET", "/a-token/../../etc/passwd", "127.0.0.1", 404, ""},
		"one report only":               {only, "GET", "/a-token/report/production/4f1c", "127.0.0.1", 200, "report of 4f1c of production"},
		"one report's way":              {only, "GET", "/a-token/", "127.0.0.1", 303, ""},
		"another than the only report":  {only, "GET", "/a-token/report/production/5a5a", "127.0.0.1", 404, "no such page"},
		"no dashboard beside a report":  {only, "GET", "/a-token/live", "127.0.0.1", 404, "no such page"},
		"nothing that names the secret": {open, "GET", "/a-token/", "127.0.0.1", 200, "no AWS credentials, (looks like a secret)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := ask(c.server, c.method, c.target, c.host)
			body := response.Body.String()
			if response.Code != c.status || !strings.Contains(body, c.text) {
				t.Errorf("status %d, want %d: %.300s", response.Code, c.status, body)
			}
			if strings.Contains(body, "hunter2") || strings.Contains(body, "v1.2.0<script>") {
				t.Errorf("%s", body)
			}
			for header, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"} {
				if got := response.Header().Get(header); got != want {
					t.Errorf("%s: %s", header, got)
				}
			}
			if got := response.Header().Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || !strings.Contains(got, "frame-ancestors 'none'") {
				t.Errorf("content security policy %s", got)
			}
			if response.Header().Get("Set-Cookie") != "" {
				t.Error("it sets a cookie")
			}
		})
	}
	if response := ask(New(Options{Source: &world{}, Now: now}), "GET", "//", "localhost"); response.Code != 404 {
		t.Errorf("a server without a token answers with status %d", response.Code)
	}
}

func TestWhatStandsInACard(t *testing.T) {
	t.Parallel()
	body := ask(New(Options{Token: token, Source: &world{runs: true}, Now: now}), "GET", "/a-token/", "localhost").Body.String()
	for _, want := range []string{
		"v1.2.0&lt;script&gt;", "1 did not pass", "2 differ", "in api", "free", "rollback to v1.1.0</a>, since 60 s", `<progress max="8" value="5"`, "create aws_thing.this, 3.0 s", "verify <small>5.0 s</small>", `href="report/production/4f1c"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing: %s", want, body)
		}
	}
}

func TestManyPagesAskOnce(t *testing.T) {
	t.Parallel()
	w := &world{}
	s := New(Options{Token: token, Source: w, Now: now, Refresh: time.Minute})
	for range 5 {
		ask(s, "GET", "/a-token/", "localhost")
	}
	if w.looks != 2 {
		t.Errorf("%d looks at two environments", w.looks)
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	w := &world{}
	server := httptest.NewServer(New(Options{Token: token, Source: w, Now: now}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/a-token/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	next := func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return ""
	}
	if first, second := next(), next(); !strings.Contains(first, `"id":"environment-production"`) || !strings.Contains(second, `"id":"environment-broken"`) {
		t.Errorf("%s, %s", first, second)
	}
	w.mu.Lock()
	w.runs = true
	w.mu.Unlock()
	if changed := next(); !strings.Contains(changed, `"word":"production: rollback to v1.1.0"`) {
		t.Errorf("%s", changed)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, listener, New(Options{Token: token, Source: &world{}, Now: now})) }()
	response, err := http.Get("http://" + listener.Addr().String() + "/a-token/")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
