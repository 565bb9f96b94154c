package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// Preview is what a run would do: one plan of the uncut root, the steps that
// carry it out, and the approval that covers it.
type Preview struct {
	Environment string
	Release     string
	Destroy     bool
	Approval    *change.Approval
	Changes     []change.Change
	Steps       []Step           // in an order in which they may run
	Layers      []string         // all that were looked at, in order
	Guarded     []change.Change  // stateful losses; apply wants their addresses named
	Warnings    []string         // what AWS may refuse, and what the preview does not see
	Outputs     map[string]Value // the root's outputs as planned
	Beside      Beside           // what is done beside the layers

	staging staging
	states  map[string]*tfstate.State
	set     change.Set
	code    Code
	bundle  *Bundle
	deploys []Artifact // those of code that the changes name
	imports []compose.Import
	replace []string
	// successors stand where the states still have what they replace; read
	// holds what the plan read of the objects that it imports.
	successors map[string]tfstate.Successor
	read       map[string]tfstate.Successor

	hides   func(value any) bool      // whether a value holds a secret of the plan
	planned map[string]map[string]any // address → planned values, for adoption only
	brief   bool                      // see Engine.glance
	// coming holds the outputs that layers will have, where they are known.
	coming map[string]compose.Outputs
}

// Summary counts the preview's changes.
func (p *Preview) Summary() change.Summary { return change.Summarize(p.Changes) }

// Empty reports whether there is nothing to do.
func (p *Preview) Empty() bool { return len(p.Steps) == 0 && p.Beside.Empty() && !p.brief }

// PreviewRequest selects what is previewed.
type PreviewRequest struct {
	Layers  []string // all when empty
	Destroy bool
	// NoRefresh takes the states' word for what exists: quicker, and for who may not read
	// all of it, but blind to what was changed behind Terraform's back.
	NoRefresh bool
	code      *Code // nil is built first
	imports   []compose.Import
	replace   []string // addresses to be replaced though unchanged

	successors map[string]tfstate.Successor // see Preview.successors
}

// previewDir and slicePrefix name the directories of composed roots.
const (
	previewDir  = "preview"
	outputsDir  = "outputs"
	slicePrefix = "layer-"
)

// Preview plans the environment as one. It changes nothing.
func (e *Engine) Preview(ctx context.Context, request PreviewRequest) (*Preview, error) {
	identity, err := e.identity(ctx)
	if err != nil {
		return nil, err
	}
	states, err := e.states(ctx)
	if err != nil {
		return nil, err
	}
	selection, err := e.selection(request, states)
	if err != nil {
		return nil, err
	}
	if request.code == nil {
		request.code = &Code{} // what is destroyed needs none
		if !request.Destroy {
			if *request.code, err = e.buildFunctions(ctx); err != nil {
				return nil, err
			}
		}
	}
	e.phase("planning %s", e.name())
	preview, err := e.plan(ctx, request, selection, states, request.replace)
	if err != nil {
		return nil, err
	}
	if drawn := preview.staging.drawn; len(drawn) > 0 {
		// A staged deletion takes these along, so the plan has to say so.
		if preview, err = e.plan(ctx, request, selection, states, append(slices.Clone(request.replace), drawn...)); err != nil {
			return nil, err
		}
	}
	if !request.Destroy {
		if preview.bundle, err = e.bundle(ctx, *request.code); err != nil {
			return nil, err
		}
		if preview.Beside, err = e.survey(ctx, preview, len(request.Layers) == 0); err != nil {
			return nil, err
		}
		if !preview.Empty() {
			if preview.Beside.Snapshots, err = e.clustersToSave(preview); err != nil {
				return nil, err
			}
		}
	}
	inputs, err := e.inputs(ctx, identity, normal(request.Layers), request.Destroy, *request.code, preview.bundle, states)
	if err != nil {
		return nil, err
	}
	preview.Approval, err = change.NewApproval(e.name(), inputs, preview.set)
	if err != nil {
		return nil, err
	}
	preview.Approval.CreatedAt, preview.Approval.CreatedBy = e.Clock().UTC(), e.Actor.User
	return preview, nil
}

// glance finds out which resources would change, by the states' word, and nothing more:
// no steps, no values, no approval. It takes two thirds of the time of a preview, for who
// has to know before anything else whether something would be lost.
func (e *Engine) glance(ctx context.Context, layers []string, code Code) (*Preview, error) {
	states, err := e.states(ctx)
	if err != nil {
		return nil, err
	}
	request := PreviewRequest{Layers: layers, NoRefresh: true, code: &code}
	chosen, err := e.selection(request, states)
	if err != nil {
		return nil, err
	}
	e.phase("planning %s", e.name())
	planned, err := e.planChosen(ctx, request, chosen, states, nil, true)
	if err != nil {
		return nil, err
	}
	set := change.FromPlan(planned, e.planOptions())
	preview := &Preview{Environment: e.name(), Release: e.Release, Changes: set.Changes, set: set, states: states, code: code,
		Approval: &change.Approval{}, brief: true}
	preview.bundle, err = e.bundle(ctx, code)
	return preview, err
}

