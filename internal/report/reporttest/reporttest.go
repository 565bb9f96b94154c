// Package reporttest makes up deployments and plans of any size for the tests of
// reports: the same ones each time.
package reporttest

import (
	"fmt"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/release"
	"github.com/goal-mandala/mandala-deploy/internal/report"
)

// Now is when the made-up deployments have just ended.
func Now() time.Time { return time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC) }

// Layers are those of the project's root, in an order in which they apply.
func Layers() []report.Layer {
	return []report.Layer{
		{Name: "network"}, {Name: "secrets"}, {Name: "delivery"}, {Name: "audit", Upstream: []string{"secrets"}},
		{Name: "database", Upstream: []string{"network", "secrets"}}, {Name: "auth", Upstream: []string{"secrets"}},
		{Name: "functions", Upstream: []string{"auth", "database", "network", "secrets"}}, {Name: "workflow", Upstream: []string{"functions"}},
		{Name: "api", Upstream: []string{"auth", "functions", "workflow"}}, {Name: "reminders", Upstream: []string{"database", "functions", "network"}},
		{Name: "frontend", Upstream: []string{"api", "auth"}}, {Name: "monitoring", Upstream: []string{"api", "database", "frontend", "functions", "reminders", "workflow"}},
	}
}

// Catalogue has a few requirements and checks.
func Catalogue() report.Catalogue {
	return report.Catalogue{
		Requirements: []engine.Requirement{{ID: "R1.1", Title: "Database"}, {ID: "R1.2", Title: "Functions, REST API and workflow"}, {ID: "R3.2", Title: "Alarms"}, {ID: "R4.1", Title: "IAM"}, {ID: "R6.3", Title: "Availability"}, {ID: "R7.1", Title: "Savings"}},
		Checks: []report.Check{
			{ID: "health.api-answers", Area: "health", Title: "the API answers, with the version that was deployed", Requirements: []string{"R1.2", "R6.3"}},
			{ID: "health.database-stands", Area: "health", Title: "the database answers", Requirements: []string{"R1.1", "R6.3"}},
			{ID: "monitoring.alarms-wired", Area: "monitoring", Title: "every alarm tells the topic", Requirements: []string{"R3.2"}},
			{ID: "security.roles-named-actions", Area: "security", Title: "roles name their actions and resources", Requirements: []string{"R4.1"}},
			{ID: "cost.nat-gateways", Area: "cost", Title: "there is one NAT gateway at most", Requirements: []string{"R7.1"}},
		},
	}
}

// types are kinds of resources that the layers have, made up in turn.
var types = []string{"aws_subnet", "aws_kms_key", "aws_iam_role", "aws_lambda_function", "aws_cloudwatch_metric_alarm", "aws_cloudwatch_log_group", "aws_security_group_rule", "aws_s3_bucket"}

// Changes gives that many changes, over all layers: mostly creations, some of every other
// kind.
func Changes(resources int) []change.Change {
	layers := Layers()
	list := make([]change.Change, 0, resources)
	for i := range resources {
		layer, kind := layers[i%len(layers)].Name, types[(i/len(layers))%len(types)]
		c := change.Change{Address: fmt.Sprintf("module.%s.%s.this[\"goal-mandala-production-%03d\"]", layer, kind, i), Layer: layer, Type: kind, Operation: change.Create, Stateful: kind == "aws_s3_bucket"}
		switch {
		case i%29 == 3:
			c.Operation, c.Reason = change.Delete, "no longer in the configuration"
		case i%31 == 4:
			c.Operation, c.Reason, c.Replaces = change.Replace, "cannot change in place", []string{"name"}
			c.Attributes = []change.Attribute{{Path: "name", Before: `"goals"`, After: `"goals-v2"`, Replaces: true}, {Path: "arn", Before: `"arn:aws:iam::123456789012:role/goals"`, After: "(known after apply)"}}
		case i%7 == 5:
			c.Operation = change.Update
			c.Attributes = []change.Attribute{
				{Path: "memory_size", Before: "128", After: "512"}, {Path: "tags.Release", Before: `"v1.2.0"`, After: `"v1.3.0"`},
				{Path: "environment.DATABASE_PASSWORD", Before: `"was-in-clear"`, After: `"is-in-clear"`}, {Path: "kms_key_arn", Before: "(sensitive)", After: "(sensitive)"},
			}
		case i%53 == 6:
			c.Operation, c.MovedFrom = change.Move, fmt.Sprintf("module.%s.%s.that", layer, kind)
		}
		list = append(list, c)
	}
	return list
}

