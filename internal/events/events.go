// Package events writes what happens in a run as JSON lines, for other programs:
// docs/events.md describes them. Lines hold addresses, actions and ids, never values of
// resources.
package events

import (
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Version is that of the lines' form. A field that is added leaves it as it is.
const Version = 1

// Line is one thing that happened.
type Line struct {
	Version int                 `json:"version"`
	Number  int                 `json:"number"` // of the line, from 1
	Time    time.Time           `json:"time"`   // UTC
	Kind    engine.ProgressKind `json:"kind"`
	Run     string              `json:"run,omitempty"` // id; from kind run on

	Layer   string           `json:"layer,omitempty"`
	Stage   engine.Stage     `json:"stage,omitempty"`
	Phase   engine.Phase     `json:"phase,omitempty"`
	Command engine.Command   `json:"command,omitempty"`
	Status  engine.RunStatus `json:"status,omitempty"`
	Seconds float64          `json:"seconds,omitempty"`
	Text    string           `json:"text,omitempty"`

	Outline  *Outline  `json:"outline,omitempty"`  // of kind run
	Resource *Resource `json:"resource,omitempty"` // of kind event
	Errors   []Problem `json:"errors,omitempty"`   // why the status is what it is
}

// Outline is what a run has to do.
type Outline struct {
	Environment string           `json:"environment"`
	Operation   engine.Operation `json:"operation"`
	Release     string           `json:"release,omitempty"`
	Steps       []Step           `json:"steps"`
	Phases      []engine.Phase   `json:"phases"`
}

// Step is one step of an outline.
type Step struct {
	Ref
	After   []Ref    `json:"after"`
	Changes []Change `json:"changes"`
}

// Ref names a step.
type Ref struct {
	Layer string       `json:"layer"`
	Stage engine.Stage `json:"stage"`
}

// Change is one resource that a step changes.
type Change struct {
	Address   string           `json:"address"`
	Type      string           `json:"type"`
	Operation change.Operation `json:"operation"`
}

// Resource is what Terraform told of a resource.
type Resource struct {
	Event      engine.EventKind   `json:"event"`
	Address    string             `json:"address,omitempty"`
	Type       string             `json:"type,omitempty"`
	Action     string             `json:"action,omitempty"`
	IDKey      string             `json:"id_key,omitempty"`
	ID         string             `json:"id,omitempty"`
	Seconds    float64            `json:"seconds,omitempty"` // that it took by then
	Diagnostic *engine.Diagnostic `json:"diagnostic,omitempty"`
}

// Problem is one error.
type Problem struct {
	Code    problem.Code `json:"code,omitempty"`
	Message string       `json:"message"`
	Where   string       `json:"where,omitempty"`
	Next    string       `json:"next,omitempty"`

	Diagnostics []engine.Diagnostic `json:"diagnostics,omitempty"` // of Terraform and its providers
}

// Writer writes lines. It is for one goroutine.
type Writer struct {
	w      io.Writer
	number int
	run    string
	err    error
}

// New gives a writer to w.
func New(w io.Writer) *Writer { return &Writer{w: w} }

// Show writes one thing that happened, at once. After the first failure it writes no
// more: a file with a hole in it would not be told from a whole one.
func (w *Writer) Show(p engine.Progress) {
	if w.err != nil {
		return
	}
	if p.Outline != nil {
		w.run = p.Outline.ID
	}
	w.number++
	body, err := json.Marshal(w.line(p))
	if err == nil {
		_, err = w.w.Write(append(body, '\n'))
	}
	w.err = err
	if p.Kind == engine.ProgressEnd {
		w.run = ""
	}
}

// Err gives the first failure.
func (w *Writer) Err() error { return w.err }

func (w *Writer) line(p engine.Progress) Line {
	line := Line{Version: Version, Number: w.number, Time: p.Time.UTC(), Kind: p.Kind, Run: w.run, Layer: p.Layer, Stage: p.Stage, Phase: p.Phase,
		Command: p.Command, Status: p.Status, Seconds: p.Seconds, Text: p.Text, Errors: problems(p.Err)}
	if p.Outline != nil {
		line.Outline = outline(*p.Outline)
	}
	if e := p.Event; e != nil {
		line.Resource = &Resource{Event: e.Kind, Address: e.Address, Type: e.Type, Action: e.Action, IDKey: e.IDKey, ID: e.IDValue, Seconds: e.Elapsed, Diagnostic: e.Diagnostic}
	}
	return line
}

func outline(o engine.Outline) *Outline {
	out := &Outline{Environment: o.Environment, Operation: o.Operation, Release: o.Release, Steps: []Step{}, Phases: append([]engine.Phase{}, o.Phases...)}
	for _, s := range o.Steps {
		step := Step{Ref: Ref(s.StepRef), After: []Ref{}, Changes: []Change{}}
		for _, ref := range s.After {
			step.After = append(step.After, Ref(ref))
		}
		for _, c := range s.Changes {
			step.Changes = append(step.Changes, Change(c))
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

// problems gives an error's problems.
func problems(err error) []Problem {
	if err == nil {
		return nil
	}
	found := problem.Find(err)
	if len(found) == 0 {
		return []Problem{{Message: err.Error()}}
	}
	var out []Problem
	for _, p := range found {
		each := Problem{Code: p.Code, Message: p.What, Where: p.Where.String(), Next: p.Remedy()}
		var diagnostics *engine.DiagnosticsError
		switch {
		case errors.As(p.Err, &diagnostics):
			each.Diagnostics = diagnostics.Diagnostics
		case p.Err != nil && !errors.Is(p.Err, problem.ErrInterrupted):
			each.Message += ": " + p.Err.Error()
		}
		out = append(out, each)
	}
	return out
}
