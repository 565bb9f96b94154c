package main

import (
	"fmt"
	"slices"
	"strings"
)

// cut gives the operations, METHOD PATH each, with everything that they refer to, and
// without what only explains or shows by example.
func cut(whole map[string]any, operations []string) (map[string]any, error) {
	paths, components := map[string]any{}, map[string]any{}
	var open []string
	for _, operation := range operations {
		method, path, _ := strings.Cut(operation, " ")
		found := at(whole, "paths", path, strings.ToLower(method))
		if found == nil {
			return nil, fmt.Errorf("GitHub describes no operation %s", operation)
		}
		found = bare(found, false)
		below(paths, path)[strings.ToLower(method)] = found
		open = append(open, references(found)...)
	}
	for len(open) > 0 {
		reference := open[0]
		open = open[1:]
		parts := strings.Split(strings.TrimPrefix(reference, "#/components/"), "/")
		if len(parts) != 2 {
			return nil, fmt.Errorf("%s is no reference to a component", reference)
		}
		kind := below(components, parts[0])
		if _, done := kind[parts[1]]; done {
			continue
		}
		found := at(whole, "components", parts[0], parts[1])
		if found == nil {
			return nil, fmt.Errorf("%s leads nowhere", reference)
		}
		kind[parts[1]] = bare(found, false)
		open = append(open, references(kind[parts[1]])...)
	}
	info := map[string]any{
		"title": at(whole, "info", "title"), "version": at(whole, "info", "version"), "license": at(whole, "info", "license"),
		"description": "A part of " + pack + ", cut out by tools/github-description.",
	}
	return map[string]any{"openapi": whole["openapi"], "info": info, "paths": paths, "components": components}, nil
}

// at gives what stands under keys; nil where there is nothing.
func at(node any, keys ...string) any {
	for _, key := range keys {
		object, _ := node.(map[string]any)
		node = object[key]
	}
	return node
}

// below gives the object under a key, which it makes where there is none.
func below(object map[string]any, key string) map[string]any {
	if child, ok := object[key].(map[string]any); ok {
		return child
	}
	child := map[string]any{}
	object[key] = child
	return child
}

// prose is what says nothing of how requests and answers are made. A discriminator only
// says in advance which form has to fit, and GitHub leaves its field out.
func prose() []string {
	return []string{"description", "discriminator", "summary", "title", "example", "examples", "externalDocs", "tags"}
}

// naming are the keywords below which keys are names that GitHub gave.
func naming() []string {
	return []string{"properties", "patternProperties", "headers", "responses"}
}

// bare gives a copy without prose. named says that the keys are names.
func bare(node any, named bool) any {
	switch is := node.(type) {
	case map[string]any:
		copied := map[string]any{}
		for key, child := range is {
			if !named && (slices.Contains(prose(), key) || strings.HasPrefix(key, "x-")) {
				continue
			}
			copied[key] = bare(child, !named && slices.Contains(naming(), key))
		}
		return copied
	case []any:
		copied := make([]any, len(is))
		for i, child := range is {
			copied[i] = bare(child, false)
		}
		return copied
	}
	return node
}

// references gives what a part refers to.
func references(node any) []string {
	var found []string
	switch is := node.(type) {
	case map[string]any:
		for _, child := range is {
			if reference, ok := child.(string); ok && strings.HasPrefix(reference, "#/components/") {
				found = append(found, reference)
				continue
			}
			found = append(found, references(child)...)
		}
	case []any:
		for _, child := range is {
			found = append(found, references(child)...)
		}
	}
	return found
}
