package notice

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/slack"
	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

var update = flag.Bool("update", false, "write the golden files")

// secretPath is what must be told nowhere.
const secretPath = "/services/T0SECRET/B0SECRET"

func full(kind engine.NoticeKind) engine.Notice {
	return engine.Notice{
		Kind: kind, Operation: engine.OperationApply, Environment: "production", Release: "v1.2.0", Previous: "v1.1.0",
		User: "ann", Reason: "the <new> tasks & goals", DeploymentID: "4f1c2d3e", CIRun: "https://ci.example/run/7", SiteURL: "https://site.example/",
		Seconds: 83.26, Changes: change.Summary{Create: 2, Update: 1},
	}
}

// channel is a Slack that answers in turn, the last answer from then on.
type channel struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	times  []time.Time
}

func slackThat(t *testing.T, answers ...http.HandlerFunc) *channel {
	t.Helper()
	c := &channel{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		c.bodies, c.times = append(c.bodies, string(body)), append(c.times, time.Now())
		answer := answers[min(len(c.bodies), len(answers))-1]
		c.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *channel) posts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.bodies)
}

func says(status int, text string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

func notifier(stored string) *Notifier {
	n := New(func(context.Context) (string, error) { return stored, nil })
	n.client.Backoff = time.Millisecond
	return n
}

func TestNotify(t *testing.T) {
	t.Parallel()
	ok := says(200, "ok")
	hangUp := func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			connection.Close()
		}
	}
	tests := map[string]struct {
		answers []http.HandlerFunc
		posts   int
		wants   string // in the error; "" for none
	}{
		"at once":                       {[]http.HandlerFunc{ok}, 1, ""},
		"too many requests":             {[]http.HandlerFunc{says(429, "rate_limited", "Retry-After", "0"), ok}, 2, ""},
		"too many for too long":         {[]http.HandlerFunc{says(429, "", "Retry-After", "3600")}, 1, "slack answered 429"},
		"an error of Slack's":           {[]http.HandlerFunc{says(500, "<html>"), says(503, ""), ok}, 3, ""},
		"errors without end":            {[]http.HandlerFunc{says(502, "")}, 4, "slack answered 502"},
		"a revoked webhook":             {[]http.HandlerFunc{says(404, "no_service\n")}, 1, "slack answered 404 no_service"},
		"a reason that is no reason":    {[]http.HandlerFunc{says(400, secretPath)}, 1, "slack answered 400"},
		"a lost connection":             {[]http.HandlerFunc{hangUp, ok}, 2, ""},
		"connections lost without end":  {[]http.HandlerFunc{hangUp}, 4, "EOF"},
		"a redirect, which is an error": {[]http.HandlerFunc{says(302, "", "Location", "https://elsewhere.example"+secretPath)}, 1, "slack answered 302"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slack := slackThat(t, test.answers...)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := notifier(slack.URL+secretPath).Notify(ctx, full(engine.NoticeStarted))
			if slack.posts() != test.posts {
				t.Errorf("%d posts, want %d", slack.posts(), test.posts)
			}
			if (err == nil) != (test.wants == "") || err != nil && (!problem.Is(err, problem.NoticeFailed) || !strings.Contains(err.Error(), test.wants)) {
				t.Errorf("got %v, want MD0834 with %q", err, test.wants)
			}
			secrecy(t, err)
			for _, body := range slack.bodies {
				if strings.Contains(body, "SECRET") || !json.Valid([]byte(body)) {
					t.Errorf("posted %s", body)
				}
			}
		})
	}
}

// secrecy sees that no format of an error, nor any error in it, has the URL.
func secrecy(t *testing.T, err error) {
	t.Helper()
	for each := err; each != nil; each = errors.Unwrap(each) {
		if text := fmt.Sprintf("%v %+v %#v", each, each, each); strings.Contains(text, "SECRET") {
			t.Errorf("the webhook is told by %T: %s", each, text)
		}
	}
}

