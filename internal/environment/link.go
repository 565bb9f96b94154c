package environment

import (
	"fmt"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/graph"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// linker joins the items of a root: layers to their modules and providers, and
// layers to each other.
type linker struct {
	problems
	root    *Root
	modules *modules
	calls   []call // by layer
	// visited marks items by the number of the search that met them last, so
	// that a search costs only what it reaches.
	visited []int
	search  int
}

func (l *linker) link() {
	for i := range l.root.Layers {
		layer := &l.root.Layers[i]
		layer.Module = l.modules.at(Dir, layer.Source, l.calls[i].where)
	}
	l.problems = append(l.problems, l.modules.problems...)
	l.resolveOutputs()
	l.visited = make([]int, len(l.root.Items))
	l.knownProviders()

	imports := l.imports()
	for i := range l.root.Layers {
		l.root.Layers[i].References = l.referencesOf(&l.root.Layers[i], imports)
	}
	l.root.graph = l.order()
	if l.unknownProviders() {
		for i := range l.root.Layers {
			if l.root.Layers[i].Module == nil {
				l.root.Layers[i].References = l.referencesOf(&l.root.Layers[i], imports)
			}
		}
		l.root.graph = l.order()
	}
	l.check()
}

// resolveOutputs tells the outputs that uses take, now that it is known which
// layers are repeated.
func (l *linker) resolveOutputs() {
	for i := range l.root.Items {
		uses := l.root.Items[i].Uses
		for j := range uses {
			if uses[j].steps == nil {
				continue
			}
			if layer, ok := l.root.Layer(strings.TrimPrefix(uses[j].Key, "module.")); ok {
				uses[j].Output = outputOf(uses[j].steps, layer.Repetition)
			}
			uses[j].steps = nil
		}
	}
}

// knownProviders adds to each layer with a local module the unaliased provider
// blocks that its module tree takes from the root.
func (l *linker) knownProviders() {
	blocks := map[string][]string{} // by full address
	for i := range l.root.Items {
		if item := &l.root.Items[i]; item.Kind == KindProvider && strings.Count(item.Key, ".") == 1 {
			source := l.root.ProviderSource(item.Name())
			blocks[source] = append(blocks[source], item.Key)
		}
	}
	for i := range l.root.Layers {
		layer := &l.root.Layers[i]
		if layer.Module == nil {
			continue
		}
		item := &l.root.Items[layer.Item]
		for _, source := range layer.Module.Providers {
			if _, explicit := given(l.calls[i].providers, source, layer.Module.required); explicit {
				continue
			}
			for _, key := range blocks[source] {
				item.Uses = append(item.Uses, Use{Key: key})
			}
		}
	}
}

// unknownProviders adds to each layer whose module cannot be read the
// unaliased provider blocks that it might take. A block that needs that layer
// itself is not one of them: Terraform would refuse the circle. It reports
// whether references between layers may have grown.
func (l *linker) unknownProviders() (grown bool) {
	for i := range l.root.Items {
		provider := &l.root.Items[i]
		if provider.Kind != KindProvider || strings.Count(provider.Key, ".") != 1 {
			continue
		}
		l.search++
		var direct []string
		for _, reference := range l.reach(nil, i, "") {
			direct = append(direct, reference.To)
		}
		needed := map[string]bool{}
		for _, name := range append(direct, l.root.graph.AllDependencies(direct...)...) {
			needed[name] = true
		}
		for j := range l.root.Layers {
			layer := &l.root.Layers[j]
			if _, explicit := l.calls[j].providers[provider.Name()]; layer.Module != nil || explicit || needed[layer.Name] {
				continue
			}
			item := &l.root.Items[layer.Item]
			item.Uses = append(item.Uses, Use{Key: provider.Key})
			grown = grown || len(needed) > 0
		}
	}
	return grown
}

// imports gives the import blocks of each layer, as indexes of items.
func (l *linker) imports() map[string][]int {
	imports := map[string][]int{}
	for i := range l.root.Items {
		if item := &l.root.Items[i]; item.Kind == KindImport {
			imports[item.Layer] = append(imports[item.Layer], i)
		}
	}
	return imports
}

func (l *linker) referencesOf(layer *Layer, imports map[string][]int) []Reference {
	l.search++
	references := l.reach(nil, layer.Item, "")
	for _, item := range imports[layer.Name] {
		for _, reference := range l.reach(nil, item, "import") {
			// An import may take its id of the layer that it imports into.
			if reference.To != layer.Name {
				references = append(references, reference)
			}
		}
	}
	return references
}

// reach adds to found the references to layers in an item and, transitively,
// in all that it uses; other layers are where the search ends. through names
// the way to the item.
func (l *linker) reach(found []Reference, item int, through string) []Reference {
	type step struct {
		item    int
		through string
	}
	l.visited[item] = l.search
	steps := []step{{item, through}}
	for next := 0; next < len(steps); next++ {
		current := steps[next]
		for _, use := range l.root.Items[current.item].Uses {
			if to, ok := strings.CutPrefix(use.Key, "module."); ok {
				found = append(found, Reference{
					To: to, Output: use.Output, DependsOn: use.DependsOn,
					Location: location(use.Range), Through: current.through,
				})
				continue
			}
			index, ok := l.root.ItemByKey(use.Key)
			if !ok || l.visited[index] == l.search {
				continue
			}
			l.visited[index] = l.search
			way := use.Key
			if current.through != "" {
				way = current.through + " → " + way
			}
			steps = append(steps, step{index, way})
		}
	}
	return found
}

// order gives the graph of the layers.
func (l *linker) order() *graph.Graph[string] {
	g := graph.New[string]()
	for i := range l.root.Layers {
		g.Add(l.root.Layers[i].Name)
	}
	for i := range l.root.Layers {
		for _, reference := range l.root.Layers[i].References {
			if _, declared := l.root.layers[reference.To]; declared {
				g.Connect(l.root.Layers[i].Name, reference.To)
			}
		}
	}
	return g
}

// cycle reports a circle of layers with, for each step of it, the first
// reference that makes it.
func (l *linker) cycle(nodes []string) {
	var parts []string
	var where problem.Location
	for i, name := range nodes {
		next := nodes[(i+1)%len(nodes)]
		layer, _ := l.root.Layer(name)
		for _, reference := range layer.References {
			if reference.To != next {
				continue
			}
			if where.File == "" {
				where = reference.Location
			}
			part := fmt.Sprintf("%s → %s (%s", name, next, reference.Location)
			if reference.Through != "" {
				part += " through " + reference.Through
			}
			parts = append(parts, part+")")
			break
		}
	}
	l.add(problem.LayerCycle, where, "layers refer to each other in a circle: %s", strings.Join(parts, ", "))
}
