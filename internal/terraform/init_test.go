package terraform

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// thingRoot is a root that needs a provider and calls a local module.
func thingRoot(t *testing.T, constraint string) string {
	t.Helper()
	project := t.TempDir()
	writeFile(t, filepath.Join(project, "modules", "a", "main.tf"), "resource \"terraform_data\" \"this\" {}\n")
	dir := filepath.Join(project, "root")
	writeFile(t, filepath.Join(dir, "main.tf"), `
terraform {
  required_providers {
    thing = {
      source  = "example.com/acme/thing"
      version = "`+constraint+`"
    }
  }
}
module "a" {
  source = "../modules/a"
}
`)
	return dir
}

// mirrorRunner runs the real Terraform with a mirror that has one provider,
// which init installs without starting it.
func mirrorRunner(t *testing.T) (runner *Runner, mirrorDir string) {
	t.Helper()
	mirrorDir = filepath.Join(t.TempDir(), "plugins")
	addProvider(t, mirrorDir, "example.com/acme/thing", "1.2.0")
	// A folder is taken as a mirror by its public registry's folder.
	if err := os.MkdirAll(filepath.Join(mirrorDir, publicRegistry), 0o755); err != nil {
		t.Fatal(err)
	}
	env := environMap(os.Environ())
	env["HOME"] = t.TempDir()
	env["TF_CLI_CONFIG_FILE"] = filepath.Join(env["HOME"], "nowhere.rc")
	env["XDG_DATA_DIRS"] = env["HOME"]
	return newRunner(t, Options{Env: env, MirrorRoots: []string{filepath.Dir(mirrorDir) + "/*"}}), mirrorDir
}

func TestInitFromFoundMirror(t *testing.T) {
	t.Parallel()
	runner, mirrorDir := mirrorRunner(t)
	dir := thingRoot(t, "~> 1.0")
	if err := runner.Init(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	installed := filepath.Join(dir, ".terraform", "providers", "example.com", "acme", "thing", "1.2.0", platform)
	target, err := os.Readlink(installed)
	if err != nil || target != filepath.Join(mirrorDir, "example.com", "acme", "thing", "1.2.0", platform) {
		t.Errorf("provider is %q (%v), want a link into the mirror", target, err)
	}
	info, err := runner.Describe(t.Context())
	if err != nil || info.ProviderSource != "mirror "+mirrorDir {
		t.Errorf("info %+v, %v", info, err)
	}
}

// TestInitIsSkipped changes one thing at a time and looks whether init ran
// again, which shows in a file of .terraform that init writes anew.
func TestInitIsSkipped(t *testing.T) {
	t.Parallel()
	edit := func(name, old, replacement string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, name)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), old) {
				t.Fatalf("%s lacks %q", name, old)
			}
			writeFile(t, path, strings.Replace(string(text), old, replacement, 1))
		}
	}
	add := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { writeFile(t, filepath.Join(dir, name), text) }
	}
	for name, test := range map[string]struct {
		change func(*testing.T, string)
		again  bool
	}{
		"nothing":                   {func(*testing.T, string) {}, false},
		"an output":                 {add("more.tf", "output \"x\" {\n  value = 1\n}\n"), false},
		"a resource of no new kind": {add("../modules/a/more.tf", "resource \"terraform_data\" \"more\" {}\n"), false},
		"a module's argument":       {edit("main.tf", `source = "../modules/a"`, "source = \"../modules/a\"\n  count = 1"), false},
		"version constraint":        {edit("main.tf", "~> 1.0", ">= 1.1"), true},
		"backend":                   {edit("main.tf", "terraform {", "terraform {\n  backend \"local\" {}"), true},
		"a module more":             {add("more.tf", "module \"b\" {\n  source = \"../modules/a\"\n}\n"), true},
		"a local module's provider": {add("../modules/a/versions.tf", "terraform {\n  required_version = \">= 1.11\"\n}\n"), true},
		"a provider in use":         {add("more.tf", "provider \"thing\" {\n}\n"), true},
		"lock file": {func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, ".terraform.lock.hcl")); err != nil {
				t.Fatal(err)
			}
		}, true},
		"the provider was removed": {func(t *testing.T, dir string) {
			link := filepath.Join(dir, ".terraform/providers/example.com/acme/thing/1.2.0", platform)
			if err := os.Remove(link); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join(dir, "nowhere"), link); err != nil {
				t.Fatal(err)
			}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runner, _ := mirrorRunner(t)
			dir := thingRoot(t, "~> 1.0")
			if err := runner.Init(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
			marker := filepath.Join(dir, ".terraform", "modules", "modules.json")
			if err := os.Remove(marker); err != nil {
				t.Fatal(err)
			}
			test.change(t, dir)
			if err := runner.Init(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
			_, err := os.Stat(marker)
			if ran := err == nil; ran != test.again {
				t.Errorf("init ran again: %v, want %v", ran, test.again)
			}
		})
	}
}

