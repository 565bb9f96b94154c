package environment

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func (p *parser) terraform(item Item, body *hclsyntax.Body) {
	parent := p.put(item)
	if attr, ok := body.Attributes["required_version"]; ok {
		if constraint, isString := literalString(attr.Expr); isString {
			if p.root.RequiredVersion == "" {
				p.root.RequiredVersionRange = location(attr.Range())
			} else {
				constraint = p.root.RequiredVersion + ", " + constraint
			}
			p.root.RequiredVersion = constraint
		}
	}
	for _, block := range body.Blocks {
		inner := Item{File: item.File, Range: hcl.RangeBetween(block.TypeRange, block.CloseBraceRange), Parent: parent}
		switch block.Type {
		case "backend", "cloud":
			inner.Kind = KindBackend
			p.put(inner)
		case "provider_meta":
			inner.Kind = KindProviderMeta
			if len(block.Labels) == 1 {
				inner.Key = "provider_meta." + block.Labels[0]
			}
			p.put(inner)
		case "required_providers":
			inner.Kind = KindRequiredProviders
			p.requiredProviders(p.put(inner), block.Body)
		}
	}
}

func (p *parser) requiredProviders(parent int, body *hclsyntax.Body) {
	file := p.root.Items[parent].File
	for _, attr := range inOrder(body.Attributes) {
		p.put(Item{Kind: KindRequiredProvider, Key: "required_provider." + attr.Name, File: file, Range: attr.Range(), Parent: parent})
		p.root.RequiredProviders[attr.Name] = requiredProvider(attr)
	}
}

func (p *parser) locals(item Item, body *hclsyntax.Body) {
	parent := p.put(item)
	for _, attr := range inOrder(body.Attributes) {
		local := Item{Kind: KindLocal, Key: "local." + attr.Name, File: item.File, Range: attr.Range(), Parent: parent, Uses: usesOf(attr.Expr)}
		p.put(local)
	}
}

func (p *parser) module(item Item, block *hclsyntax.Block) {
	name := block.Labels[0]
	item.Key = "module." + name
	where := location(block.TypeRange)
	if i, exists := p.root.layers[name]; exists {
		p.add(problem.DuplicateLayer, where, "layer %q is declared twice; first at %s", name, p.root.Layers[i].Location)
		return
	}
	layer := Layer{Name: name, Location: where}
	c := callOf(block)
	attributes := block.Body.Attributes
	switch {
	case c.source == "":
		p.add(problem.UnsupportedRoot, c.where, "layer %q has no source that is a plain string", name)
	case attributes["count"] != nil:
		layer.Repetition = Count
	case attributes["for_each"] != nil:
		layer.Repetition = ForEach
	}
	layer.Source = c.source
	p.collect(&item, block.Body, "source", "version", "providers")
	for _, configuration := range c.providers {
		item.Uses = append(item.Uses, Use{Key: "provider." + configuration})
	}
	sortUses(item.Uses)
	layer.Item = p.put(item)
	p.root.layers[name] = len(p.root.Layers)
	p.root.Layers = append(p.root.Layers, layer)
	p.calls = append(p.calls, c)
}

// refactoring handles moved, import and removed blocks: each must concern one
// layer, for it goes where that layer's state is.
func (p *parser) refactoring(item Item, body *hclsyntax.Body) {
	kind := string(item.Kind)
	for _, name := range []string{"from", "to"} {
		attr, ok := body.Attributes[name]
		if !ok {
			continue
		}
		layer := layerOfAddress(attr.Expr)
		switch {
		case layer == "":
			p.add(problem.UnsupportedRoot, location(attr.Expr.Range()), "a %s block names an address outside a layer", kind)
			return
		case item.Layer != "" && layer != item.Layer:
			p.add(problem.UnsupportedRoot, location(attr.Expr.Range()),
				"a moved block goes from layer %q to layer %q, but each has a state of its own", item.Layer, layer)
			return
		}
		item.Layer = layer
	}
	p.collect(&item, body, "from", "to", "provider")
	if attr, ok := body.Attributes["to"]; ok && item.Kind == KindImport {
		// The address itself is no reference, but a computed key in it may be.
		for _, use := range usesOf(attr.Expr) {
			if !strings.HasPrefix(use.Key, "module.") {
				item.Uses = append(item.Uses, use)
			}
		}
	}
	if attr, ok := body.Attributes["provider"]; ok {
		if key, named := providerKey(attr.Expr); named {
			item.Uses = append(item.Uses, Use{Key: "provider." + key})
		}
	}
	sortUses(item.Uses)
	p.put(item)
}

// layerOfAddress gives x of an address `module.x…`, also with a computed key.
func layerOfAddress(expr hclsyntax.Expression) string {
	switch e := expr.(type) {
	case *hclsyntax.IndexExpr:
		return layerOfAddress(e.Collection)
	case *hclsyntax.RelativeTraversalExpr:
		return layerOfAddress(e.Source)
	}
	t, ok := staticTraversal(expr)
	if !ok {
		return ""
	}
	use, ok := useOf(t)
	if !ok {
		return ""
	}
	layer, ok := strings.CutPrefix(use.Key, "module.")
	if !ok {
		return ""
	}
	return layer
}

// inOrder gives attributes as they stand in the text.
func inOrder(attributes hclsyntax.Attributes) []*hclsyntax.Attribute {
	ordered := make([]*hclsyntax.Attribute, 0, len(attributes))
	for _, attr := range attributes {
		ordered = append(ordered, attr)
	}
	slices.SortFunc(ordered, func(a, b *hclsyntax.Attribute) int {
		return cmp.Compare(a.SrcRange.Start.Byte, b.SrcRange.Start.Byte)
	})
	return ordered
}

// sortUses puts uses in order of the text; a body's attributes come from a map.
func sortUses(uses []Use) {
	slices.SortStableFunc(uses, func(a, b Use) int {
		return cmp.Or(cmp.Compare(a.Range.Start.Byte, b.Range.Start.Byte), cmp.Compare(a.Key, b.Key))
	})
}
