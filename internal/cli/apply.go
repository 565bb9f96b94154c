package cli

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

type applyOptions struct {
	environment   string
	version       string
	reason        string
	layers        []string
	approval      string
	autoApprove   bool
	parallelism   int
	resume        bool
	allowStateful []string
}

func (a *app) applyCommand() *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use:   "apply ENV",
		Short: "Preview, ask, and apply layer by layer",
		Long: `apply previews the environment, asks, and applies the layers that change, in the
order of their references. Each layer's plan must stay within the preview that
was approved; anything else stops before it touches AWS.

With --version it deploys a stored release, and of the working tree reads only
deploy.hcl; without, the working tree. Around the layers it copies the database,
uploads the site, migrates the schema, leads callers to the new code and verifies,
as deploy.hcl says.`,
		Example: `  mandala-deploy apply local
  mandala-deploy apply production --version v1.3.0
  mandala-deploy apply production --approval plan.json
  mandala-deploy apply staging --resume`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.environment = args[0]
			if err := a.listen(cmd.Context(), "apply", o.environment); err != nil {
				return err
			}
			return a.apply(cmd.Context(), o)
		},
	}
	addLayerFlag(cmd, &o.layers)
	flags := cmd.Flags()
	flags.StringVar(&o.approval, "approval", "", "apply exactly what this file (of plan --out) approves")
	flags.BoolVarP(&o.autoApprove, "auto-approve", "y", false, "do not ask")
	flags.IntVarP(&o.parallelism, "parallelism", "p", 0, "layers at a time (default: half the cores, at least 2)")
	flags.BoolVar(&o.resume, "resume", false, "finish an interrupted run, adopting what it created")
	flags.StringVar(&o.version, "version", "", "deploy this stored release instead of the working tree")
	flags.StringVar(&o.reason, "reason", "", "why, for the record and the message")
	addAllowStatefulFlag(cmd, &o.allowStateful)
	a.addListenFlags(cmd)
	return cmd
}

// addListenFlags adds the flags that say who else hears of a run.
func (a *app) addListenFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.flags.events, "events", "", "write what happens to this file, as it happens, as JSON lines")
	cmd.Flags().BoolVar(&a.flags.otel, "otel", false, "tell an OpenTelemetry collector; the OTEL_… variables say where")
}

func addAllowStatefulFlag(cmd *cobra.Command, addresses *[]string) {
	cmd.Flags().StringArrayVar(addresses, "allow-stateful", nil, "address of a resource that holds data and may be deleted or replaced (repeat for more)")
}

func (a *app) apply(ctx context.Context, o applyOptions) error {
	if o.parallelism < 0 {
		return flagProblem("--parallelism", "--parallelism wants a positive number")
	}
	approval, err := readApproval(o.approval, o.environment)
	if err != nil {
		return err
	}
	e, err := a.engineAt(ctx, o.environment, o.version)
	if err == nil && o.resume && o.version == "" {
		e, err = e.Interrupted(ctx) // at the release that the run was to deploy
	}
	if err != nil {
		return err
	}
	if o.parallelism > 0 {
		e.Parallelism = o.parallelism
	}
	request := engine.ApplyRequest{
		Layers: o.layers, Approval: approval, Resume: o.resume, AllowStateful: o.allowStateful, Unattended: o.autoApprove, Reason: o.reason,
		Show: func(p *engine.Preview) { view.Preview(a.human(), p, a.palette(a.human())) },
		Confirm: func(ctx context.Context, p *engine.Preview) error {
			if o.autoApprove {
				return nil
			}
			return a.confirm(ctx, p.Environment, e.Environment.Settings.Approval.Required)
		},
	}
	if approval != nil && len(o.layers) == 0 {
		request.Layers = approval.Inputs.Layers
	}
	result, err := e.Apply(ctx, request)
	return a.filed(ctx, e, result, a.report(result, err))
}

// readApproval reads an approval file; nil for no file.
func readApproval(file, environment string) (*change.Approval, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // without the flag there is no approval
	}
	body, err := os.ReadFile(file)
	if err != nil {
		return nil, &problem.Error{Code: problem.Usage, Where: problem.Location{Flag: "--approval"}, What: "the approval cannot be read",
			Next: "name a file that `plan --out` wrote", Err: err}
	}
	return change.ReadApproval(file, environment, body)
}

// report renders a run's result; with --json the errors are part of it.
func (a *app) report(result *engine.Result, err error) error {
	a.calm()
	if result == nil {
		return err
	}
	if !a.flags.json {
		view.Result(a.Stdout, result, a.palette(a.Stdout))
		if a.told != nil && a.told.live != nil && result.Begun {
			return a.summarize(result, err)
		}
		return err
	}
	if writeErr := view.WriteJSON(a.Stdout, view.ResultForJSON(result, err)); writeErr != nil {
		return writeErr
	}
	if err != nil {
		view.Failure(a.Stderr, err, a.palette(a.Stderr))
		return &reportedError{err}
	}
	return nil
}
