package environment

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Module is what a local module's folder says about it.
type Module struct {
	Dir     string // relative to the project directory
	Outputs map[string]ModuleOutput
	// Providers are the full addresses of the providers whose unaliased
	// configuration the module or one that it calls takes from its caller,
	// sorted.
	Providers []string

	required map[string]RequiredProvider
}

// ModuleOutput is an output block of a module.
type ModuleOutput struct{ Sensitive, Ephemeral bool }

// OutputNames gives the names of the outputs, sorted.
func (m *Module) OutputNames() []string { return slices.Sorted(maps.Keys(m.Outputs)) }

// HasEphemeral reports whether an output exists only while Terraform runs.
func (m *Module) HasEphemeral() bool {
	for _, output := range m.Outputs {
		if output.Ephemeral {
			return true
		}
	}
	return false
}

// modules reads module folders, each once.
type modules struct {
	problems
	fsys fs.FS
	read map[string]*Module
}

func newModules(fsys fs.FS) *modules { return &modules{fsys: fsys, read: map[string]*Module{}} }

// isLocal tells a source that is a path from one that Terraform downloads.
func isLocal(source string) bool {
	return strings.HasPrefix(source, "./") || strings.HasPrefix(source, "../") || source == "." || source == ".."
}

// at gives the module that a block in folder dir calls, or nil when its source
// is not a local path or its folder cannot be understood from here.
func (m *modules) at(dir, source string, where problem.Location) *Module {
	if strings.HasPrefix(source, "/") || (len(source) > 1 && source[1] == ':' && strings.ContainsAny(source[2:], `/\`)) {
		m.add(problem.UnsupportedRoot, where, "module source %q is an absolute path, which only this machine has", source)
		return nil
	}
	if !isLocal(source) {
		return nil
	}
	target := path.Join(dir, source)
	if !fs.ValidPath(target) {
		m.add(problem.UnsupportedRoot, where, "module source %q lies outside the project", source)
		return nil
	}
	if module, known := m.read[target]; known {
		return module
	}
	entries, err := fs.ReadDir(m.fsys, target)
	if err != nil {
		m.add(problem.UnsupportedRoot, where, "module source %q does not exist: there is no folder %s", source, target)
		return nil
	}
	// Known before its calls are read, so that a module calling itself ends.
	module := &Module{Dir: target, Outputs: map[string]ModuleOutput{}, required: map[string]RequiredProvider{}}
	m.read[target] = module
	if !m.folder(module, entries) {
		m.read[target] = nil
		return nil
	}
	return module
}

// folder fills module from its files; ok is false when one of them is in JSON
// syntax, which is not read here.
func (m *modules) folder(module *Module, entries []fs.DirEntry) (ok bool) {
	contents := moduleFiles{required: module.required}
	for _, entry := range entries {
		name := path.Join(module.Dir, entry.Name())
		switch {
		case entry.IsDir() || ignored(entry.Name()):
		case strings.HasSuffix(name, ".tf.json"):
			return false
		case strings.HasSuffix(name, ".tf"):
			source, err := fs.ReadFile(m.fsys, name)
			if err != nil {
				m.add(problem.UnsupportedRoot, problem.Location{File: name}, "module file cannot be read: %v", err)
				continue
			}
			parsed, diagnostics := hclsyntax.ParseConfig(source, name, hcl.InitialPos)
			m.syntax(diagnostics)
			if !diagnostics.HasErrors() {
				contents.add(module, parsed.Body.(*hclsyntax.Body)) //nolint:forcetypeassert // hclsyntax gives its own body
			}
		}
	}
	needs := map[string]bool{}
	for _, key := range contents.used {
		if !strings.Contains(key, ".") {
			needs[sourceOf(key, contents.required)] = true
		}
	}
	for _, call := range contents.calls {
		called := m.at(module.Dir, call.source, call.where)
		if called == nil {
			continue
		}
		for _, source := range called.Providers {
			if name, given := given(call.providers, source, called.required); !given {
				needs[source] = true
			} else if !strings.Contains(name, ".") {
				needs[sourceOf(name, contents.required)] = true
			}
		}
	}
	module.Providers = slices.Sorted(maps.Keys(needs))
	return true
}

// given looks in a providers argument for the unaliased configuration of the
// provider with that address. required are the names that the child gives
// its providers.
func given(providers map[string]string, source string, required map[string]RequiredProvider) (name string, ok bool) {
	for child, callers := range providers {
		if !strings.Contains(child, ".") && sourceOf(child, required) == source {
			return callers, true
		}
	}
	return "", false
}

// moduleFiles is what the files of a module say together.
type moduleFiles struct {
	required map[string]RequiredProvider
	used     []string // provider configurations that its blocks use
	calls    []call
}

func (f *moduleFiles) add(module *Module, body *hclsyntax.Body) {
	for _, block := range body.Blocks {
		switch {
		case block.Type == "terraform":
			for _, inner := range block.Body.Blocks {
				if inner.Type != "required_providers" {
					continue
				}
				for name, attr := range inner.Body.Attributes {
					f.required[name] = requiredProvider(attr)
				}
			}
		case block.Type == "output" && len(block.Labels) == 1:
			module.Outputs[block.Labels[0]] = ModuleOutput{
				Sensitive: isTrue(block.Body, "sensitive"),
				Ephemeral: isTrue(block.Body, "ephemeral"),
			}
		case (block.Type == "resource" || block.Type == "data" || block.Type == "ephemeral") && len(block.Labels) == 2:
			f.used = append(f.used, providerOf(block))
		case block.Type == "module" && len(block.Labels) == 1:
			f.calls = append(f.calls, callOf(block))
		}
	}
}

// callOf reads a module block's source and providers.
func callOf(block *hclsyntax.Block) call {
	c := call{where: location(block.TypeRange), providers: map[string]string{}}
	if attr, ok := block.Body.Attributes["source"]; ok {
		c.where = location(attr.Expr.Range())
		c.source, _ = literalString(attr.Expr)
	}
	if attr, ok := block.Body.Attributes["providers"]; ok {
		c.providers = passed(attr.Expr)
	}
	return c
}
