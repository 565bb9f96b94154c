package localaws

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/mail"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// startMail makes the data plane of SES; emulator and proxy are "127.0.0.1:PORT".
func startMail(emulator, proxy string, logger *slog.Logger) (*mail.Plane, []Route, endpointSource) {
	address := &url.URL{Scheme: "http", Host: proxy}
	plane := mail.New(mail.Options{
		Emulator: upstream.New(&url.URL{Scheme: "http", Host: emulator}),
		Proxy:    upstream.New(address), Logger: logger, Clock: time.Now,
	})
	routes := []Route{
		{Name: "mail", Match: mail.IsReading, Handler: plane.Reading()},
		{Match: mail.IsSending, Through: plane.Watch},
	}
	return plane, routes, func(context.Context) ([]Endpoint, error) {
		return []Endpoint{{Kind: "mail", Name: "what was sent", URL: address.String() + mail.Path}}, nil
	}
}
