package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// lockPoll is how often a starting Terraform's state lock is looked for, so
// that the record knows it before anything can go wrong.
const lockPoll = 100 * time.Millisecond

// step carries out one step: it plans the layer's slice with real outputs,
// sees that the plan stays within what was approved, and applies it.
func (r *run) step(ctx context.Context, key stepKey) error {
	step, ok := r.preview.staging.steps[key]
	if !ok {
		return nil // an untouched layer, in the order only
	}
	begun := r.engine.Clock()
	result := &LayerResult{Name: key.layer, Stage: key.stage}
	r.report(key, Running, 0, nil)
	status, err := r.perform(ctx, step)
	result.Result, result.Seconds = status, r.engine.Clock().Sub(begun).Seconds()
	ended := r.engine.Clock().UTC()
	r.update(ctx, key, func(l *LayerRecord) {
		l.Status, l.BegunAt, l.EndedAt = status, begun.UTC(), ended
		if err != nil {
			l.Error = short(err)
		}
	})
	r.mu.Lock()
	r.results[key] = result
	r.mu.Unlock()
	r.report(key, status, result.Seconds, err)
	return err
}

func (r *run) report(key stepKey, status RunStatus, seconds float64, err error) {
	r.engine.Progress(Progress{Time: r.engine.Clock(), Kind: ProgressLayer, Layer: key.layer, Stage: key.stage, Status: status, Seconds: seconds, Err: err})
}

// short gives an error's first line for the record: codes and summaries, no
// provider's page of text.
func short(err error) string {
	const most = 500
	text := []rune(err.Error())
	if len(text) > most {
		text = append(text[:most], '…')
	}
	return string(text)
}

func (r *run) perform(ctx context.Context, step Step) (RunStatus, error) {
	dir, err := r.laySlice(step)
	if err != nil {
		return Failed, err
	}
	status, err := r.performIn(ctx, step, dir)
	if err != nil {
		return status, errors.Join(err, dir.Leave())
	}
	if err := dir.Release(); err != nil {
		return Failed, err
	}
	return status, nil
}

func (r *run) performIn(ctx context.Context, step Step, dir Directory) (RunStatus, error) {
	e := r.engine
	fail := func(err error) (RunStatus, error) {
		if ctx.Err() != nil {
			return Interrupted, e.inLayer(err, step.Layer)
		}
		return Failed, e.inLayer(err, step.Layer)
	}
	if err := e.command(step, CommandInit, func() error { return e.Terraform.Init(ctx, dir.Path()) }); err != nil {
		return fail(err)
	}
	if err := r.mendState(ctx, step, dir); err != nil {
		return fail(err)
	}
	options := PlanOptions{VarFiles: e.varFiles(dir, r.preview.code), Destroy: step.Stage != StageApply}
	if step.Stage == StageApply {
		for _, address := range r.preview.replace {
			if change.Layer(address) == step.Layer {
				options.Replace = append(options.Replace, address)
			}
		}
	}
	if step.Stage == StageRelease {
		options.Targets = step.Addresses
	}
	var planned *tfjson.Plan
	err := e.command(step, CommandPlan, func() (err error) {
		planned, err = e.Terraform.Plan(ctx, dir.Path(), options)
		return err
	})
	if err != nil {
		return fail(err)
	}
	comparing := e.planOptions()
	comparing.Unmasked = true
	set, approved := change.FromPlan(planned, comparing), r.preview.Changes
	if step.Stage == StageRelease {
		approved = change.Releases(approved)
	}
	if excess := change.Refines(approved, set.Changes, r.started); len(excess) > 0 {
		return Failed, &problem.Error{Code: problem.NotRefinement,
			What: fmt.Sprintf("layer %s of %s wants more than was approved: %s", step.Layer, e.name(), describe(excess))}
	}
	if set.Empty() {
		return Unchanged, nil
	}
	if err := e.command(step, CommandApply, func() error { return r.apply(ctx, step, dir) }); err != nil {
		status, failure := fail(err)
		if problem.Is(err, problem.TerraformCrashed) || dir.Unsaved() {
			status = Crashed
		}
		return status, failure
	}
	return r.reload(ctx, step)
}

func (r *run) laySlice(step Step) (Directory, error) {
	e := r.engine
	r.mu.Lock()
	state, known := r.states[step.Layer], map[string]compose.Outputs{}
	layer, declared := e.Environment.Root.Layer(step.Layer)
	if declared {
		for _, upstream := range layer.Upstream() {
			if outputs, ok := r.known[upstream]; ok {
				known[upstream] = outputs
			}
		}
	}
	r.mu.Unlock()
	request := compose.Request{Known: known, Backend: e.backend(step.Layer)}
	if declared {
		request.Keep = []string{step.Layer}
		for _, i := range r.preview.imports {
			if change.Layer(i.To) == step.Layer && step.Stage == StageApply {
				request.Imports = append(request.Imports, i)
			}
		}
	} else {
		request.Orphans = []string{step.Layer}
	}
	if state != nil {
		request.StateProviders = state.Providers()
	}
	composition, err := compose.Compose(e.Environment.Root, request)
	if err != nil {
		return nil, err
	}
	return e.lay(slicePrefix+step.Layer, composition, nil, r.preview.code)
}

