package github

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/github/githubtest"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const marker = "<!-- marker: production -->"

func here() PullRequest { return PullRequest{"o", "r", 12} }

// writes gives a comment with a text, and keeps the one before.
func writes(text string, previous *string) func(string) string {
	return func(before string) string {
		if previous != nil {
			*previous = before
		}
		return marker + "\n" + text
	}
}

func TestComment(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		me       user
		before   func(*hub)
		outcome  Outcome
		previous string
		id       int64 // of the comment that has the text in the end
		requests []string
	}{
		"none yet": {ann, func(*hub) {}, Created, "", 350, []string{
			"GET /repos/o/r/issues/12/comments?page=1&per_page=100", "GET /repos/o/r/issues/12/comments?page=2&per_page=100", "GET /repos/o/r/issues/12/comments?page=3&per_page=100",
			"POST /repos/o/r/issues/12/comments"}},
		"on the third page": {ann, func(h *hub) { h.add(ann, marker+"\nold") }, Updated, marker + "\nold", 350, []string{
			"GET /repos/o/r/issues/12/comments?page=1&per_page=100", "GET /repos/o/r/issues/12/comments?page=2&per_page=100", "GET /repos/o/r/issues/12/comments?page=3&per_page=100",
			"GET /user", "PATCH /repos/o/r/issues/comments/350"}},
		"of an app":                        {bot, func(h *hub) { h.add(bot, marker+"\nold") }, Updated, marker + "\nold", 350, nil},
		"it says so already":               {ann, func(h *hub) { h.add(ann, marker+"\r\nnew") }, Unchanged, marker + "\r\nnew", 350, nil},
		"another environment's":            {ann, func(h *hub) { h.add(ann, "<!-- marker: prod -->\nold") }, Created, "", 351, nil},
		"quoted by someone":                {ann, func(h *hub) { h.add(ann, "> "+marker+"\n> old") }, Created, "", 351, nil},
		"someone else's with the marker":   {ann, func(h *hub) { h.add(user{9, "eve", "User"}, marker+"\nold") }, Created, "", 351, nil},
		"a person's, where an app asks":    {bot, func(h *hub) { h.add(ann, marker+"\nold") }, Created, "", 351, nil},
		"of a user that is gone":           {ann, func(h *hub) { h.add(user{}, marker+"\nold") }, Created, "", 351, nil},
		"someone else's before one's own":  {ann, func(h *hub) { h.add(user{9, "eve", "User"}, marker+"\nx"); h.add(ann, marker+"\nold") }, Updated, marker + "\nold", 351, nil},
		"two, of two runs at once":         {ann, func(h *hub) { h.add(ann, marker+"\nold"); h.add(ann, marker+"\nolder") }, Updated, marker + "\nold", 350, nil},
		"a failing page":                   {ann, func(h *hub) { h.failing(well, answer(500, "")) }, Created, "", 350, nil},
		"a failing update":                 {ann, func(h *hub) { h.add(ann, marker); h.failingAfter(4, answer(503, "<html>")) }, Updated, marker, 350, nil},
		"an answer to creating it is lost": {ann, func(h *hub) { h.failingAfter(3, lost(h)) }, Unchanged, marker + "\nnew", 350, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, "", c.me, 250)
			c.before(h)
			client, _ := client(t, h)
			var previous string
			got, err := client.Comment(t.Context(), here(), marker, writes("new", &previous))
			if err != nil {
				t.Fatal(err)
			}
			if got.Outcome != c.outcome || previous != c.previous || !strings.HasSuffix(got.URL, "-"+strconv.FormatInt(c.id, 10)) {
				t.Errorf("%+v after %q", got, previous)
			}
			var now []int64
			for _, each := range h.comments {
				if strings.ReplaceAll(each.Body, "\r\n", "\n") == marker+"\nnew" {
					now = append(now, each.ID)
				}
			}
			if diff := cmp.Diff([]int64{c.id}, now); diff != "" {
				t.Errorf("comments with the text: %s", diff)
			}
			if c.requests != nil {
				if diff := cmp.Diff(c.requests, h.requests); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// lost carries a creation out and cuts the connection instead of an answer.
func lost(h *hub) func(http.ResponseWriter, *http.Request) bool {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		h.add(h.me, body(r))
		panic(http.ErrAbortHandler)
	}
}

// The comments of two environments stay two, whichever is told first.
func TestTwoEnvironments(t *testing.T) {
	t.Parallel()
	h := newHub(t, "", bot, 0)
	client, _ := client(t, h)
	for _, text := range []string{"first", "second"} {
		for _, environment := range []string{"prod", "production"} {
			mark := "<!-- plan " + environment + " -->"
			if _, err := client.Comment(t.Context(), here(), mark, func(string) string { return mark + text }); err != nil {
				t.Fatal(err)
			}
		}
	}
	var got []string
	for _, each := range h.comments {
		got = append(got, each.Body)
	}
	if diff := cmp.Diff([]string{"<!-- plan prod -->second", "<!-- plan production -->second"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	const limited = `{"message":"You have exceeded a secondary rate limit","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`
	inSeconds := func(n int) string { return strconv.FormatInt(time.Now().Unix()+int64(n), 10) }
	cases := map[string]struct {
		fail  func(http.ResponseWriter, *http.Request) bool
		least time.Duration
		most  time.Duration
	}{
		"403 until the limit is reset":   {answer(403, `{"message":"API rate limit exceeded"}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", inSeconds(60)), 55 * time.Second, 62 * time.Second},
		"429 until the limit is reset":   {answer(429, `{}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", inSeconds(60)), 55 * time.Second, 62 * time.Second},
		"a reset that has passed":        {answer(403, `{}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", inSeconds(-60)), 0, time.Second},
		"429 with Retry-After":           {answer(429, `{}`, "Retry-After", "7"), 7 * time.Second, 7 * time.Second},
		"429 without":                    {answer(429, `{}`), 0, time.Second},
		"a secondary limit":              {answer(403, limited, "Retry-After", "30"), 30 * time.Second, 30 * time.Second},
		"a secondary limit without time": {answer(403, limited), time.Minute, time.Minute},
		"500":                            {answer(500, `{}`), time.Second / 2, time.Second},
		"502 with a page":                {answer(502, `<html>`), time.Second / 2, time.Second},
		"503 with a date":                {answer(503, ``, "Retry-After", time.Now().Add(20*time.Second).UTC().Format(http.TimeFormat)), 15 * time.Second, 21 * time.Second},
		"a connection that breaks":       {func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, time.Second / 2, time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, "", ann, 0)
			h.failing(c.fail)
			client, at := client(t, h)
			if _, err := client.Comment(t.Context(), here(), marker, writes("new", nil)); err != nil {
				t.Fatal(err)
			}
			if len(at.waits) != 1 || at.waits[0] < c.least || at.waits[0] > c.most {
				t.Errorf("waited %v, want between %v and %v", at.waits, c.least, c.most)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	soon := strconv.FormatInt(time.Now().Unix()+3600, 10)
	forever := func(fail func(http.ResponseWriter, *http.Request) bool) []func(http.ResponseWriter, *http.Request) bool {
		return slices.Repeat([]func(http.ResponseWriter, *http.Request) bool{fail}, 20)
	}
	cases := map[string]struct {
		fail     []func(http.ResponseWriter, *http.Request) bool
		code     problem.Code
		next     string
		requests int
	}{
		"401":                       {forever(answer(401, `{"message":"Bad credentials for `+token+`"}`)), problem.GitHubRefused, "GITHUB_TOKEN", 1},
		"403":                       {forever(answer(403, `{"message":"Resource not accessible by integration"}`, "X-RateLimit-Remaining", "4999")), problem.GitHubRefused, "pull-requests: write", 1},
		"404":                       {forever(answer(404, `{"message":"Not Found"}`)), problem.GitHubRefused, "exist", 1},
		"422 as it is created":      {append([]func(http.ResponseWriter, *http.Request) bool{well}, forever(answer(422, `{"message":"Validation Failed"}`))...), problem.GitHubRefused, "", 2},
		"500 for ever":              {forever(answer(500, ``)), problem.NotCommented, "later", attempts},
		"created never":             {append([]func(http.ResponseWriter, *http.Request) bool{well}, forever(answer(500, ``))...), problem.NotCommented, "later", 1 + attempts},
		"a limit for another hour":  {forever(answer(403, `{}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", soon)), problem.NotCommented, "after ", 1},
		"Retry-After another hour":  {forever(answer(429, `{}`, "Retry-After", "3600")), problem.NotCommented, "after ", 1},
		"it leads to another host":  {forever(answer(302, ``, "Location", "https://evil.example/")), problem.GitHubRefused, "", 1},
		"no JSON, although it says": {forever(answer(200, `<html>`, githubtest.Broken, "yes")), problem.NotCommented, "later", attempts},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, "", ann, 0)
			h.failing(c.fail...)
			client, _ := client(t, h)
			_, err := client.Comment(t.Context(), here(), marker, writes("new", nil))
			found := problem.Find(err)
			if len(found) != 1 || found[0].Code != c.code || !strings.Contains(found[0].Remedy(), c.next) {
				t.Fatalf("%v", err)
			}
			if strings.Contains(err.Error(), token) {
				t.Errorf("the token is told: %v", err)
			}
			if name != "created never" && len(h.requests) != c.requests {
				t.Errorf("%d requests, want %d: %v", len(h.requests), c.requests, h.requests)
			}
		})
	}
}

// A run that is stopped does not wait.
func TestStopped(t *testing.T) {
	t.Parallel()
	h := newHub(t, "", ann, 0)
	client, at := client(t, h)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := client.Comment(ctx, here(), marker, writes("new", nil)); !problem.Is(err, problem.NotCommented) || len(at.waits) > 0 {
		t.Errorf("%v after %v", err, at.waits)
	}
}

// A repository that was renamed is found where it is now, on the same host.
func TestRenamed(t *testing.T) {
	t.Parallel()
	h := newHub(t, "", ann, 0)
	h.failing(answer(301, ``, "Location", "/repos/o/r/issues/12/comments?page=1&per_page=100"), well, answer(307, ``, "Location", "/repos/o/r/issues/12/comments"))
	client, _ := client(t, h)
	if got, err := client.Comment(t.Context(), here(), marker, writes("new", nil)); err != nil || got.Outcome != Created || h.comments[0].Body != marker+"\nnew" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestEnterprise(t *testing.T) {
	t.Parallel()
	for _, slash := range []string{"", "/"} {
		h := newHub(t, "/git/api/v3", ann, 0)
		h.add(ann, marker)
		client, _ := client(t, h)
		c, err := New(Options{API: h.URL + h.prefix + slash, Token: token})
		if err != nil {
			t.Fatal(err)
		}
		client.api = c.api
		if got, err := client.Comment(t.Context(), here(), marker, writes("new", nil)); err != nil || got.Outcome != Updated {
			t.Errorf("%+v, %v: %v", got, err, h.requests)
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		options Options
		code    problem.Code
	}{
		"github.com":             {Options{Token: token}, ""},
		"Enterprise":             {Options{Token: token, API: "https://github.example/api/v3"}, ""},
		"loopback":               {Options{Token: token, API: "http://127.0.0.1:1"}, ""},
		"no token":               {Options{Token: " \n"}, problem.NoGitHubToken},
		"the token in the clear": {Options{Token: token, API: "http://github.example/api/v3"}, problem.NoPullRequest},
		"no address":             {Options{Token: token, API: "github"}, problem.NoPullRequest},
		"a password":             {Options{Token: token, API: "https://a:b@github.example"}, problem.NoPullRequest},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(c.options)
			if c.code == "" && err != nil || c.code != "" && !problem.Is(err, c.code) {
				t.Errorf("%v", err)
			}
		})
	}
}
