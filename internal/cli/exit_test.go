package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// fake gives an app whose streams are buffers.
func fake(stdin string) (a *app, stdout, stderr *bytes.Buffer) {
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	return &app{Terminal: Terminal{Stdin: strings.NewReader(stdin), Stdout: stdout, Stderr: stderr}, log: slog.New(slog.DiscardHandler)}, stdout, stderr
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	of := func(code problem.Code) error { return &problem.Error{Code: code, What: "x"} }
	cases := map[string]struct {
		err    error
		want   int
		silent bool
	}{
		"well":                         {nil, 0, true},
		"changes present":              {errChanges, 2, true},
		"any problem":                  {of(problem.UnknownLayer), 1, false},
		"no problem at all":            {errors.New("x"), 1, false},
		"locked":                       {fmt.Errorf("apply: %w", of(problem.Locked)), 5, false},
		"a state locked, among more":   {errors.Join(of(problem.TerraformFailed), of(problem.StateLocked)), 5, false},
		"interrupted":                  {of(problem.Interrupted), 130, false},
		"interrupted while locked":     {errors.Join(of(problem.Locked), of(problem.Interrupted)), 130, false},
		"interrupted deep within":      {&problem.Error{Code: problem.TerraformFailed, What: "x", Err: problem.ErrInterrupted}, 130, false},
		"cancelled":                    {fmt.Errorf("read: %w", context.Canceled), 130, false},
		"told already":                 {&reportedError{of(problem.Locked)}, 5, true},
		"a lost lease":                 {of(problem.LeaseLost), 1, false},
		"declined":                     {of(problem.Declined), 1, false},
		"back, for a state was locked": {errors.Join(of(problem.RolledBack), of(problem.StateLocked)), 4, false},
		"not back, for somebody came":  {errors.Join(of(problem.NotVerified), of(problem.Locked)), 3, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, stdout, stderr := fake("")
			if got := a.exit(c.err); got != c.want {
				t.Errorf("exit code %d, want %d", got, c.want)
			}
			if stdout.Len() > 0 || (stderr.Len() == 0) != c.silent {
				t.Errorf("stdout %q, stderr %q", stdout, stderr)
			}
		})
	}
}

// With --json a failed run is still one document: its result with the errors.
func TestReport(t *testing.T) {
	t.Parallel()
	failed := &problem.Error{Code: problem.TerraformFailed, What: "layer a failed"}
	result := &engine.Result{DeploymentID: "run", Environment: "staging", Operation: engine.OperationApply, Result: engine.Failed,
		Layers: []engine.LayerResult{{Name: "a", Stage: engine.StageApply, Result: engine.Failed}}}
	t.Run("json", func(t *testing.T) {
		t.Parallel()
		a, stdout, stderr := fake("")
		a.flags.json = true
		if code := a.exit(a.report(result, failed)); code != 1 {
			t.Errorf("exit code %d", code)
		}
		var document struct {
			Result string
			Errors []struct{ Code string }
		}
		decoder := json.NewDecoder(stdout)
		if err := decoder.Decode(&document); err != nil {
			t.Fatal(err)
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			t.Error("more than one document")
		}
		if document.Result != "failed" || len(document.Errors) != 1 || document.Errors[0].Code != "MD0203" {
			t.Errorf("%+v", document)
		}
		if n := strings.Count(stderr.String(), "MD0203"); n != 1 {
			t.Errorf("told %d times on stderr: %s", n, stderr)
		}
	})
	t.Run("text", func(t *testing.T) {
		t.Parallel()
		a, stdout, stderr := fake("")
		a.exit(a.report(result, failed))
		if !strings.Contains(stdout.String(), "Apply of staging failed") || strings.Count(stderr.String(), "MD0203") != 1 {
			t.Errorf("stdout %q, stderr %q", stdout, stderr)
		}
	})
	t.Run("nothing was begun", func(t *testing.T) {
		t.Parallel()
		a, stdout, _ := fake("")
		if err := a.report(nil, failed); !errors.Is(err, failed) || stdout.Len() > 0 {
			t.Errorf("%v, %q", err, stdout)
		}
	})
}

// Every command says what it does; those with arguments show how.
func TestCommandsExplainThemselves(t *testing.T) {
	t.Parallel()
	a, _, _ := fake("")
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, each := range cmd.Commands() {
			walk(each)
		}
		if cmd.Hidden {
			return
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: Short %q", cmd.CommandPath(), cmd.Short)
		}
		if _, arguments, _ := strings.Cut(cmd.Use, " "); arguments != "" && !strings.Contains(cmd.Example, cmd.CommandPath()) {
			t.Errorf("%s takes %s and has no example", cmd.CommandPath(), arguments)
		}
		if strings.Contains(cmd.Use, "ENV") && cmd.ValidArgsFunction == nil {
			t.Errorf("%s does not complete environments", cmd.CommandPath())
		}
	}
	walk(a.rootCommand())
}

func TestColoursNeedATerminalAndConsent(t *testing.T) {
	t.Parallel()
	a, stdout, _ := fake("")
	if a.palette(stdout).Colour {
		t.Error("colours into a buffer")
	}
}

func TestGetenvTakesTheLast(t *testing.T) {
	t.Parallel()
	a := &app{Terminal: Terminal{Environ: []string{"A=1", "AB=2", "A=3"}}}
	if diff := cmp.Diff([]string{"3", "2", ""}, []string{a.getenv("A"), a.getenv("AB"), a.getenv("B")}); diff != "" {
		t.Error(diff)
	}
}
