package change

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"
)

type object = map[string]any

// drifting is a refresh-only plan of one resource, aws_thing.this of layer a,
// which sets the attribute "set" and the block "block", and of others that
// stand there.
func drifting(before, after object, others ...*tfjson.StateResource) *tfjson.Plan {
	actions := tfjson.Actions{tfjson.ActionUpdate}
	var is any = after
	if after == nil {
		actions, is = tfjson.Actions{tfjson.ActionDelete}, nil
	} else {
		after["id"], before["id"] = "thing-1", "thing-1"
	}
	return &tfjson.Plan{
		Config: &tfjson.Config{RootModule: &tfjson.ConfigModule{ModuleCalls: map[string]*tfjson.ModuleCall{"a": {
			Module: &tfjson.ConfigModule{Resources: []*tfjson.ConfigResource{{Address: "aws_thing.this", Expressions: map[string]*tfjson.Expression{"set": {}, "block": {}, "tags": {}}}}},
		}}}},
		PriorState: &tfjson.State{Values: &tfjson.StateValues{RootModule: &tfjson.StateModule{ChildModules: []*tfjson.StateModule{{Resources: others}}}}},
		ResourceDrift: []*tfjson.ResourceChange{{
			Address: `module.a.aws_thing.this["x.y"]`, Mode: tfjson.ManagedResourceMode, Type: "aws_thing",
			Change: &tfjson.Change{Actions: actions, Before: before, After: is},
		}},
	}
}

func resource(kind string, values object) *tfjson.StateResource {
	return &tfjson.StateResource{Address: "module.a." + kind + ".other", Mode: tfjson.ManagedResourceMode, Type: kind, AttributeValues: values}
}

// TestWhatIsNoDrift has what a first refresh finds on a stack that nobody touched.
func TestWhatIsNoDrift(t *testing.T) {
	t.Parallel()
	rule := resource("aws_thing_rule", object{"thing_id": "thing-1", "cidr": "10.0.0.0/16", "from": 443.0, "protocol": "tcp"})
	second := resource("aws_thing_rule", object{"thing_id": "thing-1", "cidr": "10.1.0.0/16", "from": 443.0, "protocol": "tcp"})
	tests := map[string]struct {
		before, after object
		others        []*tfjson.StateResource
	}{
		"null is empty":            {object{"set": nil, "other": nil}, object{"set": []any{}, "other": object{}}, nil},
		"null is false and zero":   {object{"set": object{"a": nil, "b": nil, "c": nil}}, object{"set": object{"a": false, "b": 0.0, "c": ""}}, nil},
		"a policy written anew":    {object{"set": `{"Version":"1","Statement":[{"Effect":"Allow","Sid":"a"}]}`}, object{"set": "{\n \"Statement\": [{\"Sid\":\"a\",\"Effect\":\"Allow\"}], \"Version\": \"1\"}"}, nil},
		"blocks in another order":  {object{"block": []any{object{"n": 1.0}, object{"n": 2.0}}}, object{"block": []any{object{"n": 2.0, "m": nil}, object{"n": 1.0}}}, nil},
		"a counter and a time":     {object{"attachment_count": 0.0, "last_modified": "a", "status": "making"}, object{"attachment_count": 1.0, "last_modified": "b", "status": "made"}, nil},
		"what AWS fills in":        {object{"address": nil}, object{"address": "10.0.0.1"}, nil},
		"a rule of another":        {object{"ingress": []any{}}, object{"ingress": []any{object{"cidrs": []any{"10.0.0.0/16"}, "from": 443.0, "protocol": "tcp", "self": false}}}, []*tfjson.StateResource{rule}},
		"rules that AWS gathers":   {object{"ingress": []any{}}, object{"ingress": []any{object{"cidrs": []any{"10.0.0.0/16", "10.1.0.0/16"}, "from": 443.0, "protocol": "tcp"}}}, []*tfjson.StateResource{rule, second}},
		"a resource for a part":    {object{"policy": `{"a":1}`}, object{"policy": `{"b":2}`}, []*tfjson.StateResource{resource("aws_thing_policy", object{"thing": "thing-1"})}},
		"other tags of a provider": {object{"tags": object{"a": "1"}, "tags_all": object{"a": "1", "release": "1"}}, object{"tags": object{"a": "1", "release": "1"}, "tags_all": object{"a": "1", "release": "1"}}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Drift(drifting(test.before, test.after, test.others...), DriftOptions{}); len(got) > 0 {
				t.Errorf("told as drift: %v", got)
			}
		})
	}
}

