package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

// rollbackWord is what --confirm wants, or what is typed.
const rollbackWord = "rollback"

type rollbackOptions struct {
	environment string
	previous    bool
	confirm     string
	dryRun      bool
	request     engine.RollbackRequest
}

func (a *app) rollbackCommand() *cobra.Command {
	var o rollbackOptions
	cmd := &cobra.Command{
		Use:   "rollback [ENV] --version V",
		Short: "Bring an earlier release back: code in seconds, then infrastructure, then verification",
		Long: `rollback brings a stored release back that was verified in this environment. First
the site's pages and the functions' aliases return to what they were then; the
infrastructure follows by the same preview and apply as any deployment, and the
whole is verified. The database is never restored: a release that cannot read its
schema is refused. Without ENV it is production. A rollback that was killed goes on
when it is said again.`,
		Example: `  mandala-deploy rollback --version v1.2.0
  mandala-deploy rollback staging --previous --confirm rollback --reason "checkout is down"
  mandala-deploy rollback production --version v1.2.0 --dry-run`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return environmentArg(&cobra.Command{Use: "rollback"}, args)
			}
			return nil
		},
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.environment = mainEnvironment
			if len(args) == 1 {
				o.environment = args[0]
			}
			if err := a.listen(cmd.Context(), "rollback", o.environment); err != nil {
				return err
			}
			return a.rollback(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.request.Version, "version", "", "the release to go back to, such as v1.2.0")
	flags.BoolVar(&o.previous, "previous", false, "go back to the last verified release before the one that stands")
	flags.StringVar(&o.confirm, "confirm", "", "the word rollback, where nobody can type it")
	flags.BoolVar(&o.dryRun, "dry-run", false, "show both phases, change nothing")
	flags.StringVar(&o.request.Reason, "reason", "", "why, for the record and the message")
	flags.BoolVar(&o.request.ForceUnverified, "force-unverified", false, "go to a release that never passed verification here, too")
	addAllowStatefulFlag(cmd, &o.request.AllowStateful)
	addLayerFlag(cmd, &o.request.Layers)
	a.addListenFlags(cmd)
	return cmd
}

func (a *app) rollback(ctx context.Context, o rollbackOptions) error {
	switch {
	case o.request.Version == "" && !o.previous:
		return &problem.Error{Code: problem.Usage, Where: problem.Location{Flag: "--version"}, What: "which release? rollback wants --version or --previous",
			Next: fmt.Sprintf("`mandala-deploy history %s` lists what was deployed", o.environment)}
	case o.request.Version != "" && o.previous:
		return flagProblem("--previous", "--version and --previous exclude each other")
	case o.confirm != "" && o.confirm != rollbackWord:
		return &problem.Error{Code: problem.ConfirmationMissing, Where: problem.Location{Flag: "--confirm"}, What: "rollback wants --confirm rollback, not " + o.confirm,
			Next: "pass --confirm rollback"}
	}
	if err := checkVersion("--version", o.request.Version); err != nil {
		return err
	}
	e, err := a.engineOfReleases(ctx, o.environment)
	if err != nil {
		return err
	}
	if o.dryRun {
		plan, err := e.PlanRollback(ctx, o.request)
		if err != nil {
			return err
		}
		if a.flags.json {
			return view.WriteJSON(a.Stdout, view.RollbackPlanForJSON(plan))
		}
		view.RollbackPlan(a.Stdout, plan, a.palette(a.Stdout))
		return nil
	}
	o.request.Show = func(p *engine.Preview) { view.Preview(a.human(), p, a.palette(a.human())) }
	o.request.Confirm = func(ctx context.Context, target engine.Target) error {
		view.RollbackTarget(a.human(), o.environment, target, a.palette(a.human()))
		if o.confirm == rollbackWord {
			return nil
		}
		return a.confirmRollback(ctx, o.environment)
	}
	result, err := e.Rollback(ctx, o.request)
	return a.filed(ctx, e, result, a.report(result, err))
}

// confirmRollback wants the word typed.
func (a *app) confirmRollback(ctx context.Context, environment string) error {
	if !isTerminal(a.Stdin) {
		return &problem.Error{Code: problem.ConfirmationMissing, Where: problem.Location{Flag: "--confirm"}, What: "there is no terminal to confirm the rollback on",
			Next: "pass --confirm rollback"}
	}
	a.asking()
	fmt.Fprintf(a.Stderr, "\nType rollback to bring it back to %s: ", environment)
	answer, err := a.readLine(ctx)
	a.answered()
	if err != nil {
		return err
	}
	if answer != rollbackWord {
		return &problem.Error{Code: problem.Declined, What: fmt.Sprintf("the rollback of %s was declined; nothing was changed", environment)}
	}
	return nil
}
