package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/comment"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

type auditOptions struct {
	from, to string
	calls    int
}

func (a *app) auditCommand() *cobra.Command {
	const usual = 2000
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit-report ENV",
		Short: "Tell who did what to an environment in a period: deployments, approvals, verification, CloudTrail",
		Long: `audit-report writes Markdown, or with --json one document: the deployments of the
period with who approved and verified what, and CloudTrail's calls by who made them,
those first that no deployment explains. What cannot be asked is unknown, with the
reason. It wants cloudtrail:LookupEvents, which the roles that deploy do not have.`,
		Example: `  mandala-deploy audit-report production --from 2026-03-01 --to 2026-03-31 > march.md
  mandala-deploy audit-report production --from 2026-03-02T09:00:00Z --json | jq '.cloudtrail.actors[].name'`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.audit(cmd.Context(), args[0], o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.from, "from", "", "first day, or time, of the period in UTC (default: 30 days ago)")
	flags.StringVar(&o.to, "to", "", "last day, which is part of it, or time, which is not (default: now)")
	flags.IntVar(&o.calls, "calls", usual, "how many of CloudTrail's newest calls are looked at")
	return cmd
}

func (a *app) audit(ctx context.Context, name string, o auditOptions) error {
	from, to, err := o.period(utcNow())
	if err != nil {
		return err
	}
	if o.calls <= 0 {
		return flagProblem("--calls", fmt.Sprintf("--calls wants a positive number, not %d", o.calls))
	}
	e, err := a.engineOfReleases(ctx, name)
	if err != nil {
		return err
	}
	audit, err := e.Audit(ctx, engine.AuditRequest{From: from, To: to, Calls: o.calls})
	if err != nil {
		return err
	}
	if a.flags.json {
		return view.WriteJSON(a.Stdout, audit)
	}
	_, err = fmt.Fprint(a.Stdout, comment.Audit(audit))
	return err
}

// period reads the flags; to is no longer part of it.
func (o auditOptions) period(now time.Time) (from, to time.Time, err error) {
	const usual = 30 * 24 * time.Hour
	from, to = now.Add(-usual), now
	if o.from != "" {
		if from, _, err = moment("--from", o.from); err != nil {
			return from, to, err
		}
	}
	if o.to != "" {
		var day bool
		if to, day, err = moment("--to", o.to); err != nil {
			return from, to, err
		}
		if day {
			to = to.AddDate(0, 0, 1)
		}
	}
	if !from.Before(to) {
		return from, to, &problem.Error{Code: problem.BadPeriod, Where: problem.Location{Flag: "--to"},
			What: fmt.Sprintf("the period ends at %s, and begins at %s", to.Format(time.RFC3339), from.Format(time.RFC3339))}
	}
	return from, to, nil
}

// moment reads a day or a time.
func moment(flag, text string) (at time.Time, day bool, err error) {
	if at, err = time.Parse(time.DateOnly, text); err == nil {
		return at, true, nil
	}
	if at, err = time.Parse(time.RFC3339, text); err != nil {
		return time.Time{}, false, &problem.Error{Code: problem.BadPeriod, Where: problem.Location{Flag: flag}, What: text + " is no day and no time"}
	}
	return at.UTC(), false, nil
}
