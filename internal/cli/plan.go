package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/comment"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/report"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

type planOptions struct {
	environments     []string
	version          string
	layers           []string
	out              string
	html             string
	refresh          bool
	detailedExitCode bool
	comment          commentOptions
}

func (a *app) planCommand() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan ENV...",
		Short: "Preview what an apply would do, as one exact plan of the whole environment",
		Long: `plan previews an environment, or several one after the other, and changes nothing.
With --html it writes one file for who reviews it, which needs no network.

With --comment it tells a pull request on GitHub, in one comment that each further
plan of the same environments updates. GITHUB_TOKEN or GH_TOKEN holds the token. A
comment that cannot be made is reported and fails nothing.`,
		Example: `  mandala-deploy plan production --out plan.json
  mandala-deploy plan staging --layer database --detailed-exitcode
  mandala-deploy plan local --json | jq .summary
  mandala-deploy plan production --html plan.html
  mandala-deploy plan staging production --comment --pull-request 12`,
		Args:              o.arguments,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(cmd.Flags().Changed); err != nil {
				return err
			}
			if err := a.listen(cmd.Context(), "plan", strings.Join(o.environments, ",")); err != nil {
				return err
			}
			return a.plan(cmd.Context(), o)
		},
	}
	addLayerFlag(cmd, &o.layers)
	cmd.Flags().StringVarP(&o.out, "out", "o", "", "write the approval to this file")
	cmd.Flags().StringVar(&o.html, "html", "", "write the plan as an HTML page, for who reviews it, to this file")
	cmd.Flags().StringVar(&o.version, "version", "", "plan the deployment of this stored release instead of the working tree")
	cmd.Flags().BoolVar(&o.refresh, "refresh", true, "ask AWS what exists; --refresh=false takes the states' word, for who may not read all of it")
	cmd.Flags().BoolVar(&o.detailedExitCode, "detailed-exitcode", false, "exit with 2 when there is something to do")
	addCommentFlags(cmd, &o.comment)
	a.addListenFlags(cmd)
	return cmd
}

// arguments takes the environments, each once.
func (o *planOptions) arguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return environmentArg(cmd, args)
	}
	for i, name := range args {
		if slices.Contains(args[:i], name) {
			return &problem.Error{Code: problem.Usage, What: "environment " + name + " is named twice"}
		}
	}
	o.environments = args
	return nil
}

func (o *planOptions) validate(changed func(flag string) bool) error {
	if o.out != "" && len(o.environments) > 1 {
		return flagProblem("--out", "--out holds the approval of one environment; got "+strings.Join(o.environments, ", "))
	}
	if o.html != "" && len(o.environments) > 1 {
		return flagProblem("--html", "--html is the page of one environment; got "+strings.Join(o.environments, ", "))
	}
	if changed("values") && !o.comment.wanted && o.html == "" {
		return flagProblem("--values", "--values says something of a comment or a page: it wants --comment or --html")
	}
	return o.comment.validate(changed)
}

func addLayerFlag(cmd *cobra.Command, layers *[]string) {
	cmd.Flags().StringSliceVarP(layers, "layer", "l", nil, "only this layer (repeat for more)")
}

// plan plans one environment after the other. One that fails keeps none of the
// others from being planned.
func (a *app) plan(ctx context.Context, o planOptions) error {
	var plans []comment.Plan
	for _, name := range o.environments {
		p := comment.Plan{Environment: name, Version: o.version}
		var layers []report.Layer
		p.Preview, layers, p.Failure = a.preview(ctx, name, o)
		plans = append(plans, p)
		if o.html != "" && p.Failure == nil {
			if err := writePlanPage(o, p.Preview, layers); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return a.reportPlans(ctx, o, plans)
}

// preview gives the preview, and the layers of the root that was planned.
func (a *app) preview(ctx context.Context, name string, o planOptions) (*engine.Preview, []report.Layer, error) {
	e, err := a.engineAt(ctx, name, o.version)
	if err != nil {
		return nil, nil, err
	}
	if err := e.NoteUnsettled(ctx); err != nil {
		return nil, nil, err
	}
	preview, err := e.Preview(ctx, engine.PreviewRequest{Layers: o.layers, NoRefresh: !o.refresh})
	return preview, layersOfRoot(e.Environment.Root), err
}

// writePlanPage writes the plan for who reviews it.
func writePlanPage(o planOptions, preview *engine.Preview, layers []report.Layer) error {
	var body bytes.Buffer
	plan := report.Plan{Preview: preview, Version: o.version, Approval: o.out, Layers: layers}
	if err := report.WritePlan(&body, plan, report.Options{Now: utcNow(), Values: o.comment.values}); err != nil {
		return err
	}
	if err := writeFile(o.html, body.Bytes()); err != nil {
		return &problem.Error{Code: problem.ReportNotWritten, Where: problem.Location{Flag: "--html"}, What: "the page of the plan cannot be written",
			Next: "name a file in a directory that can be written", Err: err}
	}
	return nil
}

// reportPlans writes the approval, tells the pull request, and renders the
// plans. The error is the plans', whatever becomes of the comment.
func (a *app) reportPlans(ctx context.Context, o planOptions, plans []comment.Plan) error {
	var failures []error
	documents, changes := []view.PreviewJSON{}, false
	for i, p := range plans {
		if p.Failure != nil {
			failures = append(failures, p.Failure)
			continue
		}
		if o.out != "" {
			if err := writeApproval(o.out, p.Preview); err != nil {
				return err
			}
			plans[i].Approval = o.out
		}
		changes = changes || !p.Preview.Empty()
		documents = append(documents, view.ForJSON(p.Preview))
		if !a.flags.json {
			if len(o.environments) > 1 {
				view.Heading(a.Stdout, p.Environment, len(documents) == 1, a.palette(a.Stdout))
			}
			view.Preview(a.Stdout, p.Preview, a.palette(a.Stdout))
		}
	}
	told := a.comment(ctx, o.comment, plans)
	failure := errors.Join(failures...)
	switch {
	case !a.flags.json, failure != nil && len(o.environments) == 1:
	case len(o.environments) == 1:
		documents[0].Comment = told
		if err := view.WriteJSON(a.Stdout, documents[0]); err != nil {
			return err
		}
	default:
		if err := view.WriteJSON(a.Stdout, view.PlansJSON{Environments: documents, Comment: told, Errors: view.ErrorsForJSON(failure)}); err != nil {
			return err
		}
		if failure != nil {
			view.Failure(a.Stderr, failure, a.palette(a.Stderr))
			return &reportedError{failure}
		}
	}
	if failure == nil && o.detailedExitCode && changes {
		return errChanges
	}
	return failure
}

func writeApproval(file string, preview *engine.Preview) error {
	body, err := preview.Approval.Encode()
	if err != nil {
		return err
	}
	if err := writeFile(file, body); err != nil {
		return outProblem(err)
	}
	return nil
}

func outProblem(err error) error {
	code, next := problem.WorkDirectory, "name a file in a directory that can be written"
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		code, next = problem.DiskFull, ""
	}
	return &problem.Error{Code: code, Where: problem.Location{Flag: "--out"}, What: "could not write the approval", Next: next, Err: err}
}

// writeFile writes a file so that it is there whole or not at all. What is no
// plain file, such as /dev/stdout or a pipe, is written to, never replaced.
func writeFile(path string, body []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, body, 0o600)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".mandala-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // gone once it is renamed
	if _, err := temporary.Write(body); err != nil {
		_ = temporary.Close()
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}
