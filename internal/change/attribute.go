package change

import (
	"encoding/json"
	"reflect"
	"sort"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// Attribute is one changed attribute, ready to show: values are JSON, cut to
// maxShown characters; sensitive and unknown ones are words in parentheses.
type Attribute struct {
	Path     string
	Before   string
	After    string
	Replaces bool // changing it forces a replace
}

const (
	maxShown       = 120
	shownSensitive = "(sensitive)"
	shownUnknown   = "(known after apply)"
)

// attributes lists the changed attributes of an update or replace: of objects, and of
// blocks of which there is one, the members that change; all else whole.
func attributes(change *tfjson.Change, replaces []string, hidden secrets) []Attribute {
	before, _ := change.Before.(map[string]any)
	after, _ := change.After.(map[string]any)
	if before == nil || after == nil {
		return nil
	}
	unknown, _ := change.AfterUnknown.(map[string]any)
	list := collect("", before, after, unknown, change.BeforeSensitive, change.AfterSensitive, hidden)
	for i := range list {
		for _, path := range replaces {
			path = strings.ReplaceAll(path, "[0].", ".")
			if path == list[i].Path || strings.HasPrefix(list[i].Path, path+".") || strings.HasPrefix(path, list[i].Path+".") || strings.HasPrefix(path, list[i].Path+"[") {
				list[i].Replaces = true
			}
		}
	}
	return list
}

func collect(prefix string, before, after, unknown map[string]any, beforeMark, afterMark any, hidden secrets) []Attribute {
	keys := map[string]bool{}
	for _, m := range []map[string]any{before, after, unknown} {
		for key := range m {
			keys[key] = true
		}
	}
	names := make([]string, 0, len(keys))
	for key := range keys {
		names = append(names, key)
	}
	sort.Strings(names)
	var list []Attribute
	for _, key := range names {
		b, a, u := before[key], after[key], unknown[key]
		if !AnyUnknown(u) && reflect.DeepEqual(b, a) {
			continue
		}
		bm, am := member(beforeMark, key), member(afterMark, key)
		name := key
		if hidden.in(key) {
			name = shownSensitive
		}
		path := join(prefix, name)
		// A block of which there is one: what in it changes is seldom at its beginning.
		for single(b) && single(a) && bm != true && am != true && u != true {
			b, a, u, bm, am = element(b, 0), element(a, 0), element(u, 0), element(bm, 0), element(am, 0)
		}
		bo, bIsObject := b.(map[string]any)
		ao, aIsObject := a.(map[string]any)
		if bIsObject && aIsObject && bm != true && am != true && u != true {
			uo, _ := u.(map[string]any)
			list = append(list, collect(path, bo, ao, uo, bm, am, hidden)...)
			continue
		}
		secret := marked(bm) || marked(am) || beforeMark == true || afterMark == true
		list = append(list, Attribute{Path: path, Before: show(b, nil, secret || hidden.in(b)), After: show(a, u, secret || hidden.in(a))})
	}
	return list
}

// single reports whether a value is a list of one object, or of one such list.
func single(value any) bool {
	list, ok := value.([]any)
	return ok && len(list) == 1 && collection(list[0])
}

// marked reports whether any part of a value is sensitive; then none of it is
// shown.
func marked(mark any) bool { return AnyUnknown(mark) }

func show(value, unknown any, secret bool) string {
	switch {
	case secret:
		return shownSensitive
	case AnyUnknown(unknown):
		return shownUnknown
	}
	body, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	text := []rune(string(body))
	if len(text) > maxShown {
		return string(text[:maxShown-1]) + "…"
	}
	return string(text)
}
