package change

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

func rc(address, typ string, actions tfjson.Actions, before, after, unknown any) *tfjson.ResourceChange {
	return &tfjson.ResourceChange{Address: address, Type: typ, Mode: tfjson.ManagedResourceMode,
		Change: &tfjson.Change{Actions: actions, Before: before, After: after, AfterUnknown: unknown}}
}

var (
	create  = tfjson.Actions{tfjson.ActionCreate}
	update  = tfjson.Actions{tfjson.ActionUpdate}
	remove  = tfjson.Actions{tfjson.ActionDelete}
	replace = tfjson.Actions{tfjson.ActionDelete, tfjson.ActionCreate}
	noop    = tfjson.Actions{tfjson.ActionNoop}
)

type m = map[string]any

func TestFromPlan(t *testing.T) {
	t.Parallel()
	data := rc("module.network.data.aws_region.x", "aws_region", tfjson.Actions{tfjson.ActionRead}, nil, m{}, nil)
	data.Mode = tfjson.DataResourceMode
	imported := rc("module.network.aws_vpc.adopted", "aws_vpc", noop, m{"a": 1.0}, m{"a": 1.0}, nil)
	imported.Change.Importing = &tfjson.Importing{ID: "vpc-9"}
	moved := rc("module.network.aws_vpc.new", "aws_vpc", noop, m{}, m{}, nil)
	moved.PreviousAddress = "module.network.aws_vpc.old"
	tainted := rc("module.database.aws_rds_cluster.this", "aws_rds_cluster", replace, m{"a": "x"}, m{"a": "y"}, nil)
	tainted.ActionReason = tfjson.ActionReason("replace_because_tainted")
	tainted.Change.ReplacePaths = []any{[]any{"a"}}
	plan := &tfjson.Plan{
		ResourceChanges: []*tfjson.ResourceChange{
			data, imported, moved, tainted,
			rc("module.network.aws_vpc.this", "aws_vpc", create, nil, m{"cidr": "10.0.0.0/16"}, m{"id": true}),
			rc("module.network.aws_vpc.marks", "aws_vpc", update, m{"a": "s"}, m{"a": "s"}, m{}),
			rc("module.network.aws_vpc.same", "aws_vpc", noop, m{}, m{}, nil),
			rc(`module.database["x"].aws_db_subnet_group.old`, "aws_db_subnet_group", remove, m{}, nil, nil),
		},
		OutputChanges: map[string]*tfjson.Change{
			"module_network":  {Actions: update, Before: m{"a": 1.0}, After: m{"a": 2.0}},
			"module_database": {Actions: update, Before: m{"a": 1.0}, After: m{"a": 1.0}},
			"url":             {Actions: update, Before: "x", After: "y"},
		},
	}
	set := FromPlan(plan, Options{LayerOutput: func(o string) (string, bool) { return strings.CutPrefix(o, "module_") }})
	var got []string
	for _, c := range set.Changes {
		got = append(got, fmt.Sprintf("%s %s %s %s", c.Operation, c.Layer, c.Address, strings.Join(c.Actions, "+")))
	}
	want := []string{
		`replace database module.database.aws_rds_cluster.this delete+create`,
		`delete database module.database["x"].aws_db_subnet_group.old delete`,
		`import network module.network.aws_vpc.adopted import`,
		`move network module.network.aws_vpc.new move`,
		`create network module.network.aws_vpc.this create`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]bool{"network": true}, set.OutputLayers); diff != "" {
		t.Error(diff)
	}
	if c := set.Changes[0]; !c.Stateful || c.Reason != "tainted" || !c.Attributes[0].Replaces {
		t.Errorf("the replace lost its facts: %+v", c)
	}
	if diff := cmp.Diff(Summary{Create: 1, Replace: 1, Delete: 1, Import: 1, Move: 1}, Summarize(set.Changes)); diff != "" {
		t.Error(diff)
	}
	if first := RiskFirst(set.Changes)[0].Operation; first != Delete {
		t.Errorf("riskiest first: %s", first)
	}
}

func TestGuarded(t *testing.T) {
	t.Parallel()
	changes := []Change{
		{Address: "a", Operation: Delete, Stateful: true}, {Address: "b", Operation: Replace, Stateful: true},
		{Address: "c", Operation: Update, Stateful: true}, {Address: "d", Operation: Delete},
	}
	got := Guarded(changes, []string{"b"})
	if len(got) != 1 || got[0].Address != "a" {
		t.Errorf("got %v", got)
	}
}

func one(address string, op Operation, after Tree) Change {
	return Change{Address: address, Operation: op, After: after}
}

