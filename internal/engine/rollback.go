package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// RollbackRequest says what is gone back to, and under which conditions.
type RollbackRequest struct {
	Version         string   // "" is the last verified release before the one that stands
	Layers          []string // that converge; those of deploy.hcl when empty
	AllowStateful   []string // addresses that may be lost
	ForceUnverified bool     // also to a release that never passed verification
	Reason          string
	// Confirm is told the target before anything is changed; an error of it ends the run.
	Confirm func(context.Context, Target) error
	// Show is told of the preview of the infrastructure.
	Show func(*Preview)

	of    string // id of the deployment that is taken back; "" is the one that stands
	lease Lease  // that deployment's, where it is this process's
}

// Target is the release that an environment goes back to.
type Target struct {
	Version string
	From    *Record // the deployment that stands; nil where there is none
	Last    *Record // the last one of the target that was verified; nil where none was
	bundle  *Bundle
	whole   func() error // waits until all of the release was hashed anew, and says whether it is whole
}

// RollbackPlan is what going back would do: first the code, then the infrastructure.
type RollbackPlan struct {
	Target   Target
	Aliases  []AliasRecord // that would be moved at once
	Entries  []string      // files of the site that would be put back at once
	Preview  *Preview
	Warnings []string
}

// Rollback brings an earlier release back: its code within seconds, then its
// infrastructure, by the same preview and apply as any deployment; and verifies it.
// The database is never restored: its schema only has to be one that the release
// can read.
func (e *Engine) Rollback(ctx context.Context, request RollbackRequest) (*Result, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	hashing, stop := context.WithCancel(ctx)
	defer stop()
	at, target, err := e.target(hashing, request)
	if err != nil {
		return nil, err
	}
	if request.Confirm != nil {
		if err := request.Confirm(ctx, target); err != nil {
			return nil, err
		}
	}
	apply := at.convergence(request, target)
	return at.change(ctx, OperationRollback, apply, func(ctx context.Context, _ *deadRun) (*Preview, error) {
		if err := at.standsStill(ctx, target); err != nil {
			return nil, err
		}
		preview, err := at.guardRollback(ctx, apply)
		return preview, errors.Join(target.whole(), err)
	})
}

// standsStill refuses, under the lease, where somebody deployed since the target was
// chosen.
func (e *Engine) standsStill(ctx context.Context, target Target) error {
	now, err := e.standing(ctx)
	if err != nil {
		return err
	}
	id := func(r *Record) string {
		if r == nil {
			return ""
		}
		return r.ID
	}
	if id(now) == id(target.From) {
		return nil
	}
	return &problem.Error{Code: problem.StaleApproval, What: fmt.Sprintf("run %s has changed %s since it was decided to go back", id(now), e.name()),
		Next: "look at `mandala-deploy history " + e.name() + "`, and decide again"}
}

// PlanRollback shows both phases and changes nothing.
func (e *Engine) PlanRollback(ctx context.Context, request RollbackRequest) (*RollbackPlan, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	hashing, stop := context.WithCancel(ctx)
	defer stop()
	at, target, err := e.target(hashing, request)
	if err != nil {
		return nil, err
	}
	plan := &RollbackPlan{Target: target}
	moves, err := at.recordedMoves(ctx, target.Last)
	if err != nil {
		return nil, err
	}
	for _, move := range moves {
		plan.Aliases = append(plan.Aliases, AliasRecord{Function: move.function.short, FullName: move.function.full,
			From: move.alias.Version, To: move.to.Number, CodeSHA256: move.to.CodeSHA256})
	}
	if site := lastSite(target); site != nil {
		changes, err := at.compareSite(ctx, site.Bucket, target.bundle.Manifest)
		if err != nil && !siteGone(err) {
			return nil, err
		}
		plan.Entries = slices.Concat(changes.entries, changes.gone)
	}
	apply := at.convergence(request, target)
	if plan.Preview, err = at.Preview(ctx, PreviewRequest{Layers: apply.Layers}); err != nil {
		return nil, err
	}
	plan.Preview.Guarded = change.Guarded(plan.Preview.Changes, request.AllowStateful)
	return plan, target.whole()
}

