package test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gruntwork-io/terratest/modules/logger"
	"github.com/gruntwork-io/terratest/modules/terraform"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// unprotected are arguments without which an example's own default, production's,
// keeps it from being destroyed.
var unprotected = map[string]string{
	"database": "deletion_protection = false\n  skip_final_snapshot = true",
}

// exampleName begins the name of all that an example makes.
const exampleName = "goal-mandala-example"

// providers are the blocks with which an example chooses its regions, and those of the
// root that calls all examples, which have the settings of environment local, too.
const providers = `
provider "aws" {
  region = "ap-northeast-1"
}
`

const aliased = providers + `
provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"
}
`

const settings = "\n  max_retries = 2\n  s3_use_path_style = true\n  skip_credentials_validation = true\n  skip_metadata_api_check = true\n}\n"

// TestExamples applies each module's example, all to one account under names of their
// own, plans them again, which must be empty, and destroys them. All that it takes from
// them is their provider blocks, which they write the same way.
func TestExamples(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob(filepath.Join(kit.Repository(), "modules", "*", "examples", "*"))
	if err != nil || len(folders) < len(layers) {
		t.Fatalf("examples: %v, %v", folders, err)
	}
	p := kit.New(t, map[string]string{"modules": "modules", "environments": "environments"})
	root := strings.ReplaceAll(aliased, "\n}\n", settings)
	for _, folder := range folders {
		module, example := filepath.Base(filepath.Dir(filepath.Dir(folder))), filepath.Base(folder)
		dir := filepath.Join("modules", module, "examples", example)
		given := prepare(t, filepath.Join(p.Dir, dir), module, example)
		root += fmt.Sprintf("\nmodule \"%s_%s\" {\n  source    = \"./%s\"\n  providers = { %s }\n}\n", module, example, filepath.ToSlash(dir), given)
	}
	p.Write("main.tf", root)
	lock, err := os.ReadFile(filepath.Join(kit.Repository(), "environments", ".terraform.lock.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	p.Write(".terraform.lock.hcl", string(lock))

	tool := p.Terraform()
	environ := map[string]string{}
	for _, line := range tool.Env {
		name, value, _ := strings.Cut(line, "=")
		environ[name] = value
	}
	options := &terraform.Options{TerraformBinary: tool.Path, TerraformDir: p.Dir, EnvVars: environ, NoColor: true, Logger: logger.Discard}
	defer terraform.DestroyContext(t, t.Context(), options)
	terraform.InitAndApplyAndIdempotentContext(t, t.Context(), options)
}

// prepare makes a copy of an example fit to be called beside others: its providers are
// its caller's, its names its own, and its module can be destroyed. It gives the
// providers that it needs.
func prepare(t *testing.T, dir, module, example string) (given string) {
	t.Helper()
	edit := func(name, old, updated string) (done bool) {
		path := filepath.Join(dir, name)
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(body), old, updated)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return text != string(body)
	}
	given = "aws = aws"
	switch {
	case edit("terraform.tf", aliased, ""):
		const version = `      version = ">= 5.100.0, < 6.0.0"` + "\n"
		if !edit("terraform.tf", version, version+"      configuration_aliases = [aws.us_east_1]\n") {
			t.Fatalf("%s: no version to write the alias beside", dir)
		}
		given += ", aws.us_east_1 = aws.us_east_1"
	case !edit("terraform.tf", providers, ""):
		t.Fatalf("%s/terraform.tf does not hold %s", dir, providers)
	}
	if arguments := unprotected[module]; arguments != "" && !edit("main.tf", "source = \"../..\"\n", "source = \"../..\"\n  "+arguments+"\n") {
		t.Fatalf("%s/main.tf does not call its module", dir)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		edit(filepath.Base(file), exampleName, "goal-mandala-"+module+"-"+example)
	}
	return given
}
