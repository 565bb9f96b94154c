package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/view"
)

func (a *app) graphCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "graph ENV",
		Short: "Show the layers, and the references that put them in order",
		Example: `  mandala-deploy graph production
  mandala-deploy graph production --format mermaid`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains([]string{"text", "dot", "mermaid", "json"}, format) {
				return flagProblem("--format", "--format wants text, dot, mermaid or json, not "+format)
			}
			_, _, env, err := a.load(args[0])
			if err != nil {
				return err
			}
			g, err := view.GraphOf(env.Root)
			if err != nil {
				return err
			}
			if a.flags.json {
				format = "json"
			}
			switch format {
			case "text":
				view.GraphText(a.Stdout, g)
			case "dot":
				view.GraphDot(a.Stdout, g)
			case "mermaid":
				view.GraphMermaid(a.Stdout, g)
			case "json":
				return view.WriteJSON(a.Stdout, g)
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text, dot, mermaid or json")
	return cmd
}
