package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/comment"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/github"
	"github.com/goal-mandala/mandala-deploy/internal/lease"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

type driftOptions struct {
	issue      bool
	repository string
}

func (a *app) driftCommand() *cobra.Command {
	var o driftOptions
	cmd := &cobra.Command{
		Use:   "drift ENV",
		Short: "Show what differs in AWS from what was deployed; exit with 2 when something does",
		Long: `drift asks AWS for every resource of the environment, by one refresh-only plan of
the whole, and tells what was changed or deleted behind the tool's back. It
changes nothing, and shows no texts of values.

With --issue it keeps one issue on GitHub: opened and updated while something
differs, closed once nothing does. GITHUB_TOKEN or GH_TOKEN holds the token. An
issue that cannot be written is reported and changes no exit code.`,
		Example: `  mandala-deploy drift production
  mandala-deploy drift staging --json | jq '.layers[] | select(.resources != [])'
  mandala-deploy drift production --issue --repository acme/goals`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(cmd.Flags().Changed); err != nil {
				return err
			}
			return a.drift(cmd.Context(), args[0], o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.issue, "issue", false, "keep one issue of the drift on GitHub")
	flags.StringVar(&o.repository, "repository", "", "with --issue: owner/name (default: the CI run's)")
	return cmd
}

func (o driftOptions) validate(changed func(flag string) bool) error {
	if changed("repository") && !o.issue {
		return flagProblem("--repository", "--repository says something of an issue: it wants --issue")
	}
	if _, ok := github.Repository(o.repository); changed("repository") && !ok {
		return flagProblem("--repository", "--repository wants OWNER/NAME")
	}
	return nil
}

func (a *app) drift(ctx context.Context, name string, o driftOptions) error {
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
	a.keepDrift(drift)
	return a.reportDrift(ctx, o, drift)
}

// reportDrift shows the drift and keeps its issue. The error is the drift's,
// whatever becomes of the issue.
func (a *app) reportDrift(ctx context.Context, o driftOptions, drift *engine.Drift) error {
	if !a.flags.json {
		view.Drift(a.Stdout, drift, a.palette(a.Stdout))
	}
	told := a.driftIssue(ctx, o, drift)
	if a.flags.json {
		document := view.DriftForJSON(drift)
		document.Issue = told
		if err := view.WriteJSON(a.Stdout, document); err != nil {
			return err
		}
	}
	if drift.Count() > 0 {
		return errChanges
	}
	return nil
}

// driftIssue tells GitHub, where that is wanted. What keeps it from telling is a
// warning.
func (a *app) driftIssue(ctx context.Context, o driftOptions, drift *engine.Drift) *view.IssueJSON {
	if !o.issue || ctx.Err() != nil {
		return nil
	}
	told := &view.IssueJSON{}
	issue, on, err := a.keepIssue(ctx, o, drift)
	if err != nil {
		view.Warning(a.Stderr, err, a.palette(a.Stderr))
		told.Errors = view.ErrorsForJSON(err)
		return told
	}
	told.Repository, told.Outcome, told.URL = on.String(), string(issue.Outcome), issue.URL
	text := fmt.Sprintf("issue on %s %s: %s", on, issue.Outcome, issue.URL)
	if issue.Outcome == github.None {
		text = fmt.Sprintf("no issue on %s is open", on)
	}
	a.note(ctx, text)
	return told
}

func (a *app) keepIssue(ctx context.Context, o driftOptions, drift *engine.Drift) (github.Commented, github.Repo, error) {
	on, err := github.FindRepo(o.repository, a.getenv)
	if err != nil {
		return github.Commented{}, on, err
	}
	client, err := a.github(github.NeedsIssue)
	if err != nil {
		return github.Commented{}, on, err
	}
	options, marker := comment.Options{Run: lease.CIRun(a.getenv)}, comment.DriftMarker(drift.Environment)
	if drift.Count() == 0 {
		done, err := client.CloseIssue(ctx, on, comment.DriftLabel, marker, comment.DriftGoneMarker(drift.Environment), comment.DriftGone(drift.Environment, options))
		return done, on, err
	}
	done, err := client.Issue(ctx, on, comment.DriftLabel, marker, func(previous string) (title, body string) {
		return comment.Drift(drift, previous, options)
	})
	return done, on, err
}
