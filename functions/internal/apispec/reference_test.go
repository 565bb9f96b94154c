package apispec_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
)

// document is docs/openapi.json, which is valid.
func document(t *testing.T) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData([]byte(file(t, "docs", "openapi.json")))
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return document
}

func TestTheDocumentHasEveryRouteAndNoOther(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, route := range apispec.Routes(t) {
		want = append(want, strings.Join(append([]string{route.Method, route.Path, route.OperationID, route.Function}, route.Query...), " "))
	}
	for path, item := range document(t).Paths.Map() {
		for method, operation := range item.Operations() {
			row := []string{method, path, operation.OperationID, operation.Tags[0]}
			for _, parameter := range operation.Parameters {
				if parameter.Value.In == openapi3.ParameterInQuery {
					row = append(row, parameter.Value.Name)
				}
			}
			got = append(got, strings.Join(row, " "))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/openapi.json (-environments/routes.tf +its operations):\n%s", diff)
	}
}

// TestTheReferenceIsTheDocuments holds the tables of docs/api.md to the document.
func TestTheReferenceIsTheDocuments(t *testing.T) {
	t.Parallel()
	document := document(t)
	tables := map[string]string{"types": apispec.Types(document)}
	for _, route := range apispec.Routes(t) {
		tables["operations of "+route.Function] = apispec.Operations(document, route.Function)
	}
	before := file(t, "docs", "api.md")
	after := before
	for name, table := range tables {
		begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->"
		head, rest, begun := strings.Cut(after, begin)
		_, tail, ended := strings.Cut(rest, end)
		if !begun || !ended {
			t.Fatalf("docs/api.md has no place for the %s", name)
		}
		after = head + begin + table + end + tail
	}
	switch {
	case before == after:
	case flag.Lookup("update-api").Value.String() == "true":
		if err := os.WriteFile(filepath.Join(apispec.Root(t), "docs", "api.md"), []byte(after), 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("docs/api.md is not of docs/openapi.json: run `make docs` (-reference +document):\n%s", cmp.Diff(before, after))
	}
}
