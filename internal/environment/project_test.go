package environment_test

import (
	"strings"
	"testing/fstest"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const minimal = "target = \"aws\"\nregion = \"ap-northeast-1\"\n"

// project gives a project of one environment, "production". Each argument is
// a path relative to the project and the file's text.
func project(files ...string) fstest.MapFS {
	fsys := fstest.MapFS{"environments/production/deploy.hcl": {Data: []byte(minimal)}}
	for i := 0; i < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return fsys
}

// rootWith gives a project whose main.tf has the text, and whose modules
// network, database and secrets have outputs id, ids, arn, and a secret.
func rootWith(main string, files ...string) fstest.MapFS {
	outputs := `
output "id" { value = "x" }
output "ids" { value = ["x"] }
output "arn" { value = "x" }
output "password" {
  value     = "x"
  sensitive = true
}
`
	return project(append([]string{
		"environments/main.tf", main,
		"modules/network/outputs.tf", outputs,
		"modules/network/main.tf", "resource \"aws_vpc\" \"this\" {}\n",
		"modules/database/outputs.tf", outputs,
		"modules/secrets/outputs.tf", outputs + "output \"token\" {\n  value     = \"x\"\n  ephemeral = true\n}\n",
	}, files...)...)
}

// described gives "CODE file:line what" for each problem of err.
func described(err error) []string {
	var all []string
	for _, e := range problem.Find(err) {
		all = append(all, strings.TrimSpace(string(e.Code)+" "+e.Where.String())+" "+e.What)
	}
	return all
}
