package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

type planOptions struct {
	environment      string
	version          string
	layers           []string
	out              string
	detailedExitCode bool
}

func (a *app) planCommand() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan ENV",
		Short: "Preview what an apply would do, as one exact plan of the whole environment",
		Example: `  mandala-deploy plan production --out plan.json
  mandala-deploy plan staging --layer database --detailed-exitcode
  mandala-deploy plan local --json | jq .summary`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.environment = args[0]
			return a.plan(cmd.Context(), o)
		},
	}
	addLayerFlag(cmd, &o.layers)
	cmd.Flags().StringVarP(&o.out, "out", "o", "", "write the approval to this file")
	cmd.Flags().StringVar(&o.version, "version", "", "plan the deployment of this stored release instead of the working tree")
	cmd.Flags().BoolVar(&o.detailedExitCode, "detailed-exitcode", false, "exit with 2 when there is something to do")
	return cmd
}

func addLayerFlag(cmd *cobra.Command, layers *[]string) {
	cmd.Flags().StringSliceVarP(layers, "layer", "l", nil, "only this layer (repeat for more)")
}

func (a *app) plan(ctx context.Context, o planOptions) error {
	e, err := a.engineAt(ctx, o.environment, o.version)
	if err != nil {
		return err
	}
	if err := e.NoteUnsettled(ctx); err != nil {
		return err
	}
	preview, err := e.Preview(ctx, engine.PreviewRequest{Layers: o.layers})
	if err != nil {
		return err
	}
	if o.out != "" {
		body, err := preview.Approval.Encode()
		if err != nil {
			return err
		}
		if err := writeFile(o.out, body); err != nil {
			return outProblem(err)
		}
	}
	if a.flags.json {
		if err := view.WriteJSON(a.Stdout, view.ForJSON(preview)); err != nil {
			return err
		}
	} else {
		view.Preview(a.Stdout, preview, a.palette(a.Stdout))
	}
	if o.detailedExitCode && !preview.Empty() {
		return errChanges
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
