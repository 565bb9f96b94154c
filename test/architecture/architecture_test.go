// Package architecture keeps the documents about the code equal to the code.
package architecture

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/goal-mandala/mandala-deploy/"

func TestArchitectureListsEveryPackage(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `((?:internal|cmd)/[a-z/-]+)` \\| [^|]+ \\|$").FindAllSubmatch(document, -1) {
		listed = append(listed, string(row[1]))
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
	list.Dir = "../.."
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
