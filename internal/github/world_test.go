package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/github/githubtest"
)

// token is what the tests authenticate with; nothing may show it.
const token = "test-token-0815"

// comment is one of the stand-in's.
type comment struct {
	ID   int64  `json:"id"`
	Body string `json:"body"`
	URL  string `json:"html_url"`
	User user   `json:"user"`
}

type user struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
	Type  string `json:"type"`
}

var (
	ann = user{1, "ann", "User"}
	bot = user{2, "github-actions[bot]", "Bot"}
)

// hub stands in for GitHub: the comments of pull request 12 of o/r.
type hub struct {
	*httptest.Server
	prefix string                                        // of the paths
	me     user                                          // whose the token is
	more   func(http.ResponseWriter, *http.Request) bool // what else it has

	mu       sync.Mutex
	comments []comment
	requests []string // method and path with query
	fail     []func(http.ResponseWriter, *http.Request) bool
}

// newHub gives a stand-in with n comments of others before.
func newHub(t *testing.T, prefix string, me user, n int) *hub {
	t.Helper()
	h := &hub{prefix: prefix, me: me}
	for i := range n {
		h.add(ann, fmt.Sprintf("comment %d", i))
	}
	h.Server = githubtest.NewServer(t, prefix, h)
	return h
}

func (h *hub) add(by user, body string) {
	id := int64(len(h.comments) + 100)
	h.comments = append(h.comments, comment{id, body, fmt.Sprintf("https://github.example/o/r/pull/12#issuecomment-%d", id), by})
}

// failing makes the next requests fail, one after the other.
func (h *hub) failing(failures ...func(http.ResponseWriter, *http.Request) bool) {
	h.fail = append(h.fail, failures...)
}

// failingAfter fails one request after some that go well.
func (h *hub) failingAfter(count int, failure func(http.ResponseWriter, *http.Request) bool) {
	h.failing(append(slices.Repeat([]func(http.ResponseWriter, *http.Request) bool{well}, count), failure)...)
}

// answer fails a request with a status and headers, as JSON.
func answer(status int, body string, headers ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
		return true
	}
}

// well lets a request through.
func well(http.ResponseWriter, *http.Request) bool { return false }

// ServeHTTP implements http.Handler.
func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	path, ok := strings.CutPrefix(r.URL.Path, h.prefix)
	h.requests = append(h.requests, strings.TrimSuffix(r.Method+" "+path+"?"+r.URL.RawQuery, "?"))
	if !ok || r.Header.Get("Authorization") != "Bearer "+token {
		answer(http.StatusUnauthorized, `{"message":"Bad credentials"}`)(w, r)
		return
	}
	if len(h.fail) > 0 {
		fail := h.fail[0]
		h.fail = h.fail[1:]
		if fail(w, r) {
			return
		}
	}
	switch {
	case r.Method == http.MethodGet && path == "/user":
		h.user(w, r)
	case r.Method == http.MethodGet && path == "/repos/o/r/issues/12/comments":
		h.list(w, r)
	case r.Method == http.MethodPost && path == "/repos/o/r/issues/12/comments":
		h.add(h.me, body(r))
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(h.comments[len(h.comments)-1])
	case strings.HasPrefix(path, "/repos/o/r/issues/comments/"):
		h.one(w, r, strings.TrimPrefix(path, "/repos/o/r/issues/comments/"))
	case h.more != nil && h.more(w, r):
	default:
		answer(http.StatusNotFound, `{"message":"Not Found"}`)(w, r)
	}
}

func (h *hub) user(w http.ResponseWriter, r *http.Request) {
	if h.me.Type == "Bot" {
		answer(http.StatusForbidden, `{"message":"Resource not accessible by integration"}`)(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(h.me)
}

func (h *hub) list(w http.ResponseWriter, r *http.Request) {
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	from, to := min((page-1)*size, len(h.comments)), min(page*size, len(h.comments))
	if to < len(h.comments) {
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=%d&per_page=%d>; rel="next"`, r.Host, r.URL.Path, page+1, size))
	}
	_ = json.NewEncoder(w).Encode(append([]comment{}, h.comments[from:to]...)) // a list, also of none
}

func (h *hub) one(w http.ResponseWriter, r *http.Request, id string) {
	for i := range h.comments {
		if strconv.FormatInt(h.comments[i].ID, 10) != id {
			continue
		}
		if r.Method == http.MethodDelete {
			h.comments = append(h.comments[:i:i], h.comments[i+1:]...)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h.comments[i].Body = body(r)
		_ = json.NewEncoder(w).Encode(h.comments[i])
		return
	}
	answer(http.StatusNotFound, `{"message":"Not Found"}`)(w, r)
}

func body(r *http.Request) string {
	var sent struct{ Body string }
	_ = json.NewDecoder(r.Body).Decode(&sent)
	return sent.Body
}

// clock stands still but for the waits, which it keeps.
type clock struct {
	time  time.Time
	waits []time.Duration
}

// client gives a client of the stand-in that waits for nothing.
func client(t *testing.T, h *hub) (*Client, *clock) {
	t.Helper()
	c, err := New(Options{API: h.URL + h.prefix, Token: token + "\n", Version: "v1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	at := &clock{time: time.Now()} // the context's deadline knows no other
	c.now = func() time.Time { return at.time }
	c.sleep = func(ctx context.Context, wait time.Duration) error {
		at.time, at.waits = at.time.Add(wait), append(at.waits, wait)
		return ctx.Err()
	}
	return c, at
}
