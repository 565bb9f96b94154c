package change

import (
	"maps"
	"slices"
	"sort"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// Drifted is a resource that is not in AWS as it was when its state was written.
type Drifted struct {
	Address  string
	Layer    string
	Type     string
	Stateful bool // it holds data: see Guarded
	// Missing says that it is no longer there; then it has no Attributes.
	Missing bool
	// Attributes that differ. No text is ever shown, only what tells nothing:
	// numbers, truth values, and how many elements there are.
	Attributes []Attribute
}

// DriftOptions say how a plan is read for drift.
type DriftOptions struct {
	StatefulTypes []string // beyond the built-in list
	// Ignored reports whether somebody else than Terraform owns an attribute of a
	// resource, or a part of one, so that it may differ; nil ignores none.
	Ignored func(address, resourceType, path string) bool
}

// Drift gives what a refresh-only plan found to differ from the states, by
// address.
//
// Terraform's own list holds far more: a state is written when its resource is
// made, before the provider reads it back in its own words, and before other
// resources add to it. What is left out, beside data sources:
//
//   - values that mean the same: null, "", false, 0 and what is empty; JSON
//     texts that are written otherwise; blocks in another order;
//   - attributes that the configuration does not set and that only tell how
//     something is doing (counts, times, states), or that were empty until AWS
//     filled them in;
//   - attributes that the configuration does not set and in which AWS shows
//     another resource of the plan, such as a role's policies: a difference
//     there is that other resource's.
func Drift(plan *tfjson.Plan, options DriftOptions) []Drifted {
	stateful, hidden := statefulTypes(options.StatefulTypes), driftSecrets(plan)
	known := resourcesOf(plan)
	drifted := []Drifted{}
	for _, rc := range plan.ResourceDrift {
		if rc.Change == nil || rc.Mode == tfjson.DataResourceMode || rc.DeposedKey != "" {
			continue
		}
		d := Drifted{Address: rc.Address, Layer: Layer(rc.Address), Type: rc.Type, Stateful: stateful[rc.Type]}
		if rc.Change.Actions.Delete() {
			d.Missing = true
			drifted = append(drifted, d)
			continue
		}
		before, _ := rc.Change.Before.(map[string]any)
		after, _ := rc.Change.After.(map[string]any)
		set := configured(plan, rc.Address)
		for _, name := range driftKeys(before, after) {
			shown := name
			if name == tagsAll {
				shown = tags
			}
			if options.Ignored != nil && options.Ignored(rc.Address, rc.Type, shown) {
				continue
			}
			was, is := before[name], after[name]
			if same(was, is) || !set[shown] && (incidental(name, was, is) || known.explain(rc.Type, name, was, is, after)) {
				continue
			}
			sensitive := pair{member(rc.Change.BeforeSensitive, name), member(rc.Change.AfterSensitive, name)}
			for _, a := range differences(shown, pair{was, is}, sensitive, hidden) {
				if options.Ignored == nil || !options.Ignored(rc.Address, rc.Type, a.Path) {
					d.Attributes = append(d.Attributes, a)
				}
			}
		}
		if len(d.Attributes) > 0 {
			drifted = append(drifted, d)
		}
	}
	sort.Slice(drifted, func(i, j int) bool { return drifted[i].Address < drifted[j].Address })
	return drifted
}

// driftSecrets gathers the sensitive texts of a refresh-only plan, whose
// changes are its drift.
func driftSecrets(plan *tfjson.Plan) secrets {
	s := secretsOf(plan)
	for _, rc := range plan.ResourceDrift {
		if rc.Change != nil {
			s.gather(rc.Change.Before, rc.Change.BeforeSensitive)
			s.gather(rc.Change.After, rc.Change.AfterSensitive)
		}
	}
	return s
}

// What AWS has of tags is in tags_all; tags is that without what the provider
// adds by itself now, which may be other tags than when the state was written.
const tags, tagsAll = "tags", "tags_all"

func driftKeys(before, after map[string]any) []string {
	keys := map[string]bool{}
	for _, object := range []map[string]any{before, after} {
		for key := range object {
			keys[key] = true
		}
	}
	if keys[tagsAll] {
		delete(keys, tags)
	}
	return slices.Sorted(maps.Keys(keys))
}

// incidental reports whether a difference in an attribute that the
// configuration does not set tells only how the resource is doing.
func incidental(name string, was, is any) bool {
	switch name {
	case "aws_account_id", "etag", "owner_id", "state", "status", "version_id":
		return true
	}
	for _, part := range []string{"number_of_", "last_"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	for _, end := range []string{"_at", "_count", "_date", "_time", "_status"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return none(was) && !collection(is)
}

func collection(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

// configured gives the attributes and blocks that a resource's configuration
// sets; none for one that left it. Dynamic blocks are not among them.
func configured(plan *tfjson.Plan, address string) map[string]bool {
	set := map[string]bool{}
	if plan.Config == nil {
		return set
	}
	module := plan.Config.RootModule
	steps := strings.Split(withoutIndexes(address), ".")
	for len(steps) > 2 && steps[0] == "module" && module != nil {
		call := module.ModuleCalls[steps[1]]
		if call == nil {
			return set
		}
		module, steps = call.Module, steps[2:]
	}
	if module == nil {
		return set
	}
	for _, r := range module.Resources {
		if r.Address == strings.Join(steps, ".") {
			for name := range r.Expressions {
				set[name] = true
			}
		}
	}
	return set
}

// withoutIndexes turns module.a["x.y"].t.n[0] into module.a.t.n.
func withoutIndexes(address string) string {
	var b strings.Builder
	inside, quoted := false, false
	for i := 0; i < len(address); i++ {
		switch ch := address[i]; {
		case quoted && ch == '\\':
			i++
		case inside && ch == '"':
			quoted = !quoted
		case quoted:
		case ch == '[':
			inside = true
		case ch == ']':
			inside = false
		case !inside:
			b.WriteByte(ch)
		}
	}
	return b.String()
}