// Preview is a plan of that many changes.
func Preview(resources int) *engine.Preview {
	p := &engine.Preview{Environment: "production", Release: "v1.3.0", Changes: Changes(resources), Approval: &change.Approval{
		Digest: "sha256:" + strings.Repeat("0123456789abcdef", 4), CreatedAt: Now().Add(-30 * time.Minute), CreatedBy: "hana",
		Inputs: change.Inputs{Account: "123456789012", Region: "ap-northeast-1"}}}
	p.Guarded = change.Guarded(p.Changes, nil)
	for _, layer := range Layers() {
		p.Layers = append(p.Layers, layer.Name)
		if len(change.Set{Changes: p.Changes}.ByLayer()[layer.Name]) > 0 {
			p.Steps = append(p.Steps, engine.Step{Layer: layer.Name, Stage: engine.StageApply})
		}
	}
	p.Beside = engine.Beside{Snapshots: []string{"goal-mandala-production"}, Aliases: []string{"goals", "tasks"}, Entries: []string{"index.html"},
		Assets: []string{"assets/app.js", "assets/app.css"}, Migrations: []release.Migration{{Version: 7, Name: "0007_saved_views.sql", Class: release.Expand}}}
	return p
}

// Plan is a reviewer's plan of that many changes.
func Plan(resources int) report.Plan {
	return report.Plan{Preview: Preview(resources), Version: "v1.3.0", Layers: Layers()}
}

// Deployment is one of that many resources, as the run itself knows it. One that fails
// does so in the layer api, on its last resource.
func Deployment(resources int, fails bool) report.Deployment {
	preview := Preview(resources)
	began := Now().Add(-20 * time.Minute)
	summary := preview.Summary()
	record := engine.Record{
		ID: "4f1c2d3e4a5b6c7d", Environment: "production", Operation: engine.OperationApply, Status: engine.Succeeded, Release: "v1.3.0", StartedAt: began,
		User: "hana", Host: "build-7", CIRun: "https://github.example/acme/goals/actions/runs/12", ApprovalDigest: preview.Approval.Digest, Reason: "saved views",
		Manifest: "sha256:" + strings.Repeat("ab", 32), Source: &release.Source{Commit: strings.Repeat("1d00b23a", 5)}, Previous: "3e0b1c2d3a4b5c6d", PreviousRelease: "v1.2.0",
		Changes: &summary, Snapshot: "goal-mandala-production-4f1c2d3e4a5b6c7d", Schema: &engine.SchemaRecord{From: 6, To: 7},
		Aliases: []engine.AliasRecord{{Function: "goals", From: "11", To: "12", CodeSHA256: strings.Repeat("c0ffee", 10)}, {Function: "tasks", From: "9", To: "9", CodeSHA256: strings.Repeat("5eed", 16)}},
		Site:    &engine.SiteRecord{Bucket: "goal-mandala-production-site", Assets: 2, Removed: 1, Entries: []release.File{{}}},
		Notes:   []string{"an older snapshot was deleted"},
	}
	events, ended := work(&record, preview, fails)
	d := report.Deployment{Layers: Layers(), Preview: preview, Catalogue: Catalogue()}
	after := func(name engine.Phase, seconds int, note string) {
		begins := ended
		ended = ended.Add(time.Duration(seconds) * time.Second)
		record.Phases = append(record.Phases, engine.PhaseRecord{Name: name, Status: engine.Succeeded, StartedAt: begins, EndedAt: ended, Note: note})
	}
	if fails {
		record.Status = engine.Failed
	} else {
		after(engine.PhaseMigrations, 4, "1 migration")
		after(engine.PhaseAliases, 6, "2 functions")
		after(engine.PhaseEntries, 3, "1 page")
		after(engine.PhaseVerify, 38, "5 checks passed")
		d.Verification = Verification()
		record.Verification = &engine.VerificationRecord{Result: engine.Succeeded, Areas: []string{"health", "security", "monitoring", "cost"}, Passed: 5}
	}
	record.EndedAt = ended
	earlier := engine.Record{ID: "3e0b1c2d3a4b5c6d", Environment: "production", Operation: engine.OperationApply, Status: engine.Succeeded, Release: "v1.2.0", User: "ken",
		StartedAt: began.Add(-72 * time.Hour), EndedAt: began.Add(-72*time.Hour + 7*time.Minute), Verification: &engine.VerificationRecord{Result: engine.Succeeded, Passed: 5}}
	before := engine.Record{ID: "2d0a1b2c3d4e5f60", Environment: "production", Operation: engine.OperationRollback, Status: engine.Failed, Release: "v1.1.0", User: "ken",
		StartedAt: began.Add(-96 * time.Hour), EndedAt: began.Add(-96*time.Hour + 2*time.Minute), Verification: &engine.VerificationRecord{Result: engine.Failed, Passed: 3, Failed: []string{"health.api-answers"}, Unknown: []string{"cost.nat-gateways"}}}
	d.Account = engine.Account{Record: record, Events: events, History: []engine.Record{record, earlier, before}}
	return d
}

