package engine

import (
	"fmt"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
)

// ProgressKind tells what a Progress says.
type ProgressKind string

// The kinds of progress.
const (
	ProgressRun      ProgressKind = "run"       // a run begins, or what it has to do turned out otherwise: Outline
	ProgressPhase    ProgressKind = "phase"     // a phase of the run begins: Text says which; Phase where the record has it
	ProgressPhaseEnd ProgressKind = "phase_end" // a phase of the record ends with Status
	ProgressLayer    ProgressKind = "layer"     // a layer's step changes its Status
	ProgressCommand  ProgressKind = "command"   // a Terraform command begins, or ends with Status
	ProgressEvent    ProgressKind = "event"     // a resource's event
	ProgressNote     ProgressKind = "note"      // something worth knowing: Text
	ProgressEnd      ProgressKind = "end"       // the run ends with Status
)

// Progress is one thing that happened in a run.
type Progress struct {
	Time    time.Time
	Kind    ProgressKind
	Outline *Outline
	Layer   string
	Stage   Stage
	Phase   Phase
	Command Command
	Status  RunStatus
	Event   *Event
	Text    string
	Seconds float64
	Err     error // why the status is what it is
}

// Command is a command of Terraform.
type Command string

// The commands whose beginnings and ends are told.
const (
	CommandInit  Command = "init"
	CommandPlan  Command = "plan"
	CommandApply Command = "apply"
)

// Outline is what a run has to do, as it stands when it begins.
type Outline struct {
	ID          string
	Environment string
	Operation   Operation
	Release     string
	Parallelism int // steps at a time
	Steps       []OutlineStep
	Phases      []Phase // beside the layers, that are due; others may turn out to be
}

// OutlineStep is one step of an Outline.
type OutlineStep struct {
	StepRef
	After   []StepRef       // the steps that it waits for
	Changes []OutlineChange // that Terraform will tell of
}

// StepRef names a step of a run.
type StepRef struct {
	Layer string
	Stage Stage
}

// OutlineChange is one resource that a step changes.
type OutlineChange struct {
	Address   string
	Type      string
	Operation change.Operation
}

func (e *Engine) phase(format string, args ...any) {
	e.Progress(Progress{Time: e.Clock(), Kind: ProgressPhase, Text: fmt.Sprintf(format, args...)})
}

func (e *Engine) note(format string, args ...any) {
	e.Progress(Progress{Time: e.Clock(), Kind: ProgressNote, Text: fmt.Sprintf(format, args...)})
}

// command runs one command of Terraform, of a step or, for none, of a preview, and tells
// of its beginning and its end.
func (e *Engine) command(step Step, name Command, do func() error) error {
	told := Progress{Time: e.Clock(), Kind: ProgressCommand, Layer: step.Layer, Stage: step.Stage, Command: name, Status: Running}
	e.Progress(told)
	err := do()
	begun := told.Time
	told.Time, told.Status, told.Err = e.Clock(), Succeeded, err
	told.Seconds = told.Time.Sub(begun).Seconds()
	if err != nil {
		told.Status = Failed
	}
	e.Progress(told)
	return err
}

// tellOutline tells what the run has to do.
func (d *deployment) tellOutline() {
	outline := d.outline()
	d.engine.Progress(Progress{Time: d.engine.Clock(), Kind: ProgressRun, Outline: &outline})
}

func (d *deployment) outline() Outline {
	e := d.engine
	out := Outline{ID: d.id, Environment: e.name(), Operation: d.operation, Release: d.recorded().Release, Parallelism: e.Parallelism}
	byLayer := change.Set{Changes: d.preview.Changes}.ByLayer()
	released := map[string]bool{}
	for _, step := range d.preview.Steps {
		if step.Stage == StageRelease {
			for _, address := range step.Addresses {
				released[address] = true
			}
		}
	}
	for _, step := range d.preview.Steps {
		each := OutlineStep{StepRef: StepRef{step.Layer, step.Stage}}
		for _, key := range d.preview.staging.waitsFor(step.key()) {
			each.After = append(each.After, StepRef{key.layer, key.stage})
		}
		for _, c := range byLayer[step.Layer] {
			if told, ok := outlineChange(c, step.Stage, released[c.Address]); ok {
				each.Changes = append(each.Changes, told)
			}
		}
		out.Steps = append(out.Steps, each)
	}
	if d.operation == OperationDestroy {
		return out
	}
	for _, phase := range []Phase{PhaseCode, PhaseSnapshot, PhaseAssets, PhaseMigrations, PhaseAliases, PhaseEntries, PhaseContract, PhaseVerify} {
		if d.due(phase) {
			out.Phases = append(out.Phases, phase)
		}
	}
	return out
}

// outlineChange gives what a stage of a layer does to a resource; ok is false where it
// does nothing that Terraform tells of.
func outlineChange(c change.Change, stage Stage, released bool) (out OutlineChange, ok bool) {
	out = OutlineChange{Address: c.Address, Type: c.Type, Operation: c.Operation}
	switch {
	case c.Deposed != "": // told under the address of the object that took its place
		return out, false
	case stage == StageRelease:
		out.Operation = change.Delete
		return out, released
	case released && c.Operation == change.Replace:
		out.Operation = change.Create
	case released:
		return out, false
	}
	switch out.Operation {
	case change.Create, change.Update, change.Delete, change.Replace:
		return out, true
	case change.Import, change.Move, change.Forget:
	}
	return out, false
}

// waitsFor gives the steps that must be done before one: those that it depends on, also
// by way of layers that are not touched.
func (out staging) waitsFor(key stepKey) []stepKey {
	var found []stepKey
	seen, open := map[stepKey]bool{}, out.order.Dependencies(key)
	for len(open) > 0 {
		next := open[0]
		open = open[1:]
		if seen[next] {
			continue
		}
		seen[next] = true
		if out.has(next) {
			found = append(found, next)
		} else {
			open = append(open, out.order.Dependencies(next)...)
		}
	}
	return found
}
