package domain

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
)

// ReadFields reads text, a JSON object, into target, a pointer to a struct, and gives
// everything that is wrong with it by the paths of the fields, such as "filter.status":
// fields that are not known, also in another spelling (encoding/json takes a name in any
// case), that are there twice, and of another type of JSON. What can be read is in
// target then, so that rules can be held to it. What reads itself (json.Unmarshaler)
// knows its names by itself, and is only held to each of them once. The error is for
// text that is no JSON at all.
func ReadFields(text []byte, target any) ([]FieldError, error) {
	if !json.Valid(text) {
		return nil, errors.New("is not JSON")
	}
	var r reading
	err := r.value(text, reflect.ValueOf(target).Elem(), "")
	return r.faults, err
}

// Faults are what reading a body found wrong. A type of a body has it embedded: it is
// told of them then, and gives them with what its own rules find, by With.
type Faults struct{ faults []FieldError }

// Found tells what reading found.
func (f *Faults) Found(faults []FieldError) { f.faults = faults }

// With adds the faults to the ValidationError of rules, or to nil; any other error
// stays. Of fields that could not be read, rules have nothing to say.
func (f Faults) With(err error) error {
	var found *ValidationError
	if len(f.faults) == 0 || err != nil && !errors.As(err, &found) {
		return err
	}
	all := append([]FieldError(nil), f.faults...)
	if found != nil {
		unread := map[string]bool{}
		for _, fault := range f.faults {
			unread[fault.Field] = true
		}
		for _, field := range found.Fields {
			if !within(field.Field, unread) {
				all = append(all, field)
			}
		}
	}
	return &ValidationError{Fields: all}
}

// within says whether the path is one of the fields, or below one.
func within(path string, fields map[string]bool) bool {
	for i, r := range path {
		if (r == '.' || r == '[') && fields[path[:i]] {
			return true
		}
	}
	return fields[path]
}

// reading gathers the faults of a text that is valid JSON.
type reading struct{ faults checks }

// value reads a value into target; path is where it is.
func (r *reading) value(text []byte, target reflect.Value, path string) error {
	kind := target.Type()
	if reflect.PointerTo(kind).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		if err := r.names(json.NewDecoder(bytes.NewReader(text)), below(path)); err != nil {
			return err
		}
		r.leaf(text, target, path)
		return nil
	}
	first := bytes.TrimLeft(text, " \t\r\n")[0]
	switch {
	case kind.Kind() == reflect.Struct && first == '{':
		return r.object(text, target, below(path))
	case kind.Kind() == reflect.Slice && first == '[':
		var elements []json.RawMessage
		if err := json.Unmarshal(text, &elements); err != nil {
			return err
		}
		target.Set(reflect.MakeSlice(kind, len(elements), len(elements)))
		for i, element := range elements {
			if err := r.value(element, target.Index(i), path); err != nil {
				return err
			}
		}
		return nil
	}
	r.leaf(text, target, path)
	return nil
}

// leaf reads what has no fields that are known by name.
func (r *reading) leaf(text []byte, target reflect.Value, path string) {
	err := json.Unmarshal(text, target.Addr().Interface())
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
	case errors.As(err, &kind):
		r.fault(path, CodeInvalid, "must not be a JSON "+kind.Value)
	default:
		r.fault(path, CodeInvalid, "is not of the form that it has")
	}
}

// fault keeps one of a kind for a field: those of a list's entries have the list's name.
func (r *reading) fault(path, code, message string) {
	if last := len(r.faults) - 1; last < 0 || r.faults[last].Field != path || r.faults[last].Code != code {
		r.faults.add(path, code, "%s", message)
	}
}

func (r *reading) object(text []byte, target reflect.Value, prefix string) error {
	known, seen := fieldsOf(target.Type()), map[string]int{}
	return members(json.NewDecoder(bytes.NewReader(text)), func(decoder *json.Decoder, name string) error {
		var member json.RawMessage
		if err := decoder.Decode(&member); err != nil {
			return err
		}
		seen[name]++
		index, found := known[name]
		switch {
		case seen[name] > 2: // is said already
		case !found && seen[name] == 1:
			r.fault(prefix+name, CodeUnknown, "is no field of this")
		case found && seen[name] == 2:
			r.fault(prefix+name, CodeUnknown, "is there twice")
		case found:
			return r.value(member, target.FieldByIndex(index), prefix+name)
		}
		return nil
	})
}

// names holds the next value, which may have any names in it, to each of them once.
func (r *reading) names(decoder *json.Decoder, prefix string) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		seen := map[string]int{}
		err = rest(decoder, func(decoder *json.Decoder, name string) error {
			if seen[name]++; seen[name] == 2 {
				r.fault(prefix+name, CodeUnknown, "is there twice")
			}
			return r.names(decoder, below(prefix+name))
		})
	case json.Delim('['):
		for err == nil && decoder.More() {
			err = r.names(decoder, prefix)
		}
	default:
		return nil
	}
	if err != nil {
		return err
	}
	_, err = decoder.Token() // the end of it
	return err
}

// members gives the names of an object, each with the decoder before its value.
func members(decoder *json.Decoder, each func(*json.Decoder, string) error) error {
	if _, err := decoder.Token(); err != nil {
		return err
	}
	return rest(decoder, each)
}

func rest(decoder *json.Decoder, each func(*json.Decoder, string) error) error {
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		if err := each(decoder, name); err != nil {
			return err
		}
	}
	return nil
}

// below is what the paths of a value's fields begin with.
func below(path string) string {
	if path == "" {
		return ""
	}
	return path + "."
}

// fieldsOf are the indexes of a struct's fields by their names in JSON.
func fieldsOf(kind reflect.Type) map[string][]int {
	all := map[string][]int{}
	for _, field := range reflect.VisibleFields(kind) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			all[name] = field.Index
		}
	}
	return all
}
