package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// planChosen composes the preview root of the chosen layers and plans it.
func (e *Engine) planChosen(ctx context.Context, request PreviewRequest, chosen selected, states map[string]*tfstate.State, replace []string) (*tfjson.Plan, error) {
	known, err := knownOutputs(states)
	if err != nil {
		return nil, err
	}
	var merged []*tfstate.State
	var providers []string
	for layer, state := range states {
		if chosen.has(layer) {
			// Terraform passes over an import to an address that it has. What
			// it has there is gone, or nothing else would be imported.
			rest, err := state.Without(importTargets(request.imports))
			if err != nil {
				return nil, err
			}
			if rest, err = rest.Succeed(request.successors); err != nil {
				return nil, err
			}
			merged = append(merged, rest)
			providers = append(providers, state.Providers()...)
		}
	}
	composition, err := compose.Compose(e.Environment.Root, compose.Request{
		Keep: chosen.keep, Known: known, Imports: request.imports, Outputs: true,
		Orphans: chosen.orphans, StateProviders: providers,
	})
	if err != nil {
		return nil, err
	}
	state, err := tfstate.Merge(merged, func(output string) bool { _, ok := layerOf(output); return ok })
	if err != nil {
		return nil, err
	}
	return e.planIn(ctx, previewDir, composition, map[string][]byte{"terraform.tfstate": state}, *request.code,
		PlanOptions{Destroy: request.Destroy, Replace: replace, NoRefresh: request.NoRefresh, Brief: request.brief})
}

// plan plans the chosen layers and works out the steps.
func (e *Engine) plan(ctx context.Context, request PreviewRequest, chosen selected, states map[string]*tfstate.State, replace []string) (*Preview, error) {
	planned, err := e.planChosen(ctx, request, chosen, states, replace)
	if err != nil {
		return nil, err
	}
	if err := e.checkRegion(planned); err != nil {
		return nil, err
	}
	set := change.FromPlan(planned, e.planOptions())
	preview := &Preview{
		Environment: e.name(), Release: e.Release, Destroy: request.Destroy, Changes: set.Changes, set: set, states: states,
		code:    *request.code,
		imports: request.imports, replace: request.replace, successors: request.successors, read: readValues(planned, request.imports), planned: plannedValues(planned), Outputs: plannedOutputs(planned, change.Hider(planned)), hides: change.Hider(planned),
		Guarded: change.Guarded(set.Changes, nil),
	}
	var unnamed []Artifact
	preview.deploys, unnamed = preview.code.named(planned)
	if chosen.all && len(request.imports) == 0 && len(replace) == 0 { // planned for the first time
		e.noteUnnamed(unnamed)
	}
	if preview.coming, err = comingOutputs(planned, states); err != nil {
		return nil, err
	}
	if err := e.layOut(preview, chosen, request.Destroy); err != nil {
		return nil, err
	}
	if request.NoRefresh {
		preview.Warnings = append(preview.Warnings, "AWS was not asked what exists: what was changed behind Terraform's back is not seen")
	}
	return preview, nil
}

func (e *Engine) planOptions() change.Options {
	return change.Options{StatefulTypes: e.Environment.Settings.Guard.StatefulTypes, LayerOutput: layerOf}
}

// planIn lays a composition out, plans it there, and removes what holds values.
func (e *Engine) planIn(ctx context.Context, name string, composition *compose.Composition, secret map[string][]byte, code Code, options PlanOptions) (plan *tfjson.Plan, err error) {
	dir, err := e.lay(name, composition, secret, code)
	if err != nil {
		return nil, err
	}
	defer func() {
		if releaseErr := dir.Release(); err == nil {
			err = releaseErr
		}
	}()
	if err := e.command(Step{}, CommandInit, func() error { return e.Terraform.Init(ctx, dir.Path()) }); err != nil {
		return nil, e.inLayer(err, "")
	}
	options.VarFiles = e.varFiles(dir, code)
	err = e.command(Step{}, CommandPlan, func() (err error) {
		plan, err = e.Terraform.Plan(ctx, dir.Path(), options)
		return err
	})
	return plan, e.inLayer(err, "")
}

