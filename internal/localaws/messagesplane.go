package localaws

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/lambda"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/messages"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// startMessages starts the data plane of SNS and alarms; emulator and proxy are
// "127.0.0.1:PORT".
func startMessages(ctx context.Context, emulator, proxy string, functions *lambda.Plane, logger *slog.Logger) (*messages.Plane, Route) {
	plane := messages.New(ctx, messages.Options{
		Emulator: upstream.New(&url.URL{Scheme: "http", Host: emulator}),
		Proxy:    upstream.New(&url.URL{Scheme: "http", Host: proxy}),
		Account:  Account, Logger: logger, Clock: time.Now,
		Invoke: func(function string, payload []byte) error {
			return functions.Send(lambda.Event{Function: function, Payload: payload})
		},
	})
	return plane, Route{Match: messages.IsWatched, Through: plane.Watch}
}
