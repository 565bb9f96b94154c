package domain

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// CheckFields holds JSON that was read into target to the fields' own names:
// encoding/json takes them in any case, and of one that is there twice the last. The
// error is a ValidationError, which names the first such field by its path, such as
// "filter.status". What reads itself (json.Unmarshaler) knows its names by itself, and
// is only held to each of them once.
func CheckFields(text []byte, target any) error {
	return fieldNames{json.NewDecoder(bytes.NewReader(text))}.check(reflect.TypeOf(target), "")
}

type fieldNames struct{ decoder *json.Decoder }

// check reads the next value, which is a kind; nil is anything.
func (n fieldNames) check(kind reflect.Type, path string) error {
	token, err := n.decoder.Token()
	if err != nil {
		return err
	}
	for kind != nil && kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	if kind != nil && reflect.PointerTo(kind).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		kind = nil
	}
	switch token {
	case json.Delim('{'):
		err = n.object(kind, path)
	case json.Delim('['):
		var element reflect.Type
		if kind != nil && (kind.Kind() == reflect.Slice || kind.Kind() == reflect.Array) {
			element = kind.Elem()
		}
		for err == nil && n.decoder.More() {
			err = n.check(element, path)
		}
	default:
		return nil
	}
	if err != nil {
		return err
	}
	_, err = n.decoder.Token() // the end of it
	return err
}

func (n fieldNames) object(kind reflect.Type, path string) error {
	var known map[string]reflect.Type // nil where any name is right
	if kind != nil && kind.Kind() == reflect.Struct {
		known = fieldsOf(kind)
	}
	seen := map[string]bool{}
	for n.decoder.More() {
		token, err := n.decoder.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		if _, found := known[name]; known != nil && !found {
			return Invalid(path+name, CodeUnknown, "is no field of this")
		}
		if seen[name] {
			return Invalid(path+name, CodeUnknown, "is there twice")
		}
		seen[name] = true
		if err := n.check(known[name], path+name+"."); err != nil {
			return err
		}
	}
	return nil
}

// fieldsOf are the types of a struct's fields by their names in JSON.
func fieldsOf(kind reflect.Type) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(kind) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			all[name] = field.Type
		}
	}
	return all
}
