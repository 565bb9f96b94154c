// Package apispec holds the API's functions to the definition that is deployed,
// environments/routes.tf, and to the API's document, docs/openapi.json, which is made of
// what their routes declare. Only tests use it.
package apispec

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing" //nolint:depguard // a package for tests

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
)

// Route is a route of the definition.
type Route struct {
	Function    string
	OperationID string
	httpapi.Route
}

// Check fails the test unless the router serves what routes.tf gives to the function:
// the same methods and paths, open where they need no sign-in, with the same
// parameters of the query; and unless docs/openapi.json has what they declare.
func Check(t testing.TB, function string, router *httpapi.Router) {
	t.Helper()
	want, got := []httpapi.Route{}, []httpapi.Route{}
	for _, operation := range router.Operations() {
		got = append(got, operation.Route)
	}
	for _, route := range Routes(t) {
		if route.Function == function {
			want = append(want, route.Route)
		}
	}
	if len(want) == 0 {
		t.Errorf("environments/routes.tf gives no route to the function %s", function)
	}
	same := cmp.Comparer(slices.Equal[[]string]) // of the query: none is none
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Errorf("the routes of %s (-environments/routes.tf +the function's):\n%s", function, diff)
		return
	}
	checkDocument(t, function, router)
}

// Routes are all routes of routes.tf, by path and method.
func Routes(t testing.TB) []Route {
	t.Helper()
	name := filepath.Join(Root(t), "environments", "routes.tf")
	file, problems := hclparse.NewParser().ParseHCLFile(name)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	for _, block := range file.Body.(*hclsyntax.Body).Blocks {
		if attribute := block.Body.Attributes["routes"]; block.Type == "locals" && attribute != nil {
			paths, problems := attribute.Expr.Value(nil) // a literal: it refers to nothing
			if problems.HasErrors() {
				t.Fatal(problems)
			}
			return decode(t, paths)
		}
	}
	t.Fatalf("%s has no local routes", name)
	return nil
}

// decode goes through paths and methods, which cty keeps in order.
func decode(t testing.TB, paths cty.Value) []Route {
	t.Helper()
	var routes []Route
	for path, methods := range paths.Elements() {
		for method, settings := range methods.Elements() {
			route := Route{Route: httpapi.Route{Method: method.AsString(), Path: path.AsString()}}
			for name, value := range settings.Elements() {
				switch name.AsString() {
				case "function":
					route.Function = value.AsString()
				case "authorized":
					route.Open = value.False()
				case "query":
					for parameter := range value.Elements() {
						route.Query = append(route.Query, parameter.AsString())
					}
				case "operation_id":
					route.OperationID = value.AsString()
				default:
					t.Errorf("%s %s: this test does not know what %q means", route.Method, route.Path, name.AsString())
				}
			}
			routes = append(routes, route)
		}
	}
	slices.SortFunc(routes, func(a, b Route) int { return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method) })
	return routes
}

// Root is the repository's folder, above that of the package whose test runs.
func Root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		_, err := os.Stat(filepath.Join(folder, "go.mod"))
		if err == nil {
			return folder
		}
		if parent := filepath.Dir(folder); errors.Is(err, fs.ErrNotExist) && parent != folder {
			folder = parent
			continue
		}
		t.Fatalf("find the repository: %v", err)
	}
}