// work makes up when which layer and resource was worked on: a layer begins once those
// that it refers to are done.
func work(record *engine.Record, preview *engine.Preview, fails bool) (events map[string][]engine.Event, ended time.Time) {
	snapshot := record.StartedAt.Add(41 * time.Second)
	record.Phases = []engine.PhaseRecord{
		{Name: engine.PhaseSnapshot, Status: engine.Succeeded, StartedAt: record.StartedAt, EndedAt: snapshot, Note: "goal-mandala-production-4f1c2d3e4a5b6c7d"},
		{Name: engine.PhaseAssets, Status: engine.Succeeded, StartedAt: snapshot, EndedAt: snapshot.Add(3 * time.Second), Note: "2 assets"},
	}
	begun := snapshot.Add(3 * time.Second)
	events, ended = map[string][]engine.Event{}, begun
	done := map[string]time.Time{}
	byLayer := change.Set{Changes: preview.Changes}.ByLayer()
	failed := false
	for i, layer := range Layers() {
		changes := byLayer[layer.Name]
		if len(changes) == 0 {
			continue
		}
		ready := begun
		for _, upstream := range layer.Upstream {
			if done[upstream].After(ready) {
				ready = done[upstream]
			}
		}
		if failed && (layer.Name == "frontend" || layer.Name == "monitoring") {
			record.Layers = append(record.Layers, engine.LayerRecord{Name: layer.Name, Stage: engine.StageApply, Status: engine.Skipped})
			continue
		}
		starts := ready.Add(time.Duration(3+i%3) * time.Second)
		last := starts
		for n, c := range changes {
			action := string(c.Operation)
			if c.Operation == change.Replace {
				action = "create"
			}
			from := starts.Add(time.Duration(n%9) * 700 * time.Millisecond)
			to := from.Add(time.Duration(400+(n*n*37)%9000) * time.Millisecond)
			end := engine.ApplyComplete
			if fails && layer.Name == "api" && n == len(changes)-1 {
				end, failed = engine.ApplyErrored, true
			}
			events[layer.Name] = append(events[layer.Name],
				engine.Event{Kind: engine.ApplyStart, Time: from, Address: c.Address, Type: c.Type, Action: action},
				engine.Event{Kind: end, Time: to, Address: c.Address, Type: c.Type, Action: action, IDKey: "id", IDValue: "an-id-that-is-not-shown"})
			if to.After(last) {
				last = to
			}
		}
		line := engine.LayerRecord{Name: layer.Name, Stage: engine.StageApply, Status: engine.Succeeded, StartedAt: starts, EndedAt: last.Add(time.Second), SerialBefore: 3, SerialAfter: 4}
		if failed && layer.Name == "api" {
			line.Status, line.Error = engine.Failed, "creating API Gateway Stage: TooManyRequestsException"
			events["api"] = append(events["api"], engine.Event{Kind: engine.EventDiagnostic, Time: last, Diagnostic: &engine.Diagnostic{
				Severity: "error", Summary: "creating API Gateway Stage (v1)", Detail: "operation error API Gateway: CreateStage,\nhttps response error StatusCode: 429, TooManyRequestsException",
				Address: changes[len(changes)-1].Address, File: "modules/api/stage.tf", Line: 12}})
		}
		record.Layers = append(record.Layers, line)
		done[layer.Name] = line.EndedAt
		if line.EndedAt.After(ended) {
			ended = line.EndedAt
		}
	}
	return events, ended
}

// Verification is one in which everything passed.
func Verification() *engine.Verification {
	v := &engine.Verification{Environment: "production", Release: "v1.3.0", StartedAt: Now().Add(-time.Minute), Seconds: 38, Areas: []string{"health", "security", "monitoring", "cost"}}
	for _, c := range Catalogue().Checks {
		v.Checks = append(v.Checks, engine.CheckResult{ID: c.ID, Area: c.Area, Title: c.Title, Requirements: c.Requirements, Result: engine.CheckPassed, Evidence: []string{"seen: " + c.Title}, Seconds: 1.5})
	}
	return v
}
