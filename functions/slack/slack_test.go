package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/slack"
)

// webhook answers with the statuses in turn, and with the last one from then on.
type webhook struct {
	*httptest.Server
	calls atomic.Int32
	body  atomic.Value // of the last request
}

func newWebhook(t *testing.T, answers ...func(http.ResponseWriter)) *webhook {
	t.Helper()
	hook := &webhook{}
	hook.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := int(hook.calls.Add(1))
		text, _ := io.ReadAll(r.Body)
		hook.body.Store(string(text))
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		answers[min(call, len(answers))-1](w)
	}))
	t.Cleanup(hook.Close)
	return hook
}

func status(code int, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprint(w, "no_service")
	}
}

func hang(w http.ResponseWriter) {
	time.Sleep(300 * time.Millisecond)
	w.WriteHeader(http.StatusOK)
}

func client() *slack.Client {
	c := slack.NewClient()
	c.Backoff, c.HTTP.Timeout = time.Millisecond, 100*time.Millisecond
	return c
}

const path = "/services/T000/B000/a-secret-path"

func TestPost(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answers []func(http.ResponseWriter)
		calls   int32
		fails   int // status of the error; 0 is none
	}{
		"taken":                      {answers: []func(http.ResponseWriter){status(200)}, calls: 1},
		"errors of Slack's":          {answers: []func(http.ResponseWriter){status(500), status(503, "Retry-After", "0"), status(502), status(200)}, calls: 4},
		"too many":                   {answers: []func(http.ResponseWriter){status(429, "Retry-After", "1"), status(200)}, calls: 2},
		"too many, at any time":      {answers: []func(http.ResponseWriter){status(429), status(200)}, calls: 2},
		"too slow once":              {answers: []func(http.ResponseWriter){hang, status(200)}, calls: 2},
		"never":                      {answers: []func(http.ResponseWriter){status(500)}, calls: 4, fails: 500},
		"refused":                    {answers: []func(http.ResponseWriter){status(400)}, calls: 1, fails: 400},
		"gone":                       {answers: []func(http.ResponseWriter){status(404)}, calls: 1, fails: 404},
		"a redirect is not followed": {answers: []func(http.ResponseWriter){status(307, "Location", "/elsewhere"), status(200)}, calls: 1, fails: 307},
		"later than there is time":   {answers: []func(http.ResponseWriter){status(429, "Retry-After", "60"), status(200)}, calls: 1, fails: 429},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hook := newWebhook(t, test.answers...)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			started := time.Now()
			err := client().Post(ctx, hook.URL+path, slack.Message{Title: "title"})
			var refused *slack.StatusError
			if errors.As(err, &refused) != (test.fails > 0) || test.fails > 0 && refused.Status != test.fails || test.fails == 0 && err != nil {
				t.Errorf("got %v, want status %d", err, test.fails)
			}
			if got := hook.calls.Load(); got != test.calls {
				t.Errorf("%d calls, want %d", got, test.calls)
			}
			if name == "too many" && time.Since(started) < time.Second {
				t.Error("Retry-After was not honoured")
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error has the URL: %v", err)
			}
		})
	}
}

// TestNoErrorHasTheURL goes through what fails before there is an answer.
func TestNoErrorHasTheURL(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	listener.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	hook := newWebhook(t, status(200))
	tests := map[string]struct {
		ctx     context.Context
		address string
		refused bool
	}{
		"nobody listens":      {ctx: t.Context(), address: closed + path},
		"the context is over": {ctx: ended, address: hook.URL + path},
		"http":                {ctx: t.Context(), address: "http://hooks.example.com" + path, refused: true},
		"no URL":              {ctx: t.Context(), address: "https://a b" + path, refused: true},
		"no scheme":           {ctx: t.Context(), address: "hooks.slack.com" + path, refused: true},
		"a file":              {ctx: t.Context(), address: "file://" + path, refused: true},
		"with a user":         {ctx: t.Context(), address: "https://secret:secret@hooks.example.com" + path, refused: true},
		"like loopback":       {ctx: t.Context(), address: "http://127.0.0.1.example.com" + path, refused: true},
		"empty":               {ctx: t.Context(), refused: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := client().Post(test.ctx, test.address, slack.Message{Title: "title"})
			if err == nil || errors.Is(err, slack.ErrAddress) != test.refused {
				t.Errorf("got %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error has the URL: %v", err)
			}
		})
	}
}

func TestTextsOfOthersAreNoMarkup(t *testing.T) {
	t.Parallel()
	evil := "<!channel> <https://evil.example|click> & *bold* `code`"
	const want = "&lt;!channel&gt; &lt;https://evil.example|click&gt; &amp; *bold* `code`"
	rendered, err := json.Marshal(slack.Render(slack.Message{
		Level: slack.Critical, Title: evil, Text: evil, Footer: evil,
		Fields: []slack.Field{{Name: evil, Value: evil}, {Name: "empty"}},
		Links: []slack.Link{
			{Text: "a|b <!here>", URL: "https://example.com/a|b?c=<d>&e=f#g"}, {Text: "script", URL: "javascript:alert(1)"}, {Text: "none", URL: "/a"},
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Text        string
		Attachments []struct {
			Color, Fallback string
			Blocks          []struct {
				Type     string
				Text     *struct{ Type, Text string }
				Fields   []struct{ Text string }
				Elements []struct{ Text string }
			}
		}
	}
	if err := json.Unmarshal(rendered, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Attachments) != 1 || len(got.Attachments[0].Blocks) != 5 {
		t.Fatalf("rendered %s", rendered)
	}
	attachment := got.Attachments[0]
	texts := []string{
		got.Text, attachment.Color, attachment.Fallback, attachment.Blocks[0].Text.Type, attachment.Blocks[1].Text.Text,
		attachment.Blocks[2].Fields[0].Text, attachment.Blocks[3].Text.Text, attachment.Blocks[4].Elements[0].Text,
	}
	if diff := cmp.Diff([]string{
		":rotating_light: " + want, "#e01e5a", want, "plain_text", want, "*" + want + "*\n" + want,
		"<https://example.com/a%7Cb?c=%3Cd%3E&amp;e=f#g|a/b &lt;!here&gt;>", want,
	}, texts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(attachment.Blocks[2].Fields) != 1 {
		t.Errorf("fields without a value: %+v", attachment.Blocks[2].Fields)
	}
}

func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<あ>&", 10000)
	message := slack.Message{Title: long, Text: long, Footer: long}
	for range 20 {
		message.Fields = append(message.Fields, slack.Field{Name: long, Value: long})
		message.Links = append(message.Links, slack.Link{Text: long, URL: "https://example.com/" + strings.Repeat("a", 1000)})
	}
	rendered := slack.Render(message)
	for _, block := range rendered.Attachments[0].Blocks.BlockSet {
		text, err := json.Marshal(block)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Type   string
			Text   struct{ Text string }
			Fields []struct{ Text string }
		}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		most := map[string]int{"header": 150, "section": 3000, "context": 3000}[got.Type]
		if length := len([]rune(got.Text.Text)); length > most || strings.Contains(got.Text.Text, "&am…") {
			t.Errorf("%s: %d characters", got.Type, length)
		}
		if len(got.Fields) > 10 {
			t.Errorf("%d fields", len(got.Fields))
		}
		for _, field := range got.Fields {
			if length := len([]rune(field.Text)); length > 2000 {
				t.Errorf("a field of %d characters", length)
			}
		}
	}
}
