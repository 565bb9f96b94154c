package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/view"
)

func (a *app) driftCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "drift ENV",
		Short: "Show what differs in AWS from what was deployed; exit with 2 when something does",
		Long: `drift asks AWS for every resource of the environment, by one refresh-only plan of
the whole, and tells what was changed or deleted behind the tool's back. It
changes nothing, and shows no texts of values.`,
		Example: `  mandala-deploy drift production
  mandala-deploy drift staging --json | jq '.layers[] | select(.resources != [])'`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.drift(cmd.Context(), args[0])
		},
	}
}

func (a *app) drift(ctx context.Context, name string) error {
	e, err := a.engine(ctx, name)
	if err != nil {
		return err
	}
	// What is deployed is compared with what was deployed, not with the working tree.
	if e, err = e.Deployed(ctx); err != nil {
		return err
	}
	if err := e.NoteUnsettled(ctx); err != nil {
		return err
	}
	drift, err := e.Drift(ctx)
	if err != nil {
		return err
	}
	if a.flags.json {
		err = view.WriteJSON(a.Stdout, view.DriftForJSON(drift))
	} else {
		view.Drift(a.Stdout, drift, a.palette(a.Stdout))
	}
	if err == nil && drift.Count() > 0 {
		return errChanges
	}
	return err
}
