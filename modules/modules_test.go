// Package modules holds the Terraform modules. Its tests keep what Terraform and
// tflint do not look at: the rules of shape for variables and outputs, and that
// each README tells what the code says.
package modules

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// mostVariables is style's bound on a module's inputs.
const mostVariables = 14

func TestEveryModuleKeepsTheRules(t *testing.T) {
	t.Parallel()
	for _, module := range moduleNames(t) {
		t.Run(module, func(t *testing.T) {
			t.Parallel()
			variables := blocks(t, filepath.Join(module, "variables.tf"), "variable")
			if len(variables) > mostVariables {
				t.Errorf("%d variables, at most %d are allowed", len(variables), mostVariables)
			}
			for _, variable := range variables {
				for _, attribute := range []string{"type", "description", "nullable"} {
					if variable.Body.Attributes[attribute] == nil {
						t.Errorf("variable %q has no %s", variable.Labels[0], attribute)
					}
				}
			}
			outputs := blocks(t, filepath.Join(module, "outputs.tf"), "output")
			for _, output := range outputs {
				if output.Body.Attributes["description"] == nil {
					t.Errorf("output %q has no description", output.Labels[0])
				}
			}
			for kind, found := range map[string][]string{"variables": labels(variables), "outputs": labels(outputs)} {
				if diff := cmp.Diff(slices.Sorted(slices.Values(found)), found); diff != "" {
					t.Errorf("%s are not in alphabetical order (-want +got):\n%s", kind, diff)
				}
			}
		})
	}
}

func TestNoModuleConfiguresProvidersOrABackend(t *testing.T) {
	t.Parallel()
	for _, module := range moduleNames(t) {
		files, err := filepath.Glob(filepath.Join(module, "*.tf"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if found := blocks(t, file, "provider"); len(found) > 0 {
				t.Errorf("%s configures a provider", file)
			}
			for _, terraform := range blocks(t, file, "terraform") {
				for _, inner := range terraform.Body.Blocks {
					if inner.Type == "backend" || inner.Type == "cloud" {
						t.Errorf("%s configures a backend", file)
					}
				}
			}
		}
	}
}

func TestReadmesTellWhatTheCodeSays(t *testing.T) {
	t.Parallel()
	var (
		example = regexp.MustCompile("(?s)```hcl\n(.*?)```")
		rowName = regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\|")
	)
	for _, module := range moduleNames(t) {
		t.Run(module, func(t *testing.T) {
			t.Parallel()
			readme := read(t, filepath.Join(module, "README.md"))

			snippet := example.FindStringSubmatch(readme)
			if snippet == nil {
				t.Fatal("the README has no hcl example")
			}
			if diff := cmp.Diff(read(t, filepath.Join(module, "examples", "basic", "main.tf")), snippet[1]); diff != "" {
				t.Errorf("the README's example is not examples/basic/main.tf (-want +got):\n%s", diff)
			}

			_, tables, _ := strings.Cut(readme, "\n## Inputs\n")
			inputs, outputs, found := strings.Cut(tables, "\n## Outputs\n")
			if !found {
				t.Fatal("the README lacks the section Inputs or Outputs")
			}
			for _, table := range []struct{ file, kind, text string }{
				{"variables.tf", "variable", inputs},
				{"outputs.tf", "output", outputs},
			} {
				var listed []string
				for _, row := range rowName.FindAllStringSubmatch(table.text, -1) {
					listed = append(listed, row[1])
				}
				want := labels(blocks(t, filepath.Join(module, table.file), table.kind))
				if diff := cmp.Diff(want, listed); diff != "" {
					t.Errorf("the README's table is not %s (-want +got):\n%s", table.file, diff)
				}
			}
		})
	}
}

// moduleNames gives the folders that are modules; it fails when there is none.
func moduleNames(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*/terraform.tf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules found (%v)", err)
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = filepath.Dir(file)
	}
	return names
}

// blocks gives the top-level blocks of one type in file, in the order written.
func blocks(t *testing.T, file, kind string) []*hclsyntax.Block {
	t.Helper()
	parsed, diagnostics := hclparse.NewParser().ParseHCLFile(file)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	var found []*hclsyntax.Block
	for _, block := range parsed.Body.(*hclsyntax.Body).Blocks {
		if block.Type == kind {
			found = append(found, block)
		}
	}
	return found
}

func labels(blocks []*hclsyntax.Block) []string {
	names := make([]string, len(blocks))
	for i, block := range blocks {
		names[i] = block.Labels[0]
	}
	return names
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
