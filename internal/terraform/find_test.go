package terraform

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// fakeTerraform writes a shell script that answers `version` and does body for
// everything else. It serves to inject faults only.
func fakeTerraform(t *testing.T, dir, version, body string) string {
	t.Helper()
	path := filepath.Join(dir, "terraform")
	writeFile(t, path, fakeScript(version, body))
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func fakeScript(version, body string) string {
	return fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = version ]; then\n"+
		"echo 'a warning' >&2\necho '{\"terraform_version\":\"%s\"}'\nexit 0\nfi\n%s\n", version, body)
}

func TestFindBinary(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		path       map[string]string // directory on PATH → version there
		order      []string
		cache      []string // versions
		constraint string
		want       Info // path with ROOT
	}{
		"on PATH": {
			path: map[string]string{"a": "1.12.0"}, order: []string{"a"},
			want: Info{Path: "ROOT/a/terraform", Version: "1.12.0", From: "PATH"},
		},
		"the first that fits": {
			path: map[string]string{"a": "1.5.7", "b": "1.11.4", "c": "1.13.0"}, order: []string{"a", "b", "c"},
			want: Info{Path: "ROOT/b/terraform", Version: "1.11.4", From: "PATH"},
		},
		"required_version": {
			path: map[string]string{"a": "1.13.0", "b": "1.11.4"}, order: []string{"a", "b"}, constraint: "~> 1.11.0",
			want: Info{Path: "ROOT/b/terraform", Version: "1.11.4", From: "PATH"},
		},
		"the newest fitting of the cache, without network": {
			path: map[string]string{"a": "1.5.7"}, order: []string{"a"},
			cache: []string{"1.11.1", "1.12.3", "1.12.10", "1.13.0"}, constraint: "< 1.13",
			want: Info{Path: "ROOT/cache/terraform/1.12.10/terraform", Version: "1.12.10", From: "cache"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			var dirs []string
			for _, dir := range test.order {
				fakeTerraform(t, filepath.Join(root, dir), test.path[dir], "exit 1")
				dirs = append(dirs, filepath.Join(root, dir))
			}
			for _, version := range test.cache {
				fakeTerraform(t, filepath.Join(root, "cache", "terraform", version), version, "exit 1")
			}
			runner := newRunner(t, Options{
				Constraint: test.constraint, CacheDir: filepath.Join(root, "cache"),
				MirrorRoots: []string{}, Env: map[string]string{"PATH": strings.Join(dirs, ":")},
				releases: releaseSite{url: "http://127.0.0.1:1"},
			})
			got, err := runner.Describe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			test.want.Path = strings.ReplaceAll(test.want.Path, "ROOT", root)
			test.want.ProviderSource = "registry"
			test.want.Configuration = filepath.Join(runner.options.ConfigDir, "terraform.rc")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("info (-want +got):\n%s", diff)
			}
			if version, err := DetectVersion(t.Context(), got.Path); err != nil || version != got.Version {
				t.Errorf("DetectVersion gives %q, %v", version, err)
			}
		})
	}
}

func TestMissingTerraform(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fakeTerraform(t, dir, "1.5.7", "exit 1")
	runner := newRunner(t, Options{
		Constraint: "~> 1.11", Env: map[string]string{"PATH": dir + ":relative"},
		releases: releaseSite{url: "http://127.0.0.1:1"},
	})
	_, err := runner.Version(t.Context())
	if !problem.Is(err, problem.TerraformMissing) {
		t.Fatalf("got %v, want %s", err, problem.TerraformMissing)
	}
	found := problem.Find(err)[0]
	for _, want := range []string{"~> 1.11", dir + "/terraform is 1.5.7"} {
		if !strings.Contains(found.What, want) {
			t.Errorf("%q does not name %q", found.What, want)
		}
	}
	if !strings.Contains(found.Next, "install Terraform ~> 1.11") {
		t.Errorf("next step is %q", found.Next)
	}
}

func TestBadConstraint(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Constraint: "about 1.11", CacheDir: "c", ConfigDir: "d"})
	if !problem.Is(err, problem.InvalidValue) {
		t.Errorf("got %v, want %s", err, problem.InvalidValue)
	}
}
