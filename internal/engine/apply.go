package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/graph"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// ApplyRequest says what is applied and under which conditions.
type ApplyRequest struct {
	Layers        []string
	Approval      *change.Approval // from a file; nil where the preview is confirmed on the spot
	AllowStateful []string         // addresses that may be lost
	Resume        bool
	Unattended    bool   // nobody is asked: refused where the environment wants approval
	Reason        string // why, for the record
	// Confirm shows the preview and asks; an error of it ends the run. It is
	// not called where nothing is to be done or an approval covers it.
	Confirm func(context.Context, *Preview) error
	// Show is told of the preview in any case.
	Show func(*Preview)

	whole      bool    // a choice of layers is all of what is to be done
	rollbackOf string  // id of the deployment that is taken back
	automatic  bool    // nobody said so: a deployment failed
	target     *Target // of a rollback
	lease      Lease   // of the run that this one follows in its process; nil: it takes its own
}

// LayerResult is how one step of a run ended.
type LayerResult struct {
	Name    string
	Stage   Stage
	Result  RunStatus
	Seconds float64
	Err     error
	Because string // the layer that failed, where this one was skipped
}

// Result is how a run ended.
type Result struct {
	DeploymentID string
	Environment  string
	Operation    Operation
	Release      string // "" where none was deployed
	Result       RunStatus
	Layers       []LayerResult
	Begun        bool          // something may have been changed
	Phases       []PhaseRecord // beside the layers
	Outputs      map[string]Value
	Preview      *Preview
	Verification *Verification // nil where nothing was verified
	Seconds      float64
	// RolledBack is the run that took this one back; nil where none did.
	RolledBack *Result

	partial bool // somebody chose some layers only
}

// closing bounds what is written after a run was stopped.
const closing = 30 * time.Second

// Apply previews the environment under its lease, has the preview confirmed,
// and applies it layer by layer. The result is never nil when something was
// begun, whatever the error.
func (e *Engine) Apply(ctx context.Context, request ApplyRequest) (*Result, error) {
	if e.Environment.Settings.Release.Required && e.stored == nil {
		return nil, &problem.Error{Code: problem.ReleaseRequired, Where: e.settingsFile(),
			What: fmt.Sprintf("environment %s takes stored releases only, not the working tree", e.name())}
	}
	if e.stored != nil {
		// What is missing or damaged is found now, not half-way.
		if _, err := e.VerifyRelease(ctx, e.Release); err != nil {
			return nil, err
		}
	}
	return e.change(ctx, OperationApply, request, func(ctx context.Context, dead *deadRun) (*Preview, error) {
		preview, err := e.previewForApply(ctx, request, dead)
		if err != nil {
			return nil, err
		}
		return preview, e.authorize(ctx, request, preview, dead)
	})
}

// change is the frame of every run that changes the environment: lease, dead
// runs, preview and leave, record, steps, outputs.
func (e *Engine) change(ctx context.Context, operation Operation, request ApplyRequest, prepare func(context.Context, *deadRun) (*Preview, error)) (result *Result, err error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	id, lease := e.NewID(), request.lease
	if lease != nil {
		if err := lease.Pass(ctx, operation, id); err != nil {
			return nil, err
		}
	}
	dead, err := e.findDeadRun(ctx, operation, request)
	if err != nil {
		return nil, err
	}
	if lease == nil {
		if lease, err = e.acquire(ctx, operation, id); err != nil {
			return nil, err
		}
		// Not on the lease's own context: that ends with every run.
		stop := context.AfterFunc(ctx, func() {
			e.note("interrupted: nothing new starts; a Terraform at work gets time to write its state")
		})
		defer stop()
		defer func() {
			closingCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
			defer cancel()
			if releaseErr := lease.Release(closingCtx); releaseErr != nil && err == nil {
				err = releaseErr
			}
		}()
	}
	held := lease.Context()
	if err := e.unchangedSince(held, dead); err != nil {
		return nil, cause(held, err)
	}
	if dead != nil {
		if operation == OperationApply && len(request.Layers) == 0 && dead.approval != nil {
			request.Layers = dead.approval.Inputs.Layers // it goes on with that, and with nothing more
		}
		err := e.settle(held, dead)
		if err == nil && operation != OperationRollback { // which adds them
			err = coversWork(request.Layers, dead)
		}
		if err != nil {
			return nil, cause(held, err)
		}
	}
	preview, err := prepare(held, dead)
	if err != nil {
		return nil, cause(held, err)
	}
	result, err = e.carryOut(held, operation, id, request, preview, dead)
	err = cause(held, err)
	if operation != OperationApply {
		return result, err
	}
	return e.goBackIfFailed(lease, result, err)
}

