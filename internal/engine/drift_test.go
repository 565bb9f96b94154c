package engine_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// refreshing is the world's Terraform with a refresh-only plan.
type refreshing struct {
	*world
	plan *tfjson.Plan
	asks []engine.PlanOptions
}

func (r *refreshing) Plan(ctx context.Context, dir string, options engine.PlanOptions) (*tfjson.Plan, error) {
	if !options.RefreshOnly {
		return r.world.Plan(ctx, dir, options)
	}
	options.VarFiles = nil
	r.asks = append(r.asks, options)
	return r.plan, nil
}

type values = map[string]any

func alias(layer, function, version string, shares ...any) *tfjson.StateResource {
	return &tfjson.StateResource{Address: "module." + layer + `.aws_lambda_alias.live["` + function + `"]`, Mode: tfjson.ManagedResourceMode, Type: "aws_lambda_alias",
		AttributeValues: values{"id": function, "name": "live", "function_name": "full-" + function, "function_version": version, "routing_config": shares}}
}

func drifted(address, kind string, before, after values) *tfjson.ResourceChange {
	return &tfjson.ResourceChange{Address: address, Mode: tfjson.ManagedResourceMode, Type: kind,
		Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionUpdate}, Before: before, After: after}}
}

func TestDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	e.Project.(fstest.MapFS)["modules/app/things.tf"] = &fstest.MapFile{Data: []byte(`resource "aws_thing" "this" {
  lifecycle {
    ignore_changes = [content, tags["Release"]]
  }
}
`)}
	config := &tfjson.ConfigModule{Resources: []*tfjson.ConfigResource{
		{Address: "aws_thing.this", Expressions: map[string]*tfjson.Expression{"content": {}, "n": {}, "tags": {}}},
		{Address: "aws_lambda_alias.live", Expressions: map[string]*tfjson.Expression{"function_version": {}}},
	}}
	terraform := &refreshing{world: w, plan: &tfjson.Plan{
		Config: &tfjson.Config{RootModule: &tfjson.ConfigModule{ModuleCalls: map[string]*tfjson.ModuleCall{"app": {Source: "../modules/app", Module: config}}}},
		PriorState: &tfjson.State{Values: &tfjson.StateValues{RootModule: &tfjson.StateModule{ChildModules: []*tfjson.StateModule{{Resources: []*tfjson.StateResource{
			alias("app", "moved-by-the-deployer", "7", values{"additional_version_weights": values{}}), // it shared calls out once
			alias("app", "moved-by-hand", "3"),
			alias("app", "moved-back-by-hand", "1"), // to where the state has it
			alias("app", "shared", "7", values{"additional_version_weights": values{"6": 0.1}}),
			alias("app", "unknown", "2"),
		}}}}}},
		ResourceDrift: []*tfjson.ResourceChange{
			drifted(`module.app.aws_lambda_alias.live["moved-by-the-deployer"]`, "aws_lambda_alias", values{"function_version": "1"}, values{"function_version": "7"}),
			drifted(`module.app.aws_lambda_alias.live["moved-by-hand"]`, "aws_lambda_alias", values{"function_version": "1", "description": "a"}, values{"function_version": "3", "description": "b"}),
			drifted(`module.app.aws_lambda_alias.live["unknown"]`, "aws_lambda_alias", values{"function_version": "1"}, values{"function_version": "2"}),
			drifted("module.app.aws_thing.this[0]", "aws_thing", values{"content": "a", "n": 1.0, "tags": values{"Release": "1"}}, values{"content": "b", "n": 2.0, "tags": values{"Release": "2"}}),
			{Address: "module.base.aws_thing.gone", Mode: tfjson.ManagedResourceMode, Type: "aws_thing", Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionDelete}}},
		},
	}}
	e.Terraform = terraform

	// Nothing is deployed, so nothing could differ, and nobody is asked.
	if drift, err := e.Drift(t.Context()); !problem.Is(err, problem.NotDeployed) || len(terraform.asks) != 0 {
		t.Fatalf("before any deployment: %v, %v, %v", drift, err, terraform.asks)
	}

	if _, err := e.Apply(t.Context(), yes()); err != nil {
		t.Fatal(err)
	}
	led := func(pairs ...string) func(*engine.Record) {
		return func(r *engine.Record) {
			r.StartedAt = now()
			for i := 0; i < len(pairs); i += 2 {
				r.Aliases = append(r.Aliases, engine.AliasRecord{Function: pairs[i], FullName: "full-" + pairs[i], To: pairs[i+1]})
			}
		}
	}
	w.deployed(e, "older", 0, led("moved-by-the-deployer", "5", "shared", "7"))
	w.deployed(e, "newer", 0, func(r *engine.Record) {
		led("moved-by-the-deployer", "7", "moved-by-hand", "4", "moved-back-by-hand", "2")(r)
		r.StartedAt = r.StartedAt.AddDate(0, 0, 1)
	})
	drift, err := e.Drift(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text := func(path string) change.Attribute {
		return change.Attribute{Path: path, Before: "(a text)", After: "(a text)"}
	}
	version := func(deployed, is string) []change.Attribute {
		return []change.Attribute{{Path: "function_version", Before: deployed, After: is}}
	}
	live := func(function string, attributes ...change.Attribute) change.Drifted {
		return change.Drifted{Address: `module.app.aws_lambda_alias.live["` + function + `"]`, Layer: "app", Type: "aws_lambda_alias", Attributes: attributes}
	}
	want := []engine.LayerDrift{
		{Name: "base", Resources: []change.Drifted{{Address: "module.base.aws_thing.gone", Layer: "base", Type: "aws_thing", Missing: true}}},
		{Name: "other", Resources: []change.Drifted{}},
		{Name: "app", Resources: []change.Drifted{
			live("moved-back-by-hand", version("2", "1")...),
			live("moved-by-hand", append([]change.Attribute{text("description")}, version("4", "3")...)...),
			live("shared", change.Attribute{Path: "routing_config", Before: "unset", After: "shares of the calls"}),
			live("unknown", text("function_version")),
			{Address: "module.app.aws_thing.this[0]", Layer: "app", Type: "aws_thing", Attributes: []change.Attribute{{Path: "n", Before: "1", After: "2"}}},
		}},
		{Name: "web", Resources: []change.Drifted{}},
	}
	if diff := cmp.Diff(want, drift.Layers); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if drift.Deployment == nil || drift.Deployment.ID != "newer" || drift.Count() != 6 {
		t.Errorf("deployment %v, %d differ", drift.Deployment, drift.Count())
	}
	if diff := cmp.Diff([]engine.PlanOptions{{RefreshOnly: true}}, terraform.asks); diff != "" {
		t.Errorf("plans (-want +got):\n%s", diff)
	}
}
