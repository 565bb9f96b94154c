package problem_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// top is the repository's top directory as seen from here.
const top = "../.."

func TestEveryEntryIsWellFormed(t *testing.T) {
	t.Parallel()
	code := regexp.MustCompile(`^MD[0-9]{4}$`)
	titles := map[string]problem.Code{}
	for _, entry := range problem.Catalogue() {
		if !code.MatchString(string(entry.Code)) {
			t.Errorf("%q is not MD and four digits", entry.Code)
		}
		for what, text := range map[string]string{"title": entry.Title, "cause": entry.Cause, "remedy": entry.Remedy} {
			switch {
			case text == "":
				t.Errorf("%s has no %s", entry.Code, what)
			case strings.HasSuffix(text, "."), strings.TrimSpace(text) != text, strings.Contains(text, "\n"):
				t.Errorf("%s: the %s %q is not one line without a full stop", entry.Code, what, text)
			}
		}
		if other, taken := titles[entry.Title]; taken {
			t.Errorf("%s and %s have the same title %q", other, entry.Code, entry.Title)
		}
		titles[entry.Title] = entry.Code
	}
}

// After a migration failed the live function is the old release's: called by hand, and
// with an event that names no class, it would do something else than the deployment.
func TestNoRemedyIsToMigrateByHand(t *testing.T) {
	t.Parallel()
	for _, entry := range problem.Catalogue() {
		if regexp.MustCompile(`invoke \S+ migrate`).MatchString(entry.Remedy) {
			t.Errorf("%s: %s", entry.Code, entry.Remedy)
		}
	}
}

func TestCodesAreUniqueAndInOrder(t *testing.T) {
	t.Parallel()
	var got []problem.Code
	for _, entry := range problem.Catalogue() {
		got = append(got, entry.Code)
	}
	want := slices.Compact(slices.Sorted(slices.Values(got)))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the catalogue (-unique and sorted +as it is):\n%s", diff)
	}
}

func TestTheCatalogueHasEveryConstantOnce(t *testing.T) {
	t.Parallel()
	var declared, listed []string
	for _, code := range constants(t) {
		declared = append(declared, code)
	}
	for _, entry := range problem.Catalogue() {
		listed = append(listed, string(entry.Code))
	}
	slices.Sort(declared)
	if diff := cmp.Diff(declared, listed); diff != "" {
		t.Errorf("(-constants +catalogue):\n%s", diff)
	}
}

func TestEveryCodeIsGivenSomewhere(t *testing.T) {
	t.Parallel()
	unused := constants(t)
	for _, folder := range []string{"cmd", "internal"} {
		for path, file := range sources(t, filepath.Join(top, folder)) {
			if filepath.Base(filepath.Dir(path)) == "problem" {
				continue
			}
			ast.Inspect(file, func(node ast.Node) bool {
				selector, ok := node.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if from, ok := selector.X.(*ast.Ident); ok && from.Name == "problem" {
					delete(unused, selector.Sel.Name)
				}
				return true
			})
		}
	}
	for name, code := range unused {
		t.Errorf("no user can ever see problem.%s (%s): give it where it happens, or remove it", name, code)
	}
}

// constants gives the constants of type Code by name.
func constants(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, file := range sources(t, ".") {
		for _, declaration := range file.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				constant := spec.(*ast.ValueSpec)
				kind, ok := constant.Type.(*ast.Ident)
				if !ok || kind.Name != "Code" || !unicode.IsUpper(rune(constant.Names[0].Name[0])) {
					continue
				}
				value, err := strconv.Unquote(constant.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				found[constant.Names[0].Name] = value
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("no constants of type Code were found: this test looks in the wrong place")
	}
	return found
}

// sources parses the Go files under dir that are not tests, by path.
func sources(t *testing.T, dir string) map[string]*ast.File {
	t.Helper()
	parsed := map[string]*ast.File{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		parsed[path] = file
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
