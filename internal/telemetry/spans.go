package telemetry

import (
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Spans turns what happens into spans. It is for one goroutine.
type Spans struct {
	provider *sdktrace.TracerProvider
	exporter *watched
	tracer   trace.Tracer
	now      func() time.Time

	root       *open
	deployment *open // nil while none runs
	layers     map[step]*open
	commands   map[step]*open // of the preview under the zero step
	phases     map[string]*open
	resources  map[resourceKey]*open
}

// step names a layer's step.
type step = engine.StepRef

// resourceKey tells a resource's deletion from its creation anew, which may overlap.
type resourceKey struct {
	step            step
	address, action string
}

// Show takes one thing that happened.
func (s *Spans) Show(p engine.Progress) {
	key := step{Layer: p.Layer, Stage: p.Stage}
	switch p.Kind {
	case engine.ProgressRun:
		s.run(p)
	case engine.ProgressPhase:
		if p.Phase != "" {
			s.phases[string(p.Phase)] = s.begin(s.within(), "phase "+string(p.Phase), p.Time, attribute.String("mandala.phase", string(p.Phase)))
		}
	case engine.ProgressPhaseEnd:
		s.phases[string(p.Phase)].end(p.Time, p.Err, status(p))
		delete(s.phases, string(p.Phase))
	case engine.ProgressLayer:
		if p.Status == engine.Running {
			s.layers[key] = s.begin(s.within(), "layer "+p.Layer, p.Time, attribute.String("mandala.layer", p.Layer), attribute.String("mandala.stage", string(p.Stage)))
			return
		}
		s.layers[key].end(p.Time, p.Err, status(p))
		delete(s.layers, key)
	case engine.ProgressCommand:
		s.command(key, p)
	case engine.ProgressEvent:
		if p.Event != nil {
			s.event(key, *p.Event)
		}
	case engine.ProgressEnd:
		s.endRun(p.Time, p.Err, status(p))
	case engine.ProgressNote:
	}
}

// run begins a deployment. Told again of the same one, its steps turned out otherwise.
func (s *Spans) run(p engine.Progress) {
	if s.deployment != nil {
		return
	}
	o := p.Outline
	s.deployment = s.begin(s.root, string(o.Operation)+" deployment", p.Time,
		attribute.String("mandala.deployment.id", o.ID), attribute.String("mandala.environment", o.Environment),
		attribute.String("mandala.operation", string(o.Operation)), attribute.String("mandala.release", o.Release))
}

// within is what a layer, a phase or a preview is part of.
func (s *Spans) within() *open {
	if s.deployment != nil {
		return s.deployment
	}
	return s.root
}

func (s *Spans) command(key step, p engine.Progress) {
	if p.Status != engine.Running {
		s.commands[key].end(p.Time, p.Err, status(p))
		delete(s.commands, key)
		return
	}
	parent := s.layers[key]
	if parent == nil {
		parent = s.within()
	}
	s.commands[key] = s.begin(parent, "terraform "+string(p.Command), p.Time, attribute.String("mandala.layer", p.Layer))
}

// errResource stands for what the provider said, which is in the record.
var errResource = errors.New("the provider reported an error")

func (s *Spans) event(key step, e engine.Event) {
	at := resourceKey{key, e.Address, e.Action}
	switch e.Kind {
	case engine.ApplyStart:
		parent := s.commands[key]
		if parent == nil {
			parent = s.within()
		}
		s.resources[at] = s.begin(parent, e.Action+" "+e.Type, e.Time, attribute.String("terraform.address", e.Address),
			attribute.String("terraform.type", e.Type), attribute.String("terraform.action", e.Action))
	case engine.ApplyComplete:
		s.resources[at].end(e.Time, nil, attribute.String("terraform.id", e.IDValue))
		delete(s.resources, at)
	case engine.ApplyErrored:
		s.resources[at].end(e.Time, errResource)
		delete(s.resources, at)
	case engine.ApplyProgress, engine.EventDiagnostic:
	}
}

func status(p engine.Progress) attribute.KeyValue {
	return attribute.String("mandala.status", string(p.Status))
}

// endRun ends a deployment and what it left open.
func (s *Spans) endRun(at time.Time, err error, attributes ...attribute.KeyValue) {
	endEach(s.resources, at)
	endEach(s.commands, at)
	endEach(s.layers, at)
	endEach(s.phases, at)
	s.deployment.end(at, err, attributes...)
	s.deployment = nil
}

// endAll ends everything, with the outcome of the whole.
func (s *Spans) endAll(err error) {
	at := s.now()
	s.endRun(at, err)
	s.root.end(at, err)
}

func endEach[K comparable](spans map[K]*open, at time.Time) {
	for key, each := range spans {
		each.end(at, nil)
		delete(spans, key)
	}
}
