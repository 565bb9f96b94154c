package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// run is a deployment's record with what follows from it.
type run struct {
	record engine.Record
	layers []Layer // of the root, and those that only the record has, at the end
	now    time.Time
	spans  []span                // of the layers, in the order of the record
	work   map[string][]resource // by layer, in the order in which they began
}

// span is the time of one layer's stage: it waited from the beginning of the layers until
// all that it stands on was ready, was prepared (initialised, planned, and kept waiting
// for a free place) until its Terraform began to apply, and was worked on.
type span struct {
	layer  engine.LayerRecord
	begun  time.Time // of the layers
	ready  time.Time
	work   time.Time // zero where nothing was applied
	ended  time.Time // now where it goes on; zero where it never began
	behind *int      // index of the span that it waited for last
}

// resource is what was done to one resource. Its id is left out: of some types it is
// what they keep secret.
type resource struct {
	address string
	action  string
	began   time.Time
	ended   time.Time // zero where nobody said so
	status  engine.RunStatus
}

func newRun(d Deployment, now time.Time) *run {
	r := &run{record: d.Account.Record, layers: slices.Clone(d.Layers), now: now, work: map[string][]resource{}}
	for _, each := range r.record.Layers {
		if !slices.ContainsFunc(r.layers, func(l Layer) bool { return l.Name == each.Name }) {
			r.layers = append(r.layers, Layer{Name: each.Name})
		}
	}
	for layer, events := range d.Account.Events {
		r.work[layer] = resourcesOf(events, r.over())
	}
	begun := r.layersBegun()
	for _, layer := range r.record.Layers {
		r.spans = append(r.spans, span{layer: layer, begun: begun})
	}
	for i := range r.spans {
		r.time(&r.spans[i])
	}
	return r
}

// over reports whether the run has ended, however it did.
func (r *run) over() bool { return r.record.Status != engine.Running }

// end is when the run ended, or now.
func (r *run) end() time.Time {
	if !r.record.EndedAt.IsZero() {
		return r.record.EndedAt
	}
	last := r.record.StartedAt
	for _, layer := range r.record.Layers {
		if layer.EndedAt.After(last) {
			last = layer.EndedAt
		}
	}
	if r.over() {
		return last // it died: what came after its last word is not known
	}
	return r.now
}

// layersBegun is when the first layer could begin: after the phases that come before.
func (r *run) layersBegun() time.Time {
	begun := r.record.StartedAt
	for _, p := range r.record.Phases {
		before := p.Name == engine.PhaseCode || p.Name == engine.PhaseSnapshot || p.Name == engine.PhaseAssets
		if !before || p.EndedAt.IsZero() || !p.EndedAt.After(begun) {
			continue
		}
		if !slices.ContainsFunc(r.record.Layers, func(l engine.LayerRecord) bool { return !l.EndedAt.IsZero() && l.EndedAt.Before(p.EndedAt) }) {
			begun = p.EndedAt
		}
	}
	return begun
}

func (r *run) time(s *span) {
	l := s.layer
	switch l.Status {
	case engine.Pending, engine.Skipped:
		return
	case engine.Running:
		s.ended = r.end()
	default:
		s.ended = l.EndedAt
	}
	if s.ended.IsZero() { // it died
		s.ended = r.end()
	}
	s.work, s.ready = l.StartedAt, s.begun
	limit := cmp.Or(s.work, s.ended)
	for i, other := range r.spans {
		ended := other.layer.EndedAt
		if r.before(other.layer, l) && ended.After(s.ready) && !ended.After(limit) {
			s.ready, s.behind = ended, &i
		}
	}
}

// before reports whether a layer's stage has to be done before another one begins.
func (r *run) before(first, then engine.LayerRecord) bool {
	takes := func(stage engine.Stage) bool { return stage == engine.StageRelease || stage == engine.StageDestroy }
	if first.Name == then.Name {
		return first.Stage == engine.StageRelease && then.Stage != engine.StageRelease
	}
	if takes(then.Stage) { // what stands on it goes first
		return takes(first.Stage) && r.standsOn(first.Name, then.Name)
	}
	return !takes(first.Stage) && r.standsOn(then.Name, first.Name)
}

func (r *run) standsOn(layer, upstream string) bool {
	return slices.ContainsFunc(r.layers, func(l Layer) bool { return l.Name == layer && slices.Contains(l.Upstream, upstream) })
}

