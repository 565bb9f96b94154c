package change

import (
	"encoding/json"
	"slices"
	"sort"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// resources are those of a plan as they are now, by what they name: a
// resource's id or ARN leads to all that stand on it.
type resources map[string][]*tfjson.StateResource

// resourcesOf indexes the resources that a plan has read.
func resourcesOf(plan *tfjson.Plan) resources {
	index := resources{}
	if plan.PriorState == nil || plan.PriorState.Values == nil {
		return index
	}
	modules := []*tfjson.StateModule{plan.PriorState.Values.RootModule}
	for len(modules) > 0 && modules[0] != nil {
		for _, r := range modules[0].Resources {
			if r.Mode == tfjson.DataResourceMode {
				continue
			}
			for text := range mentionsOf(r.AttributeValues) {
				index[text] = append(index[text], r)
			}
		}
		modules = append(modules[1:], modules[0].ChildModules...)
	}
	return index
}

func mentionsOf(attributes map[string]any) Strings {
	_, mentions := identities(attributes)
	return mentions
}

// facet gives the types of resources that hold one attribute of another: as the
// name aws_sns_topic_policy says policy of aws_sns_topic; and where it does not say so.
func facet(resourceType, attribute string) []string {
	named := []string{resourceType + "_" + attribute, resourceType + "_" + attribute + "_configuration"}
	switch resourceType + "." + attribute {
	case "aws_s3_bucket.lifecycle_rule":
		return []string{"aws_s3_bucket_lifecycle_configuration"}
	case "aws_s3_bucket.cors_rule":
		return []string{"aws_s3_bucket_cors_configuration"}
	case "aws_s3_bucket.grant":
		return []string{"aws_s3_bucket_acl"}
	}
	return named
}

// explain reports whether a difference shows only what other resources of the
// plan are, which stand on this one: a resource for that very attribute, or one
// for each element that came. What went without its resource going is a
// difference, and so is an element that no resource is for.
func (r resources) explain(resourceType, attribute string, was, is any, object map[string]any) bool {
	ids, _ := identities(object)
	var standing []*tfjson.StateResource
	for _, id := range ids {
		for _, other := range r[id] {
			if other.AttributeValues["id"] != object["id"] || other.Type != resourceType {
				standing = append(standing, other)
			}
		}
	}
	types := facet(resourceType, attribute)
	if slices.ContainsFunc(standing, func(o *tfjson.StateResource) bool { return slices.Contains(types, o.Type) }) {
		return true
	}
	list, ok := is.([]any)
	if !ok {
		return false
	}
	before, _ := was.([]any)
	for _, each := range before {
		if !holds(list, each) {
			return false
		}
	}
	for _, each := range list {
		if holds(before, each) {
			continue
		}
		for _, part := range apart(each) {
			wanted := leavesOf(part)
			if !slices.ContainsFunc(standing, func(o *tfjson.StateResource) bool { return covers(leavesOf(o.AttributeValues), wanted) }) {
				return false
			}
		}
	}
	return true
}

func holds(list []any, value any) bool {
	return slices.ContainsFunc(list, func(each any) bool { return same(each, value) })
}

// apart splits an element with lists of texts, as a security group's rules have
// them, into one for each text: AWS gathers what is alike.
func apart(element any) []any {
	object, ok := element.(map[string]any)
	if !ok {
		return []any{element}
	}
	rest, lists := map[string]any{}, map[string][]any{}
	for key, value := range object {
		if list, ok := value.([]any); ok {
			lists[key] = list
		} else {
			rest[key] = value
		}
	}
	var parts []any
	for key, list := range lists {
		for _, each := range list {
			part := map[string]any{key: each}
			for name, value := range rest {
				part[name] = value
			}
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return []any{rest}
	}
	return parts
}

// leavesOf gives the values in a tree that are no collections, as canonical text.
func leavesOf(value any) map[string]bool {
	leaves := map[string]bool{}
	var walk func(any)
	walk = func(v any) {
		switch c := v.(type) {
		case map[string]any:
			for _, each := range c {
				walk(each)
			}
		case []any:
			for _, each := range c {
				walk(each)
			}
		default:
			if plain := canonical(v); plain != nil && plain != true {
				leaves[canonicalText(plain)] = true
			}
		}
	}
	walk(value)
	return leaves
}

func covers(all, wanted map[string]bool) bool {
	for each := range wanted {
		if !all[each] {
			return false
		}
	}
	return len(wanted) > 0
}

func canonicalText(value any) string {
	body, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(body))
}

func sortByText(list []any) {
	sort.SliceStable(list, func(i, j int) bool { return canonicalText(list[i]) < canonicalText(list[j]) })
}
