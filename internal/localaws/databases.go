package localaws

import (
	"context"
	"log/slog"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/rds"
)

// startDatabases makes the data plane of RDS, with its route and its endpoints.
func startDatabases(ctx context.Context, logger *slog.Logger) (*rds.Plane, Route, endpointSource, error) {
	plane, err := rds.New(ctx, logger)
	if err != nil {
		return nil, Route{}, nil, err
	}
	list := func(context.Context) ([]Endpoint, error) {
		var all []Endpoint
		for _, database := range plane.Databases() {
			endpoint := Endpoint{Kind: "database", Name: database.Cluster, URL: database.URL}
			if database.Err != nil {
				endpoint.URL = "none: " + database.Err.Error()
			}
			all = append(all, endpoint)
		}
		return all, nil
	}
	return plane, Route{Match: rds.IsWatched, Through: plane.Watch}, list, nil
}
