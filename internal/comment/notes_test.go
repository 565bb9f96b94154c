package comment

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// deployed gives the record of a deployment of v1.3.0.
func deployed() *engine.Record {
	return &engine.Record{
		ID: "4f1c2d3e4a5b6c7d", Environment: "production", Operation: engine.OperationApply, Status: engine.Succeeded, Release: "v1.3.0",
		StartedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), User: "ann", Reason: "reminders",
		Changes: &change.Summary{Create: 4, Update: 2, Replace: 1, Delete: 1},
		LayerChanges: []engine.LayerChanges{
			{Layer: "network", Summary: change.Summary{Create: 3, Update: 1}},
			{Layer: "functions", Summary: change.Summary{Delete: 1, Update: 1}},
			{Layer: "database", Summary: change.Summary{Create: 1, Replace: 1}, Stateful: 1},
		},
		Schema:       &engine.SchemaRecord{From: 11, To: 12},
		Verification: &engine.VerificationRecord{Result: engine.Succeeded, Areas: []string{"health", "security"}, Passed: 41},
	}
}

func notes(commits ...NotedCommit) Notes {
	return Notes{Record: deployed(), Repository: "https://github.com/acme/goals", Commit: strings.Repeat("b", 40), Previous: "v1.2.0", Before: strings.Repeat("a", 40), Commits: commits, Total: len(commits)}
}

func noted(n int, message string) NotedCommit {
	return NotedCommit{SHA: fmt.Sprintf("%040x", n), Message: message}
}

func TestReleaseNotes(t *testing.T) {
	t.Parallel()
	first := notes()
	first.Previous, first.Before = "", ""
	first.Record.Reason, first.Record.Schema, first.Record.LayerChanges, first.Record.Changes = "", nil, nil, &change.Summary{}
	unknown := notes()
	unknown.Unknown = "GitHub does not have both commits"
	unknown.Record.Schema = &engine.SchemaRecord{From: 12, To: 13, Contracted: 13}
	unknown.Record.Verification = &engine.VerificationRecord{Result: engine.Failed, Areas: []string{"health"}, Passed: 3, Failed: []string{"health.api"}, Unknown: []string{"health.site"}}
	many := notes()
	for i := range 100 {
		many.Commits = append(many.Commits, noted(350-i, fmt.Sprintf("Commit %d (#%d)", 350-i, 1350-i)))
	}
	many.Total = 350
	hostile := notes(
		noted(5, "Thank @everyone and @acme/platform, fixes #1, closes acme/goals#2"),
		noted(4, "`code` | <img src=x> [link](https://evil.example) <!-- -->\n\n@ann"),
		noted(3, "Use AKIAABCDEFGHIJKLMNOP for now"),
		noted(2, "\u202etxet hguorht dna"),
		NotedCommit{SHA: "not a commit](https://evil.example)", Message: ""},
	)
	hostile.Record.Reason = "@channel ``` <script>"
	hostile.Record.User = "@ann"
	cases := map[string]Notes{
		"notes": notes(
			NotedCommit{SHA: strings.Repeat("b", 40), Message: "Merge pull request #12 from acme/reminders\n\nRemind of overdue tasks\n\nMore.", Merge: true},
			noted(3, "Show progress per goal (#11)\n\nCo-authored-by: ben"), noted(2, "Merge pull request #10 from x, said by hand"), noted(1, "Mend the \"chart\""),
		),
		"notes-first": first, "notes-unknown": unknown, "notes-many": many, "notes-hostile": hostile,
	}
	for name, n := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ReleaseNotes(n, Options{Run: "https://github.com/acme/goals/actions/runs/7"})
			file := filepath.Join("testdata", name+".golden.md")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, limit := range []int{1_500, 3_000, 20_000} {
				if small := ReleaseNotes(n, Options{Limit: limit}); len(small) > limit {
					t.Errorf("%d bytes of %d", len(small), limit)
				}
			}
		})
	}
}

// However long everything is, the notes stay within what GitHub takes, and what a
// reader needs stays in them.
func TestReleaseNotesStayWithinTheLimit(t *testing.T) {
	t.Parallel()
	n := notes()
	for i := range 100 {
		n.Commits = append(n.Commits, noted(i, strings.Repeat("`|\\日本語", 500)))
	}
	n.Total = 1_000_000
	n.Record.Reason, n.Record.User = strings.Repeat("`", 5_000), strings.Repeat("|", 5_000)
	for i := range 1_000 {
		n.Record.LayerChanges = append(n.Record.LayerChanges, engine.LayerChanges{Layer: fmt.Sprintf("`layer`%d", i), Summary: change.Summary{Update: 1}})
		n.Record.Verification.Failed = append(n.Record.Verification.Failed, strings.Repeat("x`", 80))
	}
	n.Record.Verification.Result = engine.Failed
	got := ReleaseNotes(n, Options{})
	if len(got) > NotesLimit {
		t.Errorf("%d bytes", len(got))
	}
	for _, part := range []string{"1000000 commits", "layers more", "checks more", "mandala-deploy rollback production --version v1.3.0"} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q", part)
		}
	}
}
