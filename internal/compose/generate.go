package compose

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// writer collects the generated file.
type writer struct {
	bytes.Buffer
	composition *Composition
}

// from says that the lines that follow come from where.
func (w *writer) from(where problem.Location) {
	line := bytes.Count(w.Bytes(), []byte("\n")) + 1
	w.composition.origins = append(w.composition.origins, origin{line, where})
}

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(&w.Buffer, format+"\n", args...)
}

// generate writes what the user's files do not hold.
func (c *composer) generate(composition *Composition) error {
	w := &writer{composition: composition}
	w.line("# Written by mandala-deploy; a new run overwrites it.")
	w.backend(c.request.Backend)
	for _, name := range composition.Upstream {
		layer, _ := c.root.Layer(name)
		w.upstream(layer, c.request.Known[name])
	}
	w.from(problem.Location{})
	for _, i := range c.request.Imports {
		if err := w.adopt(i); err != nil {
			return err
		}
	}
	for i := range c.root.Layers {
		if layer := &c.root.Layers[i]; c.layers[layer.Name] {
			w.outputs(layer)
		}
	}
	text := hclwrite.Format(w.Bytes())
	if _, diagnostics := hclsyntax.ParseConfig(text, GeneratedFile, hcl.InitialPos); diagnostics.HasErrors() {
		return &problem.Error{Code: problem.Internal, What: "the generated file does not parse", Err: diagnostics}
	}
	composition.Files[GeneratedFile] = text
	return nil
}

func (w *writer) backend(backend *Backend) {
	if backend == nil {
		return
	}
	w.line("\nterraform {\n  backend %s {", quoted(backend.Type))
	for _, name := range slices.Sorted(maps.Keys(backend.Config)) {
		w.line("    %s = %s", name, hclwrite.TokensForValue(backend.Config[name]).Bytes())
	}
	w.line("  }\n}")
}

// upstream declares a layer's known outputs: a variable with their exact type,
// since a set or map would not survive `any`, and a local of the same name in
// which those values are marked that Terraform itself had marked. Were others
// marked, or these not, every plan would show an update that changes nothing.
func (w *writer) upstream(layer *environment.Layer, known Outputs) {
	name := environment.ReservedPrefix + layer.Name
	w.from(layer.Location)
	w.line("\nvariable %q {\n  type = %s\n}", name, typeConstraint(known.Type))
	w.line("\nlocals {\n  %s = %s\n}", name, marked("var."+name, layer.Repetition, known))
}

// marked gives the expression of known outputs with their sensitive ones
// marked.
func marked(value string, repetition environment.Repetition, known Outputs) string {
	s, _ := shapeOf(known.Type, repetition)
	sensitive := false
	for _, output := range s.outputs {
		sensitive = sensitive || known.Sensitive[output]
	}
	if !sensitive {
		return value
	}
	return perInstance(value, repetition, func(instance string) string {
		return object(s.outputs, func(output string) string {
			if known.Sensitive[output] {
				return "sensitive(" + attribute(instance, output) + ")"
			}
			return attribute(instance, output)
		})
	})
}

// perInstance rebuilds the value of a module block from what build gives for
// one instance: the value itself, or each element of a tuple or object.
func perInstance(value string, repetition environment.Repetition, build func(instance string) string) string {
	switch repetition {
	case environment.Count:
		return "[for i in " + value + " : " + build("i") + "]"
	case environment.ForEach:
		return "{ for k, i in " + value + " : k => " + build("i") + " }"
	default:
		return build(value)
	}
}

func object(names []string, value func(name string) string) string {
	if len(names) == 0 {
		return "{}"
	}
	var b strings.Builder
	b.WriteString("{\n")
	for _, name := range names {
		key := name
		if !identifier(name) {
			key = quoted(name)
		}
		b.WriteString(key + " = " + value(name) + "\n")
	}
	b.WriteString("}")
	return b.String()
}

func attribute(instance, name string) string {
	if identifier(name) {
		return instance + "." + name
	}
	return instance + "[" + quoted(name) + "]"
}

func quoted(text string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(text)).Bytes())
}

// adopt writes an import block.
func (w *writer) adopt(i Import) error {
	if _, diagnostics := hclsyntax.ParseTraversalAbs([]byte(i.To), GeneratedFile, hcl.InitialPos); diagnostics.HasErrors() {
		return &problem.Error{Code: problem.Internal, What: fmt.Sprintf("import to %q is not a resource address", i.To), Err: diagnostics}
	}
	w.line("\nimport {\n  to = %s\n  id = %s\n}", i.To, quoted(i.ID))
	return nil
}

// outputs writes what a kept layer hands on: its outputs, and beside them
// which of their values Terraform marks as sensitive. The output that carries
// the values is sensitive as a whole; otherwise Terraform would refuse it.
func (w *writer) outputs(layer *environment.Layer) {
	w.from(layer.Location)
	name := environment.ReservedPrefix + layer.Name
	value := "module." + layer.Name
	if layer.Module != nil && layer.Module.HasEphemeral() {
		// An output of a root cannot hold what exists only during the run.
		var stored []string
		for _, output := range layer.Module.OutputNames() {
			if !layer.Module.Outputs[output].Ephemeral {
				stored = append(stored, output)
			}
		}
		value = perInstance(value, layer.Repetition, func(instance string) string {
			return object(stored, func(output string) string { return attribute(instance, output) })
		})
	}
	w.line("\noutput %q {\n  value = %s\n  sensitive = true\n}", name, value)
	w.line("\noutput %q {\n  value = {\n    sensitive = %s\n    upstream = %s\n  }\n}",
		name+environment.MetaSuffix, sensitivity(value, layer.Repetition), hclwrite.TokensForValue(list(layer.Upstream())).Bytes())
}

// sensitivity gives the expression of a map from output to whether its value
// holds anything marked; of a repeated layer, whether any instance's does.
// jsonencode gathers the marks of all parts of a value.
func sensitivity(value string, repetition environment.Repetition) string {
	if repetition == environment.Single {
		return "{ for k, v in " + value + " : k => issensitive(jsonencode(v)) }"
	}
	return "{ for o in distinct(flatten([for i in " + value + " : [for k, v in i : k]])) :\n" +
		"o => anytrue([for i in " + value + " : issensitive(jsonencode(i[o]))]) }"
}

func list(texts []string) cty.Value {
	if len(texts) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	values := make([]cty.Value, len(texts))
	for i, text := range texts {
		values[i] = cty.StringVal(text)
	}
	return cty.ListVal(values)
}
