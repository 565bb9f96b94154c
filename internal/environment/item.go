package environment

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Kind tells what an Item is.
type Kind string

// The kinds of items of a root. Containers hold other items: a terraform
// block, its required_providers, and a locals block.
const (
	KindTerraform         Kind = "terraform"
	KindBackend           Kind = "backend" // backend or cloud, within terraform
	KindProviderMeta      Kind = "provider_meta"
	KindRequiredProviders Kind = "required_providers"
	KindRequiredProvider  Kind = "required_provider" // one entry of required_providers
	KindLocals            Kind = "locals"
	KindLocal             Kind = "local" // one entry of a locals block
	KindVariable          Kind = "variable"
	KindProvider          Kind = "provider"
	KindData              Kind = "data"
	KindEphemeral         Kind = "ephemeral"
	KindModule            Kind = "module"
	KindOutput            Kind = "output"
	KindCheck             Kind = "check"
	KindMoved             Kind = "moved"
	KindImport            Kind = "import"
	KindRemoved           Kind = "removed"
)

// Item is the smallest piece of the root that a slice keeps or leaves out: a
// block, or one entry of a locals or required_providers block.
type Item struct {
	Kind Kind
	// Key is how other items refer to it: "var.region", "local.subnets",
	// "data.aws_ami.base", "ephemeral.random_password.db", "module.network",
	// "provider.aws", "provider.aws.use1", "required_provider.aws",
	// "output.url", "provider_meta.aws"; "" for kinds that nothing names.
	Key    string
	File   int       // index in Root.Files
	Range  hcl.Range // the whole text, without comments before it
	Parent int       // index of the container in Root.Items, or -1
	Uses   []Use
	// DependsOn is the block's depends_on argument, if it has one.
	DependsOn *DependsOn
	// Layer is the layer whose addresses a moved, import or removed block
	// concerns; "" for all other kinds.
	Layer string
}

// Name gives the last part of the key: a layer's, variable's or local's name.
func (i *Item) Name() string { return i.Key[strings.LastIndexByte(i.Key, '.')+1:] }

// Use is one place where an item refers to another.
type Use struct {
	Key string
	// Output is the output that is taken of a module: "" when the whole
	// module is meant or the name cannot be told from the text.
	Output    string
	DependsOn bool // only an order, no value
	// Range is the text that names the key, such as `module.network`; zero
	// when the use is implied (the provider of a resource type).
	Range hcl.Range
	steps hcl.Traversal // what follows the key, until the layer's repetition is known
}

// DependsOn is a depends_on argument.
type DependsOn struct {
	Range   hcl.Range // the argument from its name to the end of its list
	List    hcl.Range // the list with its brackets
	Entries []DependsOnEntry
}

// DependsOnEntry is one element of a depends_on list.
type DependsOnEntry struct {
	Key   string // as in Use.Key; "" when it is nothing that a root may name
	Range hcl.Range
}

// File is one *.tf file of the root.
type File struct {
	Name   string // base name
	Source []byte
}

// Path gives the file's path relative to the project directory.
func (f File) Path() string { return Dir + "/" + f.Name }

// Repetition tells whether a layer's module block has count or for_each.
type Repetition string

// The repetitions of a module block.
const (
	Single  Repetition = ""
	Count   Repetition = "count"
	ForEach Repetition = "for_each"
)

// Layer is one module block of the root.
type Layer struct {
	Name       string
	Source     string // the module's source as written
	Location   problem.Location
	Repetition Repetition
	Module     *Module // what the module's folder says; nil when the source is not a local path
	Item       int     // index of the block in Root.Items
	// References are all references to other layers, direct ones and those
	// through locals, data, ephemeral, variable and provider blocks and
	// imports. Each place in the text is named once.
	References []Reference
}

// Upstream gives the names of the layers that l refers to, sorted, each once.
func (l *Layer) Upstream() []string {
	var names []string
	for _, reference := range l.References {
		names = append(names, reference.To)
	}
	return sortedOnce(names)
}

// Reference is one reference from a layer to another.
type Reference struct {
	To        string
	Output    string // as Use.Output
	Location  problem.Location
	DependsOn bool
	// Through names the blocks on the way from the layer to the place of the
	// reference, such as "local.subnets" or "data.aws_ami.base → local.zone";
	// "" for a reference in the layer's own block.
	Through string
}
