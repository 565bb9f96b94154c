// Package architecture keeps the documents about the code equal to the code.
package architecture

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/goal-mandala/mandala-deploy/"

func TestArchitectureListsEveryPackage(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `((?:internal|cmd)/[a-z/-]+)` \\| [^|]+ \\|$").FindAllStringSubmatch(read(t, "docs/architecture.md"), -1) {
		listed = append(listed, row[1])
	}
	slices.Sort(listed)
	if diff := cmp.Diff(packages(t, "{{.ImportPath}}"), listed); diff != "" {
		t.Errorf("docs/architecture.md does not list the packages (-packages +document):\n%s", diff)
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	for _, line := range packages(t, "{{.ImportPath}} {{.Doc}}") {
		if _, doc, _ := strings.Cut(line, " "); doc == "" {
			t.Errorf("package %s has no comment", strings.TrimSpace(line))
		}
	}
}

// packages gives a line per package of the product, by path below the module.
func packages(t *testing.T, format string) []string {
	t.Helper()
	var stderr bytes.Buffer
	list := exec.CommandContext(t.Context(), "go", "list", "-f", format, "./cmd/...", "./internal/...")
	list.Dir = top
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		lines = append(lines, strings.TrimPrefix(strings.TrimSuffix(line, "\n"), module))
	}
	slices.Sort(lines)
	return lines
}

func TestDecisionsAreListed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(top, "docs/adr/[0-9]*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no decisions: %v", err)
	}
	var want []string
	for _, file := range files {
		name := filepath.Base(file)
		want = append(want, fmt.Sprintf("[%s](%s)", name[:4], name))
	}
	var got []string
	for _, decision := range rows(read(t, "docs/adr/README.md"), "", "decision") {
		got = append(got, decision[0])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/adr/README.md does not list the decisions (-decisions +list):\n%s", diff)
	}
}
