package view

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// manyErrors is what a deployment of a bad day ends with.
func manyErrors() error {
	var diagnostics []engine.Diagnostic
	for i := range 6 {
		diagnostics = append(diagnostics, engine.Diagnostic{Severity: "error", Summary: fmt.Sprintf("creating Lambda Function (goals-%d): operation error Lambda: CreateFunction", i),
			Address: fmt.Sprintf("module.functions.aws_lambda_function.this[%q]", fmt.Sprintf("goals-%d", i)), File: "modules/functions/main.tf", Line: 40 + i,
			Detail: "╷\n│ https response error StatusCode: 400, RequestID: 0a1b2c3d-0000-4000-8000-0123456789ab, InvalidParameterValueException: The provided execution role does not have permissions to call CreateNetworkInterface on EC2\n│ \n│   with more\x1b[2J lines\n│   ::set-output name=x::y\n╵"})
	}
	return errors.Join(
		&problem.Error{Code: problem.TerraformFailed, What: "layer functions of production: terraform apply failed with 6 errors", Where: problem.Location{File: "modules/functions/main.tf", Line: 40},
			Err: &engine.DiagnosticsError{Command: "apply", Diagnostics: diagnostics}, Next: "mend it, then `mandala-deploy apply production --resume`"},
		&problem.Error{Code: problem.StateLocked, What: "layer audit of production: the state is locked by someone else"})
}

func TestSummary(t *testing.T) {
	t.Parallel()
	one := &problem.Error{Code: problem.TerraformFailed, What: "layer network of staging: terraform apply failed", Where: problem.Location{File: "modules/network/main.tf", Line: 3},
		Err: &engine.DiagnosticsError{Diagnostics: []engine.Diagnostic{{Summary: "creating VPC", Detail: "VpcLimitExceeded: no more", Address: "module.network.aws_vpc.this", File: "modules/network/main.tf", Line: 3}}}}
	failed := &engine.Result{DeploymentID: "run-1", Environment: "production", Operation: engine.OperationApply, Result: engine.Failed, Seconds: 134.26, Begun: true,
		Layers: []engine.LayerResult{{Name: "network", Result: engine.Succeeded}, {Name: "functions", Result: engine.Failed}, {Name: "api", Result: engine.Skipped, Because: "functions"}, {Name: "frontend", Result: engine.Skipped, Because: "functions"}}}
	back := *failed
	back.RolledBack = &engine.Result{DeploymentID: "run-2", Release: "v1.2.0", Result: engine.Succeeded}
	done := *failed
	done.Result, done.Layers = engine.Succeeded, done.Layers[:1]
	tests := map[string]struct {
		ending        Ending
		width, height int
		whole         bool
	}{
		"below":        {Ending{Result: &done, Below: true}, 80, 24, true},
		"succeeded":    {Ending{Result: &done}, 80, 24, true},
		"failed":       {Ending{Result: failed, Err: one}, 80, 24, true},
		"many":         {Ending{Result: failed, Err: manyErrors()}, 100, 24, false},
		"many-tall":    {Ending{Result: failed, Err: manyErrors()}, 100, 70, true},
		"many-small":   {Ending{Result: failed, Err: manyErrors()}, 40, 10, false},
		"went-back":    {Ending{Result: &back, Err: errors.Join(&problem.Error{Code: problem.RolledBack, What: "the deployment of v1.3.0 to production failed, and v1.2.0 is back"}, one)}, 80, 24, true},
		"no-codes":     {Ending{Result: failed, Err: errors.New("something the tool does not expect")}, 80, 24, true},
		"smaller-else": {Ending{Result: failed, Err: one}, 12, 3, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.ending.Tally = tally()
			text, whole := Summary(test.ending, test.width, test.height, Palette{})
			if whole != test.whole && name != "smaller-else" {
				t.Errorf("whole is %v", whole)
			}
			lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			if most := max(test.height-1, 14); len(lines) > most {
				t.Errorf("%d lines on a screen of %d", len(lines), test.height)
			}
			for _, line := range lines {
				if ansi.StringWidth(line) >= max(test.width, 11) {
					t.Errorf("%d cells: %s", ansi.StringWidth(line), line)
				}
			}
			if strings.ContainsAny(text, "│╷╵") {
				t.Error("a box is left")
			}
			coloured, _ := Summary(test.ending, test.width, test.height, Palette{Colour: true})
			if plain := strings.TrimRight(ansi.Strip(coloured), "\n"); name != "smaller-else" && plain != strings.TrimRight(text, "\n") {
				t.Errorf("in colours it is another text:\n%s", plain)
			}
			golden(t, filepath.Join("testdata", "summary-"+name+".golden"), strings.ReplaceAll(text, "\x1b", "␛"))
		})
	}
}

