package problem_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

var update = flag.Bool("update", false, "write docs/errors.md anew")

// english is the language of the catalogue itself.
var english = language{
	page:    "docs/guide/en/troubleshooting.md",
	columns: []string{"code", "what", "why", "what to do"},
	entry:   func(_ *testing.T, entry problem.Entry) problem.Entry { return entry },
	areas: map[string]string{
		"01": "Configuration: deploy.hcl, the root and its layers",
		"02": "Terraform",
		"03": "AWS access and the state bucket",
		"04": "Approvals and guards",
		"05": "Leases, interruptions and resuming",
		"06": "The local AWS",
		"07": "The functions' code",
		"08": "Releases, deployments, verification and GitHub",
		"09": "The command line",
	},
}

func TestTroubleshootingTable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(top, "docs", "errors.md")
	want := document(t)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/errors.md is not what the catalogue says: run `make docs` (-catalogue +file):\n%s", diff)
	}
}

// document gives docs/errors.md.
func document(t *testing.T) string {
	t.Helper()
	return `# Errors

<!-- Written by ` + "`make docs`" + ` from internal/problem; do not edit. -->

Every error that the tool reports has a code that stays the same between
releases. A message has what happened, where (a file with its line, or a flag)
and what to do next; with ` + "`--json`" + ` the same stands in ` + "`errors`" + `. Exit codes are in
[exit-codes.md](exit-codes.md).
` + table(t, "## ", english)
}

// table gives the tables of all codes, one for each area, below headings.
func table(t *testing.T, level string, in language) string {
	t.Helper()
	var b strings.Builder
	area := ""
	for _, entry := range problem.Catalogue() {
		if number := string(entry.Code[2:4]); number != area {
			area = number
			title, named := in.areas[area]
			if !named {
				t.Fatalf("codes that start with MD%s have no area in this test", area)
			}
			fmt.Fprintf(&b, "\n%s%s\n\n| %s |\n| --- | --- | --- | --- |\n", level, title, strings.Join(in.columns, " | "))
		}
		entry = in.entry(t, entry)
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", entry.Code, cell(entry.Title), cell(entry.Cause), cell(entry.Remedy))
	}
	return b.String()
}

// cell writes a text into a table: outside code spans, placeholders in angle
// brackets would be taken for HTML.
func cell(text string) string {
	spans := strings.Split(strings.ReplaceAll(text, "|", `\|`), "`")
	for i := 0; i < len(spans); i += 2 {
		spans[i] = strings.ReplaceAll(spans[i], "<", `\<`)
	}
	return strings.Join(spans, "`")
}
