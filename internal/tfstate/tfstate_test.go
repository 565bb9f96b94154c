package tfstate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const aws = `provider["registry.terraform.io/hashicorp/aws"]`

func managed(module, typ, name, instances string) string {
	return fmt.Sprintf(`{"module":%q,"mode":"managed","type":%q,"name":%q,"provider":%q,"instances":%s}`, module, typ, name, aws, instances)
}

func state(resources string) []byte {
	return []byte(`{"version":4,"terraform_version":"1.11.4","serial":7,"lineage":"abc","outputs":{"module_network":{"value":{"id":"vpc-1"},"type":["object",{"id":"string"}],"sensitive":true},"mine":{"value":1,"type":"number"}},"resources":[` + resources + `],"check_results":null}`)
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body string
		code problem.Code
	}{
		"not JSON":           {`<html>`, problem.CorruptState},
		"truncated":          {`{"version":4,"lineage":"x","resources":[`, problem.CorruptState},
		"another document":   {`{"hello":"world"}`, problem.CorruptState},
		"no lineage":         {`{"version":4,"serial":1}`, problem.CorruptState},
		"newer format":       {`{"version":5,"lineage":"x"}`, problem.NewerState},
		"newer Terraform":    {`{"version":4,"terraform_version":"1.99.0","lineage":"x"}`, problem.NewerState},
		"another layer's":    {string(state(managed("module.database", "aws_rds_cluster", "this", "[]"))), problem.ForeignState},
		"a longer name":      {string(state(managed("module.network2", "aws_vpc", "this", "[]"))), problem.ForeignState},
		"the root's own":     {string(state(`{"mode":"managed","type":"aws_vpc","name":"this"}`)), problem.ForeignState},
		"resource no object": {string(state(`[]`)), problem.CorruptState},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("network", "s3://b/states/network.tfstate", []byte(c.body), "1.11.4")
			if !problem.Is(err, c.code) {
				t.Fatalf("got %v, want %s", err, c.code)
			}
		})
	}
}

