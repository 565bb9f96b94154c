package environment

import (
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// check finds what makes a root impossible to cut, once it is linked.
func (l *linker) check() {
	l.reserved()
	names := l.root.LayerNames()
	for i := range l.root.Items {
		for _, use := range l.root.Items[i].Uses {
			if name, ok := strings.CutPrefix(use.Key, "module."); ok {
				l.reference(&l.root.Items[i], use, name, names)
			}
		}
	}
	if nodes := l.root.graph.Cycle(); nodes != nil {
		l.cycle(nodes)
	}
}

func (l *linker) reference(item *Item, use Use, name string, names []string) {
	layer, declared := l.root.Layer(name)
	if !declared {
		l.add(problem.UnknownLayer, location(use.Range), "module.%s is referred to, but no such layer is declared%s", name, didYouMean(name, names))
		return
	}
	if layer.Module == nil || use.Output == "" {
		return
	}
	output, exists := layer.Module.Outputs[use.Output]
	switch {
	case !exists:
		l.add(problem.UnknownOutput, location(use.Range), "layer %q has no output %q%s: module %s declares none of that name",
			name, use.Output, didYouMean(use.Output, layer.Module.OutputNames()), layer.Module.Dir)
	case output.Ephemeral && item.Kind != KindOutput && item.Kind != KindCheck:
		l.add(problem.UnsupportedRoot, location(use.Range), "output %q of layer %q is ephemeral, so no other layer can have it: it is never stored", use.Output, name)
	}
}

// reserved finds names that a slice adds itself.
func (l *linker) reserved() {
	for i := range l.root.Layers {
		layer := &l.root.Layers[i]
		if _, both := l.root.layers[layer.Name+MetaSuffix]; both {
			l.add(problem.UnsupportedRoot, layer.Location, "layers %q and %q cannot stand side by side: their outputs would have the same names", layer.Name, layer.Name+MetaSuffix)
		}
	}
	for i := range l.root.Items {
		item := &l.root.Items[i]
		if !strings.HasPrefix(item.Name(), ReservedPrefix) {
			continue
		}
		_, layer := l.root.layers[strings.TrimPrefix(item.Name(), ReservedPrefix)]
		// Variables and locals only matter where a slice adds the same name.
		if item.Kind == KindOutput || (layer && (item.Kind == KindVariable || item.Kind == KindLocal)) {
			l.add(problem.UnsupportedRoot, location(item.Range), "the name of %s %q is reserved: %q starts the names that carry a layer's outputs",
				item.Kind, item.Name(), ReservedPrefix)
		}
	}
}
