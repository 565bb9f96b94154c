package view

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) {
	flag.Parse()
	time.Local = time.UTC // the views show the reader's own time
	os.Exit(m.Run())
}

// secret stands in every place whose value must not be shown.
const secret = "hunter2"

// seen is one rendering: for people, and as JSON where it has such a form.
type seen struct {
	text func(io.Writer, Palette)
	json any
}

func preview(p *engine.Preview) seen {
	return seen{func(w io.Writer, c Palette) { Preview(w, p, c) }, ForJSON(p)}
}

func result(r *engine.Result, err error) seen {
	return seen{func(w io.Writer, c Palette) { Result(w, r, c) }, ResultForJSON(r, err)}
}

func status(s *engine.Status) seen {
	return seen{func(w io.Writer, c Palette) { Status(w, s, c) }, StatusForJSON(s)}
}

func failure(err error) seen {
	return seen{func(w io.Writer, c Palette) { Failure(w, err, c) }, map[string]any{"errors": ErrorsForJSON(err)}}
}

func approval() *change.Approval {
	return &change.Approval{Digest: "sha256:" + strings.Repeat("0123456789abcdef", 4)}
}

func thing(layer, name string, operation change.Operation, edit func(*change.Change)) change.Change {
	c := change.Change{Address: "module." + layer + ".aws_thing." + name, Layer: layer, Type: "aws_thing", Operation: operation, Actions: []string{string(operation)}}
	if operation == change.Replace {
		c.Actions = []string{"delete", "create"}
	}
	if edit != nil {
		edit(&c)
	}
	return c
}

func everyOperation() *engine.Preview {
	database := thing("database", "cluster", change.Replace, func(c *change.Change) {
		c.Stateful, c.Reason, c.Replaces = true, "cannot update", []string{"engine"}
		c.Attributes = []change.Attribute{{Path: "engine", Before: `"mysql"`, After: `"postgres"`, Replaces: true}, {Path: "password", Before: "(sensitive)", After: "(sensitive)"}}
	})
	long := thing("network", "long", change.Update, func(c *change.Change) {
		for i := range mostAttributes + 3 {
			c.Attributes = append(c.Attributes, change.Attribute{Path: fmt.Sprintf("tags.t%02d", i), Before: "null", After: `"x"`})
		}
	})
	return &engine.Preview{
		Environment: "production", Release: "v1.2.0", Approval: approval(),
		Layers: []string{"network", "database", "frontend", "old"},
		Steps: []engine.Step{
			{Layer: "database", Stage: engine.StageRelease, Addresses: []string{"module.database.aws_thing.cluster", "module.database.aws_thing.rule"}},
			{Layer: "network", Stage: engine.StageApply}, {Layer: "database", Stage: engine.StageApply},
			{Layer: "frontend", Stage: engine.StageApply}, {Layer: "old", Stage: engine.StageDestroy},
		},
		Changes: []change.Change{
			database, thing("database", "rule", change.Delete, nil),
			thing("network", "create", change.Create, nil), long,
			thing("network", "forget", change.Forget, nil),
			thing("network", "import", change.Import, func(c *change.Change) { c.ImportID = "vpc-1" }),
			thing("network", "move", change.Move, func(c *change.Change) { c.MovedFrom = "module.network.aws_thing.was" }),
			thing("network", "deposed", change.Delete, func(c *change.Change) { c.Deposed = "a1b2c3d4" }),
			thing("old", "bucket", change.Delete, func(c *change.Change) { c.Stateful, c.Reason = true, "no module" }),
		},
		Guarded:  []change.Change{database},
		Warnings: []string{"module.network.aws_thing.deposed goes before something lets go of it: AWS may refuse"},
	}
}

func at(minute int) time.Time { return time.Date(2026, 1, 2, 3, minute, 0, 0, time.UTC) }

