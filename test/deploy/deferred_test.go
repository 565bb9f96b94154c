package deploy

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// TestDeferredDelete takes a subnet away that a subnet group of another layer
// holds: the group has to let go of it first, as Terraform would order it in
// one state.
func TestDeferredDelete(t *testing.T) {
	t.Parallel()
	p := kit.New(t, nil)
	lock, err := os.ReadFile(filepath.Join(kit.Repository(), "environments", ".terraform.lock.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"environments/.terraform.lock.hcl": string(lock),
		"environments/local/deploy.hcl":    "target = \"local\"\nregion = \"ap-northeast-1\"\n",
		"environments/main.tf": `terraform {
  required_version = ">= 1.11.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region                      = "ap-northeast-1"
  max_retries                 = 2
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

module "network" {
  source  = "../modules/network"
  subnets = { a = "10.0.0.0/24", b = "10.0.1.0/24", c = "10.0.2.0/24" }
}

module "database" {
  source     = "../modules/database"
  subnet_ids = module.network.subnet_ids
}
`,
		"modules/network/main.tf": `variable "subnets" {
  type = map(string)
}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "this" {
  for_each          = var.subnets
  vpc_id            = aws_vpc.this.id
  cidr_block        = each.value
  availability_zone = "ap-northeast-1${each.key == "b" ? "c" : "a"}"
}

output "subnet_ids" {
  value = [for s in aws_subnet.this : s.id]
}
`,
		"modules/database/main.tf": `variable "subnet_ids" {
  type = list(string)
}

resource "aws_db_subnet_group" "this" {
  name       = "deferred"
  subnet_ids = var.subnet_ids
}
`,
	} {
		p.Write(name, body)
	}
	p.Must(0, "apply", "local", "--auto-approve")
	p.Replace("environments/main.tf", `, c = "10.0.2.0/24"`, "")

	var plan struct {
		Steps    []struct{ Layer, Stage string }
		Summary  struct{ Create, Update, Replace, Delete int }
		Warnings []string
	}
	p.JSON(2, &plan, "plan", "local", "--detailed-exitcode")
	if diff := cmp.Diff([]struct{ Layer, Stage string }{{"database", "apply"}, {"network", "apply"}}, plan.Steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if plan.Summary.Delete != 1 || plan.Summary.Update != 1 || len(plan.Warnings) != 0 {
		t.Errorf("plan: %+v", plan)
	}
	p.Must(0, "apply", "local", "--auto-approve")
	p.Must(0, "plan", "local", "--detailed-exitcode")

	// With a new subnet in the same change the group cannot let go first: its
	// new value is not known before the network has been applied.
	p.Replace("environments/main.tf", `b = "10.0.1.0/24"`, `d = "10.0.3.0/24"`)
	p.JSON(2, &plan, "plan", "local", "--detailed-exitcode")
	if len(plan.Warnings) != 1 || plan.Steps[0].Layer != "network" {
		t.Errorf("the preview does not say what AWS may refuse: %+v", plan)
	}
}
