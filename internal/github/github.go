// Package github keeps a comment of a pull request, an issue of drift, and GitHub's
// Releases and Deployments up to date, and sets a repository up for the workflows. It is
// the only importer of go-github. The token reaches GitHub's API and nothing else: no log, no error,
// and no other host that an answer may lead to.
package github

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	gh "github.com/google/go-github/v92/github"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// DefaultAPI is where GitHub's API is, where GITHUB_API_URL says nothing.
const DefaultAPI = "https://api.github.com"

const (
	timeout  = 30 * time.Second // of one request
	patience = 3 * time.Minute  // for a comment as a whole, waiting included
	attempts = 5                // at one request
	backoff  = time.Second      // before the second attempt; doubled each time
	redirect = 5                // that are followed
)

// Options say how GitHub is reached.
type Options struct {
	API     string // base URL: GITHUB_API_URL; DefaultAPI when empty
	Token   string
	Version string // of this tool, for the User-Agent
	Needs   string // the permissions of a token for what is to be done; "" tells none
}

// Client speaks to one GitHub.
type Client struct {
	api     *gh.Client
	token   string // for scrubbing only
	task    task
	backoff time.Duration
	now     func() time.Time
	sleep   func(ctx context.Context, wait time.Duration) error
}

// New gives a client. The API's address may have a path, as a GitHub Enterprise
// Server's has.
func New(options Options) (*Client, error) {
	token := strings.TrimSpace(options.Token)
	if token == "" {
		missing := &problem.Error{Code: problem.NoGitHubToken, What: "there is no token for GitHub"}
		if options.Needs != "" {
			missing.Next = "set GITHUB_TOKEN to a token with " + options.Needs
		}
		return nil, missing
	}
	if options.API == "" {
		options.API = DefaultAPI
	}
	base, err := url.Parse(strings.TrimSuffix(options.API, "/") + "/")
	if err != nil || !private(base) || base.User != nil || base.RawQuery != "" {
		return nil, &problem.Error{Code: problem.NoPullRequest, What: "GITHUB_API_URL is no https address", Next: "set it to the address of GitHub's API, such as https://github.example/api/v3"}
	}
	address := base.String()
	api, err := gh.NewClient(
		gh.WithHTTPClient(&http.Client{Timeout: timeout, Transport: &bearer{base: base, token: token}, CheckRedirect: stay(base)}),
		gh.WithURLs(&address, &address), gh.WithUserAgent(strings.TrimSuffix("mandala-deploy/"+options.Version, "/")),
		gh.WithDisableRateLimitCheck(), // it would refuse instead of waiting
	)
	if err != nil {
		return nil, fmt.Errorf("make a client of GitHub: %w", err)
	}
	return &Client{api: api, token: token, backoff: backoff, now: time.Now, sleep: sleep}, nil
}

// private reports whether nobody reads along on the way to an address. Loopback
// is for tests and stand-ins.
func private(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return u.Hostname() != "" && (u.Scheme == "https" || u.Scheme == "http" && loopback)
}

// bearer adds the token to requests to GitHub's API, and only to those:
// go-github's own way adds it wherever a redirect leads.
type bearer struct {
	base  *url.URL
	token string
}

// RoundTrip implements http.RoundTripper.
func (b *bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Scheme != b.base.Scheme || request.URL.Host != b.base.Host {
		return nil, errors.New("GitHub led to another host")
	}
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(request)
}

// stay follows redirects, as of a repository that was renamed, on the same host.
func stay(base *url.URL) func(*http.Request, []*http.Request) error {
	return func(request *http.Request, via []*http.Request) error {
		if len(via) > redirect || request.URL.Host != base.Host || request.URL.Scheme != base.Scheme {
			return http.ErrUseLastResponse
		}
		return nil
	}
}

func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// pause is how long attempt was waited for without GitHub saying how long.
func (c *Client) pause(attempt int) time.Duration {
	whole := c.backoff << attempt
	return whole/2 + rand.N(whole/2+1) //nolint:gosec // only spreads what is tried again
}
