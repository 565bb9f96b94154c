package terraform

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// initSum is a hash of all that init's result in dir depends upon: Terraform,
// the provider source, the lock file, and of the root and its local modules
// the terraform blocks, the module calls and the providers that are needed.
func (t *toolchain) initSum(dir string) (string, error) {
	var inputs strings.Builder
	fmt.Fprintf(&inputs, "terraform %s\n%s\n", t.binary.version, t.source.fingerprint())
	lock, err := os.ReadFile(filepath.Join(dir, ".terraform.lock.hcl"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", writeProblem("reading the lock file", err)
	}
	fmt.Fprintf(&inputs, "lock %d\n%s\n", len(lock), lock)
	if err := describeModule(&inputs, dir, ".", map[string]bool{}); err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(inputs.String()))
	return hex.EncodeToString(sum[:]), nil
}

// describeModule adds the module at root/path and the local modules that it calls,
// each once.
func describeModule(inputs *strings.Builder, root, path string, seen map[string]bool) error {
	if seen[path] {
		return nil
	}
	seen[path] = true
	fmt.Fprintf(inputs, "module %s\n", path)
	files, err := configFiles(filepath.Join(root, path))
	if err != nil {
		return err
	}
	var calls []string
	providers := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return writeProblem("reading the composed root", err)
		}
		parsed, diagnostics := hclsyntax.ParseConfig(source, filepath.Base(file), hcl.InitialPos)
		body, ok := parsed.Body.(*hclsyntax.Body)
		if diagnostics.HasErrors() || !ok || strings.HasSuffix(file, ".json") {
			// Terraform will say what is wrong with it, or it is JSON: all of
			// it counts.
			fmt.Fprintf(inputs, "file %s\n%s\n", filepath.Base(file), source)
			continue
		}
		for _, block := range body.Blocks {
			switch block.Type {
			case "terraform":
				fmt.Fprintf(inputs, "%s\n", block.Range().SliceBytes(source)) // header
				fmt.Fprintf(inputs, "%s\n", hcl.RangeBetween(block.OpenBraceRange, block.CloseBraceRange).SliceBytes(source))
			case "module":
				address := literal(block, source, "source")
				fmt.Fprintf(inputs, "call %q %q %q\n", block.Labels, address, literal(block, source, "version"))
				if target, ok := localSource(address); ok {
					calls = append(calls, filepath.Join(path, target))
				}
			case "provider", "resource", "data", "ephemeral":
				if len(block.Labels) > 0 {
					// A type's first word names the provider that it implies.
					name, _, _ := strings.Cut(block.Labels[0], "_")
					providers[name] = true
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(providers)) {
		fmt.Fprintf(inputs, "provider %s\n", name)
	}
	for _, call := range calls {
		if err := describeModule(inputs, root, call, seen); err != nil {
			return err
		}
	}
	return nil
}

// configFiles lists the module's configuration files in order; a missing
// directory has none, which Terraform will report.
func configFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, writeProblem("reading the composed root", err)
	}
	var files []string
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() && (strings.HasSuffix(name, ".tf") || strings.HasSuffix(name, ".tf.json")) {
			files = append(files, filepath.Join(dir, name))
		}
	}
	return files, nil
}

// literal gives an attribute's source text, without quotes if it is a plain
// string; "" if the block lacks it.
func literal(block *hclsyntax.Block, source []byte, name string) string {
	attribute, ok := block.Body.Attributes[name]
	if !ok {
		return ""
	}
	return strings.Trim(string(attribute.Expr.Range().SliceBytes(source)), `"`)
}

// localSource reports whether a module's source is a path, as Terraform
// decides it. Absolute paths are none: Terraform copies those.
func localSource(address string) (string, bool) {
	local := strings.HasPrefix(address, "./") || strings.HasPrefix(address, "../") || address == "." || address == ".."
	return address, local
}
