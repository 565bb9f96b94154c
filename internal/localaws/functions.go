package localaws

import (
	"context"
	"log/slog"
	"net/url"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/lambda"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/metrics"
)

// startFunctions starts the data plane of Lambda and gives its routes.
func startFunctions(ctx context.Context, dir, emulator, proxy string, counts *metrics.Writer, logger *slog.Logger) (*lambda.Plane, []Route, error) {
	address := &url.URL{Scheme: "http", Host: proxy}
	plane, err := lambda.New(ctx, lambda.Options{
		Dir:         path(dir, functionsFolder),
		Emulator:    &url.URL{Scheme: "http", Host: emulator},
		Proxy:       address,
		Account:     Account,
		Environment: func(region string) map[string]string { return Environment(address.String(), region) },
		Metrics:     counts,
		Logger:      logger,
	})
	if err != nil {
		return nil, nil, err
	}
	return plane, []Route{
		{Name: "Invoke", Match: lambda.IsInvocation, Handler: plane.Invocations()},
		{Match: lambda.IsWatched, Through: plane.Watch},
	}, nil
}