func TestInstances(t *testing.T) {
	t.Parallel()
	body := state(managed("module.network", "aws_subnet", "private", `[
		{"index_key":"a","attributes":{"id":"subnet-1","arn":"arn:1"},"dependencies":["module.network.aws_vpc.this"]},
		{"index_key":"b","status":"tainted","attributes":{"id":"subnet-2"}}]`) + "," +
		managed("module.network.module.inner[0]", "aws_rds_cluster", "this", `[{"index_key":0,"attributes":{"id":"c","deletion_protection":true}}]`) + "," +
		`{"mode":"data","type":"aws_caller_identity","name":"current","provider":"` + `x","instances":[{}]}`)
	s, err := Parse("network", "o", body, "1.12.0")
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Instances()
	if err != nil {
		t.Fatal(err)
	}
	want := []Instance{
		{Address: `module.network.aws_subnet.private["a"]`, Type: "aws_subnet", ID: "subnet-1", ARN: "arn:1", Dependencies: []string{"module.network.aws_vpc.this"}},
		{Address: `module.network.aws_subnet.private["b"]`, Type: "aws_subnet", ID: "subnet-2", Tainted: true},
		{Address: `module.network.module.inner[0].aws_rds_cluster.this[0]`, Type: "aws_rds_cluster", ID: "c", Protected: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s.Count() != 3 || s.Empty() {
		t.Errorf("count %d, empty %v", s.Count(), s.Empty())
	}
}

func TestProviders(t *testing.T) {
	t.Parallel()
	body := state(managed("module.network", "aws_vpc", "this", "[]") + `,{"module":"module.network","mode":"managed","type":"aws_acm_certificate","name":"this","provider":"provider[\"registry.terraform.io/hashicorp/aws\"].us_east_1","instances":[]}`)
	s, err := Parse("network", "o", body, "")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`provider["registry.terraform.io/hashicorp/aws"]`, `provider["registry.terraform.io/hashicorp/aws"].us_east_1`}
	if diff := cmp.Diff(want, s.Providers()); diff != "" {
		t.Error(diff)
	}
}

// TestProtected knows deletion protection by each of its spellings.
func TestProtected(t *testing.T) {
	t.Parallel()
	for attributes, want := range map[string]bool{
		`{"id":"x"}`:                                 false,
		`{"deletion_protection":true}`:               true,
		`{"deletion_protection":false}`:              false,
		`{"deletion_protection":"ACTIVE"}`:           true,
		`{"deletion_protection":"INACTIVE"}`:         false,
		`{"deletion_protection_enabled":true}`:       true,
		`{"deletion_protection_enabled":null}`:       false,
		`{"enable_deletion_protection":true}`:        true,
		`{"enable_deletion_protection":false}`:       false,
		`{"disable_api_termination":true}`:           true,
		`{"deletion_protection":{"not":["a flag"]}}`: false,
	} {
		s, err := Parse("network", "o", state(managed("module.network", "aws_any", "this", `[{"attributes":`+attributes+`}]`)), "")
		if err != nil {
			t.Fatal(err)
		}
		instances, err := s.Instances()
		if err != nil || len(instances) != 1 || instances[0].Protected != want {
			t.Errorf("%s: want %t, got %+v, %v", attributes, want, instances, err)
		}
	}
}

// TestWithout takes objects out by their full addresses and leaves the rest as
// it is.
func TestWithout(t *testing.T) {
	t.Parallel()
	many := managed("module.a", "aws_eip", "many", `[{"index_key":"x","attributes":{"id":"1"}},{"index_key":"y","attributes":{"id":"2"}}]`)
	one := managed("module.a", "aws_vpc", "one", `[{"attributes":{"id":"3"}}]`)
	for name, test := range map[string]struct {
		addresses map[string]bool
		want      []string
	}{
		"nothing":            {nil, []string{`module.a.aws_eip.many["x"]`, `module.a.aws_eip.many["y"]`, "module.a.aws_vpc.one"}},
		"one of a for_each":  {map[string]bool{`module.a.aws_eip.many["x"]`: true}, []string{`module.a.aws_eip.many["y"]`, "module.a.aws_vpc.one"}},
		"a resource":         {map[string]bool{"module.a.aws_vpc.one": true}, []string{`module.a.aws_eip.many["x"]`, `module.a.aws_eip.many["y"]`}},
		"without its index":  {map[string]bool{"module.a.aws_eip.many": true}, []string{`module.a.aws_eip.many["x"]`, `module.a.aws_eip.many["y"]`, "module.a.aws_vpc.one"}},
		"all of a for_each":  {map[string]bool{`module.a.aws_eip.many["x"]`: true, `module.a.aws_eip.many["y"]`: true}, []string{"module.a.aws_vpc.one"}},
		"what another holds": {map[string]bool{"module.b.aws_vpc.one": true}, []string{`module.a.aws_eip.many["x"]`, `module.a.aws_eip.many["y"]`, "module.a.aws_vpc.one"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Parse("a", "o", state(many+","+one), "")
			if err != nil {
				t.Fatal(err)
			}
			rest, err := s.Without(test.addresses)
			if err != nil {
				t.Fatal(err)
			}
			instances, err := rest.Instances()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, i := range instances {
				got = append(got, i.Address)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("addresses (-want +got):\n%s", diff)
			}
		})
	}
}

// TestMergeKeepsAll holds the law of a merge: every resource of every layer,
// byte for byte, once; root data sources once; nothing else.
func TestMergeKeepsAll(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		want := map[string]bool{}
		var states []*State
		for l := range random.IntN(6) + 1 {
			layer := fmt.Sprintf("l%d", l)
			resources := `{"mode":"data","type":"aws_region","name":"current","provider":"p","instances":[]}`
			for r := range random.IntN(5) {
				raw := managed("module."+layer, "aws_vpc", fmt.Sprintf("r%d", r), fmt.Sprintf(`[{"attributes":{"id":"%d<&>"}}]`, random.Int()))
				want[raw] = true
				resources += "," + raw
			}
			s, err := Parse(layer, "o", state(resources), "")
			if err != nil {
				t.Fatal(err)
			}
			states = append(states, s)
		}
		body, err := Merge(states, func(name string) bool { return name == "module_network" })
		if err != nil {
			t.Fatal(err)
		}
		var doc document
		if err := json.Unmarshal(body, &doc); err != nil {
			t.Fatal(err)
		}
		data := 0
		for _, raw := range doc.Resources {
			if want[string(raw)] {
				delete(want, string(raw))
				continue
			}
			data++
		}
		if len(want) != 0 || data != 1 {
			t.Fatalf("seed %d: %d resources lost, %d of the root's data sources", seed, len(want), data)
		}
		if _, ok := doc.Outputs["mine"]; ok || len(doc.Outputs) != 1 {
			t.Fatalf("outputs %v", doc.Outputs)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(state(managed("module.network", "aws_vpc", "this", `[{"index_key":"a"}]`)))
	f.Add([]byte(`{"version":4,"lineage":"x","resources":[{"mode":"managed","instances":{}}]}`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		s, err := Parse("network", "o", body, "1.11.4")
		if err != nil {
			return
		}
		_, _ = s.Instances()
		_ = s.Providers()
		_, _ = Merge([]*State{s, s}, nil)
	})
}
