package terraform

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const platform = runtime.GOOS + "_" + runtime.GOARCH

// writeFile writes content to path and makes the directories above it.
func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// addProvider puts an unpacked provider, which cannot run, into a mirror.
func addProvider(t *testing.T, dir, source, version string) {
	t.Helper()
	name := "terraform-provider-" + filepath.Base(source) + "_v" + version
	file := filepath.Join(dir, source, version, platform, name)
	writeFile(t, file, "#!/bin/sh\nexit 1\n")
	if err := os.Chmod(file, 0o755); err != nil {
		t.Fatal(err)
	}
}

func newRunner(t *testing.T, options Options) *Runner {
	t.Helper()
	if options.CacheDir == "" {
		options.CacheDir = t.TempDir()
	}
	if options.ConfigDir == "" {
		options.ConfigDir = filepath.Join(t.TempDir(), "config")
	}
	if options.WorkDir == "" {
		options.WorkDir = t.TempDir()
	}
	runner, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return runner
}

func TestProviderSource(t *testing.T) {
	t.Parallel()
	const aws, other = "registry.terraform.io/hashicorp/aws", "example.com/acme/thing"
	for name, test := range map[string]struct {
		// files are put under the root; a path that ends in a provider
		// address and version makes a provider.
		files     []string
		providers []string // "mirror|source|version"
		mirror    string   // --provider-mirror
		env       map[string]string
		want      string // with the root as ROOT
		config    string // our configuration; "" when none may be written
		configEnv string // TF_CLI_CONFIG_FILE of children; "OURS" is our own
		cache     bool   // a plugin cache is set
	}{
		"registry": {
			want: "registry", config: "disable_checkpoint = true\n", configEnv: "OURS", cache: true,
		},
		"a missing TF_CLI_CONFIG_FILE counts as unset": {
			env:  map[string]string{"TF_CLI_CONFIG_FILE": "ROOT/nowhere.rc"},
			want: "registry", config: "disable_checkpoint = true\n", configEnv: "OURS", cache: true,
		},
		"system-wide": {
			providers: []string{"opt/plugins|" + aws + "|5.100.0", "opt/plugins|" + other + "|1.0.0"},
			want:      "mirror ROOT/opt/plugins",
			config: `disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path    = "ROOT/opt/plugins"
    include = ["example.com/acme/thing", "registry.terraform.io/hashicorp/aws"]
  }
  direct {
    exclude = ["example.com/acme/thing", "registry.terraform.io/hashicorp/aws"]
  }
}
`,
			configEnv: "OURS",
		},
		"explicit before the user's configuration": {
			files:     []string{"user.rc"},
			providers: []string{"named|" + aws + "|5.0.0", "opt/plugins|" + other + "|1.0.0"},
			mirror:    "named",
			env:       map[string]string{"TF_CLI_CONFIG_FILE": "ROOT/user.rc"},
			want:      "mirror ROOT/named",
			config: `disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path    = "ROOT/named"
    include = ["registry.terraform.io/hashicorp/aws"]
  }
  direct {
    exclude = ["registry.terraform.io/hashicorp/aws"]
  }
}
`,
			configEnv: "OURS",
		},
		"the user's configuration before system-wide": {
			files:     []string{"user.rc"},
			providers: []string{"opt/plugins|" + aws + "|5.0.0"},
			env:       map[string]string{"TF_CLI_CONFIG_FILE": "ROOT/user.rc"},
			want:      "CLI configuration ROOT/user.rc", configEnv: "ROOT/user.rc",
		},
		"~/.terraformrc is not hidden by a missing file": {
			files: []string{"home/.terraformrc"},
			env:   map[string]string{"TF_CLI_CONFIG_FILE": "ROOT/nowhere.rc"},
			want:  "CLI configuration ROOT/home/.terraformrc",
		},
		"~/.terraform.d/*.tfrc": {
			files: []string{"home/.terraform.d/mine.tfrc"},
			want:  "CLI configuration ROOT/home/.terraform.d/mine.tfrc",
		},
		"~/.tofurc is not Terraform's": {
			files: []string{"home/.tofurc"},
			want:  "registry", config: "disable_checkpoint = true\n", configEnv: "OURS", cache: true,
		},
		"implied mirror needs no configuration": {
			providers: []string{"home/.terraform.d/plugins|" + aws + "|5.0.0", "opt/plugins|" + other + "|1.0.0"},
			want:      "mirror ROOT/home/.terraform.d/plugins",
			config:    "disable_checkpoint = true\n", configEnv: "OURS",
		},
		"the project's mirror names the implied ones too": {
			providers: []string{"home/.terraform.d/plugins|" + other + "|1.0.0", "terraform.d/plugins|" + aws + "|5.0.0"},
			want:      "mirror ROOT/terraform.d/plugins",
			config: `disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path    = "ROOT/terraform.d/plugins"
    include = ["registry.terraform.io/hashicorp/aws"]
  }
  filesystem_mirror {
    path    = "ROOT/home/.terraform.d/plugins"
    include = ["example.com/acme/thing"]
  }
  direct {
    exclude = ["example.com/acme/thing", "registry.terraform.io/hashicorp/aws"]
  }
}
`,
			configEnv: "OURS",
		},
		"a mirror for other platforms is none": {
			files: []string{"opt/plugins/" + aws + "/5.0.0/plan9_mips/terraform-provider-aws_v5.0.0"},
			want:  "registry", config: "disable_checkpoint = true\n", configEnv: "OURS", cache: true,
		},
		"packed layout": {
			files: []string{"opt/plugins/" + aws + "/terraform-provider-aws_5.0.0_" + platform + ".zip"},
			want:  "mirror ROOT/opt/plugins",
			config: `disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path    = "ROOT/opt/plugins"
    include = ["registry.terraform.io/hashicorp/aws"]
  }
  direct {
    exclude = ["registry.terraform.io/hashicorp/aws"]
  }
}
`,
			configEnv: "OURS",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			expand := func(text string) string { return strings.ReplaceAll(text, "ROOT", root) }
			for _, file := range test.files {
				writeFile(t, filepath.Join(root, file), "")
			}
			for _, spec := range test.providers {
				parts := strings.Split(spec, "|")
				addProvider(t, filepath.Join(root, parts[0]), parts[1], parts[2])
			}
			env := map[string]string{"HOME": filepath.Join(root, "home"), "XDG_DATA_DIRS": filepath.Join(root, "share")}
			for name, value := range test.env {
				env[name] = expand(value)
			}
			runner := newRunner(t, Options{
				Env: env, WorkDir: root, ProviderMirror: test.mirror,
				MirrorRoots: []string{filepath.Join(root, "opt", "*"), filepath.Join(root, "opt", "*", "*")},
			})
			source, err := runner.chooseProviderSource()
			if err != nil {
				t.Fatal(err)
			}
			if got := source.String(); got != expand(test.want) {
				t.Errorf("source is %q, want %q", got, expand(test.want))
			}
			children, err := source.install(runner.env, runner.options.ConfigDir, runner.options.CacheDir)
			if err != nil {
				t.Fatal(err)
			}
			ours := filepath.Join(runner.options.ConfigDir, "terraform.rc")
			content, err := os.ReadFile(ours)
			if err != nil && test.config != "" {
				t.Fatal(err)
			}
			if diff := cmp.Diff(expand(test.config), string(content)); diff != "" {
				t.Errorf("configuration (-want +got):\n%s", diff)
			}
			wantEnv := expand(test.configEnv)
			if wantEnv == "OURS" {
				wantEnv = ours
				if info, err := os.Stat(ours); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("our configuration: %v, mode %v, want 0600", err, info.Mode())
				}
			}
			if got := children["TF_CLI_CONFIG_FILE"]; got != wantEnv {
				t.Errorf("TF_CLI_CONFIG_FILE is %q, want %q", got, wantEnv)
			}
			if got := children["TF_PLUGIN_CACHE_DIR"] != ""; got != test.cache {
				t.Errorf("plugin cache set: %v, want %v", got, test.cache)
			}
		})
	}
}

func TestProviderMirrorThatIsNone(t *testing.T) {
	t.Parallel()
	runner := newRunner(t, Options{Env: map[string]string{}, ProviderMirror: "nowhere"})
	_, err := runner.chooseProviderSource()
	if !problem.Is(err, problem.ProviderMissing) || problem.Find(err)[0].Where.Flag != "--provider-mirror" {
		t.Errorf("got %v, want %s at --provider-mirror", err, problem.ProviderMissing)
	}
}
