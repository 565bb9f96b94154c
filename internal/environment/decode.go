package environment

import (
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// loadSettings reads environments/<name>/deploy.hcl.
func loadSettings(fsys fs.FS, name string) (Settings, error) {
	file := path.Join(Dir, name, SettingsFile)
	source, err := fs.ReadFile(fsys, file)
	if err != nil {
		return Settings{}, &problem.Error{Code: problem.UnknownEnvironment, What: fmt.Sprintf("settings of environment %q cannot be read", name), Where: problem.Location{File: file}, Err: err}
	}
	return decodeSettings(source, file, name)
}

// decodeSettings decodes the text of a deploy.hcl. file is what problems name.
func decodeSettings(source []byte, file, environment string) (Settings, error) {
	var found problems
	parsed, diagnostics := hclsyntax.ParseConfig(source, file, hcl.InitialPos)
	found.syntax(diagnostics)
	if len(found) > 0 {
		return Settings{}, found.err()
	}
	d := decoder{settings: defaults(environment), given: map[string]bool{}, schema: schema()}
	d.body(parsed.Body.(*hclsyntax.Body), "") //nolint:forcetypeassert // hclsyntax gives its own body
	for _, a := range d.schema {
		if a.required && !d.given[a.path()] {
			d.add(problem.MissingAttribute, problem.Location{File: file, Line: 1}, "attribute %q of environment %q is missing", a.path(), environment)
		}
	}
	if want := matching(d.settings.State.Bucket, bucketPattern, bucketWords); want != "" && !d.given["state.bucket"] {
		d.add(problem.MissingAttribute, problem.Location{File: file, Line: 1},
			"attribute \"state.bucket\" of environment %q is missing, and its default %q is not %s", environment, d.settings.State.Bucket, want)
	}
	if f := d.settings.Functions; f.Architecture == ThisHost && d.settings.Target == TargetAWS {
		d.add(problem.InvalidValue, problem.Location{File: file, Line: 1},
			"attribute \"functions.architecture\" must be %s where the target is \"aws\": what is deployed would depend on who deploys", oneOf("", ARM64, X86))
	}
	return d.settings, d.err()
}

type decoder struct {
	problems
	settings Settings
	given    map[string]bool // by attribute.path, and "block" for blocks
	schema   []attribute
}

func (d *decoder) body(body *hclsyntax.Body, block string) {
	for _, attr := range body.Attributes {
		d.attribute(attr, block)
	}
	for _, b := range body.Blocks {
		switch {
		case block != "" || !contains(d.blocks(), b.Type):
			d.unknown(location(b.TypeRange), "block", b.Type, block)
		case len(b.Labels) > 0:
			d.add(problem.InvalidSyntax, location(b.LabelRanges[0]), "block %q takes no label", b.Type)
		case d.given[b.Type]:
			d.add(problem.InvalidSyntax, location(b.TypeRange), "block %q stands twice", b.Type)
		default:
			d.given[b.Type] = true
			d.body(b.Body, b.Type)
		}
	}
}

func (d *decoder) attribute(attr *hclsyntax.Attribute, block string) {
	i := slices.IndexFunc(d.schema, func(a attribute) bool { return a.block == block && a.name == attr.Name })
	if i < 0 {
		d.unknown(location(attr.NameRange), "attribute", attr.Name, block)
		return
	}
	a := d.schema[i]
	d.given[a.path()] = true
	where := location(attr.Expr.Range())
	// Without an evaluation context, references and function calls are errors.
	value, diagnostics := attr.Expr.Value(nil)
	if diagnostics.HasErrors() {
		d.add(problem.InvalidValue, where, "attribute %q must be a plain value: %s", a.path(), diagnostics[0].Summary)
		return
	}
	converted, err := convert.Convert(value, a.kind)
	// HCL would convert between strings, numbers and bools; a number given as
	// an account would lose its leading zeros, so nothing is converted but
	// the element type of a list.
	if err != nil || value.IsNull() || (a.kind.IsPrimitiveType() && value.Type() != a.kind) {
		d.add(problem.InvalidValue, where, "attribute %q must be %s", a.path(), kindWords(a.kind))
		return
	}
	if want := a.set(&d.settings, converted); want != "" {
		d.add(problem.InvalidValue, where, "attribute %q must be %s", a.path(), want)
	}
}

// unknown reports a name that the schema lacks, with the nearest of the names
// that could stand there, else with the block in which an attribute belongs.
func (d *decoder) unknown(where problem.Location, what, name, block string) {
	in := "deploy.hcl"
	names := []string{}
	hint := ""
	if block == "" {
		names = d.blocks()
	} else {
		in = fmt.Sprintf("block %q", block)
	}
	for _, a := range d.schema {
		if a.block == block {
			names = append(names, a.name)
		}
		if a.name == name && a.block != block && a.block != "" {
			hint = fmt.Sprintf(" (it belongs in block %q)", a.block)
		}
	}
	if suggestion := didYouMean(name, names); suggestion != "" || hint == "" {
		hint = suggestion
	}
	d.add(problem.UnknownAttribute, where, "%s has no %s %q%s", in, what, name, hint)
}

func (d *decoder) blocks() []string {
	var blocks []string
	for _, a := range d.schema {
		if a.block != "" && !contains(blocks, a.block) {
			blocks = append(blocks, a.block)
		}
	}
	return blocks
}

func kindWords(kind cty.Type) string {
	switch kind {
	case cty.String:
		return "a string"
	case cty.Number:
		return "a number"
	case cty.Bool:
		return "true or false"
	default:
		return "a list of strings"
	}
}
