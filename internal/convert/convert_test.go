package convert_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/convert"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const module = "output \"id\" { value = \"x\" }\nvariable \"of\" {\n  type    = string\n  default = \"\"\n}\n"

// told gives what a conversion says, line by line.
func told(result *convert.Result) []string {
	var lines []string
	for _, file := range result.Files {
		sign := "+ "
		if file.Stays {
			sign = "= "
		}
		lines = append(lines, sign+file.Path)
	}
	for _, layer := range result.Layers {
		lines = append(lines, strings.TrimSpace("layer "+layer.Name+" "+strings.Join(layer.After, ",")))
	}
	for _, note := range result.Notes {
		what, _, _ := strings.Cut(note.What, ":")
		lines = append(lines, fmt.Sprintf("note %s: %s", note.Where, what))
	}
	for _, left := range result.Left {
		lines = append(lines, fmt.Sprintf("left %s %s", left.Where, left.Code))
	}
	return lines
}

func TestPlan(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files map[string]string
		from  string
		want  []string
	}{
		"in place": {
			from:  "environments",
			files: map[string]string{"environments/main.tf": "module \"a\" {\n  source = \"../m\"\n}\n"},
			want:  []string{"+ environments/live/deploy.hcl", "+ environments/live/terraform.tfvars", "layer a"},
		},
		"the project itself": {
			from:  ".",
			files: map[string]string{"main.tf": "module \"a\" {\n  source = \"./m\"\n}\n", ".terraform.lock.hcl": "# locked\n"},
			want:  []string{"+ environments/.terraform.lock.hcl", "+ environments/live/deploy.hcl", "+ environments/live/terraform.tfvars", "+ environments/main.tf", "layer a"},
		},
		"values come along": {
			from:  "infra",
			files: map[string]string{"infra/a.tf": "variable \"x\" {\n  type = string\n}\n", "infra/terraform.tfvars": "x = \"y\"\n", "infra/b.auto.tfvars": ""},
			want: []string{"+ environments/a.tf", "+ environments/live/deploy.hcl", "+ environments/live/terraform.tfvars",
				"note infra/b.auto.tfvars: its values are not taken"},
		},
		"what should be known": {
			from: "environments",
			files: map[string]string{"environments/main.tf": `terraform {
  cloud {}
}
provider "aws" {
  alias = "use1"
}
module "a" {
  source = "../m"
  count  = 2
  of     = terraform.workspace
}
`},
			want: []string{"+ environments/live/deploy.hcl", "+ environments/live/terraform.tfvars", "layer a",
				"note environments/main.tf:2: the tool keeps a state for each layer in a bucket of its own and does not read this one",
				"note environments/main.tf:4: provider aws.use1 is taken as it is",
				"note environments/main.tf:7: layer a has count",
				"note environments/main.tf:10: there are no workspaces, terraform.workspace is always \"default\""},
		},
		"what cannot be taken": {
			from: "infra",
			files: map[string]string{"infra/main.tf": `resource "aws_vpc" "this" {
}
module "a" {
  source = "../m"
  of     = module.b.id
}
module "b" {
  source = "../m"
  of     = module.a.id
}
module "c" {
  source = "../../outside"
}
`, "infra/x.tf.json": "{}"},
			want: []string{"+ environments/live/deploy.hcl", "+ environments/live/terraform.tfvars", "+ environments/main.tf",
				"left infra/x.tf.json MD0111", "left environments/main.tf:1 MD0107", "left environments/main.tf:5 MD0106", "left environments/main.tf:12 MD0111"},
		},
		"nothing is written over": {
			from: "infra",
			files: map[string]string{"infra/main.tf": "module \"a\" {\n  source = \"../m\"\n}\n", "environments/main.tf": "module \"a\" {\n  source = \"../m\"\n}\n",
				"environments/live/deploy.hcl": "target = \"aws\"\n", "environments/live/terraform.tfvars": ""},
			want: []string{"= environments/live/deploy.hcl", "= environments/live/terraform.tfvars", "= environments/main.tf", "layer a"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			project := fstest.MapFS{"m/main.tf": {Data: []byte(module)}, ".gitignore": {Data: []byte(".mandala/\n")}}
			for name, body := range test.files {
				project[name] = &fstest.MapFile{Data: []byte(body)}
			}
			result, err := convert.Plan(project, convert.Request{Environment: "live", From: test.from, Target: environment.TargetAWS, Region: "eu-west-1"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, told(result)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if failed := result.Err() != nil; failed != (len(result.Left) > 0) {
				t.Errorf("error %v with %d parts left", result.Err(), len(result.Left))
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files   map[string]string
		request convert.Request
		want    problem.Code
	}{
		"no root":         {map[string]string{"m/x.txt": ""}, convert.Request{From: "m", Region: "eu-west-1"}, problem.NoRootToTake},
		"no folder":       {nil, convert.Request{From: "gone", Region: "eu-west-1"}, problem.NoRootToTake},
		"another root":    {map[string]string{"a/main.tf": "", "environments/b.tf": ""}, convert.Request{From: "a", Region: "eu-west-1"}, problem.OtherRoot},
		"no region":       {map[string]string{"a/main.tf": ""}, convert.Request{From: "a"}, problem.Usage},
		"a wrong account": {map[string]string{"a/main.tf": ""}, convert.Request{From: "a", Region: "eu-west-1", Account: "12"}, problem.InvalidValue},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			project := fstest.MapFS{}
			for name, body := range test.files {
				project[name] = &fstest.MapFile{Data: []byte(body)}
			}
			test.request.Environment, test.request.Target = "live", environment.TargetAWS
			if _, err := convert.Plan(project, test.request); !problem.Is(err, test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}

// A region that the provider says needs no flag.
func TestTheProvidersRegion(t *testing.T) {
	t.Parallel()
	project := fstest.MapFS{"environments/main.tf": {Data: []byte("provider \"aws\" {\n  region = \"eu-north-1\"\n}\n")}}
	result, err := convert.Plan(project, convert.Request{Environment: "live", From: "environments", Target: environment.TargetAWS})
	if err != nil || !strings.Contains(string(result.Files[0].Body), `region = "eu-north-1"`) {
		t.Errorf("%v: %+v", err, result)
	}
}
