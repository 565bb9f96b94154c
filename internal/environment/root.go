package environment

import (
	"io/fs"
	"maps"
	"slices"

	"github.com/goal-mandala/mandala-deploy/internal/graph"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Reserved names of the root: what slices add must not meet what is there.
const (
	// ReservedFile is the file that a composed root adds.
	ReservedFile = "mandala_generated.tf"
	// ReservedPrefix starts the names of the outputs, variables and locals
	// that carry a layer's outputs between slices.
	ReservedPrefix = "module_"
	// MetaSuffix ends the name of the output that tells about another.
	MetaSuffix = "_meta"
)

// Root is the Terraform root that a project's environments share, cut into
// items. It is valid as far as Load checks, and must not be changed.
type Root struct {
	Files  []File
	Layers []Layer // in order of file name and position
	Items  []Item  // likewise; a container stands before what it holds
	// RequiredVersion is the Terraform version constraint, "" when there is
	// none; several are joined by commas, as Terraform does.
	RequiredVersion      string
	RequiredVersionRange problem.Location
	// RequiredProviders are the entries of required_providers by local name.
	RequiredProviders map[string]RequiredProvider

	byKey  map[string]int
	layers map[string]int
	dirs   []string // of local modules
	graph  *graph.Graph[string]
}

// Layer gives the layer of that name.
func (r *Root) Layer(name string) (*Layer, bool) {
	i, ok := r.layers[name]
	if !ok {
		return nil, false
	}
	return &r.Layers[i], true
}

// LayerNames gives the names of all layers in order of declaration.
func (r *Root) LayerNames() []string {
	names := make([]string, len(r.Layers))
	for i := range r.Layers {
		names[i] = r.Layers[i].Name
	}
	return names
}

// ItemByKey gives the index in Items of what a Use names.
func (r *Root) ItemByKey(key string) (index int, ok bool) {
	index, ok = r.byKey[key]
	return index, ok
}

// Graph gives the layers as a graph: each depends on those it refers to. It is
// shared by all callers and must not be changed.
func (r *Root) Graph() *graph.Graph[string] { return r.graph }

// ModuleDirs gives the folders of all local modules that the root calls and
// that those call in turn, relative to the project directory, sorted.
func (r *Root) ModuleDirs() []string { return r.dirs }

// HasOutputs reports whether the root has outputs of its own.
func (r *Root) HasOutputs() bool {
	return slices.ContainsFunc(r.Items, func(i Item) bool { return i.Kind == KindOutput })
}

// LoadRoot reads the root in environments/ of the project at fsys with the
// local modules that it calls. The error joins every *problem.Error found.
func LoadRoot(fsys fs.FS) (*Root, error) {
	p := &parser{
		fsys: fsys,
		root: &Root{RequiredProviders: map[string]RequiredProvider{}, byKey: map[string]int{}, layers: map[string]int{}},
	}
	if err := p.files(); err != nil {
		return nil, err
	}
	// A file that does not parse hides what it declares, so that everything
	// found after it would mislead.
	if err := p.err(); err != nil {
		return nil, err
	}
	l := linker{problems: p.problems, root: p.root, modules: newModules(fsys), calls: p.calls}
	l.link()
	if err := l.err(); err != nil {
		return nil, err
	}
	p.root.dirs = slices.Sorted(maps.Keys(l.modules.read))
	return p.root, nil
}

func sortedOnce(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
