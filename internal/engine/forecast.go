package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
)

const (
	forecastRecords = 12 // runs that are looked at
	forecastEvents  = 6  // of which so many for their resources
	forecastSamples = 5  // the newest that count
)

// Forecast tells how long things took in earlier runs of an environment: the median of
// the last that succeeded. What never happened it does not guess.
type Forecast struct {
	steps     map[stepSample][]time.Duration
	phases    map[Phase][]time.Duration
	resources map[[2]string][]time.Duration // by address and action
	types     map[[2]string][]time.Duration // by type and action
}

// stepSample is what makes two steps comparable: to create a database takes long, to
// change its tags does not.
type stepSample struct {
	StepRef
	heaviest change.Operation
}

// Step gives how long a step takes.
func (f Forecast) Step(step OutlineStep) (time.Duration, bool) {
	var actions []string
	for _, c := range step.Changes {
		actions = append(actions, string(c.Operation))
	}
	return median(f.steps[stepSample{step.StepRef, heaviest(actions)}])
}

// Phase gives how long a phase takes.
func (f Forecast) Phase(phase Phase) (time.Duration, bool) { return median(f.phases[phase]) }

// Resource gives how long an action of Terraform on a resource takes: of the resource
// itself, else of any of its type.
func (f Forecast) Resource(address, resourceType, action string) (time.Duration, bool) {
	if took, ok := median(f.resources[[2]string{address, action}]); ok {
		return took, true
	}
	return median(f.types[[2]string{resourceType, action}])
}

// Forecast looks at the environment's records. What of them cannot be read is not
// counted: nothing depends on a forecast.
func (e *Engine) Forecast(ctx context.Context, outline Outline) (Forecast, error) {
	f := Forecast{steps: map[stepSample][]time.Duration{}, phases: map[Phase][]time.Duration{},
		resources: map[[2]string][]time.Duration{}, types: map[[2]string][]time.Duration{}}
	records, err := e.Journals.List(ctx, forecastRecords)
	looked := 0
	for _, r := range records {
		if r.ID == outline.ID || r.Status == Running || looked >= forecastEvents {
			continue
		}
		for _, p := range r.Phases {
			if p.Status == Succeeded && !p.EndedAt.IsZero() {
				f.phases[p.Name] = sample(f.phases[p.Name], p.EndedAt.Sub(p.StartedAt))
			}
		}
		if !slices.ContainsFunc(r.Layers, func(l LayerRecord) bool { return !l.StartedAt.IsZero() }) {
			continue
		}
		looked++
		events, eventsErr := e.Journals.Events(ctx, r.ID)
		err = errors.Join(err, eventsErr)
		f.add(r, events)
	}
	return f, err
}

// add counts one run's layers and resources.
func (f Forecast) add(r Record, events map[string][]Event) {
	for _, l := range r.Layers {
		if l.StartedAt.IsZero() || l.EndedAt.IsZero() {
			continue // nothing was applied
		}
		var actions []string
		for _, event := range events[l.Name] {
			if event.Kind != ApplyComplete || event.Time.Before(l.StartedAt) || event.Time.After(l.EndedAt) {
				continue
			}
			actions = append(actions, event.Action)
			took := time.Duration(event.Elapsed * float64(time.Second))
			for _, each := range []struct {
				samples map[[2]string][]time.Duration
				key     [2]string
			}{{f.resources, [2]string{event.Address, event.Action}}, {f.types, [2]string{event.Type, event.Action}}} {
				each.samples[each.key] = sample(each.samples[each.key], took)
			}
		}
		if l.Status != Succeeded {
			continue
		}
		begun := l.BegunAt
		if begun.IsZero() {
			begun = l.StartedAt
		}
		key := stepSample{StepRef{l.Name, l.Stage}, heaviest(actions)}
		f.steps[key] = sample(f.steps[key], l.EndedAt.Sub(begun))
	}
}

// heaviest gives what of several actions takes the longest as a rule.
func heaviest(actions []string) change.Operation {
	has := func(any ...change.Operation) bool {
		return slices.ContainsFunc(actions, func(a string) bool { return slices.Contains(any, change.Operation(a)) })
	}
	switch {
	case has(change.Create, change.Replace):
		return change.Create
	case has(change.Delete):
		return change.Delete
	case has(change.Update):
		return change.Update
	}
	return "" // outputs only
}

func sample(samples []time.Duration, took time.Duration) []time.Duration {
	if len(samples) >= forecastSamples {
		return samples
	}
	return append(samples, took)
}

func median(samples []time.Duration) (time.Duration, bool) {
	if len(samples) == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[len(sorted)/2], true
}
