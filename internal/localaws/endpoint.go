package localaws

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Endpoint is where something that is deployed answers.
type Endpoint struct {
	Kind string `json:"kind"` // api, site, user-pool, database …
	Name string `json:"name"`
	URL  string `json:"url"`
}

// EndpointsPath answers the endpoints of what is deployed, as JSON.
const EndpointsPath = "/_mandala/endpoints"

// endpointSource lists the endpoints of one data plane, in a stable order.
type endpointSource func(context.Context) ([]Endpoint, error)

// endpointsRoute answers what the sources list, in their order.
func endpointsRoute(sources ...endpointSource) Route {
	return Route{
		Name:  "endpoints",
		Match: func(r *http.Request) bool { return r.URL.Path == EndpointsPath },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			all := []Endpoint{}
			for _, list := range sources {
				some, err := list(r.Context())
				if err != nil {
					http.Error(w, err.Error(), http.StatusInternalServerError)
					return
				}
				all = append(all, some...)
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(all) // a client that left needs no answer
		}),
	}
}

// askEndpoints asks a running local AWS.
func askEndpoints(ctx context.Context, address string) ([]Endpoint, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+EndpointsPath, nil)
	if err != nil {
		return nil, err
	}
	response, err := direct().RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusNotImplemented {
		return nil, nil // a server of before there were endpoints
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking for endpoints: the local AWS answers %s; its log says why", response.Status)
	}
	var endpoints []Endpoint
	err = json.NewDecoder(response.Body).Decode(&endpoints)
	return endpoints, err
}