// convergence is the apply that follows the code.
func (e *Engine) convergence(request RollbackRequest, target Target) ApplyRequest {
	apply := ApplyRequest{Layers: request.Layers, AllowStateful: request.AllowStateful, Reason: request.Reason, Show: request.Show,
		whole: len(request.Layers) == 0, rollbackOf: request.of, automatic: request.of != "", target: &target, lease: request.lease}
	if apply.whole {
		apply.Layers = slices.DeleteFunc(slices.Clone(e.Environment.Settings.Rollback.Layers), func(layer string) bool {
			_, declared := e.Environment.Root.Layer(layer)
			return !declared
		})
	}
	if apply.rollbackOf == "" && target.From != nil && apply.whole { // of a part, most of it goes on standing
		apply.rollbackOf = target.From.ID
	}
	return apply
}

// guardRollback looks at the infrastructure by the states' word, which takes seconds,
// and refuses to lose what holds data. What is applied is previewed afterwards, in full.
func (e *Engine) guardRollback(ctx context.Context, request ApplyRequest) (*Preview, error) {
	code, err := e.buildFunctions(ctx)
	if err != nil {
		return nil, err
	}
	var preview *Preview
	if from := request.target.From; from != nil && from.Release == e.Release && from.Verified() {
		// Maybe there is nothing to do, which only a whole preview tells.
		preview, err = e.Preview(ctx, PreviewRequest{Layers: request.Layers, code: &code, NoRefresh: true})
	} else {
		preview, err = e.glance(ctx, request.Layers, code)
	}
	if err != nil || request.automatic {
		return preview, err // the code goes back first: converge is what refuses
	}
	return preview, e.guard(request, preview)
}

func (e *Engine) guard(request ApplyRequest, preview *Preview) error {
	if preview.Guarded = change.Guarded(preview.Changes, request.AllowStateful); len(preview.Guarded) > 0 {
		return guardProblem(e.name(), preview.Guarded)
	}
	return nil
}

// codeFirst puts the site's pages and the functions' aliases back to what they were
// when the target was verified: pages first, which work with newer functions, too. A
// trouble with the one does not keep the other from going back.
func (d *deployment) codeFirst(ctx context.Context) (string, error) {
	pages, siteErr := d.pagesFirst(ctx)
	moved, err := d.functionsFirst(ctx)
	return strings.Join(append(pages, fmt.Sprintf("%d functions", moved)), " and ") + " are back", errors.Join(siteErr, err)
}