func record(operation engine.Operation, ended engine.RunStatus) *engine.Record {
	return &engine.Record{ID: "run-1", Environment: "staging", Operation: operation, Status: ended, StartedAt: at(0), User: "ann", Host: "laptop",
		Layers: []engine.LayerRecord{{Name: "network", Stage: engine.StageApply, Status: ended}}}
}

func holder() *engine.Holder {
	return &engine.Holder{ID: "run-1", Environment: "staging", User: "ann", Host: "laptop", PID: 7, Operation: engine.OperationApply, DeploymentID: "run-1", AcquiredAt: at(0), RenewedAt: at(1), ExpiresAt: at(2)}
}

func layers() []engine.LayerStatus {
	return []engine.LayerStatus{
		{Name: "network", Serial: 12, Resources: 33, Declared: true},
		{Name: "database", Serial: 3, Resources: 9, Declared: true, LockedBy: "ann@laptop"},
		{Name: "old", Serial: 5, Resources: 1},
	}
}

func verification(v *engine.Verification) seen {
	return seen{func(w io.Writer, c Palette) { Verification(w, v, c) }, VerificationForJSON(v)}
}

func traceability(v *engine.Verification) seen {
	requirements := []engine.Requirement{{ID: "R3.2", Title: "Alarms"}, {ID: "R6.1", Title: "Latency"}, {ID: "R6.3", Title: "Availability"}, {ID: "R8.1", Title: "Personal data"}}
	return seen{func(w io.Writer, c Palette) { Traceability(w, v, requirements, c) }, TraceabilityForJSON(v, requirements)}
}

func junit(t func(error), v *engine.Verification) seen {
	return seen{text: func(w io.Writer, _ Palette) { t(JUnit(w, v)) }}
}

func verified() *engine.Verification {
	return &engine.Verification{Environment: "staging", Release: "v1.2.0", StartedAt: at(0), Seconds: 12.34, Areas: []string{"health", "monitoring", "performance", "data"}, Checks: []engine.CheckResult{
		{ID: "health.api", Area: "health", Title: "the API is well", Requirements: []string{"R6.3"}, Result: engine.CheckPassed, Evidence: []string{"/health: 200"}, Seconds: 0.25},
		{ID: "monitoring.alarm-actions", Area: "monitoring", Title: "every alarm tells its topic", Requirements: []string{"R3.2"}, Result: engine.CheckFailed, Evidence: []string{"31 alarms"},
			Reason: "alarm api-5xx-rate tells nobody", Remedy: "apply the layer monitoring", Seconds: 1},
		{ID: "monitoring.alarms", Area: "monitoring", Title: "every alarm stands", Requirements: []string{"R3.2"}, Result: engine.CheckPassed, Seconds: 1},
		{ID: "performance.api-latency", Area: "performance", Title: "the API is quick", Requirements: []string{"R6.1"}, Result: engine.CheckUnknown,
			Reason: "no traffic <at all>", Remedy: "verify with --probe", Seconds: 0.1},
	}}
}

