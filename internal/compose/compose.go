// Package compose writes Terraform roots made of an environment's root: a
// layer's slice, a preview of all or some layers, the destroy slice of a layer
// that left the root, and the root's own outputs. It is pure: texts in, texts
// out. Line numbers of the user's files stay as they are.
package compose

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// GeneratedFile is the file that Compose adds to the user's files.
const GeneratedFile = environment.ReservedFile

// Request says what is to be composed.
type Request struct {
	// Keep names the layers whose module blocks stay. All of them: the uncut
	// root. None: a root of providers and, if asked for, outputs.
	Keep []string
	// Known holds the last outputs of layers that are not kept.
	Known map[string]Outputs
	// Backend is where the state lies; nil for Terraform's own default, a
	// file in the directory.
	Backend *Backend
	Imports []Import
	// Outputs keeps the root's own output blocks, apart from those that need
	// outputs that Known lacks.
	Outputs bool
	// Orphans names layers that have a state but no module block; the removed
	// and moved blocks about them stay.
	Orphans []string
	// StateProviders names the provider configurations that the states of
	// kept and orphaned layers were written with, as the states have them
	// (`provider["registry.terraform.io/hashicorp/aws"].use1`) or as the root
	// does (`aws.use1`). Their blocks stay even if no module needs them now,
	// because what they made may have to be destroyed.
	StateProviders []string
}

// Outputs are a layer's last outputs: the value of `module.<layer>`, that is
// an object of all outputs, or a tuple (count) or object (for_each) of such.
type Outputs struct {
	Type      cty.Type
	Values    json.RawMessage
	Sensitive map[string]bool // by output: whether Terraform itself marks its value
}

// Backend is a backend block.
type Backend struct {
	Type   string
	Config map[string]cty.Value // known values; an object becomes an argument, not a block
}

// Import is an import block: the resource at address To has the id ID.
type Import struct{ To, ID string }

// Composition is a composed root.
type Composition struct {
	// Files holds the root's files by name. Module sources are as the user
	// wrote them, so the caller must put the files where they lead to the
	// modules.
	Files map[string][]byte
	// Variables holds values by variable name, for a *.tfvars.json file. They
	// may be secret; no text in Files holds any of them.
	Variables map[string]json.RawMessage
	// KeptVariables names the root's own variables that are declared, sorted.
	KeptVariables []string
	// Upstream names the layers whose known outputs are used, sorted.
	Upstream []string

	origins []origin
}

// origin says that the generated file's lines from first on come from a place
// in the user's files; the next origin ends it.
type origin struct {
	first int
	where problem.Location
}

// Origin gives the place in the user's root that a line of a composed file
// comes from. Lines of the user's own files are where they were; a line of the
// generated file comes from the module block that it serves. ok is false where
// the user wrote nothing of the kind.
func (c *Composition) Origin(file string, line int) (originFile string, originLine int, ok bool) {
	if file != GeneratedFile {
		_, ok = c.Files[file]
		return file, line, ok
	}
	for _, o := range slices.Backward(c.origins) {
		if line >= o.first {
			return o.where.File, o.where.Line, o.where.File != ""
		}
	}
	return "", 0, false
}

// Compose writes the root that request asks for. Its errors join a
// *problem.Error per place: UnknownLayer for a name in Keep that the root
// lacks, UndeployedUpstream and UnknownOutput for outputs that Known lacks,
// UnsupportedRoot for a provider configuration that is gone.
func Compose(root *environment.Root, request Request) (*Composition, error) {
	c := &composer{
		root:     root,
		request:  request,
		layers:   map[string]bool{},
		kept:     make([]bool, len(root.Items)),
		needed:   map[string]bool{},
		sources:  map[string]bool{},
		reported: map[problem.Location]bool{},
	}
	for _, name := range request.Keep {
		if _, ok := root.Layer(name); !ok {
			return nil, &problem.Error{Code: problem.UnknownLayer, What: fmt.Sprintf("layer %q is to be composed, but the root has no such layer", name)}
		}
		c.layers[name] = true
	}
	c.choose()
	if err := c.err(); err != nil {
		return nil, err
	}
	composition := &Composition{Files: map[string][]byte{}, Variables: map[string]json.RawMessage{}}
	if err := c.texts(composition.Files); err != nil {
		return nil, err
	}
	for i := range root.Items {
		if c.kept[i] && root.Items[i].Kind == environment.KindVariable {
			composition.KeptVariables = append(composition.KeptVariables, root.Items[i].Name())
		}
	}
	slices.Sort(composition.KeptVariables)
	composition.Upstream = c.upstream()
	for _, name := range composition.Upstream {
		composition.Variables[environment.ReservedPrefix+name] = request.Known[name].Values
	}
	if err := c.generate(composition); err != nil {
		return nil, err
	}
	return composition, nil
}
