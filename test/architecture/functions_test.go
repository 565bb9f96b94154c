package architecture

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// A function's code is the folder of the functions, and nothing else: a release of a
// project with other functions has none of the command line's packages, and what is
// uncommitted beyond that folder makes no other archive.
func TestFunctionsHaveNothingOfTheCommandLine(t *testing.T) {
	t.Parallel()
	root := os.DirFS(top)
	err := fs.WalkDir(root, "functions", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, content, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, each := range parsed.Imports {
			imported, ours := strings.CutPrefix(strings.Trim(each.Path.Value, `"`), module)
			if ours && !strings.HasPrefix(imported, "functions/") && !forTests(path) {
				t.Errorf("%s imports %s, which is the command line's", path, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// forTests reports whether a package is for tests alone.
func forTests(path string) bool { return strings.Contains(path, "test/") }