func cases() map[string]seen {
	diagnosed := &problem.Error{Code: problem.TerraformFailed, What: "layer database of staging: terraform apply failed with 2 errors", Where: problem.Location{File: "modules/database/main.tf", Line: 12},
		Err: &engine.DiagnosticsError{Command: "apply", Diagnostics: []engine.Diagnostic{
			{Severity: "error", Summary: "creating RDS cluster", Detail: "DBSubnetGroupNotFound:\n\n  no such group  ", Address: "module.database.aws_rds_cluster.this", File: "modules/database/main.tf", Line: 12},
			{Severity: "error", Summary: "no place"}}}}
	locked := &problem.Error{Code: problem.Locked, What: "environment staging is locked", Err: errors.New("by ann")}
	ran := &engine.Result{DeploymentID: "run-1", Environment: "staging", Operation: engine.OperationApply, Result: engine.Failed, Seconds: 83.26, Preview: &engine.Preview{Approval: approval()},
		Layers: []engine.LayerResult{
			{Name: "database", Stage: engine.StageRelease, Result: engine.Succeeded, Seconds: 3},
			{Name: "network", Stage: engine.StageApply, Result: engine.Succeeded, Seconds: 41.04}, {Name: "secrets", Stage: engine.StageApply, Result: engine.Unchanged, Seconds: 2},
			{Name: "database", Stage: engine.StageApply, Result: engine.Failed, Seconds: 30, Err: diagnosed}, {Name: "api", Stage: engine.StageApply, Result: engine.Skipped, Because: "database"}}}
	done := &engine.Result{DeploymentID: "run-2", Environment: "staging", Operation: engine.OperationApply, Result: engine.Succeeded, Seconds: 1,
		Layers: []engine.LayerResult{{Name: "network", Stage: engine.StageApply, Result: engine.Succeeded, Seconds: 1}},
		Outputs: map[string]engine.Value{"url": {Value: "https://x", Known: true}, "ids": {Value: []any{"a", "b"}, Known: true},
			"password": {Value: secret, Known: true, Sensitive: true}, "later": {}}}
	all := verified()
	passed := &engine.Verification{Environment: "local", Seconds: 0.5, Areas: []string{"health"}, Checks: all.Checks[:1]}
	return map[string]seen{
		"verification":        verification(all),
		"verification-passed": verification(passed),
		"verification-trace":  traceability(all),
		"verification-junit": junit(func(err error) {
			if err != nil {
				panic(err)
			}
		}, all),
		"preview":         preview(everyOperation()),
		"preview-nothing": preview(&engine.Preview{Environment: "staging", Approval: approval(), Layers: []string{"network", "database"}}),
		"preview-outputs": preview(&engine.Preview{Environment: "staging", Approval: approval(), Layers: []string{"network"}, Steps: []engine.Step{{Layer: "network", Stage: engine.StageApply}}}),
		"result-failed":   result(ran, errors.Join(diagnosed, locked)),
		"result":          result(done, nil),
		"result-nothing":  result(&engine.Result{Environment: "staging", Operation: engine.OperationApply, Result: engine.Succeeded}, nil),
		"result-destroy": result(&engine.Result{DeploymentID: "run-3", Environment: "staging", Operation: engine.OperationDestroy, Result: engine.Interrupted, Outputs: done.Outputs,
			Layers: []engine.LayerResult{{Name: "network", Stage: engine.StageDestroy, Result: engine.Interrupted, Seconds: 1}}}, nil),
		"status-new":  status(&engine.Status{Environment: "staging"}),
		"status":      status(&engine.Status{Environment: "staging", Layers: layers()[:1], LastDeployment: record(engine.OperationApply, engine.Succeeded)}),
		"status-live": status(&engine.Status{Environment: "staging", Layers: layers(), Lease: holder(), LastDeployment: record(engine.OperationApply, engine.Running)}),
		"status-dead": status(&engine.Status{Environment: "staging", Layers: layers(), Lease: holder(), LeaseExpired: true, LastDeployment: record(engine.OperationApply, engine.Running),
			Interrupted: []string{"layer database (apply): its Terraform was at work"}}),
		"status-dead-destroy": status(&engine.Status{Environment: "staging", Layers: layers()[:1], LastDeployment: record(engine.OperationDestroy, engine.Crashed),
			Interrupted: []string{"layer network (destroy): crashed"}}),
		"failure":          failure(errors.Join(diagnosed, locked, &problem.Error{Code: problem.UnknownLayer, Where: problem.Location{Flag: "--layer"}, What: "no such layer", Next: "name one of: network"})),
		"failure-internal": failure(errors.New("something the tool does not expect")),
		"failure-stopped":  failure(&problem.Error{Code: problem.Interrupted, What: "the apply of staging was interrupted", Err: problem.ErrInterrupted}),
	}
}

func setup(s *GitHubSetup) seen {
	s.Count()
	return seen{func(w io.Writer, c Palette) {
		SetupPlan(w, s, c)
		if s.Applied {
			SetupDone(w, s, c)
		}
	}, s}
}

