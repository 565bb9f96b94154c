package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/view"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status ENV",
		Short: "Show layers, last deployment, lease and interrupted runs",
		Example: `  mandala-deploy status production
  mandala-deploy status local --json | jq .layers`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			status, err := e.Status(cmd.Context())
			if err != nil {
				return err
			}
			if a.flags.json {
				return view.WriteJSON(a.Stdout, view.StatusForJSON(status))
			}
			view.Status(a.Stdout, status, a.palette(a.Stdout))
			return nil
		},
	}
}

func (a *app) unlockCommand() *cobra.Command {
	var confirm string
	var force bool
	cmd := &cobra.Command{
		Use:   "unlock ENV --confirm ENV",
		Short: "Break an expired lease, or a live one by force, and record it",
		Long: `unlock breaks the environment's lease and releases the locks that its dead run
left on states, unless their Terraform may still be at work. With --force it
breaks a live lease and any state lock, and closes an unfinished run without
adopting what it created: do that only if its holder is surely dead.`,
		Example:           `  mandala-deploy unlock staging --confirm staging`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := confirmed("unlock", args[0], confirm); err != nil {
				return err
			}
			e, err := a.engine(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			result, err := e.Unlock(cmd.Context(), force)
			if err != nil {
				return err
			}
			if a.flags.json {
				return view.WriteJSON(a.Stdout, result)
			}
			if result.Holder != nil {
				fmt.Fprintf(a.Stdout, "Broke the lease of %s@%s (run %s).\n", result.Holder.User, result.Holder.Host, result.Holder.DeploymentID)
			}
			for _, layer := range result.Kept {
				fmt.Fprintf(a.Stdout, "Kept Terraform's lock on layer %s: it may still be at work (--force releases it).\n", layer)
			}
			if result.Closed != "" {
				fmt.Fprintf(a.Stdout, "Closed the unfinished run %s: nothing of it will be adopted.\n", result.Closed)
			}
			for _, layer := range result.Locks {
				fmt.Fprintf(a.Stdout, "Released Terraform's lock on layer %s.\n", layer)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&confirm, "confirm", "", "the environment's name once more")
	cmd.Flags().BoolVar(&force, "force", false, "break a live lease too")
	return cmd
}

func (a *app) bootstrapCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "bootstrap ENV",
		Short:             "Create or correct the environment's state bucket; safe to repeat",
		Example:           `  mandala-deploy bootstrap production`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.engine(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			done, err := e.Bootstrap(cmd.Context())
			if err != nil {
				return err
			}
			bucket := e.Environment.Settings.State.Bucket
			if a.flags.json {
				if done == nil {
					done = []string{}
				}
				return view.WriteJSON(a.Stdout, map[string]any{"environment": args[0], "bucket": bucket, "changed": done})
			}
			for _, line := range done {
				fmt.Fprintln(a.Stdout, line)
			}
			if len(done) == 0 {
				fmt.Fprintf(a.Stdout, "Bucket %s is as it should be.\n", bucket)
			}
			return nil
		},
	}
}
