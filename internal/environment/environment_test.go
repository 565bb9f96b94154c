package environment_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

func TestNames(t *testing.T) {
	t.Parallel()
	got, err := environment.Names(project(
		"environments/staging/deploy.hcl", minimal, "environments/policies/tags.rego", "", "environments/main.tf", emptyRoot))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"production", "staging"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		name    string
		files   []string
		varFile string
		want    []string
	}{
		"without values": {name: "production", files: []string{"environments/main.tf", emptyRoot}},
		"with values": {
			name:    "production",
			files:   []string{"environments/main.tf", emptyRoot, "environments/production/terraform.tfvars", ""},
			varFile: "environments/production/terraform.tfvars",
		},
		"unknown": {
			name:  "prodution",
			files: []string{"environments/main.tf", emptyRoot, "environments/staging/deploy.hcl", minimal},
			want:  []string{`MD0101 environment "prodution" does not exist (did you mean "production"?); there are "production", "staging"`},
		},
		"a name's beginning": {
			name:  "prod",
			files: []string{"environments/main.tf", emptyRoot, "environments/staging/deploy.hcl", minimal},
			want:  []string{`MD0101 environment "prod" does not exist (did you mean "production"?); there are "production", "staging"`},
		},
		"two names' beginning": {
			name:  "prod",
			files: []string{"environments/main.tf", emptyRoot, "environments/prod-copy/deploy.hcl", minimal},
			want:  []string{`MD0101 environment "prod" does not exist; there are "prod-copy", "production"`},
		},
		"not a folder's name": {
			name:  "../production",
			files: []string{"environments/main.tf", emptyRoot},
			want:  []string{`MD0101 environment "../production" does not exist; there is "production"`},
		},
		"no root":       {name: "production", want: []string{"MD0112 environments the root has no *.tf files"}},
		"root in JSON":  {name: "production", files: []string{"environments/main.tf.json", "{}"}, want: []string{"MD0111 environments/main.tf.json a root in JSON syntax cannot be cut into layers"}},
		"override":      {name: "production", files: []string{"environments/dev_override.tf", ""}, want: []string{"MD0111 environments/dev_override.tf a root with override files cannot be cut into layers"}},
		"reserved file": {name: "production", files: []string{"environments/mandala_generated.tf", ""}, want: []string{"MD0111 environments/mandala_generated.tf the file name mandala_generated.tf is reserved for composed roots"}},
		"settings and root at once": {
			name:  "production",
			files: []string{"environments/production/deploy.hcl", "target = \"aws\"\n", "environments/main.tf", "resource \"aws_vpc\" \"x\" {}\n"},
			want: []string{
				`MD0104 environments/production/deploy.hcl:1 attribute "region" of environment "production" is missing`,
				"MD0107 environments/main.tf:1 resource aws_vpc.x stands outside a module block",
			},
		},
		"hidden files and backups are nothing": {name: "production", files: []string{
			"environments/main.tf", emptyRoot, "environments/.hidden.tf", "{", "environments/main.tf~", "{", "environments/#main.tf#", "{"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := environment.Load(project(test.files...), test.name)
			if diff := cmp.Diff(test.want, described(err)); diff != "" {
				t.Fatalf("problems (-want +got):\n%s", diff)
			}
			if err == nil && got.VarFile != test.varFile {
				t.Errorf("VarFile = %q, want %q", got.VarFile, test.varFile)
			}
		})
	}
}

func TestNoProject(t *testing.T) {
	t.Parallel()
	_, err := environment.Load(fstest.MapFS{}, "production")
	if diff := cmp.Diff([]string{"MD0112 environments the project has no readable root"}, described(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
