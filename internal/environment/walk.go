package environment

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// expressionWalker collects what an expression uses. Names that a for
// expression binds hide the root's, as in hclsyntax.Variables.
type expressionWalker struct {
	uses   []Use
	scopes []map[string]struct{}
	// outputs holds, by the byte where a `module.x` starts, the output that a
	// splat or a computed index takes of it.
	outputs map[int]string
}

// usesOf gives what expr refers to.
func usesOf(expr hclsyntax.Expression) []Use {
	w := &expressionWalker{}
	_ = hclsyntax.Walk(expr, w) // the walker itself gives no diagnostics
	return w.uses
}

// Enter notes a node's references before its children are walked.
func (w *expressionWalker) Enter(node hclsyntax.Node) hcl.Diagnostics {
	switch n := node.(type) {
	case *hclsyntax.SplatExpr:
		if each, ok := n.Each.(*hclsyntax.RelativeTraversalExpr); ok {
			w.note(n.Source, each.Traversal)
		}
	case *hclsyntax.RelativeTraversalExpr:
		if index, ok := n.Source.(*hclsyntax.IndexExpr); ok {
			w.note(index.Collection, n.Traversal)
		}
	case *hclsyntax.ScopeTraversalExpr:
		w.traversal(n.Traversal)
	case *hclsyntax.FunctionCallExpr:
		if rest, ok := strings.CutPrefix(n.Name, "provider::"); ok {
			name, _, _ := strings.Cut(rest, "::")
			w.uses = append(w.uses, Use{Key: "required_provider." + name})
		}
	case hclsyntax.ChildScope:
		w.scopes = append(w.scopes, n.LocalNames)
	}
	return nil
}

// Exit leaves the scope of a for expression.
func (w *expressionWalker) Exit(node hclsyntax.Node) hcl.Diagnostics {
	if _, ok := node.(hclsyntax.ChildScope); ok {
		w.scopes = w.scopes[:len(w.scopes)-1]
	}
	return nil
}

func (w *expressionWalker) note(source hclsyntax.Expression, after hcl.Traversal) {
	scope, ok := source.(*hclsyntax.ScopeTraversalExpr)
	if !ok || len(scope.Traversal) != 2 || len(after) == 0 {
		return
	}
	if name := stepName(after[0]); name != "" {
		if w.outputs == nil {
			w.outputs = map[int]string{}
		}
		w.outputs[scope.Traversal.SourceRange().Start.Byte] = name
	}
}

func (w *expressionWalker) traversal(t hcl.Traversal) {
	root := t.RootName()
	for _, scope := range w.scopes {
		if _, hidden := scope[root]; hidden {
			return
		}
	}
	use, ok := useOf(t)
	if !ok {
		return
	}
	if root == "module" && len(t) == 2 {
		use.Output = w.outputs[t.SourceRange().Start.Byte]
	}
	w.uses = append(w.uses, use)
}

// useOf tells what a traversal names; ok is false for anything that is not an
// item of a root, such as each.key or path.module.
func useOf(t hcl.Traversal) (use Use, ok bool) {
	depth := 2
	root := t.RootName()
	switch root {
	case "var", "local", "module":
	case "data", "ephemeral":
		depth = 3
	default:
		return Use{}, false
	}
	if len(t) < depth {
		return Use{}, false
	}
	parts := []string{root}
	for _, step := range t[1:depth] {
		attr, isAttr := step.(hcl.TraverseAttr)
		if !isAttr {
			return Use{}, false
		}
		parts = append(parts, attr.Name)
	}
	use = Use{Key: strings.Join(parts, "."), Range: hcl.RangeBetween(t[0].SourceRange(), t[depth-1].SourceRange())}
	if root == "module" && len(t) > depth {
		use.steps = t[depth:]
	}
	return use, true
}

// outputOf gives the output that the steps after `module.x` take, or "" where
// the text does not tell: `.out` and `["out"]` of a single module, `[0].out`
// and `["key"].out` of a repeated one.
func outputOf(steps hcl.Traversal, repetition Repetition) string {
	if repetition != Single {
		if len(steps) == 0 {
			return ""
		}
		if _, isIndex := steps[0].(hcl.TraverseIndex); !isIndex {
			return "" // not how a repeated module is used: Terraform says so
		}
		steps = steps[1:]
	}
	if len(steps) == 0 {
		return ""
	}
	return stepName(steps[0])
}

func stepName(step hcl.Traverser) string {
	switch s := step.(type) {
	case hcl.TraverseAttr:
		return s.Name
	case hcl.TraverseIndex:
		if s.Key.Type() == cty.String && s.Key.IsKnown() && !s.Key.IsNull() {
			return s.Key.AsString()
		}
	}
	return ""
}

// staticTraversal gives the traversal that expr is, also where it is written
// in quotes, as Terraform still accepts in depends_on and providers.
func staticTraversal(expr hclsyntax.Expression) (hcl.Traversal, bool) {
	if t, diagnostics := hcl.AbsTraversalForExpr(expr); !diagnostics.HasErrors() {
		return t, true
	}
	value, ok := literalString(expr)
	if !ok {
		return nil, false
	}
	t, diagnostics := hclsyntax.ParseTraversalAbs([]byte(value), expr.Range().Filename, expr.Range().Start)
	return t, !diagnostics.HasErrors()
}

// literalString gives the value of a quoted string without references.
func literalString(expr hclsyntax.Expression) (string, bool) {
	value, diagnostics := expr.Value(nil)
	if diagnostics.HasErrors() || value.IsNull() || !value.IsKnown() || value.Type() != cty.String {
		return "", false
	}
	return value.AsString(), true
}