// pagesFirst puts the site's pages back. A site whose bucket or distribution is gone
// comes back with the layers.
func (d *deployment) pagesFirst(ctx context.Context) (done []string, err error) {
	site := lastSite(*d.request.target)
	if site == nil || len(d.bundle.Manifest.Site) == 0 {
		return nil, nil
	}
	put, err := d.engine.restoreSite(ctx, siteChange{bundle: d.bundle, at: *site, reference: d.id + "-first", doubtful: d.doubtful})
	if siteGone(err) {
		d.remark(ctx, "the site is not where it was, and comes back with the layers: "+short(err))
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d.update(ctx, func(r *Record) { r.Site = &put.SiteRecord })
	return []string{fmt.Sprintf("%d pages", len(put.changed))}, nil
}

// siteGone reports whether an error says that a site's bucket or distribution is not
// there any more.
func siteGone(err error) bool {
	return errors.Is(err, ErrNotFound) || problem.Is(err, problem.NoBucket)
}

// functionsFirst leads callers back, and writes down where to.
func (d *deployment) functionsFirst(ctx context.Context) (moved int, err error) {
	e, last := d.engine, d.request.target.Last
	moves, err := e.recordedMoves(ctx, last)
	if err != nil {
		return 0, err
	}
	if err := e.moveAll(ctx, moves); err != nil {
		return 0, err
	}
	var functions []liveFunction
	for _, move := range moves {
		functions = append(functions, move.function)
	}
	records, err := e.aliasRecords(ctx, functions, moves)
	if err == nil && len(records) > 0 {
		d.update(ctx, func(r *Record) { r.Aliases = records })
	}
	return len(moves), err
}

// lastSite gives where the site of the deployment that stands is, which users reach, or
// where that of the target's last was.
func lastSite(target Target) *SiteRecord {
	for _, r := range []*Record{target.From, target.Last} {
		if r != nil && r.Site != nil {
			return r.Site
		}
	}
	return nil
}

// recordedMoves gives the moves that lead callers to the versions of a deployment.
// A version that is gone, or another by now, is left to the layers.
func (e *Engine) recordedMoves(ctx context.Context, last *Record) ([]aliasMove, error) {
	if last == nil || e.Aliases == nil {
		return nil, nil
	}
	functions, code := []liveFunction{}, map[string]AliasRecord{}
	for _, a := range last.Aliases {
		functions = append(functions, liveFunction{short: a.Function, full: a.FullName})
		code[a.FullName] = a
	}
	return e.eachMove(ctx, functions, func(ctx context.Context, f liveFunction) (*aliasMove, error) {
		recorded := code[f.full]
		move, err := e.moveTo(ctx, f, recorded.To)
		if errors.Is(err, ErrNotFound) || move != nil && move.to.CodeSHA256 != recorded.CodeSHA256 {
			e.note("version %s of function %s is not what it was: it comes back with the layers", recorded.To, f.short)
			return nil, nil
		}
		return move, err
	})
}

// converge previews the infrastructure as it is, once the code is back, and makes the
// run ready for its layers.
func (d *deployment) converge(ctx context.Context) error {
	e := d.engine
	ask := PreviewRequest{Layers: d.request.Layers, code: &d.preview.code}
	if d.dead != nil {
		ask.Layers = union(ask.Layers, sortedKeys(d.dead.worked))
	}
	var preview *Preview
	var err error
	if d.dead != nil {
		preview, err = e.adopt(ctx, ask, d.dead)
	} else {
		preview, err = e.Preview(ctx, ask)
	}
	if err != nil {
		return err
	}
	if d.request.Show != nil {
		d.request.Show(preview)
	}
	if err := e.guard(d.request, preview); err != nil {
		return err
	}
	d.preview, d.outputs = preview, preview.Outputs
	if d.dead != nil {
		d.noteLeftBehind(ctx)
	}
	if err := d.keep(ctx); err != nil {
		return err
	}
	if err := d.ready(); err != nil {
		return err
	}
	d.tellOutline()
	summary := preview.Summary()
	d.update(ctx, func(r *Record) {
		r.ApprovalDigest, r.Changes, r.Layers = preview.Approval.Digest, &summary, nil
		for _, s := range preview.Steps {
			r.Layers = append(r.Layers, LayerRecord{Name: s.Layer, Stage: s.Stage, Status: Pending})
		}
	})
	return nil
}

// noteLeftBehind tells of what a dead run created that this release has no place for.
func (d *deployment) noteLeftBehind(ctx context.Context) {
	known := map[string]bool{}
	for _, c := range d.preview.Changes {
		known[c.Address] = true
	}
	for _, state := range d.preview.states {
		if instances, err := state.Instances(); err == nil {
			for _, i := range instances {
				known[i.Address] = true
			}
		}
	}
	reported := reportedCreations(d.dead.events)
	for _, address := range sortedKeys(reported) {
		if known[address] {
			continue
		}
		d.remark(ctx, fmt.Sprintf("run %s left %s (%s) behind, which release %s does not have: delete it by hand", d.dead.record.ID, address, reported[address], d.engine.Release))
	}
}

// union adds layers to a choice; an empty choice is all already.
func union(layers, more []string) []string {
	if len(layers) == 0 {
		return nil
	}
	all := append(slices.Clone(layers), more...)
	slices.Sort(all)
	return slices.Compact(all)
}
