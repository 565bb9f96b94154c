package environment_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

// references gives "layer → to.output (file:line through)" for each reference.
func references(root *environment.Root) []string {
	var all []string
	for _, layer := range root.Layers {
		for _, r := range layer.References {
			line := fmt.Sprintf("%s → %s.%s %d", layer.Name, r.To, r.Output, r.Location.Line)
			if r.DependsOn {
				line += " depends_on"
			}
			if r.Through != "" {
				line += " through " + r.Through
			}
			all = append(all, line)
		}
	}
	return all
}

const layers = `module "network" {
  source = "../modules/network"
}
`

func TestReferences(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		root string
		want []string
	}{
		"direct, index, splat, template, for and depends_on": {layers + `
module "database" {
  source     = "../modules/database"
  a          = module.network.id
  b          = module.network.ids[0]
  c          = module.network["id"]
  d          = "x-${module.network.arn}"
  e          = [for i in module.network.ids : i]
  f          = [for module in [1] : module.network]
  g          = module.network[*].id
  h          = try(module.network, null)
  depends_on = [module.network]
}
`, []string{
			"database → network.id 7", "database → network.ids 8", "database → network.id 9", "database → network.arn 10",
			"database → network.ids 11", "database → network.id 13", "database → network. 14", "database → network. 15 depends_on",
		}},
		"repeated layers": {`
module "network" {
  source   = "../modules/network"
  for_each = { a = 1 }
}
module "secrets" {
  source = "../modules/secrets"
  count  = 2
}
module "database" {
  source = "../modules/database"
  a      = module.network["a"].id
  b      = module.secrets[0].arn
  c      = module.secrets[*].id
  d      = [for k in ["a"] : module.network[k].ids]
  e      = values(module.network)[*].id
}
`, []string{
			"database → network.id 12", "database → secrets.arn 13", "database → secrets.id 14", "database → network.ids 15", "database → network. 16",
		}},
		"through locals, data, ephemeral, variable and provider blocks, each place once": {layers + `
locals {
  one = module.network.id
  two = "${local.one}-${data.aws_x.y.z}"
}
data "aws_x" "y" {
  id         = local.one
  vpc        = module.network.arn
  depends_on = [module.network]
}
ephemeral "gcp_e" "e" {
  id = module.network.ids
}
provider "gcp" {
  region = module.network.id
}
module "database" {
  source = "../modules/database"
  a      = local.two
  b      = ephemeral.gcp_e.e.v
}
`, []string{
			"database → network.ids 15 through ephemeral.gcp_e.e",
			"database → network.id 6 through local.two → local.one",
			"database → network.arn 11 through local.two → data.aws_x.y",
			"database → network. 12 depends_on through local.two → data.aws_x.y",
			"database → network.id 18 through ephemeral.gcp_e.e → provider.gcp",
		}},
		"provider passed explicitly, and an import's id": {layers + `
provider "aws" {
  alias  = "x"
  region = module.network.id
}
module "database" {
  source    = "../modules/database"
  providers = { aws = aws.x }
}
import {
  to = module.database.aws_a.b
  id = module.network.arn
}
`, []string{"database → network.id 7 through provider.aws.x", "database → network.arn 15 through import"}},
		"an opaque layer may use every provider, but not one that needs it": {layers + `
module "cluster" {
  source = "acme/cluster/aws"
  vpc    = module.network.id
}
provider "kubernetes" {
  host = module.cluster.endpoint
}
module "apps" {
  source = "acme/apps/aws"
}
`, []string{"cluster → network.id 7", "apps → cluster.endpoint 10 through provider.kubernetes"}},
		"quoted depends_on": {layers + "module \"database\" {\n  source     = \"../modules/database\"\n  depends_on = [\"module.network\"]\n}\n", []string{
			"database → network. 6 depends_on"}},
		"outputs, checks and unused locals make no edge": {layers + `
locals { unused = module.network.id }
output "id" { value = module.network.id }
check "c" {
  assert {
    condition     = module.network.id != ""
    error_message = "no"
  }
}
`, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, err := environment.LoadRoot(rootWith(test.root))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, references(root)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestInvalidRoots(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		root  string
		files []string
		want  []string
	}{
		"syntax":                {root: "module \"x\" {\n", want: []string{"MD0102 environments/main.tf:1 unclosed configuration block: There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file."}},
		"argument":              {root: "x = 1\n", want: []string{`MD0102 environments/main.tf:1 a root holds blocks only, but here stands the argument "x"`}},
		"unknown block":         {root: "modul \"x\" {}\n", want: []string{`MD0111 environments/main.tf:1 a block of type "modul" cannot be cut into layers`}},
		"labels":                {root: "module {}\n", want: []string{"MD0102 environments/main.tf:1 a module block takes 1 labels, not 0"}},
		"label":                 {root: "module \"a b\" {}\n", want: []string{`MD0102 environments/main.tf:1 "a b" is not a valid name`}},
		"duplicate":             {root: layers + layers, want: []string{`MD0109 environments/main.tf:4 layer "network" is declared twice; first at environments/main.tf:1`}},
		"resource":              {root: "resource \"aws_vpc\" \"x\" {}\n", want: []string{"MD0107 environments/main.tf:1 resource aws_vpc.x stands outside a module block"}},
		"unknown output":        {root: layers + "output \"x\" {\n  value = module.network.idd\n}\n", want: []string{`MD0108 environments/main.tf:5 layer "network" has no output "idd" (did you mean "id"?): module modules/network declares none of that name`}},
		"unknown layer":         {root: layers + "output \"x\" {\n  value = module.netwrk.id\n}\n", want: []string{`MD0110 environments/main.tf:5 module.netwrk is referred to, but no such layer is declared (did you mean "network"?)`}},
		"no source":             {root: "module \"x\" {}\n", want: []string{`MD0111 environments/main.tf:1 layer "x" has no source that is a plain string`}},
		"missing source":        {root: "module \"x\" {\n  source = \"../modules/nothing\"\n}\n", want: []string{`MD0111 environments/main.tf:2 module source "../modules/nothing" does not exist: there is no folder modules/nothing`}},
		"absolute source":       {root: "module \"x\" {\n  source = \"/srv/x\"\n}\n", want: []string{`MD0111 environments/main.tf:2 module source "/srv/x" is an absolute path, which only this machine has`}},
		"source outside":        {root: "module \"x\" {\n  source = \"../../x\"\n}\n", want: []string{`MD0111 environments/main.tf:2 module source "../../x" lies outside the project`}},
		"error in a module":     {root: "module \"x\" {\n  source = \"./x\"\n}\n", files: []string{"environments/x/main.tf", "a = \n"}, want: []string{"MD0102 environments/x/main.tf:1 invalid expression: Expected the start of an expression, but found an invalid expression token."}},
		"ephemeral output":      {root: "module \"secrets\" {\n  source = \"../modules/secrets\"\n}\nmodule \"database\" {\n  source = \"../modules/database\"\n  t      = module.secrets.token\n}\n", want: []string{`MD0111 environments/main.tf:6 output "token" of layer "secrets" is ephemeral, so no other layer can have it: it is never stored`}},
		"moved across":          {root: layers + "moved {\n  from = module.old.aws_vpc.x\n  to   = module.network.aws_vpc.x\n}\n", want: []string{`MD0111 environments/main.tf:6 a moved block goes from layer "old" to layer "network", but each has a state of its own`}},
		"moved from outside":    {root: layers + "moved {\n  from = aws_vpc.x\n  to   = module.network.aws_vpc.x\n}\n", want: []string{"MD0111 environments/main.tf:5 a moved block names an address outside a layer"}},
		"reserved output":       {root: "output \"module_x\" {\n  value = 1\n}\n", want: []string{`MD0111 environments/main.tf:1 the name of output "module_x" is reserved: "module_" starts the names that carry a layer's outputs`}},
		"reserved variable":     {root: layers + "variable \"module_network\" {}\nvariable \"module_other\" {}\n", want: []string{`MD0111 environments/main.tf:4 the name of variable "module_network" is reserved: "module_" starts the names that carry a layer's outputs`}},
		"reserved local":        {root: layers + "locals {\n  module_network = 1\n}\n", want: []string{`MD0111 environments/main.tf:5 the name of local "module_network" is reserved: "module_" starts the names that carry a layer's outputs`}},
		"module calls a module": {root: "module \"x\" {\n  source = \"./x\"\n}\n", files: []string{"environments/x/main.tf", "module \"y\" {\n  source = \"./y\"\n}\n"}, want: []string{`MD0111 environments/x/main.tf:2 module source "./y" does not exist: there is no folder environments/x/y`}},
		"meta of another": {root: layers + "module \"network_meta\" {\n  source = \"../modules/network\"\n}\n", want: []string{
			`MD0111 environments/main.tf:1 layers "network" and "network_meta" cannot stand side by side: their outputs would have the same names`}},
		"cycle": {
			root: `module "network" {
  source = "../modules/network"
  a      = module.database.id
}
locals {
  id = module.network.id
}
module "database" {
  source = "../modules/database"
  a      = local.id
}
`,
			want: []string{"MD0106 environments/main.tf:3 layers refer to each other in a circle: network → database (environments/main.tf:3), database → network (environments/main.tf:6 through local.id)"},
		},
		"self": {
			root: "module \"network\" {\n  source = \"../modules/network\"\n  a      = module.network.id\n}\n",
			want: []string{"MD0106 environments/main.tf:3 layers refer to each other in a circle: network → network (environments/main.tf:3)"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := environment.LoadRoot(rootWith(test.root, test.files...))
			if diff := cmp.Diff(test.want, described(err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestProvidersOfAModuleTree(t *testing.T) {
	t.Parallel()
	root, err := environment.LoadRoot(project(
		"environments/main.tf", `
terraform {
  required_version = "~> 1.11"
  required_providers {
    amazon = { source = "hashicorp/aws", version = "5.100.0" }
  }
}
provider "amazon" {}
provider "random" {}
provider "tls" {}
provider "amazon" { alias = "dr" }
module "implied" { source = "./app" }
module "explicit" {
  source    = "./app"
  providers = { aws.main = amazon.dr, random = random }
}
`,
		"environments/app/main.tf", `
resource "aws_vpc" "this" {}
resource "terraform_data" "this" {}
module "inner" {
  source    = "./inner"
  providers = { tls = tls.other }
}
`,
		"environments/app/inner/main.tf", `
data "tls_certificate" "this" {}
resource "random_id" "this" {}
module "again" { source = "../inner" }
`))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, layer := range root.Layers {
		for _, use := range root.Items[layer.Item].Uses {
			got[layer.Name] = append(got[layer.Name], use.Key)
		}
	}
	want := map[string][]string{
		"implied":  {"provider.amazon", "provider.random"},
		"explicit": {"provider.amazon.dr", "provider.random", "provider.amazon"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if root.RequiredVersion != "~> 1.11" || root.RequiredVersionRange.Line != 3 {
		t.Errorf("required version %q at %s", root.RequiredVersion, root.RequiredVersionRange)
	}
	wantProviders := map[string]environment.RequiredProvider{"amazon": {Source: "registry.terraform.io/hashicorp/aws", Version: "5.100.0"}}
	if diff := cmp.Diff(wantProviders, root.RequiredProviders); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUpstreamAndGraph(t *testing.T) {
	t.Parallel()
	root, err := environment.LoadRoot(rootWith(layers + `
module "database" {
  source = "../modules/database"
  a      = [module.secrets.id, module.network.id, module.network.arn]
}
module "secrets" { source = "../modules/secrets" }
`))
	if err != nil {
		t.Fatal(err)
	}
	database, _ := root.Layer("database")
	if diff := cmp.Diff([]string{"network", "secrets"}, database.Upstream()); diff != "" {
		t.Errorf("upstream (-want +got):\n%s", diff)
	}
	order, err := root.Graph().Order()
	if diff := cmp.Diff([]string{"network", "secrets", "database"}, order); err != nil || diff != "" {
		t.Errorf("order, %v (-want +got):\n%s", err, diff)
	}
}

// layered gives a root of n layers, each of which refers to two before it.
func layered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "module \"l%d\" {\n  source = \"../modules/network\"\n", i)
		if i > 1 {
			fmt.Fprintf(&b, "  a = module.l%d.id\n  b = module.l%d.ids[0]\n", i/2, i-1)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func BenchmarkLoadRoot(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			fsys := rootWith(layered(n))
			b.ReportAllocs()
			for b.Loop() {
				root, err := environment.LoadRoot(fsys)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := root.Graph().Order(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzLoadRoot(f *testing.F) {
	f.Add(layers)
	f.Add("locals {\n  a = local.b\n  b = local.a\n}\nmodule \"x\" {\n  source = \"./x\"\n  y = local.a\n}\n")
	f.Add("import {\n  to = module.a[each.key].x.y\n  id = \"1\"\n}\nmoved {}\nremoved {\n  from = x\n}\n")
	f.Add("terraform {\n  required_providers {\n    a = 1\n  }\n  backend {}\n  provider_meta {}\n}\n")
	f.Fuzz(func(_ *testing.T, main string) {
		// Whatever the text, there is a root or there are problems; no panic.
		_, _ = environment.LoadRoot(rootWith(main))
	})
}
