package aws

import (
	"encoding/json"
	"slices"
	"strconv"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
)

// planned are a resource's planned values as a plan's JSON has them: unknown
// attributes are missing or null, numbers are float64 or json.Number.
type planned map[string]any

// text gives a string, or "" when it is unknown, unset or no string.
func (p planned) text(attribute string) string {
	value, _ := p[attribute].(string)
	return value
}

// first gives the first of these that is known and set.
func (p planned) first(attributes ...string) string {
	for _, attribute := range attributes {
		if value := p.text(attribute); value != "" {
			return value
		}
	}
	return ""
}

// all gives these values in their order; known is false when one is unknown or
// unset.
func (p planned) all(attributes ...string) (values []string, known bool) {
	for _, attribute := range attributes {
		value := p.text(attribute)
		if value == "" {
			return nil, false
		}
		values = append(values, value)
	}
	return values, true
}

// number gives a whole number; ok is false when it is unknown or unset.
func (p planned) number(attribute string) (value int32, ok bool) {
	switch n := p[attribute].(type) {
	case float64:
		return int32(n), true
	case int:
		return int32(n), true //nolint:gosec // Terraform's plans are decoded to float64 or json.Number
	case json.Number:
		whole, err := strconv.ParseInt(n.String(), 10, 32)
		return int32(whole), err == nil
	}
	return 0, false
}

// tags gives the planned tags with the provider's default tags, as far as they
// are known.
func (p planned) tags() map[string]string {
	for _, attribute := range []string{"tags_all", "tags"} {
		values, ok := p[attribute].(map[string]any)
		if !ok {
			continue
		}
		tags := map[string]string{}
		for key, value := range values {
			if text, ok := value.(string); ok {
				tags[key] = text
			}
		}
		return tags
	}
	return nil
}

// candidate is an object in the account that may be the one looked for. id is
// its import id.
type candidate struct {
	id   string
	tags map[string]string
	// number is the id by which states know it, where that is another one.
	number string
	// bare: the type has no tags, so what it was listed by says enough.
	bare bool
}

// pick gives the candidate that has every planned tag and is not taken. Of
// several it gives the one with the lowest id: each was left by a run that
// died, and whichever stays behind is listed by Untracked.
func (c *Client) pick(candidates []candidate, want map[string]string, taken map[string]bool) (id string, found bool) {
	var ids []string
	for _, each := range candidates {
		if !taken[each.id] && (each.number == "" || !taken[each.number]) && (each.bare || c.hasTags(each.tags, want)) {
			ids = append(ids, each.id)
		}
	}
	if len(ids) == 0 {
		return "", false
	}
	return slices.Min(ids), true
}

// hasTags reports whether every wanted tag is there. Without wanted tags
// nothing can be told apart, so nothing matches.
func (c *Client) hasTags(have, want map[string]string) bool {
	compared := 0
	for key, value := range want {
		if c.volatile[key] {
			continue
		}
		if got, ok := have[key]; !ok || got != value {
			return false
		}
		compared++
	}
	return compared > 0
}

// foreign reports whether an object's tags contradict the planned ones: it has
// the name, but it is someone else's. An object without tags is not foreign:
// some are created by AWS itself, before Terraform gets to them.
func (c *Client) foreign(have, want map[string]string) bool {
	for key, value := range want {
		if got, ok := have[key]; ok && got != value && !c.volatile[key] {
			return true
		}
	}
	return false
}

// tagMap gives a service's own list of tags by key.
func tagMap[T any](tags []T, of func(T) (key, value *string)) map[string]string {
	all := map[string]string{}
	for _, tag := range tags {
		key, value := of(tag)
		all[awssdk.ToString(key)] = awssdk.ToString(value)
	}
	return all
}
