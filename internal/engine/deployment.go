package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// deployment is what a run does beside its layers. Its phases come in this order:
// a snapshot of the database; the site's immutable files; the layers, which publish
// new versions of functions that nobody is led to yet; migrations that expand the
// schema; the aliases; the site's pages; migrations that contract the schema; and
// the verification. Each phase does what is missing and nothing else, so a run that
// was cut short is gone on with by another.
type deployment struct {
	engine     *Engine
	id         string
	operation  Operation
	request    ApplyRequest
	dead       *deadRun // whose work this run goes on with, or looks after; nil for none
	preview    *Preview
	bundle     *Bundle
	journal    Journal
	run        *run
	partial    bool  // --layer left something out
	contracted int64 // see SchemaRecord
	// outstanding: what stands is not this release as it must be, although there may
	// be nothing to change.
	outstanding bool
	doubtful    bool // the deployment that stands did not come to its end

	outputs      map[string]Value
	assets       int // uploaded
	schema       SchemaRecord
	contracts    bool // migrations that contract are pending
	verification *Verification

	mu     sync.Mutex
	record Record // as the journal has it
}

// due reports which phases a run has anything to do in.
func (d *deployment) due(phase Phase) bool {
	all := !d.partial && !d.bundle.empty()
	switch phase {
	case PhaseSnapshot:
		return len(d.preview.Beside.Snapshots) > 0
	case PhaseAssets, PhaseEntries:
		return all && d.engine.Site != nil && len(d.bundle.Manifest.Site) > 0
	case PhaseMigrations:
		// Also of a part: code that is deployed needs its schema.
		return !d.bundle.empty() && d.engine.Invoker != nil && len(d.bundle.Manifest.Migrations) > 0 && (!d.partial || d.hasFunctions())
	case PhaseContract:
		return d.contracts
	case PhaseCode:
		return d.operation == OperationRollback && !d.partial
	case PhaseAliases:
		return d.engine.Aliases != nil && d.hasFunctions()
	case PhaseVerify:
		return !d.partial && d.engine.Verifier != nil && len(d.engine.Environment.Settings.Verify.Areas) > 0
	}
	return false
}

// hasFunctions reports whether the run's layers have functions whose callers are led.
func (d *deployment) hasFunctions() bool {
	functions, err := liveFunctions(d.states(), d.preview.Layers)
	return err != nil || len(functions) > 0 // the phase says what is wrong
}

// before carries out what comes before the layers.
func (d *deployment) before(ctx context.Context) error {
	if d.operation == OperationDestroy {
		return nil
	}
	if d.operation == OperationRollback {
		if err := d.phase(ctx, PhaseCode, "bringing the code back", d.codeFirst); err != nil {
			return err
		}
		if err := d.converge(ctx); err != nil {
			return err
		}
	}
	if err := d.phase(ctx, PhaseSnapshot, "copying the database", d.snapshot); err != nil {
		return err
	}
	if _, known := textOutput(d.outputs, outputSiteBucket); !known {
		return nil // the layers make it first
	}
	return d.phase(ctx, PhaseAssets, "uploading the site's assets", d.putAssets)
}

// after carries out what comes after the layers.
func (d *deployment) after(ctx context.Context) error {
	for _, each := range []struct {
		phase Phase
		text  string
		do    func(context.Context) (string, error)
	}{
		{PhaseAssets, "uploading the site's assets", d.putAssets},
		{PhaseMigrations, "expanding the database's schema", d.expand},
		{PhaseAliases, "leading callers to the new code", d.switchAliases},
		{PhaseEntries, "putting the site's pages", d.putEntries},
		{PhaseContract, "contracting the database's schema", d.contract},
		{PhaseVerify, "verifying", d.verify},
	} {
		if each.phase == PhaseAssets && d.did(PhaseAssets) {
			continue
		}
		if err := d.phase(ctx, each.phase, each.text, each.do); err != nil {
			return err
		}
	}
	return nil
}

// phase carries out one phase, if it is due, and records it.
func (d *deployment) phase(ctx context.Context, name Phase, text string, do func(context.Context) (string, error)) error {
	if !d.due(name) {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return &problem.Error{Code: problem.Interrupted, What: fmt.Sprintf("the %s of %s was interrupted", d.operation, d.engine.name()), Err: problem.ErrInterrupted}
	}
	e := d.engine
	begun := e.Clock().UTC()
	e.Progress(Progress{Time: begun, Kind: ProgressPhase, Phase: name, Status: Running, Text: text})
	d.update(ctx, func(r *Record) {
		r.Phases = append(r.Phases, PhaseRecord{Name: name, Status: Running, StartedAt: begun})
	})
	note, err := do(ctx)
	ended, status := e.Clock().UTC(), Succeeded
	if err != nil {
		status = Failed
		if ctx.Err() != nil {
			status = Interrupted
		}
	}
	d.update(ctx, func(r *Record) {
		last := &r.Phases[len(r.Phases)-1]
		last.Status, last.EndedAt, last.Note = status, ended, note
		if err != nil {
			last.Error = short(err)
		}
	})
	e.Progress(Progress{Time: ended, Kind: ProgressPhaseEnd, Phase: name, Status: status, Seconds: ended.Sub(begun).Seconds(), Err: err})
	if err == nil && note != "" {
		e.note("%s: %s", name, note)
	}
	return err
}

// did reports whether a phase was carried out.
func (d *deployment) did(phase Phase) bool {
	return slices.ContainsFunc(d.recorded().Phases, func(p PhaseRecord) bool { return p.Name == phase && p.Status == Succeeded })
}

// update changes the record. The record is the account of the run, not a condition
// of it: a failure to write it is told, and the run goes on.
func (d *deployment) update(ctx context.Context, change func(*Record)) {
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	err := d.journal.Update(writing, func(r *Record) {
		change(r)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.record = *r
	})
	if err != nil {
		d.engine.note("the deployment record could not be written: %s", err)
	}
}

// remark tells of something that is no failure, and writes it down.
func (d *deployment) remark(ctx context.Context, text string) {
	d.engine.note("%s", text)
	d.update(ctx, func(r *Record) { r.Notes = append(r.Notes, text) })
}

// recorded gives the record as it was written last.
func (d *deployment) recorded() Record {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.record
}

// states gives the layers' states as the run has them.
func (d *deployment) states() map[string]*tfstate.State {
	d.run.mu.Lock()
	defer d.run.mu.Unlock()
	states := make(map[string]*tfstate.State, len(d.run.states))
	for layer, state := range d.run.states {
		states[layer] = state
	}
	return states
}

// failed turns the error of a phase into the run's outcome.
func (d *deployment) failed(ctx context.Context, err error) RunStatus {
	if ctx.Err() != nil || errors.Is(err, problem.ErrInterrupted) {
		return Interrupted
	}
	return Failed
}
