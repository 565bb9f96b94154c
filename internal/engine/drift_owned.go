package engine

import (
	"context"
	"path"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

// aliasPlaces are the attributes of an alias that the deployer moves.
func aliasPlaces() []string { return []string{"function_version", "routing_config"} }

// recordedAliases gives, by the function's full name, the version to which the
// newest deployment that tells of the function led its callers.
func (e *Engine) recordedAliases(ctx context.Context) (map[string]string, error) {
	const enough = 50 // a record names every function that it looked at
	records, err := e.Journals.List(ctx, enough)
	if err != nil {
		return nil, err
	}
	led := map[string]string{}
	for _, record := range records {
		for _, alias := range record.Aliases {
			if _, later := led[alias.FullName]; !later && alias.To != "" {
				led[alias.FullName] = alias.To
			}
		}
	}
	return led, nil
}

// aliasDrift compares the live aliases as they are with the records. owned are
// those that a record tells of.
func aliasDrift(plan *tfjson.Plan, led map[string]string) (owned map[string]bool, drifted []change.Drifted) {
	owned = map[string]bool{}
	if plan.PriorState == nil || plan.PriorState.Values == nil {
		return owned, nil
	}
	modules := []*tfjson.StateModule{plan.PriorState.Values.RootModule}
	for len(modules) > 0 && modules[0] != nil {
		for _, r := range modules[0].Resources {
			if r.Type != "aws_lambda_alias" || r.Mode == tfjson.DataResourceMode || r.AttributeValues["name"] != LiveAlias {
				continue
			}
			function, _ := r.AttributeValues["function_name"].(string)
			want, ok := led[function[strings.LastIndex(function, ":")+1:]] // it may be an ARN
			if !ok {
				continue
			}
			owned[r.Address] = true
			d := change.Drifted{Address: r.Address, Layer: change.Layer(r.Address), Type: r.Type}
			if is, _ := r.AttributeValues["function_version"].(string); is != want {
				d.Attributes = append(d.Attributes, change.Attribute{Path: "function_version", Before: want, After: is})
			}
			if sharesOut(r.AttributeValues["routing_config"]) {
				d.Attributes = append(d.Attributes, change.Attribute{Path: "routing_config", Before: "unset", After: "shares of the calls"})
			}
			if len(d.Attributes) > 0 {
				drifted = append(drifted, d)
			}
		}
		modules = append(modules[1:], modules[0].ChildModules...)
	}
	return owned, drifted
}

// sharesOut reports whether an alias's routing_config gives another version calls.
// Where it once did, an empty block stays.
func sharesOut(config any) bool {
	blocks, _ := config.([]any)
	return slices.ContainsFunc(blocks, func(block any) bool {
		attributes, _ := block.(map[string]any)
		weights, _ := attributes["additional_version_weights"].(map[string]any)
		return len(weights) > 0
	})
}

// ignoring tells, by resource of the configuration, what Terraform is told to
// leave to others.
type ignoring map[string][]string

func (i ignoring) has(address, path string) bool {
	for _, each := range i[withoutIndexes(address)] {
		if each == environment.AllAttributes || path == each || strings.HasPrefix(path, each+".") || strings.HasPrefix(path, each+"[") {
			return true
		}
	}
	return false
}

// ignoring reads the modules of the project; of one that lies elsewhere nothing
// is known.
func (e *Engine) ignoring(plan *tfjson.Plan) ignoring {
	all := ignoring{}
	if plan.Config != nil {
		e.addIgnoring(all, "", environment.Dir, plan.Config.RootModule)
	}
	return all
}

func (e *Engine) addIgnoring(all ignoring, prefix, dir string, module *tfjson.ConfigModule) {
	if module == nil {
		return
	}
	for _, name := range sortedKeys(module.ModuleCalls) {
		call := module.ModuleCalls[name]
		below := path.Join(dir, call.Source)
		if !strings.HasPrefix(call.Source, ".") || strings.HasPrefix(below, "..") {
			continue
		}
		within := prefix + "module." + name + "."
		found, err := environment.IgnoredChanges(e.Project, below)
		if err != nil {
			continue // what it would say is only looked for in the project
		}
		for resource, attributes := range found {
			all[within+resource] = attributes
		}
		e.addIgnoring(all, within, below, call.Module)
	}
}
