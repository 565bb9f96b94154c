package compose

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// composer is the state of one Compose.
type composer struct {
	root    *environment.Root
	request Request
	layers  map[string]bool // kept layers
	kept    []bool          // by item
	needed  map[string]bool // layers that are not kept but whose outputs are used
	sources map[string]bool // addresses of providers that must be required
	// reported are the places that errs names already.
	reported map[problem.Location]bool
	errs     []error
}

func (c *composer) err() error { return errors.Join(c.errs...) }

func (c *composer) upstream() []string { return slices.Sorted(maps.Keys(c.needed)) }

// uncut reports whether every layer stays, so that nothing else is left out.
func (c *composer) uncut() bool {
	return len(c.root.Layers) > 0 && len(c.layers) == len(c.root.Layers)
}

// choose marks the items that stay.
func (c *composer) choose() {
	for i := range c.root.Items {
		if c.stays(&c.root.Items[i]) {
			c.keep(i)
		}
	}
	for _, provider := range c.request.StateProviders {
		c.keepProvider(provider)
	}
	if c.request.Outputs {
		for i := range c.root.Items {
			if c.root.Items[i].Kind == environment.KindOutput && len(c.missing(i)) == 0 {
				c.keep(i)
			}
		}
	}
	// Only now is it known which providers are used.
	for i := range c.root.Items {
		if item := &c.root.Items[i]; item.Kind == environment.KindRequiredProvider || item.Kind == environment.KindProviderMeta {
			c.kept[i] = len(c.layers) > 0 || c.sources[c.root.ProviderSource(item.Name())]
		}
	}
}

// stays tells the items that stay for their own sake; what they use follows.
func (c *composer) stays(item *environment.Item) bool {
	switch item.Kind {
	case environment.KindBackend, environment.KindOutput, environment.KindRequiredProvider, environment.KindProviderMeta:
		return false
	case environment.KindTerraform, environment.KindRequiredProviders:
		return true
	case environment.KindModule:
		return c.layers[item.Name()]
	case environment.KindImport:
		return c.uncut() || c.layers[item.Layer]
	case environment.KindMoved, environment.KindRemoved:
		return c.uncut() || c.layers[item.Layer] || slices.Contains(c.request.Orphans, item.Layer)
	default:
		return c.uncut()
	}
}

// keep marks an item and all that it uses, and notes what cannot be had.
func (c *composer) keep(item int) {
	for _, lack := range c.missing(item) {
		if !c.reported[lack.Where] {
			c.reported[lack.Where] = true
			c.errs = append(c.errs, lack)
		}
	}
	mark := func(i int) bool {
		fresh := !c.kept[i]
		c.kept[i] = true
		return fresh
	}
	c.closure(item, mark, func(use environment.Use) {
		if name, isLayer := strings.CutPrefix(use.Key, "module."); isLayer {
			if !c.layers[name] && !use.DependsOn {
				c.needed[name] = true
			}
			return
		}
		c.require(use.Key)
	})
}

// require notes the provider that a use of a provider block or function needs.
func (c *composer) require(key string) {
	for _, prefix := range []string{"provider.", "required_provider."} {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			name, _, _ := strings.Cut(rest, ".")
			c.sources[c.root.ProviderSource(name)] = true
		}
	}
}

// missing gives the problems of the outputs that an item needs, directly or
// not, but that are neither made in this root nor known.
func (c *composer) missing(item int) []*problem.Error {
	if c.uncut() {
		return nil
	}
	var lacks []*problem.Error
	visited := map[int]bool{}
	mark := func(i int) bool {
		fresh := !visited[i]
		visited[i] = true
		return fresh
	}
	c.closure(item, mark, func(use environment.Use) {
		name, isLayer := strings.CutPrefix(use.Key, "module.")
		if !isLayer || use.DependsOn || c.layers[name] {
			return
		}
		if lack := c.unknown(name, use); lack != nil {
			lacks = append(lacks, lack)
		}
	})
	return lacks
}

// unknown gives the problem of a use of an output that Known lacks.
func (c *composer) unknown(name string, use environment.Use) *problem.Error {
	where := problem.Location{File: use.Range.Filename, Line: use.Range.Start.Line, Column: use.Range.Start.Column}
	layer, declared := c.root.Layer(name)
	if !declared {
		return &problem.Error{Code: problem.UnknownLayer, Where: where, What: fmt.Sprintf("module.%s is referred to, but no such layer is declared", name)}
	}
	known, applied := c.request.Known[name]
	if !applied || len(known.Values) == 0 {
		return &problem.Error{Code: problem.UndeployedUpstream, Where: where, What: fmt.Sprintf("outputs of layer %q are needed, but it was never applied", name)}
	}
	shape, ok := shapeOf(known.Type, layer.Repetition)
	if !ok {
		return &problem.Error{Code: problem.UndeployedUpstream, Where: where, What: fmt.Sprintf("outputs of layer %q are needed, but its count or for_each changed since it was last applied", name)}
	}
	if use.Output == "" || shape.has(use.Output) {
		return nil
	}
	if layer.Module != nil {
		// The module declares it, or the root would not have loaded.
		return &problem.Error{Code: problem.UndeployedUpstream, Where: where, What: fmt.Sprintf("output %q of layer %q is needed, but it is new since that layer was last applied", use.Output, name)}
	}
	return &problem.Error{Code: problem.UnknownOutput, Where: where, What: fmt.Sprintf("layer %q has no output %q", name, use.Output)}
}

// closure gives visit each use of an item and of all that it uses, directly or
// not. mark is asked once per item and meeting: false means that it was
// visited before. Layers are where it ends.
func (c *composer) closure(item int, mark func(int) bool, visit func(environment.Use)) {
	stack := []int{item}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !mark(i) {
			continue
		}
		for _, use := range c.root.Items[i].Uses {
			visit(use)
			if strings.HasPrefix(use.Key, "module.") {
				continue
			}
			if index, ok := c.root.ItemByKey(use.Key); ok {
				stack = append(stack, index)
			}
		}
	}
}

// keepProvider keeps the provider block that a state names.
func (c *composer) keepProvider(given string) {
	source, alias, ok := stateProvider(given)
	if !ok {
		name, alias, _ := strings.Cut(given, ".")
		c.keepProviderBlock(given, c.root.ProviderSource(name), alias)
		return
	}
	c.keepProviderBlock(given, source, alias)
}

func (c *composer) keepProviderBlock(given, source, alias string) {
	c.sources[source] = true
	for i := range c.root.Items {
		item := &c.root.Items[i]
		if item.Kind != environment.KindProvider {
			continue
		}
		name, itsAlias, _ := strings.Cut(strings.TrimPrefix(item.Key, "provider."), ".")
		if c.root.ProviderSource(name) == source && itsAlias == alias {
			c.keep(i)
			return
		}
	}
	if alias != "" {
		c.errs = append(c.errs, &problem.Error{
			Code:  problem.UnsupportedRoot,
			What:  fmt.Sprintf("a state was written with provider configuration %s, which the root no longer has", given),
			Where: problem.Location{File: environment.Dir},
			Next:  "put the provider block back until what it made is destroyed",
		})
	}
}

// stateProvider takes apart `provider["SOURCE"].alias`.
func stateProvider(given string) (source, alias string, ok bool) {
	rest, ok := strings.CutPrefix(given, `provider["`)
	if !ok {
		return "", "", false
	}
	source, rest, ok = strings.Cut(rest, `"]`)
	return source, strings.TrimPrefix(rest, "."), ok
}

// identifier reports whether name can stand unquoted.
func identifier(name string) bool { return hclsyntax.ValidIdentifier(name) }
