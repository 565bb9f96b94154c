package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

// environmentLine is one environment in the list.
type environmentLine struct {
	Name    string `json:"name"`
	Target  string `json:"target,omitempty"`
	Region  string `json:"region,omitempty"`
	Account string `json:"account,omitempty"`
	Bucket  string `json:"bucket,omitempty"`
	Layers  int    `json:"layers"`
	Error   string `json:"error,omitempty"`
}

func (a *app) environmentsCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "environments",
		Aliases: []string{"envs"},
		Short:   "List the project's environments",
		Example: `  mandala-deploy environments
  mandala-deploy environments --json | jq -r '.[].name'`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, fsys, err := a.project()
			if err != nil {
				return err
			}
			names, err := environment.Names(fsys)
			if err != nil {
				return err
			}
			lines := []environmentLine{}
			for _, name := range names {
				line := environmentLine{Name: name}
				if env, err := environment.Load(fsys, name); err != nil {
					line.Error = err.Error()
				} else {
					line = environmentLine{Name: name, Target: string(env.Settings.Target), Region: env.Settings.Region,
						Account: env.Settings.Account, Bucket: env.Settings.State.Bucket, Layers: len(env.Root.Layers)}
				}
				lines = append(lines, line)
			}
			if a.flags.json {
				return view.WriteJSON(a.Stdout, lines)
			}
			table := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "NAME\tTARGET\tREGION\tACCOUNT\tBUCKET\tLAYERS")
			for _, l := range lines {
				if l.Error != "" {
					fmt.Fprintf(table, "%s\t%s\n", l.Name, l.Error)
					continue
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\n", l.Name, l.Target, l.Region, l.Account, l.Bucket, l.Layers)
			}
			return table.Flush()
		},
	}
}

// completeEnvironments completes an environment's name.
func (a *app) completeEnvironments(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	_, fsys, err := a.project()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, err := environment.Names(fsys)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