// TestDrift has what somebody did by hand.
func TestDrift(t *testing.T) {
	t.Parallel()
	rule := resource("aws_thing_rule", object{"thing_id": "thing-1", "cidr": "10.0.0.0/16", "from": 443.0, "protocol": "tcp"})
	own := object{"cidrs": []any{"10.0.0.0/16"}, "from": 443.0, "protocol": "tcp"}
	tests := map[string]struct {
		before, after object
		others        []*tfjson.StateResource
		want          []Attribute
	}{
		"a number":               {object{"set": 30.0}, object{"set": 7.0}, nil, []Attribute{{Path: "set", Before: "30", After: "7"}}},
		"a switch":               {object{"set": true}, object{"set": false}, nil, []Attribute{{Path: "set", Before: "true", After: "false"}}},
		"a text":                 {object{"set": "Enabled"}, object{"set": "Suspended"}, nil, []Attribute{{Path: "set", Before: "(a text)", After: "(a text)"}}},
		"what was empty":         {object{"set": ""}, object{"set": "x"}, nil, []Attribute{{Path: "set", Before: `""`, After: "(a text)"}}},
		"inside a block":         {object{"block": []any{object{"mode": "Active", "n": 1.0}}}, object{"block": []any{object{"mode": "Active", "n": 2.0}}}, nil, []Attribute{{Path: "block.n", Before: "1", After: "2"}}},
		"an element less":        {object{"set": []any{"a", "b"}}, object{"set": []any{"a"}}, nil, []Attribute{{Path: "set", Before: "2 elements", After: "1 element"}}},
		"texts in another order": {object{"set": []any{"a", "b"}}, object{"set": []any{"b", "a"}}, nil, []Attribute{{Path: "set", Before: "2 elements", After: "2 elements"}}},
		"a default":              {object{"timeout": 3.0}, object{"timeout": 60.0}, nil, []Attribute{{Path: "timeout", Before: "3", After: "60"}}},
		"a tag":                  {object{"tags": object{}, "tags_all": object{"Owner": "me"}}, object{"tags": object{}, "tags_all": object{"Owner": "you"}}, nil, []Attribute{{Path: "tags.Owner", Before: "(a text)", After: "(a text)"}}},
		"a rule by hand": {object{"ingress": []any{}}, object{"ingress": []any{own, object{"cidrs": []any{"10.0.0.0/16"}, "from": 22.0, "protocol": "tcp"}}}, []*tfjson.StateResource{rule},
			[]Attribute{{Path: "ingress", Before: "0 elements", After: "2 elements"}}},
		"another in the same rule": {object{"ingress": []any{}}, object{"ingress": []any{object{"cidrs": []any{"0.0.0.0/0", "10.0.0.0/16"}, "from": 443.0, "protocol": "tcp"}}}, []*tfjson.StateResource{rule},
			[]Attribute{{Path: "ingress", Before: "0 elements", After: "1 element"}}},
		"a rule that is gone": {object{"ingress": []any{own}}, object{"ingress": []any{}}, nil, []Attribute{{Path: "ingress", Before: "1 element", After: "0 elements"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Drift(drifting(test.before, test.after, test.others...), DriftOptions{StatefulTypes: []string{"aws_thing"}})
			want := []Drifted{{Address: `module.a.aws_thing.this["x.y"]`, Layer: "a", Type: "aws_thing", Stateful: true, Attributes: test.want}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDriftOfWhatIsGone(t *testing.T) {
	t.Parallel()
	plan := drifting(object{"set": "x"}, nil)
	data := *plan.ResourceDrift[0]
	data.Mode, data.Address = tfjson.DataResourceMode, "module.a.data.aws_thing.this"
	plan.ResourceDrift = append(plan.ResourceDrift, &data)
	want := []Drifted{{Address: `module.a.aws_thing.this["x.y"]`, Layer: "a", Type: "aws_thing", Missing: true}}
	if diff := cmp.Diff(want, Drift(plan, DriftOptions{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestIgnoredDrift(t *testing.T) {
	t.Parallel()
	plan := drifting(object{"set": 1.0, "tags": object{"Release": "1", "Owner": "me"}}, object{"set": 2.0, "tags": object{"Release": "2", "Owner": "you"}})
	got := Drift(plan, DriftOptions{Ignored: func(_, _, path string) bool { return path == "set" || path == "tags.Release" }})
	if len(got) != 1 || len(got[0].Attributes) != 1 || got[0].Attributes[0].Path != "tags.Owner" {
		t.Errorf("got %v", got)
	}
}

// TestDriftTellsNoSecrets has a secret as a marked value, as one that is
// repeated without a mark, and as the name of a tag.
func TestDriftTellsNoSecrets(t *testing.T) {
	t.Parallel()
	plan := drifting(
		object{"set": "hunter22", "pin": 1234.0, "block": object{"x": "a"}, "tags": object{}},
		object{"set": "hunter23", "pin": 4321.0, "block": object{"x": "hunter23"}, "tags": object{"hunter23": "x"}})
	plan.ResourceDrift[0].Change.BeforeSensitive = object{"set": true, "pin": true}
	plan.ResourceDrift[0].Change.AfterSensitive = object{"set": true, "pin": true}
	got := Drift(plan, DriftOptions{})
	want := []Attribute{
		{Path: "block.x", Before: "(a text)", After: "(a text)"},
		{Path: "pin", Before: shownSensitive, After: shownSensitive},
		{Path: "set", Before: shownSensitive, After: shownSensitive},
		{Path: "tags." + shownSensitive, Before: "unset", After: "(a text)"},
	}
	if diff := cmp.Diff(want, got[0].Attributes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, a := range got[0].Attributes {
		if strings.Contains(a.Path+a.Before+a.After, "hunter") {
			t.Errorf("a secret is told: %v", a)
		}
	}
}
