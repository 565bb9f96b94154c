// Package bench measures the tool against plain Terraform on the same
// machine, in the same run, as ratios; docs/benchmarks.md holds the method and
// the last figures. Run it with `make bench` on a quiet machine.
package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
	"github.com/goal-mandala/mandala-deploy/test/kit"
)

const (
	layers = 10
	rounds = 5 // of each side, in turns, so that what else the machine does hits both
)

// tenLayers writes a project of ten layers of five resources, each layer
// referring to the one before it.
func tenLayers(b *testing.B) *kit.Project {
	b.Helper()
	p := kit.New(b, nil)
	lock, err := os.ReadFile(filepath.Join(kit.Repository(), "environments", ".terraform.lock.hcl"))
	if err != nil {
		b.Fatal(err)
	}
	p.Write("environments/.terraform.lock.hcl", string(lock))
	p.Write("modules/layer/terraform.tf", `terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}
`)
	p.Write("modules/layer/main.tf", `variable "name" {
  type = string
}

variable "upstream" {
  type    = string
  default = "none"
}

resource "aws_cloudwatch_log_group" "this" {
  for_each          = toset(["a", "b", "c"])
  name              = "${var.name}-${each.key}"
  retention_in_days = 30
  tags              = { Upstream = var.upstream }
}

resource "aws_sqs_queue" "this" {
  name = var.name
  tags = { Upstream = var.upstream }
}

resource "aws_ssm_parameter" "this" {
  name  = "/${var.name}/arn"
  type  = "String"
  value = aws_cloudwatch_log_group.this["a"].arn
}

output "arn" {
  value = aws_cloudwatch_log_group.this["a"].arn
}
`)
	var main strings.Builder
	for i := range layers {
		fmt.Fprintf(&main, "module \"layer%d\" {\n  source = \"../modules/layer\"\n  name   = \"bench-%d\"\n", i, i)
		if i > 0 {
			fmt.Fprintf(&main, "  upstream = module.layer%d.arn\n", i-1)
		}
		main.WriteString("}\n\n")
	}
	p.Write("environments/main.tf", main.String())
	p.Write("environments/versions.tf", `terraform {
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
`)
	p.Write("environments/local/deploy.hcl", "target = \"local\"\nregion = \"ap-northeast-1\"\n")
	return p
}

// BenchmarkPreview compares a preview with `terraform plan` and `terraform
// show -json` of the same root as a monolith, and an apply that changes
// nothing with a preview. All ten layers are deployed.
func BenchmarkPreview(b *testing.B) {
	p := tenLayers(b)
	p.Must(0, "apply", "local", "--auto-approve")
	monolith, terraform := asMonolith(b, p)
	p.Must(0, "plan", "local") // init is done on both sides
	var plain, preview, apply []usage
	for b.Loop() {
		for range rounds {
			plain = append(plain, measure(b, func() {
				terraform.Run(b, monolith, nil, "plan", "-input=false", "-out=plan.tfplan")
				terraform.Run(b, monolith, nil, "show", "-json", "plan.tfplan")
			}))
			preview = append(preview, measure(b, func() { p.Must(0, "plan", "local", "--detailed-exitcode", "--json") }))
			apply = append(apply, measure(b, func() { p.Must(0, "apply", "local", "--auto-approve") }))
		}
	}
	ratio(b, "preview/monolith", median(preview), median(plain), 1.15)
	ratio(b, "apply/preview", median(apply), median(preview), 1.2)
}

// ratio reports a comparison, and fails the benchmark when the target is
// missed.
func ratio(b *testing.B, name string, ours, theirs usage, target float64) {
	b.Helper()
	got := ours.wall.Seconds() / theirs.wall.Seconds()
	b.ReportMetric(got, name)
	b.ReportMetric(ours.cpu.Seconds()/theirs.cpu.Seconds(), name+"-cpu")
	b.ReportMetric(float64(ours.peak)/float64(theirs.peak), name+"-memory")
	b.Logf("%s: %.2f (target ≤ %.2f); ours %v; theirs %v", name, got, target, ours, theirs)
	if got > target {
		b.Errorf("%s is %.2f, over its target of %.2f", name, got, target)
	}
}

// asMonolith makes a directory with the same root and one state of all that is
// deployed.
func asMonolith(b *testing.B, p *kit.Project) (dir string, terraform kit.TerraformTool) {
	b.Helper()
	terraform = p.Terraform()
	dir = filepath.Join(p.Dir, "monolith")
	for _, name := range []string{"main.tf", "versions.tf", ".terraform.lock.hcl"} {
		p.Write("monolith/"+name, p.Read("environments/"+name))
	}
	var states []*tfstate.State
	for i := range layers {
		layer := fmt.Sprintf("layer%d", i)
		state, err := tfstate.Parse(layer, layer, p.Object("mandala-deploy-local", "states/"+layer+".tfstate"), "")
		if err != nil {
			b.Fatal(err)
		}
		states = append(states, state)
	}
	merged, err := tfstate.Merge(states, nil)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "terraform.tfstate"), merged, 0o600); err != nil {
		b.Fatal(err)
	}
	terraform.Run(b, dir, nil, "init", "-input=false")
	out, _ := terraform.Run(b, dir, nil, "plan", "-input=false", "-json")
	var last struct {
		Type string `json:"type"`
	}
	if strings.Contains(string(out), `"planned_change"`) || json.Unmarshal([]byte(strings.Split(string(out), "\n")[0]), &last) != nil {
		b.Fatalf("the monolith has something to do:\n%s", out)
	}
	return dir, terraform
}

// BenchmarkVersion measures the start of the program.
func BenchmarkVersion(b *testing.B) {
	p := kit.New(b, nil)
	p.Must(0, "version")
	var took []usage
	for b.Loop() {
		for range 20 {
			took = append(took, measure(b, func() { p.Must(0, "version") }))
		}
	}
	m := median(took)
	b.ReportMetric(float64(m.wall.Milliseconds()), "ms/version")
	b.Logf("version: %v", m)
	const target = 50
	if m.wall.Milliseconds() >= target {
		b.Errorf("version takes %v, its target is %d ms", m.wall, target)
	}
}