// chain gives the spans that the layers took their time by, first to last: each waited
// for the one before.
func (r *run) chain() []span {
	last := -1
	for i, s := range r.spans {
		if !s.ended.IsZero() && (last < 0 || s.ended.After(r.spans[last].ended)) {
			last = i
		}
	}
	var chain []span
	for seen := map[int]bool{}; last >= 0 && !seen[last]; {
		seen[last] = true
		chain = append([]span{r.spans[last]}, chain...)
		if r.spans[last].behind == nil {
			break
		}
		last = *r.spans[last].behind
	}
	return chain
}

// resourcesOf pairs the beginnings and ends among a layer's events. Reads are no changes.
func resourcesOf(events []engine.Event, over bool) []resource {
	var list []resource
	open := map[string]int{}
	for _, e := range events {
		if e.Address == "" || e.Action == "read" || e.Action == "no-op" {
			continue
		}
		key := e.Action + " " + e.Address
		switch e.Kind {
		case engine.ApplyStart:
			open[key] = len(list)
			list = append(list, resource{address: e.Address, action: e.Action, began: e.Time, status: engine.Running})
		case engine.ApplyComplete, engine.ApplyErrored:
			i, known := open[key]
			if !known {
				i = len(list)
				list = append(list, resource{address: e.Address, action: e.Action, began: e.Time})
			}
			delete(open, key)
			list[i].ended, list[i].status = e.Time, engine.Succeeded
			if e.Kind == engine.ApplyErrored {
				list[i].status = engine.Failed
			}
		case engine.ApplyProgress, engine.EventDiagnostic:
		}
	}
	if over {
		for i := range list {
			if list[i].status == engine.Running {
				list[i].status = engine.Interrupted
			}
		}
	}
	slices.SortStableFunc(list, func(a, b resource) int { return a.began.Compare(b.began) })
	return list
}

// severity orders the states of a layer's stages: the worst is the layer's.
func severity(s engine.RunStatus) int {
	return slices.Index([]engine.RunStatus{engine.Unchanged, engine.Succeeded, engine.Skipped, engine.Pending, engine.Running, engine.Interrupted, engine.Crashed, engine.Failed}, s)
}

// standing gives how a layer stands after all of its stages; ok is false where the run
// had nothing to do there.
func (r *run) standing(layer string) (status engine.RunStatus, ok bool) {
	for _, l := range r.record.Layers {
		if l.Name == layer && (!ok || severity(l.Status) > severity(status)) {
			status, ok = l.Status, true
		}
	}
	return status, ok
}

// untouched is the state of a layer in which nothing was to be done.
func untouched() State { return State{"not touched", "idle", "·"} }

func (r *run) drawing() *drawing {
	return draw(r.layers, func(layer string) (State, string) {
		status, ok := r.standing(layer)
		if !ok {
			return untouched(), "not touched"
		}
		s := StatusState(status)
		note := s.Name
		if d := r.worked(layer); d > 0 {
			note += ", " + Lasted(d)
		}
		return s, note
	})
}

// worked gives how long a layer was prepared and worked on.
func (r *run) worked(layer string) time.Duration {
	var sum time.Duration
	for _, s := range r.spans {
		if s.layer.Name == layer && !s.ended.IsZero() {
			sum += s.ended.Sub(s.ready)
		}
	}
	return sum
}

func (r *run) table() *table {
	t := &table{Caption: "The layers", Columns: []string{"Layer", "State", "Stands on", "Resources", "Took", "What it said"}}
	for _, layer := range r.layers {
		status, ok := r.standing(layer.Name)
		s := untouched()
		var said []string
		if ok {
			s = StatusState(status)
		}
		for _, l := range r.record.Layers {
			if l.Name == layer.Name && l.Error != "" {
				said = append(said, sentence(l.Error))
			}
		}
		done := 0
		for _, each := range r.work[layer.Name] {
			if each.status == engine.Succeeded {
				done++
			}
		}
		work := ""
		if d := r.worked(layer.Name); d > 0 {
			work = Lasted(d)
		}
		resources := ""
		if all := len(r.work[layer.Name]); all > 0 {
			resources = fmt.Sprintf("%d of %d", done, all)
		}
		t.Rows = append(t.Rows, row{Cells: []cell{
			head(say(layer.Name, maxName)), stated(s), text(say(strings.Join(layer.Upstream, ", "), maxAddress)),
			text(resources), text(work), text(strings.Join(said, " ")),
		}})
	}
	return t
}
