package environment

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// AllAttributes stands in IgnoredChanges for every attribute of a resource.
const AllAttributes = "all"

// IgnoredChanges gives, by "type.name", the attributes of a module's resources
// whose changes Terraform is told to ignore, a part of one as in "tags.Release":
// something else owns them. dir is the module's folder. What cannot be read has none: Terraform complains of it.
func IgnoredChanges(fsys fs.FS, dir string) (map[string][]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("read module %s: %w", dir, err)
	}
	ignoring := map[string][]string{}
	for _, entry := range entries {
		if entry.IsDir() || ignored(entry.Name()) || !strings.HasSuffix(entry.Name(), ".tf") {
			continue
		}
		name := path.Join(dir, entry.Name())
		source, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read module %s: %w", dir, err)
		}
		parsed, _ := hclsyntax.ParseConfig(source, name, hcl.InitialPos)
		if parsed == nil {
			continue
		}
		body, ok := parsed.Body.(*hclsyntax.Body)
		if !ok {
			continue
		}
		for _, block := range body.Blocks {
			if block.Type != "resource" || len(block.Labels) != 2 {
				continue
			}
			if names := ignoredBy(block.Body); len(names) > 0 {
				ignoring[block.Labels[0]+"."+block.Labels[1]] = names
			}
		}
	}
	return ignoring, nil
}

func ignoredBy(resource *hclsyntax.Body) []string {
	var names []string
	for _, block := range resource.Blocks {
		attribute := block.Body.Attributes["ignore_changes"]
		if block.Type != "lifecycle" || attribute == nil {
			continue
		}
		if hcl.ExprAsKeyword(attribute.Expr) == AllAttributes {
			return []string{AllAttributes}
		}
		list, _ := hcl.ExprList(attribute.Expr)
		for _, each := range list {
			traversal, _ := hcl.RelTraversalForExpr(each)
			if name := dotted(traversal); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// dotted gives tags["Release"] as tags.Release, and "" for what is no path of names.
func dotted(traversal hcl.Traversal) string {
	var steps []string
	for _, step := range traversal {
		switch s := step.(type) {
		case hcl.TraverseAttr:
			steps = append(steps, s.Name)
		case hcl.TraverseIndex:
			if s.Key.Type() != cty.String {
				return ""
			}
			steps = append(steps, s.Key.AsString())
		default:
			return ""
		}
	}
	return strings.Join(steps, ".")
}