func setupSteps(done int) []GitHubStep {
	steps := []GitHubStep{
		{Action: "create", What: "environment", Environment: "production"},
		{Action: "create", What: "required reviewers", Environment: "production", To: "ann, team acme/platform"},
		{Action: "create", What: "deployment branches", Environment: "production", To: "main"},
		{Action: "create", What: "variable", Environment: "production", Name: "AWS_DEPLOY_ROLE_ARN", To: "arn:aws:iam::111111111111:role/deploy"},
		{Action: "keep", What: "environment", Environment: "staging"},
		{Action: "unknown", What: "required reviewers", Environment: "staging", Note: "nobody is named: who approves it? --reviewer LOGIN or OWNER/TEAM"},
		{Action: "change", What: "deployment branches", Environment: "staging", From: "any branch", To: "main"},
		{Action: "leave", What: "deployment branches", Environment: "staging", To: "release/*", Note: "may deploy, too; who allowed it has to take it away"},
		{Action: "unknown", What: "variable", Environment: "staging", Name: "AWS_DEPLOY_ROLE_ARN", From: "arn:old", Note: "not known yet: deploy layer delivery first"},
		{Action: "change", What: "variable", Name: "AWS_REGION", From: "us-east-1\x1b[2J", To: "ap-northeast-1"},
		{Action: "keep", What: "variable", Name: "AWS_PLAN_ROLE_ARN_PRODUCTION", To: "arn:aws:iam::111111111111:role/plan"},
	}
	for i := range done {
		steps[i].Done = true
	}
	return steps
}

// TestGoldenSetup renders what a repository needs on GitHub.
func TestGoldenSetup(t *testing.T) {
	t.Parallel()
	refused := ErrorsForJSON(&problem.Error{Code: problem.SetupRefused, What: "GitHub refuses to set variable AWS_REGION, with status 403"})
	none := []GitHubStep{{Action: "keep", What: "environment", Environment: "production"}}
	renderAll(t, map[string]seen{
		"setup":         setup(&GitHubSetup{Repository: "acme/goals", Branch: "main", Environments: []string{"production", "staging"}, Steps: setupSteps(0)}),
		"setup-applied": setup(&GitHubSetup{Repository: "acme/goals", Branch: "main", Environments: []string{"production"}, Applied: true, Steps: setupSteps(4)[:4]}),
		"setup-refused": setup(&GitHubSetup{Repository: "acme/goals", Branch: "main", Environments: []string{"production"}, Applied: true, Steps: setupSteps(2)[:4], Errors: refused}),
		"setup-nothing": setup(&GitHubSetup{Repository: "acme/goals", Branch: "main", Environments: []string{"production"}, Applied: true, Steps: none}),
	})
}

var colours = regexp.MustCompile("\x1b\\[[0-9]+m")

// TestGolden renders each case plain, in colour and as JSON.
func TestGolden(t *testing.T) {
	t.Parallel()
	renderAll(t, cases())
}

func renderAll(t *testing.T, cases map[string]seen) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var plain, coloured, document bytes.Buffer
			c.text(&plain, Palette{})
			c.text(&coloured, Palette{Colour: true})
			if err := WriteJSON(&document, c.json); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(plain.String(), "\x1b") {
				t.Error("colours without being asked")
			}
			if diff := cmp.Diff(plain.String(), colours.ReplaceAllString(coloured.String(), "")); diff != "" {
				t.Errorf("colours change the text: %s", diff)
			}
			got := "-- text --\n" + plain.String() + "-- colour --\n" + strings.ReplaceAll(coloured.String(), "\x1b", "␛") + "-- json --\n" + document.String()
			if strings.Contains(got, secret) {
				t.Error("a sensitive value is shown")
			}
			golden(t, filepath.Join("testdata", name+".golden"), got)
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (make it with -update)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got), accept with -update:\n%s", diff)
	}
}
