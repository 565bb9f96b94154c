package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gruntwork-io/terratest/modules/logger"
	"github.com/gruntwork-io/terratest/modules/terraform"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// examplesAtATime bounds how many examples are applied side by side: a
// Terraform with its provider takes 0.8 GB.
const examplesAtATime = 3

// unprotected are arguments without which an example's own default, production's,
// keeps it from being destroyed.
var unprotected = map[string]string{
	"database": "deletion_protection = false\n  skip_final_snapshot = true",
}

// TestExamples applies each module's example to an empty account, plans it
// again, which must be empty, and destroys it.
func TestExamples(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob(filepath.Join(kit.Repository(), "modules", "*", "examples", "*"))
	if err != nil || len(folders) < len(layers) {
		t.Fatalf("examples: %v, %v", folders, err)
	}
	free := make(chan struct{}, examplesAtATime)
	for _, folder := range folders {
		module := filepath.Base(filepath.Dir(filepath.Dir(folder)))
		t.Run(module+"/"+filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			free <- struct{}{}
			defer func() { <-free }()
			p := kit.New(t, map[string]string{"modules": "modules", "environments": "environments"})
			tool := p.Terraform()
			dir := filepath.Join(p.Dir, "modules", module, "examples", filepath.Base(folder))
			prepare(t, dir, unprotected[module])
			environ := map[string]string{}
			for _, line := range tool.Env {
				name, value, _ := strings.Cut(line, "=")
				environ[name] = value
			}
			options := &terraform.Options{TerraformBinary: tool.Path, TerraformDir: dir, EnvVars: environ, NoColor: true, Logger: logger.Discard}
			defer terraform.DestroyContext(t, t.Context(), options)
			terraform.InitAndApplyAndIdempotentContext(t, t.Context(), options)
		})
	}
}

// prepare makes an example fit for a local AWS: the settings of its provider
// that environment local has, too, and arguments for its module.
func prepare(t *testing.T, dir, arguments string) {
	t.Helper()
	for name, edit := range map[string]struct{ old, new string }{
		"terraform.tf": {"region = \"ap-northeast-1\"\n", "region = \"ap-northeast-1\"\n  max_retries = 2\n  s3_use_path_style = true\n  skip_credentials_validation = true\n  skip_metadata_api_check = true\n"},
		"main.tf":      {"source = \"../..\"\n", "source = \"../..\"\n  " + arguments + "\n"},
	} {
		path := filepath.Join(dir, name)
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(body), edit.old, edit.new)
		if text == string(body) && edit.old != edit.new {
			t.Fatalf("%s does not hold %q", path, edit.old)
		}
		if name == "terraform.tf" {
			text = strings.ReplaceAll(text, "region = \"us-east-1\"\n", "region = \"us-east-1\"\n  max_retries = 2\n  s3_use_path_style = true\n  skip_credentials_validation = true\n  skip_metadata_api_check = true\n")
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
