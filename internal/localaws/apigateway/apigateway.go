// Package apigateway is the data plane of API Gateway in the local AWS: it serves
// the stages of REST APIs as they are deployed, with their authorizers, gateway
// responses, limits and access logs, and calls the functions behind them.
package apigateway

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/metrics"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// PathPrefix is where stages answer on the local AWS's own address:
// PathPrefix + API + "/" + STAGE + path.
const PathPrefix = "/_aws/execute-api/"

// Options say what a plane serves. All fields have to be set.
type Options struct {
	// Emulator is where moto answers, Proxy where the local AWS does: functions
	// are invoked there.
	Emulator, Proxy *url.URL
	// Account is the account that the emulator acts as.
	Account string
	Clock   func() time.Time
	Logger  *slog.Logger
	// Metrics is told of every call.
	Metrics *metrics.Writer
}

// Plane serves the APIs of one local AWS.
type Plane struct {
	options  Options
	emulator *upstream.Client
	proxy    *upstream.Client
	apis     *registry
	keys     *keys
	limits   *limits
	logs     *shipper
	end      context.CancelFunc
	owned    sync.WaitGroup
}

// New starts a plane, which lives until Close.
func New(ctx context.Context, options Options) *Plane {
	ctx, end := context.WithCancel(ctx)
	emulator := upstream.New(options.Emulator)
	p := &Plane{
		options: options, emulator: emulator, proxy: upstream.New(options.Proxy),
		apis: newRegistry(emulator), keys: newKeys(emulator), limits: newLimits(options.Clock),
		logs: newShipper(emulator, options.Logger), end: end,
	}
	p.owned.Go(func() { p.logs.run(ctx) })
	return p
}

// Close writes what waits to be logged and ends the plane.
func (p *Plane) Close() {
	p.end()
	p.owned.Wait()
}

// host is the name that AWS gives an API, and the same name on loopback:
// ID.execute-api.REGION.amazonaws.com and ID.execute-api.localhost.
var host = regexp.MustCompile(`^([a-z0-9]+)\.execute-api\.(?:(?:[a-z0-9-]+\.)?localhost|[a-z0-9-]+\.amazonaws\.com)(?::\d+)?$`)

// IsStage reports whether a request is for a stage of an API.
func IsStage(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, PathPrefix) || host.MatchString(r.Host)
}

// address splits a request's address into API, stage and the stage's own path,
// which is decoded and begins with a slash.
func address(r *http.Request) (api, stage, path string) {
	rest := r.URL.EscapedPath()
	if after, ok := strings.CutPrefix(rest, PathPrefix); ok {
		api, rest, _ = strings.Cut(after, "/")
	} else {
		api = host.FindStringSubmatch(r.Host)[1]
		rest = strings.TrimPrefix(rest, "/")
	}
	stage, path, _ = strings.Cut(rest, "/")
	return api, stage, "/" + path
}

// IsWatched reports whether the plane wants to see the request on its way to the
// emulator: changes of APIs and of user pools.
func IsWatched(r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return false
	}
	switch service, _ := upstream.Scope(r); service {
	case "apigateway":
		return true
	case "cognito-idp":
		return strings.Contains(r.Header.Get("X-Amz-Target"), ".DeleteUserPool") // or a client of one
	default:
		return false
	}
}

// Watch gives a handler that passes requests on to the emulator and forgets what
// they may have changed.
func (p *Plane) Watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		service, region := upstream.Scope(r)
		answer := upstream.Forward(next, r)
		if service == "apigateway" {
			p.apis.changed(region)
			if api, ok := deploys(r); ok && answer.Succeeded() {
				if err := p.apis.deployed(r.Context(), region, api, answer.Body.Bytes()); err != nil {
					p.options.Logger.Warn("keeping a deployment", "api", api, "error", err)
				}
			}
		} else {
			p.keys.forget()
		}
		answer.Send(w)
	})
}

// deploys reports whether a request is CreateDeployment, and of which API.
func deploys(r *http.Request) (api string, ok bool) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if r.Method == http.MethodPost && len(parts) == 3 && parts[0] == "restapis" && parts[2] == "deployments" {
		return parts[1], true
	}
	return "", false
}

// Stage is one that answers.
type Stage struct{ API, Name, Stage, URL string }

// Stages lists what answers, by the names of the APIs.
func (p *Plane) Stages(ctx context.Context) ([]Stage, error) {
	var stages []Stage
	for _, region := range p.apis.seen() {
		found, err := p.apis.list(ctx, region)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			s.URL = strings.TrimSuffix(p.options.Proxy.String(), "/") + PathPrefix + s.API + "/" + s.Stage
			stages = append(stages, s)
		}
	}
	return stages, nil
}
