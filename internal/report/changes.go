package report

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/secrecy"
)

// changes are what is done to the resources, by layer.
type changes struct {
	Overview *table
	Layers   []layerChanges
	Same     string // what is not changed
	Source   string // where they come from, where that is not the preview
	Outcome  bool   // what became of each is known
	Diffs    string // what is shown of the attributes
}

type layerChanges struct {
	ID      string
	Name    string
	Summary string
	Note    string
	Open    bool
	Rows    []changed
	More    string
}

// changed is one resource.
type changed struct {
	State      State
	Address    string
	HoldsData  bool
	Notes      string
	Outcome    *State
	Attributes []attribute
	Left       string // attributes that were left out
}

type attribute struct {
	Path   string
	What   string // without values
	Before string
	After  string
	Values bool
	Forces bool
}

// mostAttributes bounds what is shown of one resource.
const mostAttributes = 40

// operationOf turns Terraform's word for what it does into a state.
func operationOf(action string) State {
	if o := change.Operation(action); slices.Contains([]change.Operation{change.Create, change.Update, change.Delete, change.Replace, change.Import, change.Forget, change.Move}, o) {
		return operationState(o)
	}
	return State{say(action, maxName), "idle", "?"}
}

// changesOf builds the list of changes, riskiest first within each layer. outcome tells
// what became of one; nil for a plan.
func changesOf(list []change.Change, order []string, notes func(layer string) string, outcome func(change.Change) *State, options Options, b bounds) *changes {
	byLayer := change.Set{Changes: list}.ByLayer()
	c := &changes{Outcome: outcome != nil, Overview: overview(byLayer, order, notes)}
	names := append([]string{}, order...)
	var others []string
	for layer := range byLayer {
		if !slices.Contains(names, layer) {
			others = append(others, layer)
		}
	}
	sort.Strings(others)
	same := 0
	for i, layer := range append(names, others...) {
		sorted := change.RiskFirst(byLayer[layer])
		note := ""
		if notes != nil {
			note = notes(layer)
		}
		if len(sorted) == 0 && note == "" {
			same++
			continue
		}
		l := layerChanges{ID: fmt.Sprintf("changes-%d", i+1), Name: layerName(layer), Summary: orText(counts(change.Summarize(sorted), ""), "outputs only"), Note: note}
		for n, each := range sorted {
			l.Open = l.Open || risky(each)
			if n == b.changes {
				l.More = fmt.Sprintf("%s more, less risky than these, are left out: %s.", plural(len(sorted)-n, "change"), counts(change.Summarize(sorted[n:]), ""))
				break
			}
			l.Rows = append(l.Rows, changeOf(each, outcome, options, b))
		}
		c.Layers = append(c.Layers, l)
	}
	if same > 0 {
		c.Same = plural(same, "other layer") + ": no change."
	}
	return c
}

func layerName(layer string) string {
	if layer == "" {
		return "(the root)"
	}
	return say(layer, maxName)
}

func orText(of, otherwise string) string {
	if of == "" {
		return otherwise
	}
	return of
}

// lost reports whether a change takes something away.
func lost(c change.Change) bool {
	return c.Operation == change.Delete || c.Operation == change.Replace || c.Operation == change.Forget
}

// risky reports whether a change is to be looked at first.
func risky(c change.Change) bool { return lost(c) || c.Stateful && c.Operation == change.Update }

func changeOf(c change.Change, outcome func(change.Change) *State, options Options, b bounds) changed {
	out := changed{State: operationState(c.Operation), Address: say(inLayer(c.Address, c.Layer), maxAddress), HoldsData: c.Stateful, Notes: notesOf(c, options)}
	if outcome != nil {
		out.Outcome = outcome(c)
	}
	for i, a := range c.Attributes {
		if i == min(mostAttributes, b.attributes) {
			out.Left = fmt.Sprintf("%s more", plural(len(c.Attributes)-i, "attribute"))
			break
		}
		out.Attributes = append(out.Attributes, attributeOf(a, options.Values))
	}
	return out
}

// notesOf says why, without values: names of attributes only.
func notesOf(c change.Change, options Options) string {
	var notes []string
	if c.Reason != "" && c.Operation != change.Create {
		notes = append(notes, say(c.Reason, maxText))
	}
	if c.Deposed != "" {
		notes = append(notes, "a deposed object")
	}
	if len(c.Replaces) > 0 {
		shown := c.Replaces[:min(len(c.Replaces), 4)]
		paths := make([]string, len(shown))
		for i, path := range shown {
			paths[i] = say(path, maxPath)
		}
		notes = append(notes, "forced by "+strings.Join(paths, ", "))
	}
	if c.MovedFrom != "" {
		notes = append(notes, "was "+say(c.MovedFrom, maxAddress))
	}
	switch {
	case c.ImportID != "" && options.Values:
		notes = append(notes, "imports "+secrecy.Value("id", c.ImportID, maxValue))
	case c.ImportID != "" && c.Operation != change.Import:
		notes = append(notes, "imported first")
	}
	return strings.Join(notes, "; ")
}

