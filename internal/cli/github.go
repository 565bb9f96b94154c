package cli

import (
	"context"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/github"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

func (a *app) githubCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "github",
		Short: "Set the repository up on GitHub for the workflows, and publish deployments there",
		Args:  onlyCommands,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.githubSetupCommand(), a.githubPublishCommand(), a.githubReportCommand())
	return cmd
}

// github gives a client of the GitHub that the environment variables name. needs
// are the permissions of a token.
func (a *app) github(needs string) (*github.Client, error) {
	return github.New(github.Options{API: a.getenv("GITHUB_API_URL"), Token: github.Token(a.getenv), Version: build().Version, Needs: needs})
}

type setupOptions struct {
	environments []string
	repository   string
	branch       string
	reviewers    []string
	apply        bool
}

func (a *app) githubSetupCommand() *cobra.Command {
	var o setupOptions
	cmd := &cobra.Command{
		Use:   "setup [ENV...]",
		Short: "Show what the repository needs on GitHub, and with --apply do it; safe to repeat",
		Long: `setup compares what the workflows need with what the repository has: a GitHub
Environment for each environment, with required reviewers where deploy.hcl wants
approval and one branch that deploys; and the variables that say which roles of AWS
the workflows take. The roles are outputs of what is deployed: of an environment
whose AWS cannot be asked, or that was never deployed, they are left for later.

It shows what it would do, and does it with --apply. It takes nothing away that
others made. Without names it looks at all environments of AWS.`,
		Example: `  mandala-deploy github setup --repository acme/goals
  mandala-deploy github setup production --repository acme/goals --reviewer ann --reviewer acme/platform --apply`,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.environments = args
			if err := o.validate(); err != nil {
				return err
			}
			return a.githubSetup(cmd.Context(), o, a.standingOutputs)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.repository, "repository", "", "owner/name (default: the CI run's)")
	flags.StringVar(&o.branch, "branch", "main", "the branch whose runs may deploy, rollbacks by hand included")
	flags.StringSliceVar(&o.reviewers, "reviewer", nil, "who approves where deploy.hcl wants it: a user's LOGIN, or OWNER/TEAM (repeat for more)")
	flags.BoolVar(&o.apply, "apply", false, "do what is shown")
	return cmd
}

const mostReviewers = 6 // that GitHub takes

