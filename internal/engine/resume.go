package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// deadRun is an earlier run that did not end well, with what is known of it.
type deadRun struct {
	record   Record
	chain    []Record         // it and the runs that it was to resume itself, newest first
	approval *change.Approval // what it was approved for; nil if that is lost
	events   map[string][]Event
	leftover map[string][]Event // those among them that no journal has yet
	started  map[string]bool    // addresses that it began to create
	worked   map[string]bool    // layers in which its Terraform was at work when it died
	unheard  map[string]bool    // those of them whose event stream is not on this machine
}

// waitPoll is how often a dead run's lease or process is looked at.
const waitPoll = 500 * time.Millisecond

// findDeadRun looks for the run to resume, or refuses to start over one whose
// resources may stand outside any state.
func (e *Engine) findDeadRun(ctx context.Context, operation Operation, request ApplyRequest) (*deadRun, error) {
	resume := request.Resume
	held, err := e.Leases.Read(ctx)
	if err != nil {
		return nil, err
	}
	live := held != nil && request.lease == nil && held.ExpiresAt.After(e.Clock())
	// Who goes back does not wait for somebody who is known to be dead.
	if live && (resume || operation == OperationRollback && e.gone(*held)) {
		if err := e.awaitExpiry(ctx, *held); err != nil {
			return nil, err
		}
		live = false
	}
	record, err := e.lastRun(ctx)
	if err != nil {
		return nil, err
	}
	if record == nil || record.ResumedBy != "" {
		if resume && held == nil {
			return nil, nothingToResume(e.name())
		}
		return nil, nil //nolint:nilnil // no dead run is the ordinary case; one without a record had changed nothing
	}
	atWork := live && held.DeploymentID == record.ID
	switch {
	case resume && record.Operation == OperationDestroy && record.Status != Succeeded:
		return nil, &problem.Error{Code: problem.NothingToResume, Where: problem.Location{Flag: "--resume"},
			What: fmt.Sprintf("run %s of %s was a destroy; an apply would make what it deleted again", record.ID, e.name()),
			Next: goOn(e.name(), *record)}
	case resume && record.Operation == OperationRollback && record.Status != Succeeded:
		return nil, &problem.Error{Code: problem.NothingToResume, Where: problem.Location{Flag: "--resume"},
			What: fmt.Sprintf("run %s of %s was on its way back to %s", record.ID, e.name(), record.Release),
			Next: goOn(e.name(), *record)}
	case resume && !record.Resumable() && !record.Unsettled():
		if unbegun(held, record) {
			return nil, nil //nolint:nilnil // as above
		}
		return nil, nothingToResume(e.name())
	case resume:
	case atWork:
		return nil, nil //nolint:nilnil // a live run is the lease's business
	case !record.Unsettled():
		if operation != OperationDestroy && record.cutShort() {
			return e.loadDeadRun(ctx, *record, false)
		}
		return nil, nil //nolint:nilnil // nothing is left open
	case operation == OperationDestroy && record.Operation == OperationDestroy:
		// What a destroy left half done, another one finishes.
	case operation == OperationRollback:
		// Going back looks after what the run left behind.
	default:
		return nil, &problem.Error{Code: problem.InterruptedRun,
			What: fmt.Sprintf("run %s of %s (%s by %s@%s, %s) did not finish", record.ID, e.name(), record.Operation, record.User, record.Host, record.StartedAt.Format(time.RFC3339)),
			Next: goOn(e.name(), *record)}
	}
	return e.loadDeadRun(ctx, *record, resume)
}

// gone reports whether a lease's holder is known to have died.
func (e *Engine) gone(holder Holder) bool {
	alive, known := e.Processes.Alive(Process{Host: holder.Host, PID: holder.PID})
	return known && !alive
}

// goOn says which command finishes a run that did not.
func goOn(environment string, record Record) string {
	switch record.Operation {
	case OperationDestroy:
		return fmt.Sprintf("`mandala-deploy destroy %[1]s --confirm %[1]s` finishes it", environment)
	case OperationRollback:
		return fmt.Sprintf("`mandala-deploy rollback %s --version %s` goes on", environment, record.Release)
	case OperationApply, OperationUnlock:
	}
	return fmt.Sprintf("`mandala-deploy apply %s --resume` adopts what it created and goes on", environment)
}

// unbegun reports whether a lease is that of a run without a record: it died,
// or is, between taking the lease and beginning to change anything.
func unbegun(held *Holder, last *Record) bool {
	return held != nil && (last == nil || held.DeploymentID != last.ID)
}

func nothingToResume(environment string) error {
	return &problem.Error{Code: problem.NothingToResume, Where: problem.Location{Flag: "--resume"}, What: "no interrupted run of " + environment}
}