// identity checks that the credentials belong where deploy.hcl says.
func (e *Engine) identity(ctx context.Context) (Identity, error) {
	identity, err := e.Cloud.Identity(ctx)
	if err != nil {
		return Identity{}, err
	}
	want := e.Environment.Settings.Account
	if want != "" && identity.Account != want {
		return Identity{}, &problem.Error{Code: problem.WrongAccount, Where: e.settingsFile(),
			What: fmt.Sprintf("environment %s belongs to account %s, the credentials to %s (%s)", e.name(), want, identity.Account, identity.ARN)}
	}
	return identity, nil
}

func (e *Engine) settingsFile() problem.Location {
	return problem.Location{File: filepath.Join(environment.Dir, e.name(), environment.SettingsFile)}
}

// selected is a resolved choice of layers.
type selected struct {
	keep    []string // declared layers, in the root's order
	orphans []string
	all     bool
}

func (s selected) has(layer string) bool {
	return slices.Contains(s.keep, layer) || slices.Contains(s.orphans, layer)
}

// selection resolves --layer. A destroy of a layer on which another one with
// resources stands is refused unless that goes too.
func (e *Engine) selection(request PreviewRequest, states map[string]*tfstate.State) (selected, error) {
	orphans := e.orphans(states)
	chosen := selected{orphans: orphans, all: true}
	for _, layer := range e.Environment.Root.Layers {
		chosen.keep = append(chosen.keep, layer.Name)
	}
	if len(request.Layers) == 0 {
		return chosen, nil
	}
	known := append(slices.Clone(chosen.keep), orphans...)
	for _, name := range request.Layers {
		if !slices.Contains(known, name) {
			return selected{}, &problem.Error{Code: problem.UnknownLayer, Where: problem.Location{Flag: "--layer"},
				What: fmt.Sprintf("environment %s has no layer %q%s; it has %s", e.name(), name, nearest(name, known), strings.Join(known, ", "))}
		}
	}
	wanted := func(name string) bool { return slices.Contains(request.Layers, name) }
	chosen.keep = slices.DeleteFunc(chosen.keep, func(n string) bool { return !wanted(n) })
	chosen.orphans = slices.DeleteFunc(slices.Clone(orphans), func(n string) bool { return !wanted(n) })
	chosen.all = false
	if !request.Destroy {
		return chosen, nil
	}
	layers := e.Environment.Root.Graph()
	for _, dependant := range layers.AllDependants(request.Layers...) {
		if state := states[dependant]; state != nil && !state.Empty() && !wanted(dependant) {
			return selected{}, &problem.Error{Code: problem.UndeployedUpstream, Where: problem.Location{Flag: "--layer"},
				What: fmt.Sprintf("layer %s of %s stands on what would be destroyed", dependant, e.name()),
				Next: "add --layer " + dependant + ", or destroy it first"}
		}
	}
	return chosen, nil
}

// planChosen composes the preview root of the chosen layers and plans it.
func (e *Engine) planChosen(ctx context.Context, request PreviewRequest, chosen selected, states map[string]*tfstate.State, replace []string, brief bool) (*tfjson.Plan, error) {
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
		PlanOptions{Destroy: request.Destroy, Replace: replace, NoRefresh: request.NoRefresh, Brief: brief})
}

// plan plans the chosen layers and works out the steps.
func (e *Engine) plan(ctx context.Context, request PreviewRequest, chosen selected, states map[string]*tfstate.State, replace []string) (*Preview, error) {
	planned, err := e.planChosen(ctx, request, chosen, states, replace, false)
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

// layOut works out the steps of a preview.
func (e *Engine) layOut(p *Preview, chosen selected, destroy bool) error {
	layers := e.Environment.Root.Graph()
	upstreams, orphans := map[string][]string{}, map[string]bool{}
	for layer, state := range p.states {
		upstreams[layer] = readMeta(state).Upstream
	}
	for _, layer := range chosen.orphans {
		orphans[layer] = true
	}
	var err error
	if destroy {
		touched := map[string]bool{}
		for layer := range p.set.ByLayer() {
			touched[layer] = true
		}
		p.staging = stageDestroy(layers, upstreams, touched)
	} else {
		outputs := map[string]bool{}
		for layer := range p.set.OutputLayers {
			if !orphans[layer] && slices.Contains(chosen.keep, layer) {
				outputs[layer] = true
			}
		}
		p.staging, err = stage(stagingInput{layers: layers, upstreams: upstreams, orphans: orphans,
			changes: p.set.Changes, outputs: outputs, planned: keySet(p.coming), states: p.states})
		if err != nil {
			return err
		}
		p.Warnings = p.staging.warnings
	}
	if p.Steps, err = p.staging.list(); err != nil {
		return fmt.Errorf("order the steps of %s: %w", e.name(), err)
	}
	order, err := layers.Order()
	if err != nil {
		return err
	}
	p.Layers = slices.DeleteFunc(order, func(n string) bool { return !chosen.has(n) })
	p.Layers = append(p.Layers, chosen.orphans...)
	return nil
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

// normal gives a choice of layers in an order of its own, each once.
func normal(layers []string) []string {
	if len(layers) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(layers))
	return slices.Compact(sorted)
}

func keySet[V any](m map[string]V) map[string]bool {
	set := make(map[string]bool, len(m))
	for key := range m {
		set[key] = true
	}
	return set
}

// sortedKeys gives a map's keys in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
