package environment

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// RequiredProvider is one entry of a required_providers block.
type RequiredProvider struct {
	Source  string // the full address, e.g. "registry.terraform.io/hashicorp/aws"
	Version string // the constraint, "" for any
}

// ProviderSource gives the full address of the provider that the root calls
// name; one that required_providers lacks is HashiCorp's, as for Terraform.
func (r *Root) ProviderSource(name string) string { return sourceOf(name, r.RequiredProviders) }

func sourceOf(name string, required map[string]RequiredProvider) string {
	if provider, ok := required[name]; ok {
		return provider.Source
	}
	if name == "terraform" {
		return "terraform.io/builtin/terraform"
	}
	return fullSource(name)
}

// fullSource completes "aws" and "hashicorp/aws" to a full address.
func fullSource(source string) string {
	source = strings.ToLower(source)
	switch strings.Count(source, "/") {
	case 0:
		return "registry.terraform.io/hashicorp/" + source
	case 1:
		return "registry.terraform.io/" + source
	default:
		return source
	}
}

func requiredProvider(attr *hclsyntax.Attribute) RequiredProvider {
	provider := RequiredProvider{Source: sourceOf(attr.Name, nil)}
	if version, ok := literalString(attr.Expr); ok { // the form of Terraform 0.12
		provider.Version = version
		return provider
	}
	object, ok := attr.Expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return provider
	}
	for _, entry := range object.Items {
		value, isString := literalString(entry.ValueExpr)
		if !isString {
			continue // configuration_aliases
		}
		switch hcl.ExprAsKeyword(entry.KeyExpr) {
		case "source":
			provider.Source = fullSource(value)
		case "version":
			provider.Version = value
		}
	}
	return provider
}

// passed gives a module block's providers argument: the child's name of a
// configuration → the caller's, such as "aws.dr" → "aws.use1".
func passed(expr hclsyntax.Expression) map[string]string {
	given := map[string]string{}
	object, ok := expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return given
	}
	for _, entry := range object.Items {
		key := entry.KeyExpr
		if wrapped, isKey := key.(*hclsyntax.ObjectConsKeyExpr); isKey {
			key = wrapped.Wrapped
		}
		name, named := providerKey(key)
		value, valued := providerKey(entry.ValueExpr)
		if named && valued {
			given[name] = value
		}
	}
	return given
}

// providerKey gives "aws" or "aws.use1" of a provider reference.
func providerKey(expr hcl.Expression) (string, bool) {
	syntax, ok := expr.(hclsyntax.Expression)
	if !ok {
		return "", false
	}
	t, ok := staticTraversal(syntax)
	if !ok || len(t) == 0 || len(t) > 2 {
		return "", false
	}
	key := t.RootName()
	if len(t) == 2 {
		alias := stepName(t[1])
		if alias == "" {
			return "", false
		}
		key += "." + alias
	}
	return key, true
}

// providerOf gives the provider configuration of a resource, data or ephemeral
// block: what its provider argument says, else the prefix of its type.
func providerOf(block *hclsyntax.Block) string {
	if attr, ok := block.Body.Attributes["provider"]; ok {
		if key, named := providerKey(attr.Expr); named {
			return key
		}
	}
	prefix, _, _ := strings.Cut(block.Labels[0], "_")
	return prefix
}

// isTrue reports whether an argument is literally true.
func isTrue(body *hclsyntax.Body, name string) bool {
	attr, ok := body.Attributes[name]
	if !ok {
		return false
	}
	value, diagnostics := attr.Expr.Value(nil)
	return !diagnostics.HasErrors() && value.Type() == cty.Bool && value.IsKnown() && !value.IsNull() && value.True()
}
