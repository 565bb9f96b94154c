package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// LayerStatus is what stands of one layer.
type LayerStatus struct {
	Name      string `json:"name"`
	Serial    uint64 `json:"serial"`
	Resources int    `json:"resources"`
	Declared  bool   `json:"declared"` // false: in the state only
	LockedBy  string `json:"locked_by,omitempty"`
}

// Status is how an environment stands.
type Status struct {
	Environment    string
	Layers         []LayerStatus
	Lease          *Holder
	LeaseExpired   bool
	HolderGone     bool // the lease's process has died on this host
	LastDeployment *Record
	// Interrupted says, a line each, what an unfinished run left open.
	Interrupted []string
}

// Status reads how the environment stands. It changes nothing.
func (e *Engine) Status(ctx context.Context) (*Status, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	states, err := e.states(ctx)
	if err != nil {
		return nil, err
	}
	order, err := e.Environment.Root.Graph().Order()
	if err != nil {
		return nil, err
	}
	status := &Status{Environment: e.name()}
	for _, layer := range append(slices.Clone(order), e.orphans(states)...) {
		line := LayerStatus{Name: layer, Declared: e.declared()[layer]}
		if state := states[layer]; state != nil {
			line.Serial, line.Resources = state.Serial, state.Count()
		}
		status.Layers = append(status.Layers, line)
	}
	if status.Lease, err = e.Leases.Read(ctx); err != nil {
		return nil, err
	}
	status.LeaseExpired = status.Lease != nil && !status.Lease.ExpiresAt.After(e.Clock())
	if status.Lease != nil {
		alive, known := e.Processes.Alive(Process{Host: status.Lease.Host, PID: status.Lease.PID})
		status.HolderGone = known && !alive
	}
	if status.LastDeployment, err = e.lastRun(ctx); err != nil {
		return nil, err
	}
	if status.LeaseExpired && unbegun(status.Lease, status.LastDeployment) {
		status.Interrupted = append(status.Interrupted, fmt.Sprintf("run %s (%s by %s@%s) died before it changed anything",
			status.Lease.DeploymentID, status.Lease.Operation, status.Lease.User, status.Lease.Host))
	}
	return status, e.addLocks(ctx, status)
}

// addLocks reads Terraform's locks where a run is under way or has died.
func (e *Engine) addLocks(ctx context.Context, status *Status) error {
	last := status.LastDeployment
	if last == nil || last.ResumedBy != "" || last.Status == Succeeded {
		return nil
	}
	live := status.Lease != nil && !status.LeaseExpired && !status.HolderGone && status.Lease.DeploymentID == last.ID
	for _, layer := range last.Layers {
		lock, err := e.readLock(ctx, layer.Name)
		if err != nil {
			return err
		}
		for i := range status.Layers {
			if lock != nil && status.Layers[i].Name == layer.Name {
				status.Layers[i].LockedBy = lock.Who
			}
		}
		if !live && layer.Status != Succeeded && layer.Status != Unchanged {
			status.Interrupted = append(status.Interrupted, fmt.Sprintf("layer %s (%s): %s", layer.Name, layer.Stage, unfinished(layer, lock)))
		}
	}
	if !live && last.Status == Running && len(status.Interrupted) == 0 {
		status.Interrupted = []string{"the run ended before its record was closed"}
	}
	return nil
}

func unfinished(layer LayerRecord, lock *stateLock) string {
	text := string(layer.Status)
	if layer.Status == Running || layer.Status == Crashed {
		text = "its Terraform was at work"
		if !layer.StartedAt.IsZero() {
			text += " since " + layer.StartedAt.Format(time.RFC3339)
		}
	}
	if layer.Error != "" {
		text += ": " + layer.Error
	}
	if lock != nil {
		text += "; its state is locked by " + lock.Who
	}
	return text
}

// UnlockResult says what was broken.
type UnlockResult struct {
	Holder *Holder  `json:"holder"`
	Locks  []string `json:"state_locks"` // layers whose Terraform lock was released
	Kept   []string `json:"kept_locks"`  // layers whose lock stays: its Terraform may live
	Closed string   `json:"closed_run"`  // by force: the unfinished run that nobody has to resume now
}

