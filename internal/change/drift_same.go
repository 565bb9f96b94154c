package change

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// pair is what a state said and what is there now.
type pair struct{ was, is any }

// same reports whether two values mean the same to AWS.
func same(was, is any) bool {
	return reflect.DeepEqual(canonical(was), canonical(is))
}

// none reports whether a value is what an unset attribute may read as.
func none(value any) bool { return canonical(value) == nil }

// canonical gives a value so that those which mean the same are equal: nothing
// for what is empty, JSON texts decoded, blocks in an order of their own.
func canonical(value any) any {
	switch v := value.(type) {
	case string:
		if v == "" {
			return nil
		}
		if text := strings.TrimSpace(v); strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
			var decoded any
			if json.Unmarshal([]byte(text), &decoded) == nil {
				return canonical(decoded)
			}
		}
		return v
	case bool:
		if !v {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return canonical(f)
		}
	case map[string]any:
		object := map[string]any{}
		for key, each := range v {
			if c := canonical(each); c != nil {
				object[key] = c
			}
		}
		if len(object) == 0 {
			return nil
		}
		return object
	case []any:
		return canonicalList(v)
	}
	return value
}

// canonicalList sorts blocks: the order in which Terraform gives those of a set
// follows their content. Texts and numbers of a set come sorted anyway, so that
// another order of theirs is a difference.
func canonicalList(list []any) any {
	blocks := false
	all := make([]any, 0, len(list))
	for _, each := range list {
		if _, ok := each.(map[string]any); ok {
			blocks = true
		}
		if c := canonical(each); c != nil {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if blocks {
		sortByText(all)
	}
	return all
}

// differences lists the parts that differ, as deep as they can be told apart.
func differences(path string, values, marks pair, hidden secrets) []Attribute {
	if same(values.was, values.is) {
		return nil
	}
	secret := marks.was == true || marks.is == true
	if was, ok := values.was.(map[string]any); ok && !secret {
		if is, ok := values.is.(map[string]any); ok {
			var list []Attribute
			for _, key := range driftKeys(was, is) {
				name := key
				if hidden.in(key) {
					name = shownSensitive
				}
				list = append(list, differences(join(path, name), pair{was[key], is[key]}, pair{member(marks.was, key), member(marks.is, key)}, hidden)...)
			}
			return list
		}
	}
	if was, ok := values.was.([]any); ok && !secret {
		if is, ok := values.is.([]any); ok && len(was) == 1 && len(is) == 1 {
			name := path
			if !collection(was[0]) {
				name = path + "[0]"
			}
			return differences(name, pair{was[0], is[0]}, pair{element(marks.was, 0), element(marks.is, 0)}, hidden)
		}
	}
	return []Attribute{{Path: path, Before: harmless(values.was, secret || marked(marks.was)), After: harmless(values.is, secret || marked(marks.is))}}
}

// harmless shows of a value what gives nothing away.
func harmless(value any, secret bool) string {
	if secret {
		return shownSensitive
	}
	switch v := value.(type) {
	case nil:
		return "unset"
	case bool, float64, json.Number:
		return fmt.Sprint(v)
	case string:
		if v == "" {
			return `""`
		}
		return "(a text)"
	case map[string]any:
		return elements(len(v))
	case []any:
		return elements(len(v))
	}
	return "(a value)"
}

func elements(n int) string {
	if n == 1 {
		return "1 element"
	}
	return fmt.Sprintf("%d elements", n)
}