// backend is where a layer's state lies. No encryption is asked for: the
// bucket's own default, a KMS key, applies.
func (e *Engine) backend(layer string) *compose.Backend {
	config := map[string]cty.Value{
		"bucket":       cty.StringVal(e.Environment.Settings.State.Bucket),
		"key":          cty.StringVal(StateKey(layer)),
		"region":       cty.StringVal(e.Environment.Settings.Region),
		"use_lockfile": cty.True,
	}
	for _, flag := range e.BackendFlags {
		config[flag] = cty.True
	}
	return &compose.Backend{Type: "s3", Config: config}
}

// apply runs Terraform and keeps its events.
func (r *run) apply(ctx context.Context, step Step, dir Directory) error {
	key := step.key()
	begun := r.engine.Clock().UTC()
	r.mu.Lock()
	state := r.states[step.Layer]
	r.mu.Unlock()
	r.update(ctx, key, func(l *LayerRecord) {
		l.Status, l.StartedAt = Running, begun
		if state != nil {
			l.SerialBefore = state.Serial
		}
	})
	watching, stop := context.WithCancel(ctx)
	defer stop()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		r.watchLock(watching, step)
	}()
	options := ApplyOptions{Started: func(p Process) {
		r.update(ctx, key, func(l *LayerRecord) { l.Process = p })
	}}
	err := r.engine.Terraform.Apply(ctx, dir.Path(), options, func(event Event) {
		if event.Diagnostic != nil {
			located := *event.Diagnostic
			located.File = r.engine.inProject(located.File)
			event.Diagnostic = &located
		}
		r.journal.Event(step.Layer, event)
		r.engine.Progress(Progress{Time: event.Time, Kind: ProgressEvent, Layer: step.Layer, Stage: step.Stage, Event: &event})
	})
	stop()
	<-watched
	return err
}

// watchLock waits for Terraform's lock on the layer's state to appear and
// writes its id into the record: should Terraform be killed, the lock can then
// be told from anyone else's.
func (r *run) watchLock(ctx context.Context, step Step) {
	for {
		if id := r.engine.lockID(ctx, step.Layer); id != "" {
			r.update(ctx, step.key(), func(l *LayerRecord) { l.StateLockID = id })
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(lockPoll):
		}
	}
}

// stateLock is Terraform's lock object beside a state.
type stateLock struct {
	ID        string    `json:"ID"`
	Operation string    `json:"Operation"`
	Who       string    `json:"Who"`
	Created   time.Time `json:"Created"`
	etag      string
}

// readLock gives the lock on a layer's state, nil where there is none.
func (e *Engine) readLock(ctx context.Context, layer string) (*stateLock, error) {
	object, err := e.Store.Get(ctx, StateKey(layer)+lockSuffix)
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // no lock is the ordinary case
	}
	if err != nil {
		return nil, err
	}
	lock := stateLock{etag: object.ETag}
	if err := json.Unmarshal(object.Body, &lock); err != nil {
		return nil, fmt.Errorf("read the lock on layer %s: %w", layer, err)
	}
	return &lock, nil
}

func (e *Engine) lockID(ctx context.Context, layer string) string {
	lock, err := e.readLock(ctx, layer)
	if err != nil || lock == nil {
		return ""
	}
	return lock.ID
}

// reload reads the state that an apply wrote.
func (r *run) reload(ctx context.Context, step Step) (RunStatus, error) {
	reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	state, err := r.engine.readState(reading, step.Layer, "")
	if err != nil {
		return Failed, err
	}
	if state == nil {
		return Failed, &problem.Error{Code: problem.CorruptState, What: fmt.Sprintf("layer %s of %s has no state after its apply", step.Layer, r.engine.name())}
	}
	outputs, ok, err := outputsOf(state)
	if err != nil {
		return Failed, err
	}
	r.mu.Lock()
	r.states[step.Layer] = state
	// While an upstream's release is staged its outputs may be gone; the
	// last ones stay good for planning until it has been applied.
	if ok {
		r.known[step.Layer] = outputs
	}
	r.mu.Unlock()
	r.update(ctx, step.key(), func(l *LayerRecord) { l.SerialAfter = state.Serial })
	return Succeeded, nil
}