// Unlock breaks the environment's lease, a live one only by force, releases
// the state locks that its run left behind, and leaves a record of it. By
// force it releases every state lock.
func (e *Engine) Unlock(ctx context.Context, force bool) (*UnlockResult, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	result := &UnlockResult{Locks: []string{}, Kept: []string{}}
	holder, err := e.Leases.Break(ctx, force)
	switch {
	case err == nil:
		result.Holder = &holder
	case !problem.Is(err, problem.LeaseNotHeld):
		return nil, err
	}
	none := err
	if err := e.releaseLocks(ctx, force, result); err != nil {
		return nil, err
	}
	id := e.NewID()
	if force {
		if err := e.closeRun(ctx, id, result); err != nil {
			return nil, err
		}
	}
	if result.Holder == nil && len(result.Locks) == 0 && len(result.Kept) == 0 && result.Closed == "" {
		return nil, none
	}
	record := Record{ID: id, Environment: e.name(), Operation: OperationUnlock, Status: Running, StartedAt: e.Clock().UTC(),
		User: e.Actor.User, Host: e.Actor.Host, CIRun: e.Actor.CIRun}
	if result.Holder != nil {
		record.Notes = append(record.Notes, fmt.Sprintf("broke the lease of %s@%s, run %s, expiry %s", holder.User, holder.Host, holder.DeploymentID, holder.ExpiresAt.Format(time.RFC3339)))
	}
	for _, layer := range result.Locks {
		record.Notes = append(record.Notes, "released Terraform's lock on layer "+layer)
	}
	if result.Closed != "" {
		record.Notes = append(record.Notes, "closed the unfinished run "+result.Closed+": nothing of it will be adopted")
	}
	journal, err := e.Journals.Start(ctx, record)
	if err != nil {
		return nil, err
	}
	return result, journal.Finish(ctx, Succeeded)
}

// closeRun marks an unfinished run as dealt with, for one whose leftovers
// cannot be adopted and were seen to by hand.
func (e *Engine) closeRun(ctx context.Context, by string, result *UnlockResult) error {
	last, err := e.lastRun(ctx)
	if err != nil || last == nil || !last.Unsettled() {
		return err
	}
	result.Closed = last.ID
	return e.Journals.Amend(ctx, last.ID, func(r *Record) { r.ResumedBy = by })
}

func (e *Engine) releaseLocks(ctx context.Context, force bool, result *UnlockResult) error {
	last, err := e.lastRun(ctx)
	if err != nil || last == nil {
		return err
	}
	own, working := map[string]string{}, map[string]bool{}
	for _, layer := range last.Layers {
		own[layer.Name] = layer.StateLockID
		if layer.Process.PID != 0 {
			alive, known := e.Processes.Alive(layer.Process)
			working[layer.Name] = alive || !known
		}
	}
	states, err := e.states(ctx)
	if err != nil {
		return err
	}
	layers := map[string]bool{}
	for layer := range states {
		layers[layer] = true
	}
	for layer := range own {
		layers[layer] = true
	}
	for _, layer := range sortedKeys(layers) {
		lock, err := e.readLock(ctx, layer)
		if err != nil {
			return err
		}
		if lock == nil || !force && (own[layer] == "" || lock.ID != own[layer]) {
			continue
		}
		if !force && working[layer] {
			result.Kept = append(result.Kept, layer)
			continue
		}
		if err := e.Store.Delete(ctx, StateKey(layer)+lockSuffix, lock.etag); err != nil {
			return err
		}
		result.Locks = append(result.Locks, layer)
	}
	return nil
}

// Bootstrap creates or corrects the environment's bucket, and gives a line for
// each thing changed.
func (e *Engine) Bootstrap(ctx context.Context) ([]string, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	return e.Cloud.Bootstrap(ctx, e.Environment.Settings.State.Bucket, map[string]string{
		"Environment": e.name(), "ManagedBy": "mandala-deploy", "Purpose": "deployment state and records",
	})
}
