// Package change turns a Terraform plan into a change set: what happens to
// which address, with a digest to approve, a refinement order between sets,
// the guard over stateful resources, and redacted attributes to show.
package change

import (
	"log/slog"
	"reflect"
	"sort"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// Operation is what happens to one resource.
type Operation string

// The operations, riskiest first.
const (
	Delete  Operation = "delete"
	Replace Operation = "replace"
	Update  Operation = "update"
	Create  Operation = "create"
	Import  Operation = "import" // adopted into the state without a change
	Forget  Operation = "forget" // leaves the state, stays in AWS
	Move    Operation = "move"   // only its address changes
)

// risk orders operations for people: the smaller, the riskier.
func (o Operation) risk() int {
	for i, each := range []Operation{Delete, Replace, Forget, Update, Create, Import, Move} {
		if o == each {
			return i
		}
	}
	return len(o)
}

// Change is one address of a plan at which something happens.
type Change struct {
	Address   string    // full address, with index
	Layer     string    // the first module's name
	Type      string    // aws_vpc …
	Operation Operation //
	Actions   []string  // Terraform's actions in order, for example delete, create
	Deposed   string    // the key of a deposed object; such a change is a delete
	ImportID  string    // set where the object is imported first
	MovedFrom string    // the previous address
	Stateful  bool      // it holds data: see Stateful
	Reason    string    // Terraform's reason for a replace or delete, for example "tainted"
	Replaces  []string  // attribute paths that force a replace

	Attributes []Attribute // what to show, redacted; changed ones only
	After      Tree        // known planned values, for digest and refinement

	// Of a resource that is there: its id and ARN, and every string among its
	// attributes, by which it is seen to stand on another.
	Identities []string `json:"-"`
	Mentions   Strings  `json:"-"`
}

// Strings are the strings among a resource's attributes, secrets included: no
// format tells them.
type Strings map[string]bool

// String tells nothing.
func (Strings) String() string { return "(redacted)" }

// GoString tells nothing.
func (Strings) GoString() string { return "(redacted)" }

// MarshalJSON tells nothing.
func (Strings) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// LogValue tells nothing.
func (Strings) LogValue() slog.Value { return slog.StringValue("(redacted)") }

// key tells changes of one plan apart.
func (c Change) key() string { return c.Address + "\x00" + c.Deposed }

// Set is all that a plan changes, in Terraform's order of addresses.
type Set struct {
	Changes []Change
	// OutputLayers are the layers whose outputs change, whether or not any of
	// their resources do: their states must be written.
	OutputLayers map[string]bool
}

// Options say how a plan is read.
type Options struct {
	StatefulTypes []string // beyond the built-in list
	// Unmasked keeps digests of sensitive values in After, too: for a plan that
	// is compared with an approved one in memory, and never stored.
	Unmasked bool
	// LayerOutput tells which layer a root output of the plan carries; ok is
	// false for the root's own outputs.
	LayerOutput func(output string) (layer string, ok bool)
}

// FromPlan reads the change set of a plan. Reads of data sources and updates
// that only change a value's sensitivity are no changes.
func FromPlan(plan *tfjson.Plan, options Options) Set {
	set := Set{OutputLayers: map[string]bool{}}
	stateful, hidden := statefulTypes(options.StatefulTypes), secretsOf(plan)
	for _, rc := range plan.ResourceChanges {
		if c, ok := fromResource(rc, stateful, hidden); ok {
			if options.Unmasked && c.After != nil {
				c.After = secrets(nil).tree(rc.Change.After, rc.Change.AfterUnknown, nil)
			}
			set.Changes = append(set.Changes, c)
		}
	}
	sort.SliceStable(set.Changes, func(i, j int) bool { return set.Changes[i].key() < set.Changes[j].key() })
	for name, oc := range plan.OutputChanges {
		if options.LayerOutput == nil || oc.Actions.NoOp() {
			continue
		}
		if layer, ok := options.LayerOutput(name); ok && !sameValue(oc) {
			set.OutputLayers[layer] = true
		}
	}
	return set
}

func fromResource(rc *tfjson.ResourceChange, stateful map[string]bool, hidden secrets) (Change, bool) {
	if rc.Change == nil || rc.Mode == tfjson.DataResourceMode {
		return Change{}, false
	}
	c := Change{
		Address: rc.Address, Layer: Layer(rc.Address), Type: rc.Type, Deposed: rc.DeposedKey,
		MovedFrom: rc.PreviousAddress, Stateful: stateful[rc.Type], Reason: reason(rc.ActionReason),
	}
	if rc.Change.Importing != nil {
		c.ImportID = rc.Change.Importing.ID
	}
	operation, ok := operationOf(rc.Change, c.ImportID != "", c.MovedFrom != "")
	if !ok {
		return Change{}, false
	}
	c.Operation = operation
	for _, a := range rc.Change.Actions {
		c.Actions = append(c.Actions, string(a))
	}
	if operation == Import || operation == Move {
		c.Actions = []string{string(operation)}
	}
	for _, path := range rc.Change.ReplacePaths {
		c.Replaces = append(c.Replaces, pathString(path))
	}
	sort.Strings(c.Replaces)
	c.Attributes = attributes(rc.Change, c.Replaces, hidden)
	if operation == Delete || operation == Replace || operation == Update {
		c.Identities, c.Mentions = identities(rc.Change.Before)
	}
	if operation != Delete && operation != Forget {
		c.After = hidden.tree(rc.Change.After, rc.Change.AfterUnknown, rc.Change.AfterSensitive)
	}
	return c, true
}

func operationOf(change *tfjson.Change, imported, moved bool) (Operation, bool) {
	actions := change.Actions
	switch {
	case actions.Replace():
		return Replace, true
	case actions.Create():
		return Create, true
	case actions.Delete():
		return Delete, true
	case actions.Update() && !sameValue(change):
		return Update, true
	case len(actions) == 1 && actions[0] == tfjson.ActionForget:
		return Forget, true
	case imported:
		return Import, true
	case moved:
		return Move, true
	}
	return "", false
}

// sameValue reports whether a change keeps every value: then at most
// sensitivity marks differ, which no AWS resource can see.
func sameValue(change *tfjson.Change) bool {
	return !AnyUnknown(change.AfterUnknown) && reflect.DeepEqual(change.Before, change.After)
}

// AnyUnknown reports whether Terraform's record of what is unknown in a value
// names any part of it.
func AnyUnknown(v any) bool {
	switch u := v.(type) {
	case bool:
		return u
	case map[string]any:
		for _, each := range u {
			if AnyUnknown(each) {
				return true
			}
		}
	case []any:
		for _, each := range u {
			if AnyUnknown(each) {
				return true
			}
		}
	}
	return false
}

// Layer gives the layer of a resource address: the name of its first module,
// "" for a resource of the root.
func Layer(address string) string {
	rest, ok := strings.CutPrefix(address, "module.")
	if !ok {
		return ""
	}
	if end := strings.IndexAny(rest, ".["); end >= 0 {
		return rest[:end]
	}
	return rest
}

// reason says in a few words why Terraform replaces or deletes; a reason that
// is not known here is given in Terraform's own.
func reason(r tfjson.ActionReason) string {
	switch r {
	case "":
		return ""
	case "replace_because_cannot_update":
		return "cannot change in place"
	case "replace_because_tainted":
		return "tainted"
	case "replace_by_request":
		return "goes along with what it stands on"
	case "replace_by_triggers":
		return "triggered by another"
	case "delete_because_no_resource_config":
		return "no longer in the configuration"
	case "delete_because_no_module":
		return "its module is gone"
	case "delete_because_wrong_repetition":
		return "count or for_each changed"
	case "delete_because_count_index":
		return "beyond its count"
	case "delete_because_each_key":
		return "no longer in its for_each"
	}
	return strings.ReplaceAll(string(r), "_", " ")
}

// Summary counts changes by what happens.
type Summary struct {
	Create  int `json:"create"`
	Update  int `json:"update"`
	Replace int `json:"replace"`
	Delete  int `json:"delete"`
	Import  int `json:"import,omitempty"`
	Forget  int `json:"forget,omitempty"`
	Move    int `json:"move,omitempty"`
}

// Summarize counts the changes.
func Summarize(changes []Change) Summary {
	var s Summary
	for _, c := range changes {
		switch c.Operation {
		case Create:
			s.Create++
		case Update:
			s.Update++
		case Replace:
			s.Replace++
		case Delete:
			s.Delete++
		case Import:
			s.Import++
		case Forget:
			s.Forget++
		case Move:
			s.Move++
		}
	}
	return s
}

// ByLayer groups the changes; each group keeps the set's order.
func (s Set) ByLayer() map[string][]Change {
	groups := map[string][]Change{}
	for _, c := range s.Changes {
		groups[c.Layer] = append(groups[c.Layer], c)
	}
	return groups
}

// RiskFirst orders changes for people: deletes, replaces, then the rest, and
// within each stateful resources first.
func RiskFirst(changes []Change) []Change {
	sorted := append([]Change(nil), changes...)
	sort.SliceStable(sorted, func(i, j int) bool {
		a, b := sorted[i], sorted[j]
		if ra, rb := a.Operation.risk(), b.Operation.risk(); ra != rb {
			return ra < rb
		}
		return a.Stateful && !b.Stateful
	})
	return sorted
}

// Empty reports whether nothing at all is to be done, outputs included.
func (s Set) Empty() bool { return len(s.Changes) == 0 && len(s.OutputLayers) == 0 }

// identities gives an object's id and ARN, and all strings of its attributes
// but tags.
func identities(before any) ([]string, Strings) {
	object, _ := before.(map[string]any)
	var ids []string
	for _, key := range []string{"id", "arn"} {
		if id, ok := object[key].(string); ok && id != "" {
			ids = append(ids, id)
		}
	}
	mentions := Strings{}
	for key, value := range object {
		if key != "tags" && key != "tags_all" {
			collectStrings(value, mentions)
		}
	}
	return ids, mentions
}

func collectStrings(value any, into Strings) {
	switch v := value.(type) {
	case string:
		into[v] = true
	case []any:
		for _, each := range v {
			collectStrings(each, into)
		}
	case map[string]any:
		for _, each := range v {
			collectStrings(each, into)
		}
	}
}
