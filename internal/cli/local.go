package cli

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

func (a *app) localCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "local",
		Short: "Run the local AWS: a background process on loopback",
		Long: `The local AWS answers as AWS does, on a free loopback port, and keeps all it has
in memory: when it stops, the environments in it are gone. Commands on an
environment with target "local" start it by themselves.`,
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.localUp(), a.localDown(), a.localStatus(), a.localLogs(), a.localServe())
	return cmd
}

func (a *app) localUp() *cobra.Command {
	return &cobra.Command{
		Use: "up", Short: "Start the local AWS, unless it runs already",
		Example: `  mandala-deploy local up`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, _, err := a.project()
			if err != nil {
				return err
			}
			status, err := localaws.Up(cmd.Context(), localDir(dir), a.localOptions())
			if err != nil {
				return err
			}
			return a.showLocal(status)
		},
	}
}

func (a *app) localDown() *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "Stop the local AWS; what is in it is gone",
		Example: `  mandala-deploy local down`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, _, err := a.project()
			if err != nil {
				return err
			}
			was, unknown := localaws.Describe(cmd.Context(), localDir(dir))
			if err := localaws.Down(cmd.Context(), localDir(dir)); err != nil {
				return err
			}
			if was.Running && unknown == nil && !a.flags.json {
				fmt.Fprintln(a.Stdout, "The local AWS was stopped; what was in it is gone.")
				return nil
			}
			return a.showLocal(localaws.Status{})
		},
	}
}

func (a *app) localStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show whether the local AWS runs, and where",
		Example: `  mandala-deploy local status
  mandala-deploy local status --json | jq -r '.endpoints[].url'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, _, err := a.project()
			if err != nil {
				return err
			}
			status, err := localaws.Describe(cmd.Context(), localDir(dir))
			if err != nil {
				return err
			}
			return a.showLocal(status)
		},
	}
}

func (a *app) showLocal(s localaws.Status) error {
	if a.flags.json {
		return view.WriteJSON(a.Stdout, s)
	}
	switch {
	case !s.Running:
		fmt.Fprintln(a.Stdout, "The local AWS is not running.")
	case !s.Healthy:
		fmt.Fprintf(a.Stdout, "The local AWS at %s (pid %d) does not answer; see `mandala-deploy local logs`.\n", s.Address, s.Server.PID)
	default:
		fmt.Fprintf(a.Stdout, "The local AWS answers at %s (pid %d, up since %s).\n", s.Address, s.Server.PID, s.StartedAt.Local().Format(time.DateTime))
		return a.showEndpoints(s.Endpoints)
	}
	return nil
}

// showEndpoints prints a table of what is deployed.
func (a *app) showEndpoints(endpoints []localaws.Endpoint) error {
	table := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	for _, e := range endpoints {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", e.Kind, e.Name, e.URL)
	}
	return table.Flush()
}

func (a *app) localLogs() *cobra.Command {
	const lines = 100
	var options localaws.LogOptions
	cmd := &cobra.Command{
		Use: "logs", Short: "Show the local AWS's log",
		Example: `  mandala-deploy local logs --lines 20
  mandala-deploy local logs --follow`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, _, err := a.project()
			if err != nil {
				return err
			}
			err = localaws.Logs(cmd.Context(), localDir(dir), a.Stdout, options)
			if options.Follow && cmd.Context().Err() != nil {
				return nil // Ctrl-C is how following ends
			}
			return err
		},
	}
	cmd.Flags().IntVarP(&options.Lines, "lines", "n", lines, "how many lines of each log; 0 for all")
	cmd.Flags().BoolVarP(&options.Follow, "follow", "f", false, "go on until Ctrl-C")
	return cmd
}

// localServe is the background process itself.
func (a *app) localServe() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "serve", Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), dir, a.localOptions()) },
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the instance's directory")
	_ = cmd.MarkFlagRequired("dir")
	return cmd
}

func serve(ctx context.Context, dir string, options localaws.Options) error {
	return localaws.Serve(ctx, dir, options)
}
