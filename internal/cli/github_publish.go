package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/github"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

type publishOptions struct {
	environment string
	repository  string
	deployment  string
	last        int
	releases    bool
	dryRun      bool
}

func (a *app) githubPublishCommand() *cobra.Command {
	const usual = 20
	var o publishOptions
	cmd := &cobra.Command{
		Use:   "publish ENV",
		Short: "Have GitHub's Releases and Deployments say what history says; safe to repeat",
		Long: `publish compares what history tells of an environment's deployments with what
GitHub has, and does what is missing: a GitHub Deployment for each, with its result,
and for each version that was verified a GitHub Release, whose notes tell the changes
since the version before, what the plan did and how it was verified. The mark of the
latest release follows what the environment runs. A release whose tag is not there is
given one at the commit that was deployed; it is told.

A release by commit has no GitHub Release, and what was deployed from a working tree
that differs from its commit has nothing. GITHUB_TOKEN or GH_TOKEN holds the token.`,
		Example: `  mandala-deploy github publish production --repository acme/goals --dry-run
  mandala-deploy github publish production --deployment 4f1c2d3e`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.environment = args[0]
			if !cmd.Flags().Changed("releases") {
				o.releases = o.environment == mainEnvironment
			}
			if err := o.validate(cmd.Flags().Changed); err != nil {
				return err
			}
			return a.githubPublish(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.repository, "repository", "", "owner/name (default: the CI run's)")
	flags.StringVar(&o.deployment, "deployment", "", "only the one with this id")
	flags.IntVar(&o.last, "last", usual, "how many of the newest deployments; 0 for all")
	flags.BoolVar(&o.releases, "releases", false, "GitHub Releases, too (default: of production)")
	flags.BoolVar(&o.dryRun, "dry-run", false, "show what would be done, and do nothing")
	return cmd
}

func (o publishOptions) validate(changed func(flag string) bool) error {
	switch {
	case o.last < 0:
		return flagProblem("--last", fmt.Sprintf("--last wants a number of deployments, or 0 for all, not %d", o.last))
	case changed("last") && changed("deployment"):
		return flagProblem("--last", "--deployment and --last exclude each other")
	}
	if _, ok := github.Repository(o.repository); o.repository != "" && !ok {
		return flagProblem("--repository", "--repository wants OWNER/NAME")
	}
	return nil
}

func (a *app) githubPublish(ctx context.Context, o publishOptions) error {
	on, err := github.FindRepo(o.repository, a.getenv)
	if err != nil {
		return err
	}
	client, err := a.github(github.NeedsPublish)
	if err != nil {
		return err
	}
	e, err := a.engineOfReleases(ctx, o.environment)
	if err != nil {
		return err
	}
	history, err := e.History(ctx, 0) // what stood before may be long ago
	if err != nil {
		return err
	}
	which, err := o.picks(ctx, e, history)
	if err != nil {
		return err
	}
	return a.publish(ctx, o, on, client, publishedOf(history, which, o.releases, a.siteOf(ctx, o.environment)))
}

// picks gives which deployments are looked at.
func (o publishOptions) picks(ctx context.Context, e *engine.Engine, history *engine.History) (func(engine.Record) bool, error) {
	if o.deployment != "" {
		record, err := e.DeploymentByID(ctx, o.deployment)
		if err != nil {
			return nil, err
		}
		if !deploys(*record) {
			return nil, &problem.Error{Code: problem.Usage, Where: problem.Location{Flag: "--deployment"}, What: fmt.Sprintf("%s deployed nothing: it is a run of %s", record.ID, record.Operation)}
		}
		return func(r engine.Record) bool { return r.ID == record.ID }, nil
	}
	var ids []string // newest first
	for _, r := range history.Deployments {
		if deploys(r) && (o.last == 0 || len(ids) < o.last) {
			ids = append(ids, r.ID)
		}
	}
	return func(r engine.Record) bool { return slices.Contains(ids, r.ID) }, nil
}

// siteOf gives the environment's address, "" where it cannot be asked for.
func (a *app) siteOf(ctx context.Context, name string) string {
	outputs, err := a.standingOutputs(ctx, name)
	if err != nil {
		return ""
	}
	url, _ := outputs["site_url"].Value.(string)
	if !strings.HasPrefix(url, "https://") {
		return ""
	}
	return url
}

// publish compares, tells and does.
func (a *app) publish(ctx context.Context, o publishOptions, on github.Repo, client *github.Client, wanted github.Publication) error {
	found, err := client.LookAtPublication(ctx, on, wanted)
	if err != nil {
		return unpublishedYet(ctx, err)
	}
	steps := github.PublishSteps(wanted, found)
	published := &view.GitHubPublication{Repository: on.String(), Environment: o.environment, DryRun: o.dryRun}
	published.Steps = viewSteps(steps)
	published.Count()
	if !a.flags.json {
		view.Publication(a.Stdout, published, a.palette(a.Stdout))
	}
	var failure error
	if !o.dryRun {
		failure = unpublishedYet(ctx, client.Publish(ctx, on, wanted, found, steps, func(s github.PublishStep) {
			a.note(ctx, "published "+viewPublishStep(s).String())
		}))
		published.Steps = viewSteps(steps)
	}
	if a.flags.json {
		published.Errors = view.ErrorsForJSON(failure)
		if err := view.WriteJSON(a.Stdout, published); err != nil {
			return err
		}
	} else {
		view.Published(a.Stdout, published, a.palette(a.Stdout))
	}
	if failure != nil {
		view.Failure(a.Stderr, failure, a.palette(a.Stderr))
		return &reportedError{failure}
	}
	return nil
}

// unpublishedYet tells a failure that is the user's own doing from others.
func unpublishedYet(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return &problem.Error{Code: problem.Interrupted, What: "the publication was interrupted", Next: "run the command again: it does what is missing", Err: problem.ErrInterrupted}
}

func viewSteps(steps []github.PublishStep) []view.PublishStep {
	all := make([]view.PublishStep, len(steps))
	for i, s := range steps {
		all[i] = viewPublishStep(s)
	}
	return all
}

func viewPublishStep(s github.PublishStep) view.PublishStep {
	return view.PublishStep{Action: string(s.Action), What: string(s.Kind), Name: s.Name, Release: s.Release, From: s.From, To: s.To, Note: s.Note, URL: s.URL, Done: s.Done}
}