// cause gives the reason for which a context ended instead of the bare
// "context canceled" that surfaced.
func cause(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	why := context.Cause(ctx)
	if problem.Is(why, problem.LeaseLost) && problem.Is(err, problem.Interrupted) {
		return why // Terraform was interrupted because of it, not by a person
	}
	if len(problem.Find(err)) > 0 && !errors.Is(err, context.Canceled) {
		return err
	}
	if len(problem.Find(why)) > 0 {
		return why
	}
	return &problem.Error{Code: problem.Interrupted, What: "the run was interrupted", Err: problem.ErrInterrupted}
}

// acquire takes the lease. An expired one is taken over: that its run left
// nothing open, or is to be resumed, has been seen before.
func (e *Engine) acquire(ctx context.Context, operation Operation, id string) (Lease, error) {
	lease, previous, err := e.Leases.Acquire(ctx, e.holder(operation, id), true)
	if err != nil {
		return nil, err
	}
	if previous != nil {
		e.note("took over the expired lease of %s@%s (run %s)", previous.User, previous.Host, previous.DeploymentID)
	}
	return lease, nil
}

// holder is this run as it holds the lease.
func (e *Engine) holder(operation Operation, id string) Holder {
	return Holder{
		ID: id, Environment: e.name(), User: e.Actor.User, Host: e.Actor.Host, PID: e.Actor.PID,
		Operation: operation, DeploymentID: id, CIRun: e.Actor.CIRun,
	}
}

func (e *Engine) previewForApply(ctx context.Context, request ApplyRequest, dead *deadRun) (*Preview, error) {
	code, err := e.buildFunctions(ctx)
	if err != nil {
		return nil, err
	}
	if request.Approval != nil {
		if err := e.checkInputs(ctx, request, code); err != nil {
			return nil, err
		}
	}
	ask := PreviewRequest{Layers: request.Layers, code: &code}
	if dead != nil {
		if len(ask.Layers) == 0 && dead.approval != nil {
			ask.Layers = dead.approval.Inputs.Layers
		}
		return e.adopt(ctx, ask, dead)
	}
	return e.Preview(ctx, ask)
}

// run is one run at work.
type run struct {
	engine    *Engine
	operation Operation
	preview   *Preview
	journal   Journal
	started   map[string]bool // addresses that a dead run of this work began to create

	mu      sync.Mutex
	known   map[string]compose.Outputs
	states  map[string]*tfstate.State
	results map[stepKey]*LayerResult
}

// carryOut writes the record, runs the phases and the steps and gives the result.
func (e *Engine) carryOut(ctx context.Context, operation Operation, id string, request ApplyRequest, preview *Preview, dead *deadRun) (*Result, error) {
	result := &Result{DeploymentID: id, Environment: e.name(), Operation: operation, Result: Succeeded, Preview: preview, Outputs: preview.Outputs}
	d, err := e.newDeployment(ctx, operation, id, request, preview, dead)
	if err != nil {
		return nil, err
	}
	result.Release, result.partial = d.record.Release, d.partial
	if preview.Empty() && dead == nil && !d.outstanding {
		return result, nil
	}
	if err := e.begin(ctx, d); err != nil {
		return nil, err
	}
	result.Begun = true
	told := e.tellStart(ctx, d)
	failures := e.marked(ctx, d, dead)
	if len(failures) == 0 {
		e.phase("%s %s", operation, e.name())
		d.tellOutline()
		failures = e.perform(ctx, d, result)
	} else {
		result.Result = Failed
	}
	<-told
	closingCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	if err := d.journal.Finish(closingCtx, result.Result); err != nil {
		failures = append(failures, err)
	}
	result.Seconds = e.Clock().Sub(d.record.StartedAt).Seconds()
	result.Phases, result.Verification, result.Preview = d.recorded().Phases, d.verification, d.preview
	err = errors.Join(failures...)
	e.Progress(Progress{Time: e.Clock(), Kind: ProgressEnd, Status: result.Result, Seconds: result.Seconds, Err: err})
	e.tellEnd(closingCtx, d, result, err)
	return result, err
}

