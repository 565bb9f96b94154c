package cli

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/aws"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/localaws"
	"github.com/goal-mandala/mandala-deploy/internal/verify"
)

// verifyTimeout is how long one request to the API or the site may take: API
// Gateway gives up after 29 s.
const verifyTimeout = 30 * time.Second

// verifier gives what verifies an environment.
func verifier(dir string, env *environment.Environment, cloud *aws.Client, pathStyle bool) *verify.Verifier {
	v := &verify.Verifier{
		Environment: env.Name, Settings: env.Settings, AWS: cloud.Config(), PathStyle: pathStyle,
		HTTP: &http.Client{Timeout: verifyTimeout}, Now: time.Now,
		Account: func(ctx context.Context) (string, error) {
			identity, err := cloud.Identity(ctx)
			return identity.Account, err
		},
	}
	if env.Settings.Target == environment.TargetLocal {
		v.HTTP.Transport = localTransport()
		v.Addresses = func(ctx context.Context, name string) (api, site string, err error) {
			return localAddresses(ctx, dir, name)
		}
	}
	return v
}

// localAddresses asks the local AWS where the API's stage and the site answer.
func localAddresses(ctx context.Context, dir, name string) (api, site string, err error) {
	status, err := localaws.Describe(ctx, localDir(dir))
	if err != nil {
		return "", "", fmt.Errorf("ask the local AWS for its endpoints: %w", err)
	}
	for _, endpoint := range status.Endpoints {
		switch {
		case endpoint.Kind == "api" && strings.HasPrefix(endpoint.Name, name+"-api "):
			api = endpoint.URL
		case endpoint.Kind == "site" && endpoint.Name == name:
			site = endpoint.URL
		}
	}
	return api, site, nil
}

// localTransport takes every name under localhost for this machine, as browsers do,
// and asks no proxy.
func localTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	return &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, port, err := net.SplitHostPort(address); err == nil && strings.HasSuffix(host, ".localhost") {
			address = net.JoinHostPort("127.0.0.1", port)
		}
		return dialer.DialContext(ctx, network, address)
	}}
}