// tally has counted two runs.
func tally() *Tally {
	counted := &Tally{}
	for run, layers := range map[string][]string{"run-1": {"network", "functions"}, "run-2": {"functions"}} {
		counted.Show(engine.Progress{Kind: engine.ProgressRun, Outline: &engine.Outline{ID: run}})
		for _, layer := range layers {
			for _, action := range []string{"create", "create", "read", "delete", "update", "no-op"} {
				counted.Show(engine.Progress{Kind: engine.ProgressEvent, Layer: layer, Event: &engine.Event{Kind: engine.ApplyComplete, Action: action}})
			}
			counted.Show(engine.Progress{Kind: engine.ProgressEvent, Layer: layer, Event: &engine.Event{Kind: engine.ApplyErrored, Action: "create"}})
		}
	}
	return counted
}

// TestActions shows what stands in the log of a workflow.
func TestActions(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	v := &Actions{W: &out}
	resource := func(minute int, layer string, kind engine.EventKind, name string) engine.Progress {
		return engine.Progress{Time: at(minute), Kind: engine.ProgressEvent, Layer: layer, Stage: engine.StageApply,
			Event: &engine.Event{Kind: kind, Address: "module." + layer + ".aws_thing." + name, Action: "create", Elapsed: float64(60 * minute)}}
	}
	layer := func(minute int, name string, status engine.RunStatus, seconds float64) engine.Progress {
		return engine.Progress{Time: at(minute), Kind: engine.ProgressLayer, Layer: name, Stage: engine.StageApply, Status: status, Seconds: seconds}
	}
	for _, p := range []engine.Progress{
		{Time: at(0), Kind: engine.ProgressPhase, Text: "apply staging"},
		layer(0, "network", engine.Running, 0), layer(0, "database", engine.Running, 0), layer(0, "audit", engine.Running, 0),
		resource(0, "network", engine.ApplyComplete, `this["100%"]`), resource(0, "database", engine.ApplyComplete, "group"),
		layer(0, "audit", engine.Unchanged, 3),
		resource(1, "network", engine.ApplyComplete, "that"),
		resource(0, "database", engine.ApplyProgress, "cluster"), resource(1, "database", engine.ApplyProgress, "cluster"), resource(1, "database", engine.ApplyProgress, "other"),
		layer(1, "network", engine.Succeeded, 61.5),
		{Time: at(2), Kind: engine.ProgressNote, Text: "something worth knowing"},
		resource(3, "database", engine.ApplyErrored, "cluster"),
		layer(3, "database", engine.Failed, 180),
		{Time: at(3), Kind: engine.ProgressEnd, Status: engine.Failed},
	} {
		v.Show(p)
	}
	Annotations(&out, errors.Join(manyErrors(), &problem.Error{Code: problem.Usage, What: "100% wrong,\nthat: is", Where: problem.Location{Flag: "--x"}}), "deploy")
	golden(t, filepath.Join("testdata", "actions.golden"), out.String())
}

// A box of Terraform's around a text is taken off, here as in the summary.
func TestFailureUnboxes(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	Failure(&out, manyErrors(), Palette{})
	if text := out.String(); strings.ContainsAny(text, "│╷╵") || !strings.Contains(text, "\n    https response error") || strings.Contains(text, "\n      ::set") || strings.Contains(text, "\x1b") {
		t.Error(text)
	}
}