// tellStart tells that a run begins, beside its work, and gives what is closed when it
// was told.
func (e *Engine) tellStart(ctx context.Context, d *deployment) <-chan struct{} {
	told := make(chan struct{})
	notice := e.noticeOf(d, NoticeStarted, 0, nil)
	go func() {
		defer close(told)
		if notice != nil {
			e.notify(ctx, *notice)
		}
	}()
	return told
}

// perform runs what comes before the layers, the layers, and what comes after them.
func (e *Engine) perform(ctx context.Context, d *deployment, result *Result) []error {
	if err := d.before(ctx); err != nil {
		result.Result = d.failed(ctx, err)
		return []error{err}
	}
	ends, err := graph.Run(ctx, d.preview.staging.order, e.Parallelism, d.run.step)
	if err != nil {
		result.Result = Failed
		return []error{err}
	}
	failures := d.run.collect(ctx, result, ends)
	if result.Result != Succeeded || d.operation == OperationDestroy {
		return failures
	}
	if len(d.preview.Steps) > 0 {
		if result.Outputs, err = e.outputs(ctx, knownNow(d.run), d.preview.hides); err != nil {
			result.Result = Failed
			return append(failures, err)
		}
		d.outputs = result.Outputs
	}
	if err := d.after(ctx); err != nil {
		result.Result = d.failed(ctx, err)
		failures = append(failures, err)
	}
	return failures
}

// newDeployment gathers what is known of a run before it begins.
func (e *Engine) newDeployment(ctx context.Context, operation Operation, id string, request ApplyRequest, preview *Preview, dead *deadRun) (*deployment, error) {
	d := &deployment{engine: e, id: id, operation: operation, request: request, preview: preview, bundle: preview.bundle, dead: dead,
		partial: request.partial(), outputs: preview.Outputs}
	standing, err := e.standing(ctx)
	if err != nil {
		return nil, err
	}
	schema, err := e.lastSchema(ctx)
	if err != nil {
		return nil, err
	}
	if operation != OperationDestroy && !d.partial && !d.bundle.empty() { // before anything is changed
		if err := d.bundle.Manifest.CanReach(schema.To); err != nil {
			return nil, &problem.Error{Code: problem.BadMigrations, What: fmt.Sprintf("%s is at schema %d", e.name(), schema.To), Err: err,
				Next: "deploy the releases in between first: each either expands the schema or contracts it"}
		}
	}
	d.contracted, d.doubtful = schema.Contracted, standing != nil && standing.Status != Succeeded
	d.record = e.newRecord(operation, id, request, preview, standing)
	// What was deployed already may have failed afterwards, or never been proved.
	unproved := standing != nil && (standing.Status != Succeeded || d.due(PhaseVerify) && (standing.Verification == nil || standing.Verification.Result != Succeeded))
	if d.bundle != nil && d.bundle.Stored {
		unproved = unproved || standing == nil || standing.Manifest != d.bundle.Digest || standing.Release != e.Release
	}
	d.outstanding = operation != OperationDestroy && d.bundle != nil && unproved && (d.bundle.Stored || !d.partial)
	return d, nil
}

