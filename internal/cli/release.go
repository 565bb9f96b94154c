package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

// mainEnvironment is where releases go when nobody says otherwise.
const mainEnvironment = "production"

func (a *app) releaseCommand() *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "release", Short: "Build releases, and look at, check and prune stored ones",
		Long: `A release is what is deployed as one: the functions' code, the site, the root with
its modules and lock file, and the migrations. It is kept in the environment's
bucket, named by a version such as v1.2.3 or v1.2.3-rc.1, or by its commit.`,
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVarP(&environment, "environment", "e", mainEnvironment, "the environment whose releases are meant")
	cmd.AddCommand(a.releaseBuild(&environment), a.releaseList(&environment), a.releaseShow(&environment),
		a.releaseDiff(&environment), a.releaseVerify(&environment), a.releasePrune(&environment))
	return cmd
}

func (a *app) releaseBuild(environment *string) *cobra.Command {
	var allowDirty bool
	cmd := &cobra.Command{
		Use: "build VERSION", Short: "Build a release of the working tree and store it",
		Long: `build stores what the working tree releases. VERSION is v1.2.3, v1.2.3-rc.1 or the
commit at which the working tree is. Each content is stored once; the manifest that
lists them comes last, so what is cut short is no release. Building the same again
changes nothing; building something else under a version that there is, is refused.`,
		Example: `  mandala-deploy release build v1.2.3
  mandala-deploy release build $(git rev-parse --short HEAD) -e staging`,
		Args: versions(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.onReleases(cmd.Context(), *environment, args, func(ctx context.Context, e *engine.Engine) error {
				built, err := e.BuildRelease(ctx, engine.ReleaseRequest{Version: args[0], AllowDirty: allowDirty, Tool: build().Version})
				if err != nil {
					return err
				}
				if a.flags.json {
					return view.WriteJSON(a.Stdout, view.ReleaseBuildForJSON(built))
				}
				view.ReleaseBuild(a.Stdout, built, a.palette(a.Stdout))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&allowDirty, "allow-dirty", false, "also from a working tree that differs from its commit; the release says so")
	return cmd
}

func (a *app) releaseList(environment *string) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the environment's releases, newest version first",
		Example: `  mandala-deploy release list
  mandala-deploy release list -e staging --json | jq -r .releases[].version`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.onReleases(cmd.Context(), *environment, nil, func(ctx context.Context, e *engine.Engine) error {
				all, err := e.Releases(ctx)
				if err != nil {
					return err
				}
				if a.flags.json {
					return view.WriteJSON(a.Stdout, map[string]any{"environment": *environment, "releases": all})
				}
				view.Releases(a.Stdout, *environment, all, a.palette(a.Stdout))
				return nil
			})
		},
	}
}

func (a *app) releaseShow(environment *string) *cobra.Command {
	return &cobra.Command{
		Use: "show VERSION", Short: "Show what a release consists of and how it was built",
		Example: `  mandala-deploy release show v1.2.3
  mandala-deploy release show v1.2.3 --json | jq .provenance`,
		Args: versions(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.onReleases(cmd.Context(), *environment, args, func(ctx context.Context, e *engine.Engine) error {
				detail, err := e.ReleaseOf(ctx, args[0])
				if err != nil {
					return err
				}
				if a.flags.json {
					return view.WriteJSON(a.Stdout, detail)
				}
				view.Release(a.Stdout, detail, a.palette(a.Stdout))
				return nil
			})
		},
	}
}

func (a *app) releaseDiff(environment *string) *cobra.Command {
	return &cobra.Command{
		Use: "diff A B", Short: "Show what release B has other than release A",
		Example: `  mandala-deploy release diff v1.2.2 v1.2.3`,
		Args:    versions(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.onReleases(cmd.Context(), *environment, args, func(ctx context.Context, e *engine.Engine) error {
				difference, err := e.DiffReleases(ctx, args[0], args[1])
				if err != nil {
					return err
				}
				if a.flags.json {
					return view.WriteJSON(a.Stdout, difference)
				}
				view.ReleaseDifference(a.Stdout, difference, a.palette(a.Stdout))
				return nil
			})
		},
	}
}

func (a *app) releaseVerify(environment *string) *cobra.Command {
	return &cobra.Command{
		Use: "verify VERSION", Short: "Hash everything that a release consists of anew",
		Example: `  mandala-deploy release verify v1.2.3`,
		Args:    versions(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.onReleases(cmd.Context(), *environment, args, func(ctx context.Context, e *engine.Engine) error {
				result, err := e.VerifyRelease(ctx, args[0])
				if result == nil {
					return err
				}
				if a.flags.json {
					return a.written(view.ReleaseVerificationForJSON(result, err), err)
				}
				view.ReleaseVerification(a.Stdout, result, a.palette(a.Stdout))
				return err
			})
		},
	}
}

// written writes a document that tells of the error, too.
func (a *app) written(document any, err error) error {
	if writeErr := view.WriteJSON(a.Stdout, document); writeErr != nil {
		return writeErr
	}
	if err == nil {
		return nil
	}
	view.Failure(a.Stderr, err, a.palette(a.Stderr))
	return &reportedError{err}
}

func (a *app) releasePrune(environment *string) *cobra.Command {
	var request engine.PruneRequest
	cmd := &cobra.Command{
		Use: "prune [--keep N]", Short: "Delete old releases, never one that runs or that one could go back to",
		Long: `prune deletes releases and then the contents that nothing needs any more. It keeps
the N newest versions, what the environment runs, and beside it the last N releases
whose deployment passed its verification: those are what one can go back to. Of them
it never keeps fewer than rollback.keep_releases of the environment's deploy.hcl,
which is also N when --keep is not given.`,
		Example: `  mandala-deploy release prune --keep 10 --dry-run
  mandala-deploy release prune --keep 10 -e staging`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("keep") && request.Keep < 1 {
				return flagProblem("--keep", "--keep wants 1 or more: how many releases stay")
			}
			return a.onReleases(cmd.Context(), *environment, nil, func(ctx context.Context, e *engine.Engine) error {
				result, err := e.PruneReleases(ctx, request)
				if err != nil {
					return err
				}
				if a.flags.json {
					return view.WriteJSON(a.Stdout, result)
				}
				view.Pruned(a.Stdout, result, a.palette(a.Stdout))
				return nil
			})
		},
	}
	cmd.Flags().IntVar(&request.Keep, "keep", 0, "so many of the newest releases stay, and so many to go back to (rollback.keep_releases when not given)")
	cmd.Flags().BoolVar(&request.DryRun, "dry-run", false, "only say what would be deleted")
	return cmd
}

// onReleases runs one use case on an environment. A version that is none is
// refused before anything is started for it.
func (a *app) onReleases(ctx context.Context, environment string, given []string, run func(context.Context, *engine.Engine) error) error {
	for _, text := range given {
		if _, err := release.ParseVersion(text); err != nil {
			return &problem.Error{Code: problem.BadVersion, What: err.Error()}
		}
	}
	e, err := a.engine(ctx, environment)
	if err != nil {
		return err
	}
	return run(ctx, e)
}

// versions wants so many arguments, each a version.
func versions(count int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == count {
			return nil
		}
		wants := "one version"
		if count > 1 {
			wants = fmt.Sprintf("%d versions", count)
		}
		return &problem.Error{Code: problem.Usage, What: fmt.Sprintf("%s wants %s, and got %d", cmd.CommandPath(), wants, len(args)),
			Next: "`mandala-deploy release list` lists those that there are"}
	}
}
