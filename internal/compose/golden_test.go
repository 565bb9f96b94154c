package compose_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"

	"github.com/goal-mandala/mandala-deploy/internal/compose"
)

var update = flag.Bool("update", false, "write the golden files")

// rendered gives all that a composition says, in one text.
func rendered(c *compose.Composition) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		fmt.Fprintf(&b, "-- %s --\n%s", name, c.Files[name])
	}
	b.WriteString("-- values --\n")
	for _, name := range slices.Sorted(maps.Keys(c.Variables)) {
		fmt.Fprintf(&b, "%s = %s\n", name, c.Variables[name])
	}
	fmt.Fprintf(&b, "-- variables kept --\n%s\n", strings.Join(c.KeptVariables, " "))
	return b.String()
}

const twoLayers = `module "network" {
  source = "../modules/network"
}

`

func TestGolden(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		root    string
		request compose.Request
	}{
		"expressions": {
			root: twoLayers + `# The database.
module "database" {
  source = "../modules/database"
  a = {
    index       = module.network.subnets[0]
    string      = module.network["vpc_id"]
    splat       = module.network.subnets[*].id
    for         = [for s in module.network.subnets : "${s}-${module.network.vpc_id}"]
    hidden      = [for module in [{ network = 1 }] : module.network]
    template    = "vpc ${module.network.vpc_id}!" # module.network.vpc_id in a comment
    literal     = "module.network.vpc_id $${module.network.vpc_id}"
    conditional = module.network.nothing == null ? module.network.vpc_id : "none"
    try         = try(module.network.zones["10.0.0.0/24"], null)
    nested      = { (module.network.vpc_id) = [{ deep = module.network.zones }] }
    directive   = "%{for s in module.network.subnets}${s},%{endfor}"
    whole       = module.network
    call        = jsonencode(module . network . vpc_id)
  }
  b = <<-TEXT
    in a heredoc: ${module.network.vpc_id}
    and again ${join(",", module.network.subnets)}
  TEXT
}
`,
			request: compose.Request{Keep: []string{"database"}, Known: map[string]compose.Outputs{"network": known(t, network())}},
		},
		"depends_on": {
			root: twoLayers + `module "secrets" { source = "../modules/empty" }
data "external" "one" {
  program    = ["true"]
  depends_on = [module.network]
}
data "external" "two" { program = ["true"] }
module "database" {
  source = "../modules/database"
  a      = data.external.one.result
  depends_on = [
    module.network, # first
    data.external.two,
    module.secrets,
  ]
}
`,
			request: compose.Request{Keep: []string{"database"}},
		},
		"locals and data": {
			root: twoLayers + `module "secrets" { source = "../modules/database" }
variable "region" {
  type = string
}
variable "unused" { default = "x" }
locals {
  # Both layers.
  mixed  = { n = module.network.vpc_id, s = module.secrets.endpoint }
  unused = 1
  region = var.region
}
locals {
  also_unused = 2
}
data "external" "zone" {
  program = ["true", local.region]
  query   = { vpc = module.network.vpc_id }
}
data "external" "unused" { program = [] }
ephemeral "random_password" "db" { length = var.region == "x" ? 1 : 2 }
ephemeral "random_password" "unused" { length = 1 }
module "database" {
  source = "../modules/database"
  a      = local.mixed
  b      = [data.external.zone.result, ephemeral.random_password.db.length]
}
output "endpoint" { value = module.database.endpoint }
check "up" {
  assert {
    condition     = module.database.endpoint != ""
    error_message = "down"
  }
}
`,
			request: compose.Request{Keep: []string{"database"}, Known: map[string]compose.Outputs{
				"network": known(t, network()), "secrets": known(t, database(), "password", "users"),
			}},
		},
		"providers": {
			root: `terraform {
  required_version = ">= 1.11"
  required_providers {
    aws    = { source = "hashicorp/aws" }
    random = { source = "hashicorp/random" }
  }
  backend "s3" {
    bucket = "x"
  }
}
variable "role" { type = string }
provider "aws" {
  region = "ap-northeast-1"
}
provider "aws" {
  alias  = "use1"
  region = "us-east-1"
  assume_role {
    role_arn = var.role
  }
}
provider "random" {}
module "plain" { source = "../modules/cloud" }
module "mapped" {
  source    = "../modules/cloud"
  providers = { aws = aws.use1 }
}
`,
			request: compose.Request{
				Keep:    []string{"mapped"},
				Backend: &compose.Backend{Type: "s3", Config: map[string]cty.Value{"bucket": cty.StringVal("states"), "use_lockfile": cty.True}},
				Imports: []compose.Import{{To: `module.mapped.aws_vpc.this["k"]`, ID: "vpc-${1}"}},
			},
		},
		"repeated and sensitive": {
			root: `module "network" {
  source = "../modules/network"
  count  = 2
}
module "secrets" {
  source   = "../modules/database"
  for_each = toset(["a/b", "c"])
}
module "plain" { source = "../modules/database" }
module "many" {
  source = "../modules/database"
  count  = 1
}
module "database" {
  source   = "../modules/database"
  for_each = { x = 1 }
  a        = [module.network[*].vpc_id, module.network[0].subnets, module.secrets["a/b"].password]
  b        = [module.plain.password, module.many[0].password]
}
`,
			request: compose.Request{Keep: []string{"database"}, Known: map[string]compose.Outputs{
				"network": known(t, cty.TupleVal([]cty.Value{network(), network()})),
				"secrets": known(t, cty.ObjectVal(map[string]cty.Value{"a/b": database(), "c": database()}), "password"),
				"plain":   known(t, database(), "password", "users"),
				"many":    known(t, cty.TupleVal([]cty.Value{database()}), "password"),
			}},
		},
		"ephemeral and empty": {
			root: `module "tokens" { source = "../modules/tokens" }
module "many" {
  source = "../modules/tokens"
  count  = 2
}
module "empty" { source = "../modules/empty" }
`,
			request: compose.Request{Keep: []string{"tokens", "many", "empty"}},
		},
		"orphan": {
			root: `terraform {
  required_providers {
    aws    = { source = "hashicorp/aws" }
    random = { source = "hashicorp/random" }
  }
}
provider "aws" { alias = "use1" }
provider "aws" {}
provider "random" {}
module "network" { source = "../modules/network" }
removed {
  from = module.gone.aws_vpc.kept
  lifecycle { destroy = false }
}
moved {
  from = module.network.terraform_data.a
  to   = module.network.terraform_data.vpc
}
`,
			request: compose.Request{Orphans: []string{"gone"}, StateProviders: []string{`provider["registry.terraform.io/hashicorp/aws"].use1`}},
		},
		"root outputs": {
			root: twoLayers + `terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
module "database" { source = "../modules/database" }
module "never" { source = "../modules/database" }
locals { pair = [module.network.vpc_id, module.never.endpoint] }
output "vpc" {
  value      = module.network.vpc_id
  depends_on = [module.database]
}
output "password" {
  value     = module.database.password
  sensitive = true
}
output "left_out" { value = local.pair }
`,
			request: compose.Request{Outputs: true, Known: map[string]compose.Outputs{
				"network": known(t, network()), "database": known(t, database(), "password", "users"),
			}},
		},
		"partial preview": {
			root: twoLayers + `module "database" {
  source = "../modules/database"
  a      = module.network.vpc_id
}
module "api" {
  source = "../modules/database"
  a      = module.database.password
  b      = module.network.subnets
}
import {
  to = module.api.terraform_data.db
  id = module.network.vpc_id
}
`,
			request: compose.Request{Keep: []string{"database", "api"}, Known: map[string]compose.Outputs{"network": known(t, network())}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			composition, err := compose.Compose(load(t, test.root), test.request)
			if err != nil {
				t.Fatal(err)
			}
			parser := hclparse.NewParser()
			for file, text := range composition.Files {
				if _, diagnostics := parser.ParseHCL(text, file); diagnostics.HasErrors() {
					t.Errorf("%s does not parse: %v", file, diagnostics)
				}
				if file != compose.GeneratedFile && strings.Count(string(text), "\n") != strings.Count(test.root, "\n") {
					t.Errorf("%s has another number of lines than the user's", file)
				}
			}
			golden := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(rendered(composition)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), rendered(composition)); diff != "" {
				t.Errorf("(-want +got), accept with -update:\n%s", diff)
			}
		})
	}
}
