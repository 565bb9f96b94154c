package localaws

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/apigateway"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/cloudfront"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/cognito"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/metrics"
)

// sites are the data planes that pages and their users meet: API Gateway,
// CloudFront, and where Cognito's user pools are.
type sites struct {
	apis    *apigateway.Plane
	routes  []Route
	sources []endpointSource
}

// startSites starts the planes; emulator and proxy are "127.0.0.1:PORT".
func startSites(ctx context.Context, emulator, proxy string, counts *metrics.Writer, logger *slog.Logger) *sites {
	moto, local := &url.URL{Scheme: "http", Host: emulator}, &url.URL{Scheme: "http", Host: proxy}
	apis := apigateway.New(ctx, apigateway.Options{Emulator: moto, Proxy: local, Account: Account, Clock: time.Now, Logger: logger, Metrics: counts})
	edge := cloudfront.New(cloudfront.Options{
		Emulator: moto, Proxy: local, Clock: time.Now, Logger: logger,
		Origin: func(r *http.Request) (http.Handler, bool) { return apis, apigateway.IsStage(r) },
	})
	pools := cognito.New(moto, local)
	return &sites{
		apis: apis,
		routes: []Route{
			{Name: "Site", Match: cloudfront.IsSite, Handler: edge},
			{Name: "Stage", Match: apigateway.IsStage, Handler: apis},
			{Match: apigateway.IsWatched, Through: apis.Watch},
			{Match: cloudfront.IsWatched, Through: edge.Watch},
			{Match: cognito.IsWatched, Through: pools.Watch},
		},
		sources: []endpointSource{
			func(ctx context.Context) ([]Endpoint, error) {
				stages, err := apis.Stages(ctx)
				return endpoints("api", stages, func(s apigateway.Stage) (string, string) { return s.Name + " " + s.Stage, s.URL }), err
			},
			func(ctx context.Context) ([]Endpoint, error) {
				found, err := edge.Sites(ctx)
				return endpoints("site", found, func(s cloudfront.Site) (string, string) { return s.Name, s.URL }), err
			},
			func(ctx context.Context) ([]Endpoint, error) {
				found, err := pools.Clients(ctx)
				return endpoints("user-pool", found, func(c cognito.Client) (string, string) { return c.Name, c.URL }), err
			},
		},
	}
}

// endpoints makes endpoints of one kind.
func endpoints[T any](kind string, found []T, describe func(T) (name, url string)) []Endpoint {
	made := make([]Endpoint, len(found))
	for i, one := range found {
		name, url := describe(one)
		made[i] = Endpoint{Kind: kind, Name: name, URL: url}
	}
	return made
}

// close ends what the planes run.
func (s *sites) close() { s.apis.Close() }
