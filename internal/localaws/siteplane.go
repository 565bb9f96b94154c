package localaws

import (
	"log/slog"
	"net/url"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// sites are the data planes that pages and their users meet: API Gateway,
// Cognito and CloudFront.
type sites struct {
	routes  []Route
	sources []endpointSource
}

// startSites makes the planes; emulator and proxy are "127.0.0.1:PORT".
func startSites(emulator, proxy string, logger *slog.Logger) *sites {
	_ = upstream.New(&url.URL{Scheme: "http", Host: emulator})
	_, _ = proxy, logger
	return &sites{}
}

// close ends what the planes run.
func (s *sites) close() {}
