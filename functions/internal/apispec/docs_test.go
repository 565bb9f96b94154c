package apispec_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
)

func file(t *testing.T, names ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{apispec.Root(t)}, names...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryFunctionOfTheAPIIsChecked(t *testing.T) {
	t.Parallel()
	for _, route := range apispec.Routes(t) {
		tests, err := filepath.Glob(filepath.Join(apispec.Root(t), "functions", route.Function, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, check := range []string{"apispec.Check", "apispec.Watch"} {
			checked := slices.ContainsFunc(tests, func(name string) bool {
				text, err := os.ReadFile(name)
				return err == nil && strings.Contains(string(text), "\t"+check+"(t, ")
			})
			if !checked {
				t.Errorf("no test of functions/%s calls %s, though %s %s is its", route.Function, check, route.Method, route.Path)
			}
		}
	}
}

// TestTheReferenceHasEveryProblem looks for problems and codes in the functions' source.
func TestTheReferenceHasEveryProblem(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	functions := filepath.Join(apispec.Root(t), "functions")
	err := filepath.WalkDir(functions, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		source.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	reference := file(t, "docs", "api.md")
	for what, patterns := range map[string][2]string{
		"problems": {`(?:newProblem\([\w.]+, "|"/problems/)([a-z-]+)"`, "(?m)^\\| `/problems/([a-z-]+)` \\|"},
		"codes":    {`(?m)^\tCode[A-Z]\w+\s+= "(\w+)"`, "(?m)^\\| `([a-z_]+)` \\|"},
	} {
		if diff := cmp.Diff(all(patterns[0], source.String()), all(patterns[1], reference)); diff != "" {
			t.Errorf("%s in docs/api.md (-the functions' +its tables'):\n%s", what, diff)
		}
	}
}

// all are the first groups of all matches, each once and in order.
func all(pattern, text string) []string {
	var found []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	slices.Sort(found)
	return slices.Compact(found)
}
