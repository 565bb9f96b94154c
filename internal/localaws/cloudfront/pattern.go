package cloudfront

import (
	"slices"
	"strings"
)

// wildcard reports whether a text matches a pattern in which * stands for any
// characters and ? for one.
func wildcard(pattern, text string) bool {
	star, after := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, after = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			after++
			p, t = star+1, after
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// behaviour gives the first behaviour whose pattern a path matches, else the
// default one.
func (d *distribution) behaviour(path string) *behaviour {
	for i := range d.Config.Behaviours {
		if wildcard(strings.TrimPrefix(d.Config.Behaviours[i].PathPattern, "/"), strings.TrimPrefix(path, "/")) {
			return &d.Config.Behaviours[i]
		}
	}
	return &d.Config.Default
}

func (d *distribution) origin(id string) *origin {
	i := slices.IndexFunc(d.Config.Origins, func(o origin) bool { return o.ID == id })
	if i < 0 {
		return nil
	}
	return &d.Config.Origins[i]
}

// errorResponse gives what the distribution says about a status.
func (d *distribution) errorResponse(status int) *errorResponse {
	i := slices.IndexFunc(d.Config.Errors, func(e errorResponse) bool { return e.ErrorCode == status })
	if i < 0 {
		return nil
	}
	return &d.Config.Errors[i]
}

// function gives the ARN of the behaviour's function for an event type; "" where
// there is none.
func (b *behaviour) function(event string) string {
	for _, one := range b.Functions {
		if one.EventType == event {
			return one.ARN
		}
	}
	return ""
}
