package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/localaws"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

func (a *app) historyCommand() *cobra.Command {
	const usual = 20
	var limit int
	cmd := &cobra.Command{
		Use:   "history ENV",
		Short: "List an environment's deployments: when, what, who, with what result",
		Example: `  mandala-deploy history production
  mandala-deploy history staging --limit 0 --json | jq '.deployments[] | select(.result != "succeeded")'
  mandala-deploy history show 4f1c2d3e4a5b6c7d`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return flagProblem("--limit", fmt.Sprintf("--limit wants a number of deployments, or 0 for all, not %d", limit))
			}
			return a.history(cmd.Context(), args[0], limit)
		},
	}
	cmd.Flags().IntVarP(&limit, "limit", "n", usual, "how many of the newest deployments; 0 for all")
	cmd.AddCommand(a.historyShowCommand())
	return cmd
}

func (a *app) history(ctx context.Context, name string, limit int) error {
	e, err := a.engine(ctx, name)
	if err != nil {
		return err
	}
	history, err := e.History(ctx, limit)
	if err != nil {
		return err
	}
	if a.flags.json {
		return view.WriteJSON(a.Stdout, view.HistoryForJSON(history))
	}
	view.History(a.Stdout, history, a.palette(a.Stdout))
	return nil
}

func (a *app) historyShowCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Tell one deployment in full",
		Long: `show tells who deployed what, when and why, with what result, and what came
before. The beginning of an id is enough where no other deployment's begins so.
Without --environment it looks in each environment of the project that can be
asked: in a local one only while the local AWS runs, in others with the
credentials at hand.`,
		Example: `  mandala-deploy history show 4f1c2d3e4a5b6c7d
  mandala-deploy history show 4f1c --environment staging --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			what := "which deployment? " + cmd.CommandPath() + " wants its id"
			if len(args) > 1 {
				what = "one deployment at a time; got " + strings.Join(args, ", ")
			}
			return &problem.Error{Code: problem.Usage, What: what, Next: "`mandala-deploy history ENV` lists them"}
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			record, err := a.findDeployment(cmd.Context(), args[0], name)
			if err != nil {
				return err
			}
			if a.flags.json {
				return view.WriteJSON(a.Stdout, record)
			}
			view.Deployment(a.Stdout, record, a.palette(a.Stdout))
			return nil
		},
	}
	cmd.Flags().StringVarP(&name, "environment", "e", "", "the environment that was deployed")
	return cmd
}

func (a *app) findDeployment(ctx context.Context, id, name string) (*engine.Record, error) {
	if name != "" {
		e, err := a.engine(ctx, name)
		if err != nil {
			return nil, err
		}
		return e.DeploymentByID(ctx, id)
	}
	dir, fsys, err := a.project()
	if err != nil {
		return nil, err
	}
	names, err := environment.Names(fsys)
	if err != nil {
		return nil, err
	}
	var looked, passed []string
	var last error // what the only environment says, or the one that knows a similar id
	for _, name := range names {
		record, err := a.deploymentIn(ctx, dir, name, id)
		switch {
		case err == nil:
			return record, nil
		case ctx.Err() != nil:
			return nil, err
		case problem.Is(err, problem.UnknownDeployment):
			looked = append(looked, name)
			if last == nil || strings.Contains(err.Error(), id+" (did you mean") || strings.Contains(err.Error(), "begins with") {
				last = err
			}
		case problem.Is(err, problem.BrokenRecord):
			return nil, err
		default:
			passed = append(passed, name+" ("+shortly(err)+")")
		}
	}
	return nil, notFound(id, looked, passed, last)
}

// errNotRunning tells that a local environment was not looked into.
var errNotRunning = errors.New("the local AWS is not running")

// deploymentIn looks in one environment, and starts nothing for it.
func (a *app) deploymentIn(ctx context.Context, dir, name, id string) (*engine.Record, error) {
	_, _, env, err := a.load(name)
	if err != nil {
		return nil, err
	}
	if env.Settings.Target == environment.TargetLocal {
		status, err := localaws.Inspect(ctx, localDir(dir))
		if err != nil {
			return nil, err
		}
		if !status.Healthy {
			return nil, errNotRunning
		}
	}
	e, err := a.engine(ctx, name)
	if err != nil {
		return nil, err
	}
	return e.DeploymentByID(ctx, id)
}

// shortly gives why an environment was passed over, in few words.
func shortly(err error) string {
	if found := problem.Find(err); len(found) > 0 {
		return fmt.Sprintf("%s, %s", found[0].Code, found[0].What)
	}
	return err.Error()
}

func notFound(id string, looked, passed []string, last error) error {
	if len(passed) == 0 && len(looked) == 1 && last != nil {
		return last
	}
	what := fmt.Sprintf("no environment that could be asked has a deployment %s", id)
	if len(looked) > 0 {
		what = fmt.Sprintf("there is no deployment %s in %s", id, strings.Join(looked, ", "))
	}
	if found := problem.Find(last); len(found) > 0 && (strings.Contains(found[0].What, "did you mean") || found[0].Next != "") {
		what = found[0].What
	}
	if len(passed) > 0 {
		what += "; not asked: " + strings.Join(passed, "; ")
	}
	return &problem.Error{Code: problem.UnknownDeployment, What: what, Next: "name the environment with --environment; `mandala-deploy history ENV` lists its deployments"}
}