// begin stores what the run stands on, writes its record and makes it ready.
func (e *Engine) begin(ctx context.Context, d *deployment) error {
	if err := e.keepManifest(ctx, d.bundle); err != nil {
		return err
	}
	if d.dead != nil {
		d.record.ResumedFrom = d.dead.record.ID
	}
	if err := d.keep(ctx); err != nil {
		return err
	}
	var err error
	d.journal, err = e.Journals.Start(ctx, d.record)
	return err
}

// keep stores what the preview's steps stand on.
func (d *deployment) keep(ctx context.Context) error {
	if err := d.engine.keepApproval(ctx, d.preview.Approval); err != nil {
		return err
	}
	return d.engine.uploadFunctions(ctx, d.preview)
}

// ready makes the run ready for the preview's steps.
func (d *deployment) ready() error {
	known, err := knownOutputs(d.preview.states)
	if err != nil {
		return err
	}
	for layer := range d.preview.staging.deferred {
		known[layer] = d.preview.coming[layer] // until it has been applied itself
	}
	d.run = &run{engine: d.engine, operation: d.operation, preview: d.preview, journal: d.journal, known: known,
		states: maps.Clone(d.preview.states), results: map[stepKey]*LayerResult{}}
	if d.dead != nil {
		d.run.started = d.dead.started
		// The file that they come from is overwritten by the next apply.
		for layer, events := range d.dead.leftover {
			for _, event := range events {
				d.journal.Event(layer, event)
			}
		}
		d.dead.leftover = nil
	}
	return nil
}

// partial reports whether somebody chose some layers only.
func (r ApplyRequest) partial() bool { return len(r.Layers) > 0 && !r.whole }

// collect turns the ends of the steps into the result, and gives the errors.
func (r *run) collect(ctx context.Context, result *Result, ends []graph.Result[stepKey]) []error {
	var failures []error
	byKey := map[stepKey]graph.Result[stepKey]{}
	for _, end := range ends {
		byKey[end.Key] = end
	}
	for _, step := range r.preview.Steps {
		end := byKey[step.key()]
		layer := LayerResult{Name: step.Layer, Stage: step.Stage, Result: Succeeded}
		if done := r.results[step.key()]; done != nil {
			layer = *done
		}
		switch end.Status {
		case graph.Failed:
			layer.Err = end.Err
			failures = append(failures, end.Err)
		case graph.Skipped:
			layer.Result, layer.Because = Skipped, end.Because.layer
		case graph.NotStarted:
			layer.Result = Skipped
		case graph.Succeeded:
		}
		if layer.Result != Succeeded && layer.Result != Unchanged {
			result.Result = worse(result.Result, layer.Result)
		}
		if end.Status != graph.Succeeded {
			r.update(ctx, step.key(), func(l *LayerRecord) { l.Status = layer.Result })
		}
		result.Layers = append(result.Layers, layer)
	}
	if ctx.Err() != nil && result.Result != Succeeded {
		result.Result = worse(result.Result, Interrupted)
		failures = append(failures, context.Cause(ctx))
		if context.Cause(ctx) == nil || len(problem.Find(context.Cause(ctx))) == 0 {
			failures[len(failures)-1] = &problem.Error{Code: problem.Interrupted, What: fmt.Sprintf("the %s of %s was interrupted", r.operation, r.engine.name()), Err: problem.ErrInterrupted}
		}
	}
	return failures
}

// worse gives the status that says more of two.
func worse(a, b RunStatus) RunStatus {
	order := []RunStatus{Succeeded, Unchanged, Skipped, Failed, Interrupted, Crashed}
	rank := func(s RunStatus) int {
		for i, each := range order {
			if each == s {
				return i
			}
		}
		return len(order)
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// update changes one step's part of the record. The record is the account of
// the run, not a condition of it: a failure to write it is told, and the step
// goes on.
func (r *run) update(ctx context.Context, key stepKey, change func(*LayerRecord)) {
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	err := r.journal.Update(writing, func(record *Record) {
		for i := range record.Layers {
			if record.Layers[i].Name == key.layer && record.Layers[i].Stage == key.stage {
				change(&record.Layers[i])
			}
		}
	})
	if err != nil {
		r.engine.note("the deployment record could not be written: %s", err)
	}
}
