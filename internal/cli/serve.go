package cli

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/dashboard"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

type serveOptions struct {
	port         int
	open         bool
	environments []string
}

// refresh is how often the dashboard looks at an environment that rests.
const refresh = 10 * time.Second

func (a *app) serveCommand() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve [ENV...]",
		Short: "Show the environments side by side in the browser, live, to look at only",
		Long: `serve shows each environment's version, health, drift, lease, last deployments with
their reports, and the progress of a run that goes on, from whatever machine. It
listens on loopback only, and answers who has the token in the address that it
prints. It changes nothing, and starts no local AWS. Ctrl-C ends it.`,
		Example: `  mandala-deploy serve --open
  mandala-deploy serve staging production --port 8080`,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.environments = args
			return a.serve(cmd.Context(), o)
		},
	}
	cmd.Flags().IntVar(&o.port, "port", 0, "port on loopback (default: one that is free)")
	cmd.Flags().BoolVar(&o.open, "open", false, "open it in the browser")
	return cmd
}

func (a *app) serve(ctx context.Context, o serveOptions) error {
	_, fsys, err := a.project()
	if err != nil {
		return err
	}
	names := o.environments
	for _, name := range names { // one that does not exist is an error at once
		if _, err := environment.LoadSettings(fsys, name); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		if names, err = environment.Names(fsys); err != nil {
			return err
		}
	}
	return a.onLoopback(ctx, o.port, o.open, dashboard.Options{Source: &onlooker{app: a, names: names}, Refresh: refresh})
}

// onLoopback serves on loopback until the context ends, and tells the address.
func (a *app) onLoopback(ctx context.Context, port int, open bool, options dashboard.Options) error {
	if port < 0 || port > 65535 {
		return flagProblem("--port", fmt.Sprintf("--port wants a number up to 65535, not %d", port))
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return &problem.Error{Code: problem.NotServed, Where: problem.Location{Flag: "--port"}, What: "nothing can be served on loopback", Err: err}
	}
	options.Token, options.Now = newToken(), utcNow
	address := fmt.Sprintf("http://%s/%s/", listener.Addr(), options.Token)
	if a.flags.json {
		if err := view.WriteJSON(a.Stdout, map[string]string{"address": address}); err != nil {
			return err
		}
	} else {
		view.Serving(a.Stdout, address)
	}
	if open {
		a.browse(ctx, address)
	}
	if err := dashboard.Serve(ctx, listener, dashboard.New(options)); err != nil {
		return &problem.Error{Code: problem.NotServed, What: "the dashboard ended", Err: err}
	}
	return nil
}

// newToken gives 192 random bits as the part of an address.
func newToken() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails, says its documentation
	return base64.RawURLEncoding.EncodeToString(b[:])
}