func TestRetryAfterIsWaitedFor(t *testing.T) {
	t.Parallel()
	slack := slackThat(t, says(429, "", "Retry-After", "1"), says(200, "ok"))
	if err := notifier(slack.URL+secretPath).Notify(t.Context(), full(engine.NoticeStarted)); err != nil {
		t.Fatal(err)
	}
	if passed := slack.times[1].Sub(slack.times[0]); passed < time.Second {
		t.Errorf("tried again after %v", passed)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	slack := slackThat(t, says(200, "ok"))
	tests := map[string]struct {
		stored string
		fine   bool
	}{
		"the URL":                {slack.URL + secretPath + "\n", true},
		"an object":              {` {"url": "` + slack.URL + secretPath + `"}`, true},
		"nothing":                {"", false},
		"an object without it":   {`{"webhook": "https://hooks.example` + secretPath + `"}`, false},
		"a broken object":        {`{"url": "https://hooks.example` + secretPath, false},
		"without encryption":     {"http://hooks.example" + secretPath, false},
		"with a password":        {"https://user:SECRET@hooks.example" + secretPath, false},
		"no URL":                 {"https://hooks.example:SECRET" + secretPath, false},
		"another kind of URL":    {"file://localhost" + secretPath, false},
		"a placeholder's object": {`{"url": ""}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := notifier(test.stored).Notify(t.Context(), full(engine.NoticeFailed))
			if (err == nil) != test.fine || err != nil && !problem.Is(err, problem.NoWebhook) {
				t.Errorf("got %v", err)
			}
			secrecy(t, err)
		})
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	gone := slackThat(t, says(200, "ok"))
	gone.Close()
	err := notifier(gone.URL+secretPath+"?token=SECRET").Notify(t.Context(), full(engine.NoticeFailed))
	if !problem.Is(err, problem.NoticeFailed) {
		t.Errorf("got %v", err)
	}
	secrecy(t, err)

	denied := New(func(context.Context) (string, error) { return "", errors.New("denied") })
	if err := denied.Notify(t.Context(), full(engine.NoticeFailed)); !problem.Is(err, problem.NoWebhook) {
		t.Errorf("got %v", err)
	}
}

func TestItEndsWithItsContext(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	slack := slackThat(t, func(http.ResponseWriter, *http.Request) { <-stop })
	defer close(stop)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := notifier(slack.URL+secretPath).Notify(ctx, full(engine.NoticeFailed))
	if !problem.Is(err, problem.NoticeFailed) || slack.posts() != 1 {
		t.Errorf("got %v after %d posts", err, slack.posts())
	}
	secrecy(t, err)
}

func TestMessages(t *testing.T) {
	t.Parallel()
	with := func(kind engine.NoticeKind, edit func(*engine.Notice)) engine.Notice {
		n := full(kind)
		edit(&n)
		return n
	}
	many := make([]string, 40)
	for i := range many {
		many[i] = fmt.Sprintf("security.check-%d", i)
	}
	for name, notice := range map[string]engine.Notice{
		"started":   full(engine.NoticeStarted),
		"succeeded": full(engine.NoticeSucceeded),
		"failed": with(engine.NoticeFailed, func(n *engine.Notice) {
			n.Error, n.Checks = "MD0402: <!channel> health answers 500", []string{"health.answers", "monitoring.alarms"}
		}),
		"rolled-back": with(engine.NoticeRolledBack, func(n *engine.Notice) {
			n.Operation, n.Release, n.Previous = engine.OperationRollback, "v1.1.0", "v1.2.0"
		}),
		"destroy": {Kind: engine.NoticeStarted, Operation: engine.OperationDestroy, Environment: "staging", CIRun: "javascript:alert(1)"},
		"hostile": with(engine.NoticeFailed, func(n *engine.Notice) {
			n.Environment, n.Reason, n.Checks = strings.Repeat("<!here>", 500), strings.Repeat("&", 5000), many
			n.CIRun, n.SiteURL = "https://ann:pw@ci.example/a|b>c?d&e", "https://site.example/"+strings.Repeat("a", 5000)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			encoder := json.NewEncoder(&got)
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("", "  ")
			if err := encoder.Encode(slack.Render(messageOf(notice))); err != nil {
				t.Fatal(err)
			}
			if message := slack.Render(messageOf(notice)); mentions(message.Text) || mentions(message.Attachments[0].Fallback) || mentionsIn(t, []byte(got.String())) {
				t.Error("a mention gets through")
			}
			file := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v (make it with -update)", err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func mentions(text string) bool { return strings.Contains(text, "<!") || strings.Contains(text, "<@") }

// mentionsIn looks into every text that Slack reads as markdown.
func mentionsIn(t *testing.T, body []byte) bool {
	t.Helper()
	var document any
	if err := json.Unmarshal(body, &document); err != nil {
		t.Fatal(err)
	}
	found := false
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			text, _ := v["text"].(string)
			found = found || v["type"] == "mrkdwn" && mentions(text)
			for _, each := range v {
				walk(each)
			}
		case []any:
			for _, each := range v {
				walk(each)
			}
		}
	}
	walk(document)
	return found
}
