package change

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Tree is a planned value reduced to what can be approved without telling it:
// an object (map[string]Tree), an array ([]Tree), or a leaf (string): "#" and
// the first 24 hex digits of a known value's SHA-256, Unknown, or Sensitive.
// A nil tree is null. It marshals to plain JSON.
type Tree any

// Leaves of a Tree that hold no digest.
const (
	Unknown   = "unknown"
	Sensitive = "sensitive"
)

// tree reduces a value. unknown and sensitive are Terraform's parallel
// structures: true where the whole value is, else an object or array of the
// same shape, else absent. A text that is one of the secrets counts as sensitive.
func (s secrets) tree(value, unknown, sensitive any) Tree {
	if sensitive == true {
		return Sensitive
	}
	if unknown == true {
		return Unknown
	}
	switch v := value.(type) {
	case map[string]any:
		node := map[string]Tree{}
		for key, each := range v {
			node[key] = s.tree(each, member(unknown, key), member(sensitive, key))
		}
		// Unknown attributes are absent from the value itself.
		if u, ok := unknown.(map[string]any); ok {
			for key, each := range u {
				if _, present := v[key]; !present && AnyUnknown(each) {
					node[key] = s.tree(nil, each, member(sensitive, key))
				}
			}
		}
		return node
	case []any:
		node := make([]Tree, len(v))
		for i, each := range v {
			node[i] = s.tree(each, element(unknown, i), element(sensitive, i))
		}
		if u, ok := unknown.([]any); ok {
			for i := len(v); i < len(u); i++ {
				node = append(node, s.tree(nil, u[i], element(sensitive, i)))
			}
		}
		return node
	case nil:
		if AnyUnknown(unknown) {
			return Unknown
		}
		return nil
	case string:
		if s[v] {
			return Sensitive
		}
		return leaf(v)
	default:
		return leaf(v)
	}
}

func leaf(value any) string {
	body, err := json.Marshal(value)
	if err != nil {
		body = []byte(fmt.Sprint(value))
	}
	sum := sha256.Sum256(body)
	return "#" + hex.EncodeToString(sum[:12])
}

func member(v any, key string) any {
	if m, ok := v.(map[string]any); ok {
		return m[key]
	}
	return nil
}

func element(v any, i int) any {
	if a, ok := v.([]any); ok && i < len(a) {
		return a[i]
	}
	return nil
}

// conflict gives the path of the first known value of approved that applied
// does not have, "" when applied keeps them all. Sensitive leaves are not
// compared: an approval holds nothing about them, and the inputs that they
// come from are part of it.
func conflict(approved, applied Tree, path string) string {
	switch a := approved.(type) {
	case string:
		if a == Unknown || a == Sensitive || applied == Tree(Sensitive) || applied == approved {
			return ""
		}
		return orRoot(path)
	case map[string]Tree:
		return conflictObject(a, applied, path)
	case map[string]any: // as an approval file is read back
		return conflict(fromJSON(a), applied, path)
	case []Tree:
		return conflictArray(a, applied, path)
	case []any:
		return conflict(fromJSON(a), applied, path)
	case nil:
		if empty(applied) {
			return ""
		}
		return orRoot(path)
	}
	return orRoot(path)
}

func conflictObject(approved map[string]Tree, applied Tree, path string) string {
	if applied == Tree(Sensitive) {
		return ""
	}
	other, ok := fromJSON(applied).(map[string]Tree)
	if !ok {
		return orRoot(path)
	}
	for _, key := range sortedKeys(approved) {
		if at := conflict(approved[key], other[key], join(path, key)); at != "" {
			return at
		}
	}
	for _, key := range sortedKeys(other) {
		if _, known := approved[key]; !known && !empty(other[key]) {
			return join(path, key)
		}
	}
	return ""
}

// conflictArray compares element by element; where the approved array has
// unknown parts it may be a set, whose order changes once they are known, so
// then any assignment of elements will do.
func conflictArray(approved []Tree, applied Tree, path string) string {
	if applied == Tree(Sensitive) {
		return ""
	}
	other, ok := fromJSON(applied).([]Tree)
	if !ok || len(other) < len(approved) && !hasUnknown(approved) || len(other) > len(approved) && !hasUnknown(approved) {
		return orRoot(path)
	}
	if len(other) == len(approved) {
		at := ""
		for i := range approved {
			if at = conflict(approved[i], other[i], fmt.Sprintf("%s[%d]", path, i)); at != "" {
				break
			}
		}
		if at == "" || !hasUnknown(approved) {
			return at
		}
	}
	used := make([]bool, len(other))
	if len(other) > len(approved) {
		return orRoot(path) // each element stands for one at the most
	}
	for _, wanted := range mostKnownFirst(approved) {
		if !assign(wanted, other, used) && knownParts(wanted) > 0 {
			return orRoot(path)
		}
	}
	if slices.Contains(used, false) {
		return orRoot(path)
	}
	return ""
}

func assign(wanted Tree, other []Tree, used []bool) bool {
	for i := range other {
		if !used[i] && conflict(wanted, other[i], "") == "" {
			used[i] = true
			return true
		}
	}
	return false
}

func mostKnownFirst(trees []Tree) []Tree {
	sorted := append([]Tree(nil), trees...)
	sort.SliceStable(sorted, func(i, j int) bool { return knownParts(sorted[i]) > knownParts(sorted[j]) })
	return sorted
}

func knownParts(t Tree) int {
	switch v := fromJSON(t).(type) {
	case string:
		if v == Unknown || v == Sensitive {
			return 0
		}
		return 1
	case map[string]Tree:
		n := 0
		for _, each := range v {
			n += knownParts(each)
		}
		return n
	case []Tree:
		n := 0
		for _, each := range v {
			n += knownParts(each)
		}
		return n
	}
	return 0
}

func hasUnknown(t Tree) bool {
	switch v := fromJSON(t).(type) {
	case string:
		return v == Unknown
	case map[string]Tree:
		for _, each := range v {
			if hasUnknown(each) {
				return true
			}
		}
	case []Tree:
		for _, each := range v {
			if hasUnknown(each) {
				return true
			}
		}
	}
	return false
}

// empty treats null, absent, and empty collections alike: Terraform's JSON
// does not keep them apart between a plan from nothing and a later one.
func empty(t Tree) bool {
	switch v := fromJSON(t).(type) {
	case nil:
		return true
	case map[string]Tree:
		return len(v) == 0
	case []Tree:
		return len(v) == 0
	}
	return false
}

// fromJSON gives a tree that was read from an approval file its own types.
func fromJSON(t Tree) Tree {
	switch v := t.(type) {
	case map[string]any:
		node := make(map[string]Tree, len(v))
		for key, each := range v {
			node[key] = each
		}
		return node
	case []any:
		node := make([]Tree, len(v))
		for i, each := range v {
			node[i] = each
		}
		return node
	}
	return t
}

func sortedKeys(m map[string]Tree) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func orRoot(path string) string {
	if path == "" {
		return "(value)"
	}
	return path
}

// pathString writes one of Terraform's replace paths: [a, 0, b] is a[0].b.
func pathString(path any) string {
	steps, ok := path.([]any)
	if !ok {
		return fmt.Sprint(path)
	}
	var b strings.Builder
	for _, step := range steps {
		switch s := step.(type) {
		case string:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s)
		default:
			fmt.Fprintf(&b, "[%v]", s)
		}
	}
	return b.String()
}
