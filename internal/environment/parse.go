package environment

import (
	"io/fs"
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// parser cuts the files of a root into items.
type parser struct {
	problems
	fsys  fs.FS
	root  *Root
	calls []call
}

// call is what a module block says beside its references.
type call struct {
	source    string
	where     problem.Location
	providers map[string]string // the child's name of a provider → the root's, e.g. "aws" → "aws.use1"
}

func (p *parser) files() error {
	entries, err := fs.ReadDir(p.fsys, Dir)
	if err != nil {
		return noProject(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		where := problem.Location{File: Dir + "/" + name}
		switch {
		case entry.IsDir() || ignored(name):
		case strings.HasSuffix(name, ".tf.json"):
			p.add(problem.UnsupportedRoot, where, "a root in JSON syntax cannot be cut into layers")
		case !strings.HasSuffix(name, ".tf"):
		case name == ReservedFile:
			p.add(problem.UnsupportedRoot, where, "the file name %s is reserved for composed roots", name)
		case overrides(name):
			p.add(problem.UnsupportedRoot, where, "a root with override files cannot be cut into layers")
		default:
			source, err := fs.ReadFile(p.fsys, path.Join(Dir, name))
			if err != nil {
				return &problem.Error{Code: problem.NoProject, What: "a file of the root cannot be read", Where: where, Err: err}
			}
			p.root.Files = append(p.root.Files, File{Name: name, Source: source})
		}
	}
	if len(p.root.Files) == 0 && len(p.problems) == 0 {
		return &problem.Error{Code: problem.NoProject, What: "the root has no *.tf files", Where: problem.Location{File: Dir}}
	}
	for i, file := range p.root.Files {
		parsed, diagnostics := hclsyntax.ParseConfig(file.Source, file.Path(), hcl.InitialPos)
		p.syntax(diagnostics)
		if diagnostics.HasErrors() {
			continue
		}
		p.file(i, parsed.Body.(*hclsyntax.Body)) //nolint:forcetypeassert // hclsyntax gives its own body
	}
	return nil
}

// ignored tells the files that Terraform leaves out: hidden ones and what
// editors leave behind.
func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") ||
		(strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#"))
}

func overrides(name string) bool {
	base := strings.TrimSuffix(name, ".tf")
	return base == "override" || strings.HasSuffix(base, "_override")
}

func (p *parser) file(file int, body *hclsyntax.Body) {
	for _, attr := range body.Attributes {
		p.add(problem.InvalidSyntax, location(attr.NameRange), "a root holds blocks only, but here stands the argument %q", attr.Name)
	}
	for _, block := range body.Blocks {
		p.block(file, block)
	}
}

// labels is the number of labels that each kind of block takes.
var labels = map[string]int{
	"terraform": 0, "locals": 0, "moved": 0, "import": 0, "removed": 0,
	"variable": 1, "provider": 1, "module": 1, "output": 1, "check": 1,
	"data": 2, "ephemeral": 2, "resource": 2,
}

func (p *parser) block(file int, block *hclsyntax.Block) {
	where := location(block.TypeRange)
	want, known := labels[block.Type]
	switch {
	case !known:
		p.add(problem.UnsupportedRoot, where, "a block of type %q cannot be cut into layers", block.Type)
		return
	case len(block.Labels) != want:
		p.add(problem.InvalidSyntax, where, "a %s block takes %d labels, not %d", block.Type, want, len(block.Labels))
		return
	}
	for i, label := range block.Labels {
		if !hclsyntax.ValidIdentifier(label) {
			p.add(problem.InvalidSyntax, location(block.LabelRanges[i]), "%q is not a valid name", label)
			return
		}
	}
	item := Item{Kind: Kind(block.Type), File: file, Range: block.Range(), Parent: -1}
	item.Range.End = block.CloseBraceRange.End
	switch block.Type {
	case "resource":
		p.add(problem.ResourceOutsideLayer, where, "resource %s.%s stands outside a module block", block.Labels[0], block.Labels[1])
	case "terraform":
		p.terraform(item, block.Body)
	case "locals":
		p.locals(item, block.Body)
	case "module":
		p.module(item, block)
	case "moved", "import", "removed":
		p.refactoring(item, block.Body)
	case "provider":
		item.Key = "provider." + block.Labels[0]
		if alias, ok := block.Body.Attributes["alias"]; ok {
			if name, isString := literalString(alias.Expr); isString {
				item.Key += "." + name
			}
		}
		p.collect(&item, block.Body, "alias", "version")
		p.put(item)
	case "data", "ephemeral":
		item.Key = block.Type + "." + block.Labels[0] + "." + block.Labels[1]
		p.collect(&item, block.Body, "provider")
		item.Uses = append(item.Uses, Use{Key: "provider." + providerOf(block)})
		p.put(item)
	default:
		prefix := block.Type
		if prefix == "variable" {
			prefix = "var"
		}
		item.Key = prefix + "." + block.Labels[0]
		p.collect(&item, block.Body, "type")
		p.put(item)
	}
}

// put adds an item and gives its index. Of several with the same key the first
// is the one that uses mean; Terraform refuses the others.
func (p *parser) put(item Item) int {
	index := len(p.root.Items)
	p.root.Items = append(p.root.Items, item)
	if item.Key != "" {
		if _, exists := p.root.byKey[item.Key]; !exists {
			p.root.byKey[item.Key] = index
		}
	}
	return index
}

// collect adds to item what body uses, at any depth, apart from the arguments
// that hold no values.
func (p *parser) collect(item *Item, body *hclsyntax.Body, without ...string) {
	for name, attr := range body.Attributes {
		switch {
		case contains(without, name):
		case name == "depends_on":
			p.dependsOn(item, attr)
		default:
			item.Uses = append(item.Uses, usesOf(attr.Expr)...)
		}
	}
	for _, block := range body.Blocks {
		collectNested(item, block.Body)
	}
	sortUses(item.Uses)
}

// collectNested is collect for a block within a block, where no argument has a
// meaning of its own.
func collectNested(item *Item, body *hclsyntax.Body) {
	for _, attr := range body.Attributes {
		item.Uses = append(item.Uses, usesOf(attr.Expr)...)
	}
	for _, block := range body.Blocks {
		collectNested(item, block.Body)
	}
}

func (p *parser) dependsOn(item *Item, attr *hclsyntax.Attribute) {
	list, ok := attr.Expr.(*hclsyntax.TupleConsExpr)
	if !ok {
		return // Terraform says what it wants
	}
	depends := &DependsOn{Range: attr.Range(), List: list.Range()}
	for _, expr := range list.Exprs {
		entry := DependsOnEntry{Range: expr.Range()}
		if t, isTraversal := staticTraversal(expr); isTraversal {
			if use, named := useOf(t); named {
				entry.Key = use.Key
				item.Uses = append(item.Uses, Use{Key: use.Key, DependsOn: true, Range: entry.Range})
			}
		}
		depends.Entries = append(depends.Entries, entry)
	}
	item.DependsOn = depends
}