// NoteUnsettled tells of an earlier run because of which a preview shows
// creations of what exists already.
func (e *Engine) NoteUnsettled(ctx context.Context) error {
	// Records of another account's bucket, or the lack of it, would only mislead.
	if _, err := e.identity(ctx); err != nil {
		return err
	}
	record, err := e.lastRun(ctx)
	if err != nil || record == nil || !record.Unsettled() {
		return err
	}
	e.note("run %s of %s has not finished: what it created may not stand in any state yet; `mandala-deploy status %s` says more", record.ID, e.name(), e.name())
	return nil
}

// unchangedSince sees, once the lease is held, that no other run came and died
// between the look at the records and the taking of the lease.
func (e *Engine) unchangedSince(ctx context.Context, dead *deadRun) error {
	record, err := e.lastRun(ctx)
	if err != nil || record == nil || !record.Unsettled() || dead != nil && dead.record.ID == record.ID {
		return err
	}
	return &problem.Error{Code: problem.InterruptedRun, What: fmt.Sprintf("run %s of %s did not finish", record.ID, e.name())}
}

// lastRun gives the newest record that stands for a change, nil if none.
func (e *Engine) lastRun(ctx context.Context) (*Record, error) {
	const enough = 20 // unlocks in between are few
	records, err := e.Journals.List(ctx, enough)
	if err != nil {
		return nil, err
	}
	for i := range records {
		if records[i].Operation != OperationUnlock {
			return &records[i], nil
		}
	}
	return nil, nil //nolint:nilnil // an environment may have no runs
}

// awaitExpiry waits for a dead run's lease to expire. One that is renewed
// meanwhile is not dead.
func (e *Engine) awaitExpiry(ctx context.Context, held Holder) error {
	e.note("waiting until %s for the lease of run %s to expire", held.ExpiresAt.Format(time.TimeOnly), held.DeploymentID)
	for {
		select {
		case <-ctx.Done():
			return &problem.Error{Code: problem.Interrupted, What: "the run was interrupted", Err: problem.ErrInterrupted}
		case <-time.After(waitPoll):
		}
		now, err := e.Leases.Read(ctx)
		if err != nil {
			return err
		}
		if now == nil || now.ID != held.ID || !now.ExpiresAt.After(e.Clock()) {
			return nil
		}
		if now.ExpiresAt.After(held.ExpiresAt) {
			return &problem.Error{Code: problem.Locked, What: fmt.Sprintf("run %s of %s is still at work: %s@%s renewed its lease", held.DeploymentID, e.name(), held.User, held.Host)}
		}
	}
}