// attributeOf says what happens to an attribute: its values where they are wanted and
// no secret, else only whether it is set, changed or taken away.
func attributeOf(a change.Attribute, values bool) attribute {
	const none, sensitive, unknown = "null", "(sensitive)", "(known after apply)"
	out := attribute{Path: say(a.Path, maxPath), Forces: a.Replaces, Values: values}
	switch {
	case a.Before == sensitive || a.After == sensitive:
		out.What = "changes; sensitive"
	case a.After == unknown:
		out.What = "known after the apply"
	case a.Before == none:
		out.What = "is set"
	case a.After == none:
		out.What = "is taken away"
	default:
		out.What = "changes"
	}
	if values {
		out.Before, out.After = secrecy.Value(a.Path, a.Before, maxValue), secrecy.Value(a.Path, a.After, maxValue)
	}
	return out
}

// overview counts by layer.
func overview(byLayer map[string][]change.Change, order []string, notes func(string) string) *table {
	t := &table{Caption: "Changes by layer", Columns: []string{"Layer", "Delete", "Replace", "Update", "Create", "Other", "Note"}}
	var all change.Summary
	line := func(first cell, s change.Summary, note string) {
		t.Rows = append(t.Rows, row{Cells: []cell{first, counted(s.Delete), counted(s.Replace), counted(s.Update), counted(s.Create), counted(s.Import + s.Forget + s.Move), text(note)}})
	}
	for _, layer := range order {
		s := change.Summarize(byLayer[layer])
		note := ""
		if notes != nil {
			note = notes(layer)
		}
		if s == (change.Summary{}) && note == "" {
			continue
		}
		line(head(layerName(layer)), s, note)
	}
	for _, list := range byLayer {
		s := change.Summarize(list)
		all.Delete, all.Replace, all.Update, all.Create = all.Delete+s.Delete, all.Replace+s.Replace, all.Update+s.Update, all.Create+s.Create
		all.Import, all.Forget, all.Move = all.Import+s.Import, all.Forget+s.Forget, all.Move+s.Move
	}
	if len(t.Rows) == 0 {
		return nil
	}
	line(head("All"), all, "")
	return t
}

// risks lists what is to be looked at first: what is lost, that which holds data above
// all, and other changes of what holds data.
func risks(list []change.Change, most int) *table {
	var first, then []change.Change
	for _, c := range change.RiskFirst(list) {
		switch {
		case lost(c) && c.Stateful:
			first = append(first, c)
		case risky(c):
			then = append(then, c)
		}
	}
	all := slices.Concat(first, then)
	if len(all) == 0 {
		return nil
	}
	t := &table{Caption: "What is lost, and changes of what holds data", Columns: []string{"What", "Resource", "Holds data", "Why"}}
	for i, c := range all {
		if i == most {
			t.More = fmt.Sprintf("%d more: %s.", len(all)-i, counts(change.Summarize(all[i:]), ""))
			break
		}
		data := ""
		if c.Stateful {
			data = "yes"
		}
		t.Rows = append(t.Rows, row{Cells: []cell{stated(operationState(c.Operation)), code(say(c.Address, maxAddress)), text(data), text(notesOf(c, Options{}))}})
	}
	return t
}

// changes gives what the run was to change and what became of it: as its preview had it,
// else as it was approved, else what it is known to have done.
func (r *run) changes(d Deployment, options Options, b bounds) *changes {
	var list []change.Change
	source, diffs := "", ""
	switch {
	case d.Preview != nil:
		list = d.Preview.Changes
		diffs = diffsText(options.Values)
	case d.Account.Approved != nil:
		list, source = d.Account.Approved.Set().Changes, "As it was approved; what of each resource changes was not kept."
	default:
		list, source = r.done(), "What the run reported; what it was to do was not kept."
	}
	if len(list) == 0 {
		return nil
	}
	order := make([]string, len(r.layers))
	for i, layer := range r.layers {
		order[i] = layer.Name
	}
	c := changesOf(list, order, nil, r.outcome(), options, b)
	c.Source, c.Diffs = source, diffs
	return c
}

func diffsText(values bool) string {
	if values {
		return "Values are shown where they are neither marked as sensitive nor named or shaped like a secret."
	}
	return "Attributes are named without their values."
}

// done gives the changes that the events tell.
func (r *run) done() []change.Change {
	var list []change.Change
	for _, layer := range r.layers {
		for _, each := range r.work[layer.Name] {
			list = append(list, change.Change{Address: each.address, Layer: layer.Name, Operation: change.Operation(each.action)})
		}
	}
	return list
}

// outcome gives what tells what became of a change.
func (r *run) outcome() func(change.Change) *State {
	worst := map[string]engine.RunStatus{}
	for _, work := range r.work {
		for _, each := range work {
			if was, known := worst[each.address]; !known || severity(each.status) > severity(was) {
				worst[each.address] = each.status
			}
		}
	}
	return func(c change.Change) *State {
		status, known := worst[c.Address]
		if !known && c.MovedFrom != "" {
			status, known = worst[c.MovedFrom]
		}
		if known && status == engine.Succeeded {
			return &State{"done", "ok", "✓"}
		}
		if known {
			s := StatusState(status)
			return &s
		}
		layer, touched := r.standing(c.Layer)
		if touched && (layer == engine.Succeeded || layer == engine.Unchanged) {
			return &State{"done, nothing reported", "ok", "="} // imports, moves, and what became needless
		}
		if !r.over() {
			return &State{"to come", "idle", "…"}
		}
		return &State{"not reached", "idle", "–"}
	}
}
