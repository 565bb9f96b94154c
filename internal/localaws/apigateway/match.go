package apigateway

import (
	"net/url"
	"strings"
)

// segments splits a path at its slashes; the root has none.
func segments(path string) []string {
	path = strings.Trim(path, "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

func variable(segment string) bool { return strings.HasPrefix(segment, "{") }
func greedy(segment string) bool   { return strings.HasSuffix(segment, "+}") }

// order sorts resources so that the first that matches is the one that API Gateway
// takes: a fixed segment before a variable one before a greedy one.
func order(r resource) string {
	var b strings.Builder
	for _, segment := range r.segments {
		switch {
		case greedy(segment):
			b.WriteString("3")
		case variable(segment):
			b.WriteString("2")
		default:
			b.WriteString("1")
		}
	}
	return b.String()
}

// match gives the resource of a path, as it stands in the request, with the values
// of its variables, decoded.
func (d *definition) match(path string) (*resource, map[string]string) {
	asked := segments(path)
	for i := range d.resources {
		if values, ok := matches(d.resources[i].segments, asked); ok {
			return &d.resources[i], values
		}
	}
	return nil, nil
}

func matches(pattern, asked []string) (map[string]string, bool) {
	var values map[string]string
	set := func(segment, value string) {
		if values == nil {
			values = map[string]string{}
		}
		if decoded, err := url.PathUnescape(value); err == nil {
			value = decoded
		}
		values[strings.Trim(segment, "{+}")] = value
	}
	for i, segment := range pattern {
		switch {
		case i >= len(asked):
			return nil, false
		case greedy(segment):
			set(segment, strings.Join(asked[i:], "/"))
			return values, true
		case variable(segment):
			if asked[i] == "" {
				return nil, false
			}
			set(segment, asked[i])
		case segment != asked[i]:
			return nil, false
		}
	}
	return values, len(pattern) == len(asked)
}

// method gives the method of a resource, or the one for any.
func (r *resource) method(name string) (method, bool) {
	if m, ok := r.ResourceMethods[name]; ok {
		return m, true
	}
	m, ok := r.ResourceMethods["ANY"]
	return m, ok
}