// branchName is what layer delivery takes, too: no pattern.
var branchName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`)

func (o setupOptions) validate() error {
	for i, name := range o.environments {
		if slices.Contains(o.environments[:i], name) {
			return &problem.Error{Code: problem.Usage, What: "environment " + name + " is named twice"}
		}
	}
	if _, ok := github.Repository(o.repository); o.repository != "" && !ok {
		return flagProblem("--repository", "--repository wants OWNER/NAME")
	}
	if !branchName.MatchString(o.branch) {
		return flagProblem("--branch", "--branch wants the name of one branch")
	}
	if len(o.reviewers) > mostReviewers {
		return flagProblem("--reviewer", fmt.Sprintf("GitHub takes %d reviewers of an environment; a team counts as one", mostReviewers))
	}
	for _, name := range o.reviewers {
		name = strings.TrimPrefix(name, "@")
		if _, team := github.Repository(name); !team && !login.MatchString(name) {
			return flagProblem("--reviewer", "--reviewer wants a user's LOGIN, or OWNER/TEAM")
		}
	}
	return nil
}

var login = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// githubSetup compares, tells and, where that is wanted, does. outputs gives an
// environment's root outputs as they stand.
func (a *app) githubSetup(ctx context.Context, o setupOptions, outputs func(context.Context, string) (map[string]engine.Value, error)) error {
	on, err := github.FindRepo(o.repository, a.getenv)
	if err != nil {
		return err
	}
	_, fsys, err := a.project()
	if err != nil {
		return err
	}
	environments, err := deployable(fsys, o.environments)
	if err != nil {
		return err
	}
	if len(o.reviewers) > 0 && !slices.ContainsFunc(environments, func(e *environment.Environment) bool { return e.Settings.Approval.Required }) {
		return flagProblem("--reviewer", "none of these environments wants approval: see `approval` in deploy.hcl")
	}
	client, err := a.github(github.NeedsSetup)
	if err != nil {
		return err
	}
	reviewers, err := client.Reviewers(ctx, on.Owner, o.reviewers)
	if err != nil {
		return stopped(ctx, err)
	}
	names := make([]string, len(environments))
	for i, e := range environments {
		names[i] = e.Name
	}
	found, err := client.Look(ctx, on, names) // before AWS, which takes longer to say no
	if err != nil {
		return stopped(ctx, err)
	}
	roles, unasked := a.roles(ctx, environments, outputs)
	if ctx.Err() != nil {
		return stopped(ctx, ctx.Err())
	}
	region := sameRegion(fsys)
	wanted, err := wantedOf(o.branch, environments, region, reviewers, roles)
	if err != nil {
		return err
	}
	wanted.Variables = append(wanted.Variables, watchedOf(environments, region, roles, found.Variables))
	steps := github.Steps(wanted, found)
	if err := approvable(steps); err != nil && o.apply {
		return err
	}
	setup := &view.GitHubSetup{Repository: on.String(), Branch: o.branch, Environments: names, Applied: o.apply, Warnings: view.ErrorsForJSON(unasked)}
	retell(setup, steps)
	if !a.flags.json {
		view.SetupPlan(a.Stdout, setup, a.palette(a.Stdout))
	}
	var failure error
	if o.apply {
		failure = stopped(ctx, client.Apply(ctx, on, wanted, found, steps, func(s github.Step) {
			a.note(ctx, toldStep(s))
		}))
		retell(setup, steps)
	}
	return a.reportSetup(setup, failure)
}

// stopped tells a failure that is the user's own doing from others.
func stopped(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return &problem.Error{Code: problem.Interrupted, What: "the setup was interrupted", Next: "run the command again: it does what is missing", Err: problem.ErrInterrupted}
}

func (a *app) reportSetup(setup *view.GitHubSetup, failure error) error {
	if a.flags.json {
		setup.Errors = view.ErrorsForJSON(failure)
		if err := view.WriteJSON(a.Stdout, setup); err != nil {
			return err
		}
	} else if setup.Applied {
		view.SetupDone(a.Stdout, setup, a.palette(a.Stdout))
	}
	if failure != nil {
		view.Failure(a.Stderr, failure, a.palette(a.Stderr))
		return &reportedError{failure}
	}
	return nil
}

func retell(setup *view.GitHubSetup, steps []github.Step) {
	setup.Steps = make([]view.GitHubStep, len(steps))
	for i, s := range steps {
		setup.Steps[i] = viewStep(s)
	}
	setup.Count()
}

func viewStep(s github.Step) view.GitHubStep {
	return view.GitHubStep{Action: string(s.Action), What: string(s.Kind), Environment: s.Environment, Name: s.Name, From: s.From, To: s.To, Note: s.Note, Done: s.Done}
}

func toldStep(s github.Step) string {
	text := viewStep(s).String()
	if s.Environment != "" {
		text = s.Environment + ": " + text
	}
	return "set " + text
}

// approvable refuses to make an environment that wants approval and has nobody who
// gives it: each run could deploy into it.
func approvable(steps []github.Step) error {
	for _, s := range steps {
		if s.Kind == github.KindReviewers && s.Action == github.Wait {
			return &problem.Error{Code: problem.ReviewerMissing, Where: settingsFile(s.Environment),
				What: fmt.Sprintf("environment %s wants approval, and nobody is named who gives it on GitHub", s.Environment)}
		}
	}
	return nil
}

// deployable gives the environments that are named, else all, of those that live
// in AWS.
func deployable(fsys fs.FS, named []string) ([]*environment.Environment, error) {
	names := named
	if len(named) == 0 {
		var err error
		if names, err = environment.Names(fsys); err != nil {
			return nil, err
		}
	}
	var all []*environment.Environment
	for _, name := range names {
		e, err := environment.LoadSettings(fsys, name)
		switch {
		case err != nil:
			return nil, err
		case e.Settings.Target == environment.TargetAWS:
			all = append(all, e)
		case len(named) > 0:
			return nil, &problem.Error{Code: problem.Usage, What: "environment " + name + " lives on the machine that runs it: no workflow deploys it",
				Next: "name environments whose deploy.hcl says `target = \"aws\"`"}
		}
	}
	if len(all) == 0 {
		return nil, &problem.Error{Code: problem.Usage, What: "the project has no environment in AWS", Next: "add a folder under environments/ whose deploy.hcl says `target = \"aws\"`"}
	}
	return all, nil
}
