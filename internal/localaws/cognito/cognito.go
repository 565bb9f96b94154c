// Package cognito tells where the user pools of the local AWS are: what signs in
// has to know pool, client and address. Signing in itself is the emulator's.
package cognito

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// Pools knows the regions in which user pools were made.
type Pools struct {
	emulator *upstream.Client
	proxy    string

	mu      sync.Mutex
	regions map[string]bool
}

// New gives the pools of the emulator behind proxy.
func New(emulator, proxy *url.URL) *Pools {
	return &Pools{emulator: upstream.New(emulator), proxy: strings.TrimSuffix(proxy.String(), "/"), regions: map[string]bool{}}
}

const target = "AWSCognitoIdentityProviderService."

// IsWatched reports whether a request makes a user pool.
func IsWatched(r *http.Request) bool { return r.Header.Get("X-Amz-Target") == target+"CreateUserPool" }

// Watch gives a handler that passes requests on to the emulator and takes note of
// their regions.
func (p *Pools) Watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, region := upstream.Scope(r)
		p.mu.Lock()
		p.regions[region] = true
		p.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// Client is a client of a user pool; its name says all that a sign-in needs.
type Client struct{ Name, URL string }

// Clients lists every client of every pool.
func (p *Pools) Clients(ctx context.Context) ([]Client, error) {
	const page = 60 // the most that AWS gives at once
	p.mu.Lock()
	regions := slices.Sorted(maps.Keys(p.regions))
	p.mu.Unlock()
	var clients []Client
	for _, region := range regions {
		var pools struct {
			UserPools []struct {
				ID   string `json:"Id"`
				Name string
			}
		}
		if err := p.emulator.Call(ctx, "cognito-idp", region, "1.1", target+"ListUserPools", map[string]any{"MaxResults": page}, &pools); err != nil {
			return nil, fmt.Errorf("listing user pools: %w", err)
		}
		for _, pool := range pools.UserPools {
			var found struct {
				UserPoolClients []struct {
					ID   string `json:"ClientId"`
					Name string `json:"ClientName"`
				}
			}
			input := map[string]any{"UserPoolId": pool.ID, "MaxResults": page}
			if err := p.emulator.Call(ctx, "cognito-idp", region, "1.1", target+"ListUserPoolClients", input, &found); err != nil {
				return nil, fmt.Errorf("listing clients of %s: %w", pool.Name, err)
			}
			for _, client := range found.UserPoolClients {
				clients = append(clients, Client{
					Name: fmt.Sprintf("%s (pool %s, client %s)", client.Name, pool.ID, client.ID),
					URL:  p.proxy + "/",
				})
			}
		}
	}
	slices.SortFunc(clients, func(a, b Client) int { return cmp.Compare(a.Name, b.Name) })
	return clients, nil
}
