package architecture

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// parse reads a file of the repository as HCL.
func parse(path string) (*hclsyntax.Body, error) {
	content, err := os.ReadFile(filepath.Join(top, path))
	if err != nil {
		return nil, err
	}
	file, problems := hclparse.NewParser().ParseHCL(content, path)
	if problems.HasErrors() {
		return nil, problems
	}
	return file.Body.(*hclsyntax.Body), nil
}

var step = regexp.MustCompile(`\["([^"]+)"\]|([^.\[\]]+)`)

// steps takes an address apart: aws_x.this.block.argument, local.routes["/goals"].
func steps(address string) []string {
	var all []string
	for _, match := range step.FindAllStringSubmatch(address, -1) {
		all = append(all, match[1]+match[2])
	}
	return all
}

// find tells whether a file declares what an address names: a resource, or
// local., var., module., ephemeral. or data., with the arguments, nested blocks
// and keys of objects that lead into it. In a .tfvars file the address is that
// of a value.
func find(path, address string) error {
	body, err := parse(path)
	if err != nil {
		return err
	}
	way := steps(address)
	if strings.HasSuffix(path, ".tfvars") {
		return within(body, way, address)
	}
	kinds := map[string]struct {
		block  string
		labels int
	}{
		"data": {"data", 2}, "ephemeral": {"ephemeral", 2}, "local": {"locals", 0}, "module": {"module", 1}, "var": {"variable", 1},
	}
	block, labels := "resource", 2
	if kind, ok := kinds[way[0]]; ok {
		block, labels, way = kind.block, kind.labels, way[1:]
	}
	if len(way) < max(labels, 1) {
		return fmt.Errorf("%s is no whole address", address)
	}
	last := fmt.Errorf("%s does not declare %s", path, strings.Join(way[:max(labels, 1)], "."))
	for _, each := range body.Blocks {
		if each.Type != block || !slices.Equal(each.Labels, way[:labels]) {
			continue
		}
		if last = within(each.Body, way[labels:], address); last == nil {
			return nil
		}
	}
	return last
}

// within follows an address through arguments and nested blocks, written out or
// made by dynamic.
func within(body *hclsyntax.Body, way []string, address string) error {
	if len(way) == 0 {
		return nil
	}
	if attribute := body.Attributes[way[0]]; attribute != nil {
		return inside(attribute.Expr, way[1:], address)
	}
	for _, block := range body.Blocks {
		next := block.Body
		switch {
		case block.Type == "dynamic" && block.Labels[0] == way[0]:
			next = block.Body.Blocks[0].Body // content
		case block.Type != way[0]:
			continue
		}
		if within(next, way[1:], address) == nil {
			return nil
		}
	}
	// A variable's attributes stand in its type.
	if declared := body.Attributes["type"]; declared != nil {
		return inside(declared.Expr, way, address)
	}
	return fmt.Errorf("%s: there is no %s", address, way[0])
}

// inside follows an address through the keys of objects in an expression.
func inside(expression hclsyntax.Expression, way []string, address string) error {
	if len(way) == 0 {
		return nil
	}
	var values []hclsyntax.Expression
	problems := hclsyntax.VisitAll(expression, func(node hclsyntax.Node) hcl.Diagnostics {
		object, ok := node.(*hclsyntax.ObjectConsExpr)
		if !ok {
			return nil
		}
		for _, item := range object.Items {
			if key(item.KeyExpr) == way[0] {
				values = append(values, item.ValueExpr)
			}
		}
		return nil
	})
	if problems.HasErrors() {
		return problems
	}
	for _, value := range values {
		if inside(value, way[1:], address) == nil {
			return nil
		}
	}
	return fmt.Errorf("%s: there is no %s", address, way[0])
}

// key gives an object's key as it is written; the parts of a template that are
// computed are left as {}.
func key(expression hclsyntax.Expression) string {
	wrapped, ok := expression.(*hclsyntax.ObjectConsKeyExpr)
	if !ok {
		return ""
	}
	if word := hcl.ExprAsKeyword(wrapped); word != "" {
		return word
	}
	template, ok := wrapped.Wrapped.(*hclsyntax.TemplateExpr)
	if !ok {
		return ""
	}
	var text strings.Builder
	for _, part := range template.Parts {
		if literal, ok := part.(*hclsyntax.LiteralValueExpr); ok {
			text.WriteString(literal.Val.AsString())
		} else {
			text.WriteString("{}")
		}
	}
	return text.String()
}
