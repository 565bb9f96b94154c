// Package cloudfront is the data plane of CloudFront in the local AWS: it serves
// distributions as they are deployed, with their behaviours, functions, caches,
// policies and error pages, from buckets of the emulator and stages of REST APIs.
package cloudfront

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// PathPrefix is where distributions answer on the local AWS's own address:
// PathPrefix + ID + path.
const PathPrefix = "/_aws/cloudfront/"

// Options say what a plane serves. All fields have to be set.
type Options struct {
	Emulator *url.URL // where moto answers
	Proxy    *url.URL // where the local AWS does
	// Origin gives who answers for an origin that is no bucket, by the request's
	// host; false where nobody does.
	Origin func(*http.Request) (http.Handler, bool)
	Clock  func() time.Time
	Logger *slog.Logger
}

// Plane serves the distributions of one local AWS.
type Plane struct {
	options  Options
	emulator *upstream.Client
	config   *configs
	cache    *cache
}

// New gives a plane.
func New(options Options) *Plane {
	emulator := upstream.New(options.Emulator)
	return &Plane{options: options, emulator: emulator, config: newConfigs(emulator), cache: newCache(options.Clock)}
}

// host is a distribution's name: ID.cloudfront.localhost, or its domain name's
// first label in the place of the id, or that domain name itself.
var host = regexp.MustCompile(`(?i)^([a-z0-9]+)\.cloudfront\.(?:localhost|net)(?::\d+)?$`)

// IsSite reports whether a request is for a distribution.
func IsSite(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, PathPrefix) || host.MatchString(r.Host)
}

// address splits a request's address into the distribution's id or label and the
// path, as it stands in the request.
func address(r *http.Request) (name, path string) {
	rest := r.URL.EscapedPath()
	after, ok := strings.CutPrefix(rest, PathPrefix)
	if !ok {
		return host.FindStringSubmatch(r.Host)[1], rest
	}
	name, path, _ = strings.Cut(after, "/")
	return name, "/" + path
}

// IsWatched reports whether the plane wants to see the request on its way to the
// emulator: changes of CloudFront, and of buckets' policies.
func IsWatched(r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return false
	}
	service, _ := upstream.Scope(r)
	return service == "cloudfront" || service == "s3" && r.URL.Query().Has("policy")
}

// Watch gives a handler that passes requests on to the emulator and forgets what
// they change: settings, and what an invalidation names.
func (p *Plane) Watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, paths := invalidation(r)
		answer := upstream.Forward(next, r)
		p.config.forget()
		if answer.Succeeded() && id != "" {
			p.cache.invalidate(id, paths)
		}
		answer.Send(w)
	})
}

// Site is a distribution that answers.
type Site struct{ Name, URL string }

// Sites lists the distributions, each by its first alias or its comment, with the
// address that a browser takes.
func (p *Plane) Sites(ctx context.Context) ([]Site, error) {
	found, err := p.config.list(ctx)
	if err != nil {
		return nil, err
	}
	sites := make([]Site, len(found))
	for i, one := range found {
		d, err := ask[distribution](ctx, p.config, "distribution/"+one.ID)
		if err != nil {
			return nil, err
		}
		name := cmp.Or(d.Config.Comment, d.ID)
		if len(d.Config.Aliases) > 0 {
			name = d.Config.Aliases[0]
		}
		sites[i] = Site{Name: name, URL: "http://" + strings.ToLower(d.ID) + ".cloudfront.localhost:" + p.options.Proxy.Port() + "/"}
	}
	slices.SortFunc(sites, func(a, b Site) int { return cmp.Compare(a.Name, b.Name) })
	return sites, nil
}