// loadDeadRun gathers what is known of a run, and of those before it that it
// had not got to the end of when it died itself.
//
// asked is whether its work is to be gone on with, as it was approved; else it
// is only looked after what it left behind.
func (e *Engine) loadDeadRun(ctx context.Context, record Record, asked bool) (*deadRun, error) {
	dead := &deadRun{record: record, chain: []Record{record}, events: map[string][]Event{}, leftover: map[string][]Event{}, started: map[string]bool{}, worked: map[string]bool{}, unheard: map[string]bool{}}
	const enough = 50 // resumes of resumes
	records, err := e.Journals.List(ctx, enough)
	if err != nil {
		return nil, err
	}
	for _, each := range records {
		if each.ID == dead.chain[len(dead.chain)-1].ResumedFrom {
			dead.chain = append(dead.chain, each)
		}
	}
	for _, each := range slices.Backward(dead.chain) { // oldest first
		events, err := e.Journals.Events(ctx, each.ID)
		if err != nil {
			return nil, err
		}
		for layer, list := range events {
			dead.events[layer] = append(dead.events[layer], list...)
		}
	}
	if asked && record.ApprovalDigest != "" {
		object, err := e.Store.Get(ctx, approvalKey(record.ApprovalDigest))
		if err == nil {
			dead.approval, err = change.ReadApproval(approvalKey(record.ApprovalDigest), e.name(), object.Body)
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	return dead, nil
}

// settle makes sure that nothing of a dead run is still at work, and takes its
// locks away; nobody else's.
func (e *Engine) settle(ctx context.Context, dead *deadRun) error {
	e.phase("settling run %s", dead.record.ID)
	for _, record := range dead.chain {
		for _, layer := range record.Layers {
			if layer.Status != Running && layer.Status != Crashed && !layer.cutShort() {
				continue
			}
			if err := e.settleLayer(ctx, dead, record, layer); err != nil {
				return err
			}
		}
	}
	for _, events := range dead.events {
		for _, event := range events {
			if event.Kind == ApplyStart && event.Action == "create" {
				dead.started[event.Address] = true
			}
		}
	}
	return e.Files.Tidy()
}

func (e *Engine) settleLayer(ctx context.Context, dead *deadRun, record Record, layer LayerRecord) error {
	if err := e.awaitProcess(ctx, layer); err != nil {
		return err
	}
	if !dead.worked[layer.Name] {
		dead.unheard[layer.Name] = true
		if record.Host == e.Actor.Host {
			if err := e.readLeftover(dead, layer); err != nil {
				return err
			}
		}
	}
	dead.worked[layer.Name] = true
	return e.releaseLock(ctx, record, layer)
}

// awaitProcess waits for a Terraform that outlived the tool: it writes its
// state when it is done, and then nothing is lost.
func (e *Engine) awaitProcess(ctx context.Context, layer LayerRecord) error {
	if layer.Process.PID == 0 {
		return nil
	}
	told := false
	for {
		alive, known := e.Processes.Alive(layer.Process)
		if !known {
			e.note("layer %s: Terraform ran on host %s, which this one cannot see; its lease has expired", layer.Name, layer.Process.Host)
			return nil
		}
		if !alive {
			// Its providers can outlive it and would finish what they began
			// while this run looks for what is there.
			e.Processes.EndOrphans(layer.Process)
			return nil
		}
		if !told {
			e.note("layer %s: waiting for the Terraform (pid %d) of the interrupted run to end", layer.Name, layer.Process.PID)
			told = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(waitPoll):
		}
	}
}

// readLeftover adds the events that Terraform wrote after the last one that
// the record has; they are on the host on which it ran.
func (e *Engine) readLeftover(dead *deadRun, layer LayerRecord) error {
	body, err := e.Files.Leftover(slicePrefix + layer.Name)
	if err != nil || len(body) == 0 {
		return err
	}
	delete(dead.unheard, layer.Name)
	return e.Terraform.ReadEvents(bytes.NewReader(body), func(event Event) {
		if event.Time.Before(layer.StartedAt) {
			return // of an earlier apply
		}
		dead.events[layer.Name] = append(dead.events[layer.Name], event)
		dead.leftover[layer.Name] = append(dead.leftover[layer.Name], event)
	})
}

// releaseLock deletes the lock that a dead run's Terraform left on a layer's
// state. It is known by its id; where the run died before it could note that,
// by its time and holder: while the run held the environment's lease.
func (e *Engine) releaseLock(ctx context.Context, record Record, layer LayerRecord) error {
	lock, err := e.readLock(ctx, layer.Name)
	if err != nil || lock == nil {
		return err
	}
	own := layer.StateLockID != "" && lock.ID == layer.StateLockID
	if layer.StateLockID == "" && !layer.StartedAt.IsZero() {
		own = (lock.Operation == "OperationTypeApply" || mends(lock.Operation)) && lock.Who == record.User+"@"+record.Host &&
			!lock.Created.Before(layer.StartedAt.Add(-time.Second))
	}
	if !own {
		return &problem.Error{Code: problem.StateLocked,
			What: fmt.Sprintf("the state of layer %s of %s is locked by %s since %s (lock %s), which is not the interrupted run's lock", layer.Name, e.name(), lock.Who, lock.Created.Format(time.RFC3339), lock.ID)}
	}
	if err := e.Store.Delete(ctx, StateKey(layer.Name)+lockSuffix, lock.etag); err != nil && !errors.Is(err, ErrPrecondition) {
		return err
	}
	e.note("layer %s: released the lock that run %s left behind", layer.Name, record.ID)
	return nil
}

// importTargets gives the addresses that are imported to.
func importTargets(imports []compose.Import) map[string]bool {
	targets := map[string]bool{}
	for _, i := range imports {
		targets[i.To] = true
	}
	return targets
}

// Interrupted gives the engine at the stored release that the run to be resumed was
// deploying; the engine itself where that was the working tree.
func (e *Engine) Interrupted(ctx context.Context) (*Engine, error) {
	record, err := e.lastRun(ctx)
	if err != nil || record == nil || record.ResumedBy != "" {
		return e, err
	}
	return e.atReleaseOf(ctx, record)
}

// Deployed gives the engine at the stored release that stands; the engine itself
// where that is the working tree, or nothing.
func (e *Engine) Deployed(ctx context.Context) (*Engine, error) {
	record, err := e.standing(ctx)
	if err != nil || record == nil {
		return e, err
	}
	return e.atReleaseOf(ctx, record)
}

func (e *Engine) atReleaseOf(ctx context.Context, record *Record) (*Engine, error) {
	if _, err := release.ParseVersion(record.Release); err != nil {
		return e, nil //nolint:nilerr // the name of a working tree
	}
	at, _, err := e.At(ctx, record.Release)
	return at, err
}
