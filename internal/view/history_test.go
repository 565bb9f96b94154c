package view

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

func whole() engine.Record {
	return engine.Record{
		ID: "4f1c2d3e4a5b6c7d", Environment: "production", Operation: engine.OperationApply, Status: engine.Failed, Release: "v1.2.0",
		StartedAt: at(10), EndedAt: at(14), User: "ann", Host: "runner-3", CIRun: "https://ci.example/run/7", ApprovalDigest: approval().Digest,
		Reason: "the new tasks", Manifest: "sha256:ab12", Source: &release.Source{Commit: strings.Repeat("c0ffee12", 5), Dirty: true},
		Previous: "0000aaaa", PreviousRelease: "v1.1.0", RolledBackBy: "5a5a5a5a",
		Changes:  &change.Summary{Create: 2, Update: 1},
		Snapshot: "production-4f1c2d3e", Schema: &engine.SchemaRecord{From: 11, To: 12},
		Site: &engine.SiteRecord{Bucket: "site", Assets: 1, Removed: 3, Invalidation: "I1"},
		Layers: []engine.LayerRecord{
			{Name: "functions", Stage: engine.StageRelease, Status: engine.Succeeded, StartedAt: at(10), EndedAt: at(10).Add(1500 * time.Millisecond)},
			{Name: "functions", Stage: engine.StageApply, Status: engine.Succeeded, StartedAt: at(11), EndedAt: at(13)},
			{Name: "api", Stage: engine.StageApply, Status: engine.Failed, StartedAt: at(13), Error: "creating stage: refused\nand more"},
			{Name: "frontend", Stage: engine.StageApply, Status: engine.Skipped},
		},
		Phases: []engine.PhaseRecord{
			{Name: engine.PhaseSnapshot, Status: engine.Succeeded, StartedAt: at(10), EndedAt: at(11), Note: "production-4f1c2d3e"},
			{Name: engine.PhaseVerify, Status: engine.Failed, StartedAt: at(13), EndedAt: at(14), Note: "33 of 35", Error: "2 checks did not pass"},
		},
		Aliases: []engine.AliasRecord{
			{Function: "goals", FullName: "production-goals", From: "6", To: "7", CodeSHA256: strings.Repeat("ab", 32)},
			{Function: "health", FullName: "production-health", From: "3", To: "3", CodeSHA256: strings.Repeat("cd", 32)},
			{Function: "new", FullName: "production-new", To: "1", CodeSHA256: strings.Repeat("ef", 32)},
		},
		Verification: &engine.VerificationRecord{Result: engine.Failed, Areas: []string{"health", "security"}, Passed: 33, Failed: []string{"health.answers"}, Unknown: []string{"security.trail"}},
		Notes:        []string{"took over an expired lease"},
	}
}

func deployment(r engine.Record) seen {
	return seen{func(w io.Writer, c Palette) { Deployment(w, &r, c) }, r}
}

func history(h *engine.History) seen {
	return seen{func(w io.Writer, c Palette) { History(w, h, c) }, HistoryForJSON(h)}
}

func drift(d *engine.Drift) seen {
	return seen{func(w io.Writer, c Palette) { Drift(w, d, c) }, DriftForJSON(d)}
}

func historyCases() map[string]seen {
	back := engine.Record{ID: "5a5a5a5a", Environment: "production", Operation: engine.OperationRollback, Status: engine.Succeeded, Release: "v1.1.0", StartedAt: at(15), EndedAt: at(15).Add(42300 * time.Millisecond), User: "ann",
		RollbackOf: "4f1c2d3e4a5b6c7d", ApprovalDigest: "sha256:short", Verification: &engine.VerificationRecord{Result: engine.Succeeded, Areas: []string{"health"}, Passed: 35}}
	running := engine.Record{ID: "6b6b6b6b", Environment: "production", Operation: engine.OperationApply, Status: engine.Running, StartedAt: at(16), User: "bob", ResumedFrom: "4f1c2d3e4a5b6c7d"}
	last := whole()
	more := make([]change.Attribute, mostAttributes+2)
	for i := range more {
		more[i] = change.Attribute{Path: "tags.t" + string(rune('a'+i)), Before: "unset", After: "(a text)"}
	}
	return map[string]seen{
		"history":      history(&engine.History{Environment: "production", Deployments: []engine.Record{running, back, whole()}, Broken: []string{"deployments/20260101T000000.000Z-bad/record.json"}}),
		"history-none": history(&engine.History{Environment: "staging"}),
		"deployment":   deployment(whole()),
		"deployment-unlock": deployment(engine.Record{ID: "u1", Environment: "staging", Operation: engine.OperationUnlock, Status: engine.Succeeded, StartedAt: at(1), EndedAt: at(1), User: "ann",
			Changes: &change.Summary{}, Schema: &engine.SchemaRecord{From: 3, To: 3}, Notes: []string{"broke the lease of bob@host"}}),
		"drift": drift(&engine.Drift{Environment: "production", Release: "v1.2.0", Deployment: &last, Layers: []engine.LayerDrift{
			{Name: "network", Resources: []change.Drifted{}},
			{Name: "database", Resources: []change.Drifted{{Address: "module.database.aws_rds_cluster.this", Layer: "database", Type: "aws_rds_cluster", Stateful: true, Missing: true}}},
			{Name: "functions", Resources: []change.Drifted{
				{Address: "module.functions.aws_lambda_alias.live", Layer: "functions", Type: "aws_lambda_alias", Attributes: []change.Attribute{{Path: "function_version", Before: "7", After: "6"}}},
				{Address: "module.functions.aws_lambda_function.this", Layer: "functions", Type: "aws_lambda_function", Attributes: more},
			}},
			{Name: "", Resources: []change.Drifted{{Address: "aws_thing.this", Type: "aws_thing", Attributes: []change.Attribute{{Path: "secret", Before: "(sensitive)", After: "(sensitive)"}}}}},
		}}),
		"drift-none": drift(&engine.Drift{Environment: "staging", Layers: []engine.LayerDrift{{Name: "network"}}}),
	}
}

// TestGoldenHistory renders what was deployed and what differs from it.
func TestGoldenHistory(t *testing.T) {
	t.Parallel()
	for name, c := range historyCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var plain, coloured, document bytes.Buffer
			c.text(&plain, Palette{})
			c.text(&coloured, Palette{Colour: true})
			if err := WriteJSON(&document, c.json); err != nil {
				t.Fatal(err)
			}
			if plain.String() != colours.ReplaceAllString(coloured.String(), "") {
				t.Error("colours change the text")
			}
			golden(t, filepath.Join("testdata", name+".golden"), "-- text --\n"+plain.String()+"-- json --\n"+document.String())
		})
	}
}
