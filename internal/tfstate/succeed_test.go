package tfstate

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSucceed: both objects of a replace that creates first are in the state
// afterwards, the old one deposed with all that it had, and the next document
// is a later one of the same lineage that reads back.
func TestSucceed(t *testing.T) {
	t.Parallel()
	body := state(managed("module.network", "aws_subnet", "private", `[
		{"index_key":"a","schema_version":1,"attributes":{"id":"old"},"private":"secret","dependencies":["module.network.aws_vpc.this"],"create_before_destroy":true},
		{"index_key":"b","schema_version":1,"attributes":{"id":"other"}}]`))
	s, err := Parse("network", "o", body, "")
	if err != nil {
		t.Fatal(err)
	}
	succeeded, err := s.Succeed(map[string]Successor{
		`module.network.aws_subnet.private["a"]`: {Attributes: map[string]any{"id": "new", "tags": nil}, SchemaVersion: 2},
		`module.network.aws_subnet.private["c"]`: {Attributes: map[string]any{"id": "nowhere"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	next, err := succeeded.Next()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("network", "o", next, "")
	if err != nil {
		t.Fatal(err)
	}
	if again.Serial != s.Serial+1 || again.Lineage != s.Lineage || len(again.Outputs) != 2 {
		t.Errorf("not the next document: %s", next)
	}
	got, err := again.Instances()
	if err != nil {
		t.Fatal(err)
	}
	want := []Instance{
		{Address: `module.network.aws_subnet.private["a"]`, Type: "aws_subnet", ID: "new", Dependencies: []string{"module.network.aws_vpc.this"}},
		{Address: `module.network.aws_subnet.private["a"]`, Type: "aws_subnet", ID: "old", Dependencies: []string{"module.network.aws_vpc.this"}, Deposed: true},
		{Address: `module.network.aws_subnet.private["b"]`, Type: "aws_subnet", ID: "other"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var raw struct {
		Resources []struct {
			Instances []map[string]any `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(next, &raw); err != nil {
		t.Fatal(err)
	}
	current, deposed := raw.Resources[0].Instances[0], raw.Resources[0].Instances[1]
	if current["private"] != nil || current["schema_version"] != 2.0 || current["create_before_destroy"] != true {
		t.Errorf("the successor: %v", current)
	}
	if deposed["private"] != "secret" || deposed["schema_version"] != 1.0 {
		t.Errorf("the predecessor: %v", deposed)
	}

	twice, err := again.Succeed(map[string]Successor{`module.network.aws_subnet.private["b"]`: {Attributes: map[string]any{"id": "newer"}}})
	if err != nil {
		t.Fatal(err)
	}
	if next, err = twice.Next(); err != nil || strings.Count(string(next), `"deposed"`) != 2 {
		t.Errorf("%s, %v", next, err)
	}
}
