package engine

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/change"
)

// marked makes a run that has begun ready, and links the records that it takes the place
// of to it.
func (e *Engine) marked(ctx context.Context, d *deployment, dead *deadRun) []error {
	for _, mark := range []func() error{
		d.ready,
		func() error { return e.markResumed(ctx, dead, d.id) },
		func() error { return e.markRolledBack(ctx, d.request.rollbackOf, d.id) },
	} {
		if err := mark(); err != nil {
			return []error{err}
		}
	}
	return nil
}

// keepApproval stores what was approved under its digest, so that a resumed
// run can show that it stays within it.
func (e *Engine) keepApproval(ctx context.Context, approval *change.Approval) error {
	if approval.Digest == "" {
		return nil // of a glance: a rollback's preview comes when the code is back
	}
	body, err := approval.Encode()
	if err != nil {
		return err
	}
	_, err = e.Store.Put(ctx, approvalKey(approval.Digest), body, Condition{})
	return err
}

func approvalKey(digest string) string {
	return "approvals/" + strings.TrimPrefix(digest, "sha256:") + ".json"
}

func (e *Engine) newRecord(operation Operation, id string, request ApplyRequest, preview *Preview, standing *Record) Record {
	summary := preview.Summary()
	record := Record{
		ID: id, Environment: e.name(), Operation: operation, Status: Running, Release: e.Release, StartedAt: e.Clock().UTC(),
		User: e.Actor.User, Host: e.Actor.Host, CIRun: e.Actor.CIRun, ApprovalDigest: preview.Approval.Digest,
		Reason: request.Reason, Partial: request.partial(), RollbackOf: request.rollbackOf, Changes: &summary, LayerChanges: layerChanges(preview),
	}
	if b := preview.bundle; b != nil {
		record.Manifest, record.Source = b.Digest, &b.Manifest.Source
	}
	if standing != nil {
		record.Previous, record.PreviousRelease = standing.ID, standing.Release
	}
	for _, s := range preview.Steps {
		record.Layers = append(record.Layers, LayerRecord{Name: s.Layer, Stage: s.Stage, Status: Pending})
	}
	if operation == OperationDestroy {
		record.Release = "" // nothing is deployed
	}
	return record
}

// layerChanges counts by layer what a preview does to resources.
func layerChanges(preview *Preview) []LayerChanges {
	byLayer := change.Set{Changes: preview.Changes}.ByLayer()
	var all []LayerChanges
	add := func(layer string) {
		if len(byLayer[layer]) == 0 || slices.ContainsFunc(all, func(l LayerChanges) bool { return l.Layer == layer }) {
			return
		}
		counted := LayerChanges{Layer: layer, Summary: change.Summarize(byLayer[layer])}
		for _, c := range byLayer[layer] {
			if c.Stateful && c.Operation != change.Create && c.Operation != change.Import && c.Operation != change.Move {
				counted.Stateful++
			}
		}
		all = append(all, counted)
	}
	for _, step := range preview.Steps {
		add(step.Layer)
	}
	for _, layer := range slices.Sorted(maps.Keys(byLayer)) { // such as changes that no step carries out
		add(layer)
	}
	return all
}

func (e *Engine) markRolledBack(ctx context.Context, id, by string) error {
	if id == "" {
		return nil
	}
	return e.Journals.Amend(ctx, id, func(r *Record) { r.RolledBackBy = by })
}

func (e *Engine) markResumed(ctx context.Context, dead *deadRun, by string) error {
	if dead == nil {
		return nil
	}
	return e.Journals.Amend(ctx, dead.record.ID, func(r *Record) {
		r.ResumedBy = by
		if r.Status == Running {
			r.Status = Crashed
		}
	})
}
