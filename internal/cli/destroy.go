package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

func (a *app) destroyCommand() *cobra.Command {
	var layers []string
	var confirm string
	var parallelism int
	cmd := &cobra.Command{
		Use:   "destroy ENV --confirm ENV",
		Short: "Destroy an environment or some of its layers, dependants first",
		Example: `  mandala-deploy destroy local --confirm local
  mandala-deploy destroy development --layer database --confirm development`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := confirmed("destroy", args[0], confirm); err != nil {
				return err
			}
			if err := a.listen(cmd.Context(), "destroy", args[0]); err != nil {
				return err
			}
			return a.destroy(cmd.Context(), args[0], layers, parallelism)
		},
	}
	addLayerFlag(cmd, &layers)
	cmd.Flags().StringVar(&confirm, "confirm", "", "the environment's name once more")
	cmd.Flags().IntVarP(&parallelism, "parallelism", "p", 0, "layers at a time (default: half the cores, at least 2)")
	a.addListenFlags(cmd)
	return cmd
}

// confirmed wants --confirm to name the environment.
func confirmed(doing, environment, confirm string) error {
	if confirm == environment {
		return nil
	}
	what := fmt.Sprintf("%s %s wants --confirm %s", doing, environment, environment)
	if confirm != "" {
		what += fmt.Sprintf(", not %q", confirm)
	}
	return &problem.Error{Code: problem.ConfirmationMissing, Where: problem.Location{Flag: "--confirm"}, What: what, Next: "add --confirm " + environment}
}

func (a *app) destroy(ctx context.Context, environment string, layers []string, parallelism int) error {
	if parallelism < 0 {
		return flagProblem("--parallelism", "--parallelism wants a positive number")
	}
	e, err := a.engine(ctx, environment)
	if err != nil {
		return err
	}
	if parallelism > 0 {
		e.Parallelism = parallelism
	}
	result, err := e.Destroy(ctx, engine.DestroyRequest{Layers: layers, Show: func(p *engine.Preview) {
		view.Preview(a.human(), p, a.palette(a.human()))
	}})
	return a.filed(ctx, e, result, a.report(result, err))
}