func TestRefines(t *testing.T) {
	t.Parallel()
	known, other := Tree(map[string]Tree{"a": "#1"}), Tree(map[string]Tree{"a": "#2"})
	unknown := Tree(map[string]Tree{"a": Unknown})
	cases := map[string]struct {
		approved, applied []Change
		started           map[string]bool
		excess            int
	}{
		"the same":                     {[]Change{one("x", Create, known)}, []Change{one("x", Create, known)}, nil, 0},
		"vanished":                     {[]Change{one("x", Update, known)}, nil, nil, 0},
		"unknown became known":         {[]Change{one("x", Create, unknown)}, []Change{one("x", Create, known)}, nil, 0},
		"known became another":         {[]Change{one("x", Create, known)}, []Change{one("x", Create, other)}, nil, 1},
		"known became unknown":         {[]Change{one("x", Create, known)}, []Change{one("x", Create, unknown)}, nil, 1},
		"an attribute more":            {[]Change{one("x", Create, known)}, []Change{one("x", Create, map[string]Tree{"a": "#1", "b": "#3"})}, nil, 1},
		"replace became update":        {[]Change{one("x", Replace, known)}, []Change{one("x", Update, known)}, nil, 0},
		"replace done, not stored":     {[]Change{one("x", Replace, known)}, []Change{{Address: "x", Operation: Import, ImportID: "i", After: known}}, nil, 0},
		"replace half done":            {[]Change{one("x", Replace, known)}, []Change{one("x", Create, known)}, nil, 0},
		"update became replace":        {[]Change{one("x", Update, known)}, []Change{one("x", Replace, known)}, nil, 1},
		"create became delete":         {[]Change{one("x", Create, known)}, []Change{one("x", Delete, nil)}, nil, 1},
		"not approved":                 {nil, []Change{one("x", Create, known)}, nil, 1},
		"an adopted creation":          {[]Change{one("x", Create, known)}, []Change{{Address: "x", Operation: Update, ImportID: "i", After: known}}, nil, 0},
		"an adopted creation, as read": {[]Change{one("x", Create, known)}, []Change{{Address: "x", Operation: Import, ImportID: "i", After: map[string]Tree{"a": "#1", "b": "#3"}}}, nil, 0},
		"an adopted creation, mended":  {[]Change{one("x", Create, known)}, []Change{{Address: "x", Operation: Update, ImportID: "i", Attributes: []Attribute{{Path: "a"}}, After: map[string]Tree{"a": "#1", "b": "#3"}}}, nil, 0},
		"an adopted creation, changed": {[]Change{one("x", Create, known)}, []Change{{Address: "x", Operation: Update, ImportID: "i", Attributes: []Attribute{{Path: "a"}}, After: other}}, nil, 1},
		"an adopted update, done":      {[]Change{one("x", Update, known)}, []Change{{Address: "x", Operation: Import, ImportID: "i", After: map[string]Tree{"a": "#1", "b": "#3"}}}, nil, 0},
		"an update of a creation":      {[]Change{one("x", Create, known)}, []Change{one("x", Update, known)}, nil, 1},
		"a creation begun here":        {[]Change{one("x", Create, known)}, []Change{one("x", Replace, known)}, map[string]bool{"x": true}, 0},
		"replace became delete":        {[]Change{one("x", Replace, known)}, []Change{one("x", Delete, nil)}, nil, 1},
		"a release of a replace":       {Releases([]Change{one("x", Replace, known)}), []Change{one("x", Delete, nil)}, nil, 0},
		"a release of an update":       {Releases([]Change{one("x", Update, known)}), []Change{one("x", Delete, nil)}, nil, 1},
		"an element more in a set":     {[]Change{one("x", Create, map[string]Tree{"a": []Tree{Unknown}})}, []Change{one("x", Create, map[string]Tree{"a": []Tree{"#1", "#2"}})}, nil, 1},
		"the deposed half of replace":  {[]Change{one("x", Replace, known)}, []Change{{Address: "x", Deposed: "d", Operation: Delete}}, nil, 0},
		"a deposed object elsewhere":   {[]Change{one("x", Update, known)}, []Change{{Address: "x", Deposed: "d", Operation: Delete}}, nil, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Refines(c.approved, c.applied, c.started); len(got) != c.excess {
				t.Errorf("excess %v, want %d", got, c.excess)
			}
		})
	}
}

// TestSetOrderDoesNotMatter: a set with unknown elements is listed in another
// order once they are known.
func TestSetOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	approved := secrets{}.tree([]any{"b", nil}, []any{false, true}, nil)
	if at := conflict(approved, secrets{}.tree([]any{"a", "b"}, nil, nil), ""); at != "" {
		t.Errorf("conflict at %s", at)
	}
	if at := conflict(approved, secrets{}.tree([]any{"a", "c"}, nil, nil), ""); at == "" {
		t.Error("the known element was lost unnoticed")
	}
	if at := conflict(secrets{}.tree([]any{"a", "b"}, nil, nil), secrets{}.tree([]any{"b", "a"}, nil, nil), ""); at == "" {
		t.Error("the order of a known list changed unnoticed")
	}
}

func randomValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(6); {
	case n == 0 && depth > 0:
		v := m{}
		for i := range r.IntN(4) {
			v[fmt.Sprintf("k%d", i)] = randomValue(r, depth-1)
		}
		return v
	case n == 1 && depth > 0:
		v := []any{}
		for range r.IntN(4) {
			v = append(v, randomValue(r, depth-1))
		}
		return v
	case n == 2:
		return nil
	case n == 3:
		return r.IntN(2) == 0
	case n == 4:
		return float64(r.IntN(9))
	}
	return fmt.Sprintf("v%d", r.IntN(9))
}

// blur hides random parts of a value: the laws of refinement are stated with
// it.
func blur(r *rand.Rand, t Tree) Tree {
	switch v := t.(type) {
	case map[string]Tree:
		out := map[string]Tree{}
		for key, each := range v {
			out[key] = blur(r, each)
		}
		return out
	case []Tree:
		out := make([]Tree, len(v))
		for i := range v {
			out[i] = blur(r, v[i])
		}
		return out
	}
	if r.IntN(3) == 0 {
		return Unknown
	}
	return t
}

func TestConflictLaws(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 2))
		full := secrets{}.tree(m{"v": randomValue(r, 3)}, nil, nil)
		if at := conflict(full, full, ""); at != "" {
			t.Fatalf("seed %d: a value conflicts with itself at %s", seed, at)
		}
		blurred := blur(r, full)
		if at := conflict(blurred, full, ""); at != "" {
			t.Fatalf("seed %d: a value conflicts with what is less known of it at %s: %v", seed, at, blurred)
		}
		body, _ := json.Marshal(blurred)
		var back any
		if err := json.Unmarshal(body, &back); err != nil {
			t.Fatal(err)
		}
		if at := conflict(back, full, ""); at != "" {
			t.Fatalf("seed %d: not the same after a round trip: %s", seed, at)
		}
	}
}

func TestApproval(t *testing.T) {
	t.Parallel()
	secret := "s3cr3t-" + strings.Repeat("x", 9)
	c := rc("module.a.aws_vpc.this", "aws_vpc", update, m{"p": secret, "n": 1.0, "o": m{"q": secret}}, m{"p": secret + "2", "n": 2.0, "o": m{"q": secret + "3"}}, nil)
	c.Change.BeforeSensitive = m{"p": true, "o": m{"q": true}}
	c.Change.AfterSensitive = m{"p": true, "o": m{"q": true}}
	set := FromPlan(&tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{c}}, Options{})
	inputs := Inputs{Root: "r", States: map[string]tfstate.Fingerprint{"a": {Lineage: "l", Serial: 3}}}
	approval, err := NewApproval("production", inputs, set)
	if err != nil {
		t.Fatal(err)
	}
	body, err := approval.Encode()
	if err != nil {
		t.Fatal(err)
	}
	shown, _ := json.Marshal(set.Changes)
	if strings.Contains(string(body)+string(shown)+fmt.Sprintf("%v %+v %#v", set, set, set), secret) {
		t.Error("a sensitive value is told")
	}
	back, err := ReadApproval("f", "production", body)
	if err != nil {
		t.Fatal(err)
	}
	if excess := Refines(back.Set().Changes, set.Changes, nil); len(excess) != 0 {
		t.Errorf("an approval does not cover what it was made from: %v", excess)
	}
	if _, err := ReadApproval("f", "staging", body); !problem.Is(err, problem.ForeignApproval) {
		t.Errorf("another environment: %v", err)
	}
	edits := map[string]string{"update": "delete", `"serial": 3`: `"serial": 4`, "production": "staging", `"root": "r"`: `"root": "q"`}
	for from, to := range edits {
		edited := strings.Replace(string(body), from, to, 1)
		if _, err := ReadApproval("f", "production", []byte(edited)); !problem.Is(err, problem.EditedApproval) {
			t.Errorf("%s → %s: %v", from, to, err)
		}
	}
	if _, err := ReadApproval("f", "production", append(body, '{')); !problem.Is(err, problem.EditedApproval) {
		t.Errorf("text after the end: %v", err)
	}
	now := inputs
	now.Lock, now.States = "other", map[string]tfstate.Fingerprint{"a": {Lineage: "l", Serial: 4}}
	if got := back.Stale(now); len(got) != 2 {
		t.Errorf("stale: %v", got)
	}
	if got := back.Stale(inputs); got != nil {
		t.Errorf("stale: %v", got)
	}
}

func FuzzReadApproval(f *testing.F) {
	a, err := NewApproval("e", Inputs{}, Set{Changes: []Change{one("x", Create, map[string]Tree{"a": []Tree{"#1", Unknown, nil}})}})
	if err != nil {
		f.Fatal(err)
	}
	body, _ := a.Encode()
	f.Add(body)
	f.Fuzz(func(_ *testing.T, body []byte) {
		a, err := ReadApproval("f", "e", body)
		if err == nil {
			_ = Refines(a.Set().Changes, a.Set().Changes, nil)
		}
	})
}
