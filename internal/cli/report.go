package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/dashboard"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/report"
	"github.com/goal-mandala/mandala-deploy/internal/verify"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

type reportOptions struct {
	deployment string
	out        string
	open       bool
	serve      bool
}

func (a *app) reportCommand() *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report ENV",
		Short: "Write what a deployment did as one HTML file: layers, timeline, changes, verification, history",
		Long: `report writes one HTML file that needs no network, of the last deployment or of the
one that --deployment names. Every deployment writes its own at its end, with what
only the run itself knows: what of each resource changes, and what its checks saw.
It holds no values of resources.`,
		Example: `  mandala-deploy report production --open
  mandala-deploy report staging --deployment 4f1c2d3e --out report.html
  mandala-deploy report staging --serve`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.serve && o.out != "" {
				return flagProblem("--serve", "--serve and --out exclude each other")
			}
			return a.writeReport(cmd.Context(), args[0], o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.deployment, "deployment", "", "id of the deployment, or its beginning (default: the last one)")
	flags.StringVarP(&o.out, "out", "o", "", "the file (default: .mandala/reports/ENV-ID.html)")
	flags.BoolVar(&o.open, "open", false, "open it in the browser")
	flags.BoolVar(&o.serve, "serve", false, "serve it on loopback instead of writing a file, until Ctrl-C")
	return cmd
}

// reportJSON is the JSON form of what report did.
type reportJSON struct {
	Environment string `json:"environment"`
	Deployment  string `json:"deployment"`
	File        string `json:"file"`
	Bytes       int    `json:"bytes"`
}

func (a *app) writeReport(ctx context.Context, name string, o reportOptions) error {
	e, err := a.engineOfReleases(ctx, name)
	if err != nil {
		return err
	}
	account, err := e.Account(ctx, o.deployment)
	if err != nil {
		return err
	}
	if o.serve {
		return a.onLoopback(ctx, 0, o.open, dashboard.Options{Source: &onlooker{app: a, names: []string{name}}, Refresh: refresh, Only: name + "/" + account.Record.ID})
	}
	body, err := a.reportOf(report.Deployment{Account: *account, Layers: a.layersOf(e)}, report.Options{Now: utcNow()})
	if err != nil {
		return err
	}
	file, err := a.placeReport(name, account.Record.ID, o.out, body)
	if err != nil {
		return err
	}
	if a.flags.json {
		err = view.WriteJSON(a.Stdout, reportJSON{Environment: name, Deployment: account.Record.ID, File: file, Bytes: len(body)})
	} else {
		view.Written(a.Stdout, file)
	}
	if err == nil && o.open {
		a.browse(ctx, file)
	}
	return err
}

// reportOf renders a report with the registry of checks.
func (a *app) reportOf(d report.Deployment, options report.Options) ([]byte, error) {
	d.Catalogue = catalogue()
	var body bytes.Buffer
	if err := report.WriteDeployment(&body, d, options); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

// catalogue gives what can be verified.
func catalogue() report.Catalogue {
	c := report.Catalogue{Requirements: verify.Requirements()}
	for _, check := range verify.Checks() {
		c.Checks = append(c.Checks, report.Check{ID: check.ID, Area: check.Area, Title: check.Title, Requirements: check.Requirements})
	}
	return c
}

// layersOf gives the layers of the engine's root, or, where it read none, of the working
// tree; none where that cannot be read.
func (a *app) layersOf(e *engine.Engine) []report.Layer {
	root := e.Environment.Root
	if root == nil || len(root.Layers) == 0 {
		_, fsys, err := a.project()
		if err != nil {
			return nil
		}
		if root, err = environment.LoadRoot(fsys); err != nil {
			return nil
		}
	}
	return layersOfRoot(root)
}

func layersOfRoot(root *environment.Root) []report.Layer {
	order, err := root.Graph().Order()
	if err != nil {
		return nil
	}
	layers := make([]report.Layer, 0, len(order))
	for _, name := range order {
		if layer, ok := root.Layer(name); ok {
			layers = append(layers, report.Layer{Name: name, Upstream: layer.Upstream()})
		}
	}
	return layers
}

// placeReport writes a report to a file of the user's, or among those that the project
// keeps, and gives its name.
func (a *app) placeReport(environment, id, out string, body []byte) (string, error) {
	if out == "" {
		folder, err := a.reportFolder()
		if err != nil {
			return "", err
		}
		out = filepath.Join(folder, reportName(environment, id))
	}
	if err := writeFile(out, body); err != nil {
		return "", &problem.Error{Code: problem.ReportNotWritten, Where: problem.Location{Flag: "--out"}, What: "the report of " + environment + " cannot be written",
			Next: "name a file in a directory that can be written", Err: err}
	}
	return shownPath(out), nil
}

// shownPath gives a path relative to where the user stands, where that is shorter.
func shownPath(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	relative, err := filepath.Rel(here, path)
	if err != nil || len(relative) >= len(path) {
		return path
	}
	return relative
}
