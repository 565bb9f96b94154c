package terraform

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// providerSource says where Terraform gets providers from. Either userFile is
// set, or mirrors are, or providers come from the registry.
type providerSource struct {
	userFile string   // the user's own CLI configuration, used unchanged
	mirrors  []mirror // ours to configure, first one first
	implied  []mirror // found by Terraform itself, no configuration needed
}

// String names the source for doctor.
func (s providerSource) String() string {
	switch {
	case s.userFile != "":
		return "CLI configuration " + s.userFile
	case len(s.mirrors) > 0:
		return "mirror " + s.mirrors[0].dir
	case len(s.implied) > 0:
		return "mirror " + s.implied[0].dir
	default:
		return "registry"
	}
}

// cached reports whether a shared plugin cache may be in use, which Terraform
// does not lock: two inits at once can damage it.
func (s providerSource) cached(env map[string]string) bool {
	return s.userFile != "" || env["TF_PLUGIN_CACHE_DIR"] != ""
}

// chooseProviderSource decides, in this order: the mirror that the user named;
// the user's CLI configuration; the project's terraform.d/plugins and
// Terraform's implied mirrors; mirrors in system-wide places; the registry.
func (r *Runner) chooseProviderSource() (providerSource, error) {
	if dir := r.options.ProviderMirror; dir != "" {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(r.options.WorkDir, dir)
		}
		named, ok := openMirror(filepath.Clean(dir))
		if !ok {
			return providerSource{}, &problem.Error{
				Code:  problem.ProviderMissing,
				What:  fmt.Sprintf("%s is no provider mirror for this platform", dir),
				Where: problem.Location{Flag: "--provider-mirror"},
				Next: "name the directory that holds registry.terraform.io/; " +
					"`terraform providers mirror DIR` makes one",
			}
		}
		return providerSource{mirrors: []mirror{named}}, nil
	}
	if file := userConfiguration(r.env); file != "" {
		return providerSource{userFile: file}, nil
	}
	implied := impliedMirrors(r.env)
	var ours []mirror
	if m, ok := openMirror(filepath.Join(r.options.WorkDir, "terraform.d", "plugins")); ok {
		ours = append(ours, m)
	}
	if len(ours)+len(implied) == 0 {
		ours = findMirrors(r.options.MirrorRoots)
	}
	if len(ours) == 0 {
		return providerSource{implied: implied}, nil
	}
	// A provider_installation block turns the implied mirrors off: name them.
	return providerSource{mirrors: append(ours, implied...)}, nil
}

// userConfiguration gives the CLI configuration that the user has, or "". It
// follows Terraform: the file that TF_CLI_CONFIG_FILE names, else
// ~/.terraformrc and ~/.terraform.d/*.tfrc. Only, a TF_CLI_CONFIG_FILE that
// does not exist counts as unset.
func userConfiguration(env map[string]string) string {
	for _, name := range []string{"TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"} {
		if file := env[name]; file != "" && isFile(file) {
			return file
		}
	}
	home := env["HOME"]
	if home == "" {
		return ""
	}
	if file := filepath.Join(home, ".terraformrc"); isFile(file) {
		return file
	}
	if files, err := filepath.Glob(filepath.Join(globEscape(home), ".terraform.d", "*.tfrc")); err == nil && len(files) > 0 {
		return files[0]
	}
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// install writes our CLI configuration where one is needed and gives the
// environment that makes Terraform use the source.
func (s providerSource) install(env map[string]string, configDir, cacheDir string) (map[string]string, error) {
	env = maps.Clone(env)
	if s.userFile != "" {
		// Set by TF_CLI_CONFIG_FILE and there: leave it. Found in the home
		// directory: a variable that names a missing file must not hide it.
		for _, name := range []string{"TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"} {
			if !isFile(env[name]) {
				delete(env, name)
			}
		}
		return env, nil
	}
	if err := os.MkdirAll(configDir, 0o700); err != nil {
		return nil, writeProblem("creating "+configDir, err)
	}
	file := filepath.Join(configDir, "terraform.rc")
	if err := writePrivate(file, s.configuration()); err != nil {
		return nil, err
	}
	delete(env, "TERRAFORM_CONFIG")
	env["TF_CLI_CONFIG_FILE"] = file
	switch {
	case len(s.mirrors)+len(s.implied) > 0:
		// Terraform links to a mirror's files; copying 700 MB into a cache
		// first would only cost time.
		delete(env, "TF_PLUGIN_CACHE_DIR")
	case env["TF_PLUGIN_CACHE_DIR"] == "":
		cache := filepath.Join(cacheDir, "providers")
		if err := os.MkdirAll(cache, 0o755); err != nil {
			return nil, writeProblem("creating "+cache, err)
		}
		env["TF_PLUGIN_CACHE_DIR"] = cache
	}
	return env, nil
}

// configuration is our CLI configuration: what a mirror has comes from the
// mirror, all else from the registry.
func (s providerSource) configuration() []byte {
	file := hclwrite.NewEmptyFile()
	file.Body().SetAttributeValue("disable_checkpoint", cty.True)
	if len(s.mirrors) == 0 {
		return file.Bytes()
	}
	installation := file.Body().AppendNewBlock("provider_installation", nil).Body()
	all := map[string]bool{}
	for _, m := range s.mirrors {
		block := installation.AppendNewBlock("filesystem_mirror", nil).Body()
		block.SetAttributeValue("path", cty.StringVal(m.dir))
		block.SetAttributeValue("include", stringList(m.providers))
		for _, provider := range m.providers {
			all[provider] = true
		}
	}
	direct := installation.AppendNewBlock("direct", nil).Body()
	direct.SetAttributeValue("exclude", stringList(slices.Sorted(maps.Keys(all))))
	return file.Bytes()
}

func stringList(values []string) cty.Value {
	list := make([]cty.Value, len(values))
	for i, value := range values {
		list[i] = cty.StringVal(value)
	}
	return cty.ListVal(list)
}

// fingerprint is what init's result depends upon: the source and the content
// of the configuration file in force.
func (s providerSource) fingerprint() string {
	var b strings.Builder
	fmt.Fprintln(&b, s)
	if s.userFile != "" {
		content, err := os.ReadFile(s.userFile)
		fmt.Fprintf(&b, "%s %v\n", content, err)
		return b.String()
	}
	b.Write(s.configuration())
	for _, m := range s.implied {
		fmt.Fprintln(&b, m.dir, m.providers)
	}
	return b.String()
}

// writePrivate writes a file that only its owner can read, replacing it as a
// whole: other processes may be reading it.
func writePrivate(path string, content []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-") // 0600
	if err != nil {
		return writeProblem("writing "+path, err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // gone already when all went well
	if _, err = temporary.Write(content); err == nil {
		err = temporary.Close()
	} else {
		_ = temporary.Close()
	}
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return writeProblem("writing "+path, err)
	}
	return nil
}