func TestInitDependsOnTheProviderSource(t *testing.T) {
	t.Parallel()
	dir := thingRoot(t, "~> 1.0")
	sums := map[string]bool{}
	for range 2 {
		runner, _ := mirrorRunner(t)
		tools, err := runner.toolchain(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sum, err := tools.initSum(dir)
		if err != nil {
			t.Fatal(err)
		}
		sums[sum] = true
	}
	if len(sums) != 2 {
		t.Error("another mirror gives the same sum")
	}
}

func TestInitFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		constraint string
		code       problem.Code
		what       string
	}{
		"version not in the mirror": {"~> 2.0", problem.ProviderMissing, "provider example.com/acme/thing (~> 2.0) is not to be had"},
		"no constraint at all":      {"about one", problem.TerraformFailed, "terraform init failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runner, _ := mirrorRunner(t)
			dir := thingRoot(t, test.constraint)
			err := runner.Init(t.Context(), dir)
			if found := problem.Find(err); len(found) != 1 || found[0].Code != test.code || found[0].What != test.what {
				t.Errorf("got %v, want %s %q", err, test.code, test.what)
			}
			if _, err := os.Stat(filepath.Join(dir, stampFile)); err == nil {
				t.Error("a failed init left a stamp")
			}
		})
	}
}

func TestInitInterrupted(t *testing.T) {
	t.Parallel()
	runner, _ := mirrorRunner(t)
	if _, err := runner.Version(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := runner.Init(ctx, thingRoot(t, "~> 1.0")); !problem.Is(err, problem.Interrupted) {
		t.Errorf("got %v, want %s", err, problem.Interrupted)
	}
}

func TestInitOfFaultyTerraform(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script string
		code   problem.Code
	}{
		"garbage":   {"echo 'not JSON'; exit 1", problem.TerraformCrashed},
		"full disk": {"echo 'mkdir: no space left on device' >&2; exit 1", problem.DiskFull},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bin := t.TempDir()
			fakeTerraform(t, bin, "1.11.4", test.script)
			runner := newRunner(t, Options{Env: map[string]string{"PATH": bin + ":/usr/bin:/bin"}, MirrorRoots: []string{}})
			if err := runner.Init(t.Context(), newRoot(t, "")); !problem.Is(err, test.code) {
				t.Errorf("got %v, want %s", err, test.code)
			}
		})
	}
}

func TestLocalSource(t *testing.T) {
	t.Parallel()
	got := map[string]bool{}
	for _, source := range []string{"./a", "../a", "..", "/a", "a/b", "git::https://example.com/a.git", "example.com/a/b/c"} {
		_, got[source] = localSource(source)
	}
	want := map[string]bool{
		"./a": true, "../a": true, "..": true, "/a": false, "a/b": false,
		"git::https://example.com/a.git": false, "example.com/a/b/c": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("local sources (-want +got):\n%s", diff)
	}
}
