package compose_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"

	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func TestWhatCannotBeComposed(t *testing.T) {
	t.Parallel()
	const root = twoLayers + `locals {
  id = module.network.vpc_id
}
module "database" {
  source = "../modules/database"
  a      = [local.id, local.id]
}
module "registry" { source = "acme/x/aws" }
module "last" {
  source = "../modules/database"
  a      = module.registry.arn
}
provider "aws" { alias = "use1" }
`
	without := func(value cty.Value, name string) cty.Value {
		attributes := value.AsValueMap()
		delete(attributes, name)
		return cty.ObjectVal(attributes)
	}
	tests := map[string]struct {
		request compose.Request
		want    []string
	}{
		"no such layer": {compose.Request{Keep: []string{"netwrk"}}, []string{`layer "netwrk" is to be composed, but the root has no such layer [MD0110]`}},
		"never applied": {compose.Request{Keep: []string{"database"}}, []string{`environments/main.tf:6: outputs of layer "network" are needed, but it was never applied [MD0113]`}},
		"each place": {compose.Request{Keep: []string{"database", "last"}}, []string{
			`environments/main.tf:6: outputs of layer "network" are needed, but it was never applied [MD0113]`,
			`environments/main.tf:15: outputs of layer "registry" are needed, but it was never applied [MD0113]`,
		}},
		"new output of a module that is known": {
			compose.Request{Keep: []string{"database"}, Known: map[string]compose.Outputs{"network": known(t, without(network(), "vpc_id"))}},
			[]string{`environments/main.tf:6: output "vpc_id" of layer "network" is needed, but it is new since that layer was last applied [MD0113]`},
		},
		"no such output of a module that is not known": {
			compose.Request{Keep: []string{"last"}, Known: map[string]compose.Outputs{"registry": known(t, network())}},
			[]string{`environments/main.tf:15: layer "registry" has no output "arn" [MD0108]`},
		},
		"repeated when last applied": {
			compose.Request{Keep: []string{"database"}, Known: map[string]compose.Outputs{"network": known(t, cty.TupleVal([]cty.Value{network()}))}},
			[]string{`environments/main.tf:6: outputs of layer "network" are needed, but its count or for_each changed since it was last applied [MD0113]`},
		},
		"provider gone": {
			compose.Request{Orphans: []string{"old"}, StateProviders: []string{"aws.use1", `provider["registry.terraform.io/hashicorp/aws"].euw1`}},
			[]string{`environments: a state was written with provider configuration provider["registry.terraform.io/hashicorp/aws"].euw1, which the root no longer has [MD0111]`},
		},
		"no address to import to": {
			compose.Request{Imports: []compose.Import{{To: "module.x aws", ID: "i"}}},
			[]string{`import to "module.x aws" is not a resource address: mandala_generated.tf:1,10-13: Invalid character; Expected an attribute access or an index operator. [MD0999]`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := compose.Compose(load(t, root), test.request)
			var got []string
			for _, e := range problem.Find(err) {
				got = append(got, e.Error())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	composition, err := compose.Compose(load(t, twoLayers+"module \"database\" {\n  source = \"../modules/database\"\n  a = module.network.vpc_id\n}\n"),
		compose.Request{Keep: []string{"database"}, Known: map[string]compose.Outputs{"network": known(t, network())}})
	if err != nil {
		t.Fatal(err)
	}
	line := func(text string) int {
		before, _, found := strings.Cut(string(composition.Files[compose.GeneratedFile]), text)
		if !found {
			t.Fatalf("no %q in the generated file", text)
		}
		return strings.Count(before, "\n") + 1
	}
	tests := map[string]struct {
		file string
		line int
		want string
	}{
		"the user's own":    {"main.tf", 7, "main.tf:7 true"},
		"known outputs":     {compose.GeneratedFile, line("variable \"module_network\""), "environments/main.tf:1 true"},
		"a layer's outputs": {compose.GeneratedFile, line("issensitive"), "environments/main.tf:5 true"},
		"the first line":    {compose.GeneratedFile, 1, ":0 false"},
		"another file":      {"other.tf", 1, "other.tf:1 false"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, line, ok := composition.Origin(test.file, test.line)
			if got := fmt.Sprintf("%s:%d %v", file, line, ok); got != test.want {
				t.Errorf("origin = %s, want %s", got, test.want)
			}
		})
	}
}

const everything = `# A comment.
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = { source = "hashicorp/aws" } # pinned elsewhere
  }
}

variable "unused" { type = string }
locals { alone = 1 }
locals {
  a = module.network.vpc_id
  b = <<EOT
${module.network.vpc_id}
EOT
}
provider "aws" { alias = "x" }
data "external" "unused" { program = [] }
module "network" { source = "../modules/network" }
module "database" {
  source     = "../modules/database"
  a          = local.a
  depends_on = [module.network, data.external.unused]
}
output "a" { value = local.b }
check "c" {
  assert {
    condition     = module.network.vpc_id != ""
    error_message = "no"
  }
}
moved {
  from = module.network.terraform_data.a
  to   = module.network.terraform_data.vpc
}
removed {
  from = module.gone
  lifecycle { destroy = false }
}
`

func TestTheUncutRootIsTheUsersOwn(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain": everything, "windows line ends": strings.ReplaceAll(everything, "\n", "\r\n"), "no line end": strings.TrimSuffix(everything, "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := load(t, text)
			composition, err := compose.Compose(root, compose.Request{Keep: root.LayerNames(), Outputs: true})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(text, string(composition.Files["main.tf"])); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// everyKnown gives outputs for each layer that fit whatever is asked of them.
func everyKnown(t testing.TB, root *environment.Root) map[string]compose.Outputs {
	t.Helper()
	all := map[string]compose.Outputs{}
	for _, layer := range root.Layers {
		value := network()
		switch layer.Repetition {
		case environment.Count:
			value = cty.TupleVal([]cty.Value{value})
		case environment.ForEach:
			value = cty.ObjectVal(map[string]cty.Value{"k": value})
		}
		all[layer.Name] = known(t, value, "vpc_id")
	}
	return all
}

func FuzzCompose(f *testing.F) {
	f.Add(everything)
	f.Add("module \"a\" {\n  source = \"x/y/z\"\n  count = 1\n}\nmodule \"b\" {\n  source = \"x/y/z\"\n  c = (module\n.a[0]\n.vpc_id)\n  depends_on = [ # x\n  module.a]\n}\n")
	f.Add("module \"a\" { source = \"x/y/z\" }\nmodule \"b\" {\n  source = \"x/y/z\"\n  c = \"${[for a, b in module.a : a => module.a[*].b...]}\"\n}\n")
	f.Add("\ufeffmodule \"a\" { source = \"x/y/z\" }\noutput \"é\" { value = \"日本${module.a.vpc_id}\" }\n")
	f.Fuzz(func(t *testing.T, text string) {
		fsys := modules()
		fsys["environments/main.tf"] = &fstest.MapFile{Data: []byte(text)}
		root, err := environment.LoadRoot(fsys)
		if err != nil {
			return
		}
		whole, err := compose.Compose(root, compose.Request{Keep: root.LayerNames(), Outputs: true})
		if err != nil {
			t.Fatalf("uncut: %v", err)
		}
		hasBackend := false
		for _, item := range root.Items {
			hasBackend = hasBackend || item.Kind == environment.KindBackend
		}
		if len(root.Layers) > 0 && !hasBackend && !bytes.Equal(whole.Files["main.tf"], []byte(text)) {
			t.Errorf("the uncut root is not the user's own:\n%q\n%q", text, whole.Files["main.tf"])
		}
		for _, layer := range root.Layers {
			slice, err := compose.Compose(root, compose.Request{Keep: []string{layer.Name}, Known: everyKnown(t, root), Outputs: true})
			if err != nil {
				continue // an output that is not among the known
			}
			for name, composed := range slice.Files {
				if _, diagnostics := hclparse.NewParser().ParseHCL(composed, name); diagnostics.HasErrors() {
					t.Errorf("slice of %q does not parse: %v\n%s\n--- of ---\n%s", layer.Name, diagnostics, composed, text)
				}
			}
			if got := bytes.Count(slice.Files["main.tf"], []byte("\n")); got != strings.Count(text, "\n") {
				t.Errorf("slice of %q has %d lines, the root %d:\n%s", layer.Name, got, strings.Count(text, "\n"), text)
			}
		}
	})
}

func BenchmarkSlice(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var text strings.Builder
			for i := range n {
				fmt.Fprintf(&text, "module \"l%d\" {\n  source = \"../modules/database\"\n", i)
				if i > 1 {
					fmt.Fprintf(&text, "  a = module.l%d.endpoint\n  b = module.l%d.users[0]\n", i/2, i-1)
				}
				text.WriteString("}\n")
			}
			root := load(b, text.String())
			outputs := map[string]compose.Outputs{fmt.Sprint("l", n/2-1): known(b, database()), fmt.Sprint("l", n-2): known(b, database())}
			b.ReportAllocs()
			for b.Loop() {
				request := compose.Request{Keep: []string{fmt.Sprint("l", n-1)}, Known: outputs}
				if _, err := compose.Compose(root, request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