// lay writes a composition to its directory.
func (e *Engine) lay(name string, composition *compose.Composition, secret map[string][]byte, code Code) (Directory, error) {
	files := map[string][]byte{}
	for file, body := range composition.Files {
		files[file] = body
	}
	lock, err := e.lockFileBody()
	if err != nil {
		return nil, err
	}
	if lock != nil {
		files[lockFile] = lock
	}
	all := map[string][]byte{}
	for file, body := range secret {
		all[file] = body
	}
	if len(composition.Variables) > 0 {
		body, err := json.Marshal(composition.Variables)
		if err != nil {
			return nil, fmt.Errorf("write the outputs that %s takes: %w", name, err)
		}
		all["mandala.auto.tfvars.json"] = body
	}
	if len(code.Artifacts) > 0 {
		body, err := json.Marshal(code.variables(e.Environment.Settings.State.Bucket))
		if err != nil {
			return nil, fmt.Errorf("write the functions that %s takes: %w", name, err)
		}
		files[codeFile] = body
	}
	if e.takesRelease() {
		body, err := json.Marshal(map[string]string{releaseVariable: e.Release})
		if err != nil {
			return nil, fmt.Errorf("write the release that %s takes: %w", name, err)
		}
		files[releaseFile] = body
	}
	return e.Files.Lay(name, files, all)
}

// varFiles gives the files of values for a composed root. The functions' and the
// release's come last: what was built is what is deployed.
func (e *Engine) varFiles(dir Directory, code Code) []string {
	var files []string
	if e.Environment.VarFile != "" {
		files = append(files, filepath.Join(e.ProjectDir, filepath.FromSlash(e.Environment.VarFile)))
	}
	if len(code.Artifacts) > 0 {
		files = append(files, filepath.Join(dir.Path(), codeFile))
	}
	if e.takesRelease() {
		files = append(files, filepath.Join(dir.Path(), releaseFile))
	}
	return files
}

// checkRegion compares the default provider's region with deploy.hcl's, where
// the plan tells it.
func (e *Engine) checkRegion(plan *tfjson.Plan) error {
	if plan.Config == nil {
		return nil
	}
	for _, provider := range plan.Config.ProviderConfigs {
		if provider.Name != "aws" || provider.Alias != "" || provider.ModuleAddress != "" {
			continue
		}
		expression := provider.Expressions["region"]
		if expression == nil || expression.ExpressionData == nil {
			continue
		}
		region, _ := expression.ConstantValue.(string)
		for _, reference := range expression.References {
			if variable := plan.Variables[strings.TrimPrefix(reference, "var.")]; variable != nil {
				region, _ = variable.Value.(string)
			}
		}
		if want := e.Environment.Settings.Region; region != "" && region != want {
			return &problem.Error{Code: problem.WrongRegion, Where: e.settingsFile(),
				What: fmt.Sprintf("environment %s is set to region %s, but the aws provider to %s", e.name(), want, region),
				Next: "give `region` the same value in deploy.hcl and in the root's variables"}
		}
	}
	return nil
}

// plannedValues keeps the planned values of what is to be created.
func plannedValues(plan *tfjson.Plan) map[string]map[string]any {
	values := map[string]map[string]any{}
	for _, rc := range plan.ResourceChanges {
		if rc.Change == nil || !rc.Change.Actions.Create() && !rc.Change.Actions.Replace() {
			continue
		}
		if after, ok := rc.Change.After.(map[string]any); ok {
			values[rc.Address] = after
		}
	}
	return values
}

// readValues gives what a plan read of the objects that it imports.
func readValues(plan *tfjson.Plan, imports []compose.Import) map[string]tfstate.Successor {
	read := map[string]tfstate.Successor{}
	if plan.PriorState == nil || plan.PriorState.Values == nil || len(imports) == 0 {
		return read
	}
	targets := importTargets(imports)
	modules := []*tfjson.StateModule{plan.PriorState.Values.RootModule}
	for len(modules) > 0 && modules[0] != nil {
		for _, r := range modules[0].Resources {
			if targets[r.Address] && r.DeposedKey == "" {
				read[r.Address] = tfstate.Successor{Attributes: r.AttributeValues, SchemaVersion: r.SchemaVersion}
			}
		}
		modules = append(modules[1:], modules[0].ChildModules...)
	}
	return read
}
