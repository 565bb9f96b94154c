package architecture

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
)

// shared are the packages of the command line that functions have, too. They import
// no other package of this module, so that an archive has nothing of its engine.
var shared = []string{"internal/slack"}

func TestFunctionsHaveLittleOfTheCommandLine(t *testing.T) {
	t.Parallel()
	imports := func(dir string, look func(file, imported string)) {
		root := os.DirFS(top)
		err := fs.WalkDir(root, dir, func(path string, entry fs.DirEntry, err error) error {
			tests := strings.Contains(path, "test/") || strings.HasSuffix(path, "_test.go")
			if err != nil || entry.IsDir() || tests || !strings.HasSuffix(path, ".go") {
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
				if imported, ours := strings.CutPrefix(strings.Trim(each.Path.Value, `"`), module); ours {
					look(path, imported)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	used := map[string]bool{}
	imports("functions", func(file, imported string) {
		used[imported] = true
		if !strings.HasPrefix(imported, "functions/") && !slices.Contains(shared, imported) {
			t.Errorf("%s imports %s, which is the command line's", file, imported)
		}
	})
	for _, each := range shared {
		if !used[each] {
			t.Errorf("no function imports %s", each)
		}
		imports(each, func(file, imported string) {
			t.Errorf("%s imports %s, which functions would have, too", file, imported)
		})
	}
}
