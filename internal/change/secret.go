package change

import (
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// wholeSecret is the length, in bytes, from which on a secret is looked for
// inside other texts, too: a shorter one stands in many by chance.
const wholeSecret = 8

// secrets are the texts that a plan marks as sensitive anywhere. A provider
// may repeat such a value in an attribute that it does not mark, as
// terraform_data does in `output`: that is not to be shown, either.
type secrets map[string]bool

// secretsOf gathers the sensitive texts of a plan: of its resources before and
// after, and of the root's sensitive variables.
func secretsOf(plan *tfjson.Plan) secrets {
	s := secrets{}
	for _, rc := range plan.ResourceChanges {
		if rc.Change != nil {
			s.gather(rc.Change.Before, rc.Change.BeforeSensitive)
			s.gather(rc.Change.After, rc.Change.AfterSensitive)
		}
	}
	if plan.Config == nil || plan.Config.RootModule == nil {
		return s
	}
	for name, variable := range plan.Config.RootModule.Variables {
		if given := plan.Variables[name]; given != nil && variable.Sensitive {
			s.gather(given.Value, true)
		}
	}
	return s
}

// Hider gives what tells whether a value holds a text that the plan marks as
// sensitive anywhere.
func Hider(plan *tfjson.Plan) func(value any) bool { return secretsOf(plan).in }

// gather adds the texts of the marked parts of a value.
func (s secrets) gather(value, mark any) {
	switch v := value.(type) {
	case string:
		if mark == true && v != "" {
			s[v] = true
		}
	case map[string]any:
		for key, each := range v {
			s.gather(each, inherited(mark, member(mark, key)))
		}
	case []any:
		for i, each := range v {
			s.gather(each, inherited(mark, element(mark, i)))
		}
	}
}

// inherited gives the mark of a part: that of the whole where it is marked.
func inherited(whole, part any) any {
	if whole == true {
		return true
	}
	return part
}

// in reports whether a value holds one of the secrets.
func (s secrets) in(value any) bool {
	switch v := value.(type) {
	case string:
		if s[v] {
			return true
		}
		for each := range s {
			if len(each) >= wholeSecret && strings.Contains(v, each) {
				return true
			}
		}
	case map[string]any:
		for key, each := range v {
			if s.in(key) || s.in(each) {
				return true
			}
		}
	case []any:
		for _, each := range v {
			if s.in(each) {
				return true
			}
		}
	}
	return false
}
