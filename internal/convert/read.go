package convert

import (
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// parts are what a root says of itself.
type parts struct {
	region     string            // of the provider aws, where it is written out
	variables  []variable        // that have no default
	layersOnly map[string][]byte // files without their resources, by name
}

type variable struct{ name, description, kind string }

// read reads a file of the root, notes what should be known, and gives it as it will be in
// environments/. One that does not parse is left to whoever reads the whole.
func (c *conversion) read(name string, source []byte) []byte {
	file, problems := hclsyntax.ParseConfig(source, path.Join(environment.Dir, name), hcl.InitialPos)
	if problems.HasErrors() {
		return source
	}
	body := file.Body.(*hclsyntax.Body) //nolint:forcetypeassert // hclsyntax gives its own body
	var edits []edit
	var resources []edit
	for _, block := range body.Blocks {
		where := location(block.TypeRange)
		switch block.Type {
		case "terraform":
			c.backend(block)
		case "provider":
			c.provider(block, where)
		case "variable":
			c.variable(block, source)
		case "resource":
			resources = append(resources, edit{hcl.RangeBetween(block.TypeRange, block.CloseBraceRange), ""})
		case "module":
			edits = append(edits, c.module(block, where)...)
		}
		c.places(block.Body)
	}
	moved := apply(source, edits)
	if len(resources) > 0 {
		if c.parts.layersOnly == nil {
			c.parts.layersOnly = map[string][]byte{}
		}
		c.parts.layersOnly[name] = apply(source, append(resources, edits...))
	}
	return moved
}

// backend notes that each layer's state will be another one.
func (c *conversion) backend(block *hclsyntax.Block) {
	for _, inner := range block.Body.Blocks {
		if inner.Type == "backend" || inner.Type == "cloud" {
			c.note(location(inner.TypeRange), "the tool keeps a state for each layer in a bucket of its own and does not read this one: "+
				"what is deployed from here already has to be moved into the layers' states, or would be created again")
		}
	}
}

func (c *conversion) provider(block *hclsyntax.Block, where problem.Location) {
	name := block.Labels[0]
	if alias := block.Body.Attributes["alias"]; alias != nil {
		name += "." + text(alias.Expr)
	} else if region := block.Body.Attributes["region"]; name == "aws" && region != nil {
		c.parts.region = text(region.Expr)
	}
	c.note(where, "provider %s is taken as it is: the layers that use it get it", name)
}

// variable keeps those that want a value.
func (c *conversion) variable(block *hclsyntax.Block, source []byte) {
	if block.Body.Attributes["default"] != nil {
		return
	}
	v := variable{name: block.Labels[0], kind: "any"}
	if attribute := block.Body.Attributes["type"]; attribute != nil {
		v.kind = strings.Join(strings.Fields(string(attribute.Expr.Range().SliceBytes(source))), " ")
	}
	if attribute := block.Body.Attributes["description"]; attribute != nil {
		v.description = text(attribute.Expr)
	}
	c.parts.variables = append(c.parts.variables, v)
}

// module notes a layer's repetition, and leads its source to where it is from environments/.
func (c *conversion) module(block *hclsyntax.Block, where problem.Location) []edit {
	for _, repetition := range []string{"count", "for_each"} {
		if block.Body.Attributes[repetition] != nil {
			c.note(where, "layer %s has %s: all its instances are one layer with one state", block.Labels[0], repetition)
		}
	}
	attribute := block.Body.Attributes["source"]
	if attribute == nil || !c.moved() {
		return nil
	}
	source := text(attribute.Expr)
	if !strings.HasPrefix(source, "./") && !strings.HasPrefix(source, "../") {
		return nil // of a registry or a repository
	}
	// What lies outside the project is refused when the whole is read.
	return []edit{{attribute.Expr.Range(), `"../` + path.Join(c.request.From, source) + `"`}}
}

// places notes what depends on where the root lies.
func (c *conversion) places(body *hclsyntax.Body) {
	for _, attribute := range body.Attributes {
		for _, traversal := range attribute.Expr.Variables() {
			if len(traversal) < 2 {
				continue
			}
			step, _ := traversal[1].(hcl.TraverseAttr)
			where := location(traversal.SourceRange())
			switch {
			case c.moved() && traversal.RootName() == "path" && slices.Contains([]string{"module", "root", "cwd"}, step.Name):
				c.note(where, "path.%s is another folder now: move the file that is meant into environments/ or a module", step.Name)
			case traversal.RootName() == "terraform" && step.Name == "workspace":
				c.note(where, "there are no workspaces, terraform.workspace is always \"default\": let a variable tell the environment")
			}
		}
	}
	for _, block := range body.Blocks {
		c.places(block.Body)
	}
}

// text gives an expression that is a plain text, "" for others.
func text(expression hclsyntax.Expression) string {
	value, problems := expression.Value(nil)
	if problems.HasErrors() || value.IsNull() || value.Type() != cty.String {
		return ""
	}
	return value.AsString()
}

func location(r hcl.Range) problem.Location {
	return problem.Location{File: r.Filename, Line: r.Start.Line, Column: r.Start.Column}
}

// edit puts a text in the place of a range.
type edit struct {
	at   hcl.Range
	text string
}

// apply edits a source; the lines of what stays keep their numbers.
func apply(source []byte, edits []edit) []byte {
	slices.SortFunc(edits, func(a, b edit) int { return a.at.Start.Byte - b.at.Start.Byte })
	var out []byte
	last := 0
	for _, each := range edits {
		out = append(out, source[last:each.at.Start.Byte]...)
		out = append(out, each.text...)
		if each.text == "" {
			out = append(out, strings.Repeat("\n", each.at.End.Line-each.at.Start.Line)...)
		}
		last = each.at.End.Byte
	}
	return append(out, source[last:]...)
}
