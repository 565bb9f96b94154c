package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// timeline is what a run did when: its phases and layers on one scale, and the
// resources of each layer on the layer's own.
type timeline struct {
	Ticks   []tick
	Rows    []stretch
	Chain   string // what the layers took their time by
	Slowest *table
	Layers  []layerTimeline
}

type layerTimeline struct {
	ID      string
	Name    string
	Summary string
	Ticks   []tick
	Rows    []stretch
	More    string
}

// stretch is one line of a timeline.
type stretch struct {
	Name    string
	Kind    string // phase or layer; of a resource what was done to it
	State   State
	Begins  string // since the beginning of the scale
	Waited  string
	Took    string
	Note    string
	Bars    []bar
	Caption string // the bars for who does not see them
}

// bar is a part of a stretch. Its place is in hundredths of the scale.
type bar struct {
	From, Width string
	Class       string
	Title       string
}

type tick struct {
	At    string
	Label string
	Line  bool
}

// scale turns times into places.
type scale struct {
	from time.Time
	span time.Duration
}

func newScale(from, to time.Time) scale { return scale{from, max(to.Sub(from), time.Second)} }

func (s scale) place(t time.Time) float64 {
	return min(max(100*float64(t.Sub(s.from))/float64(s.span), 0), 100)
}

func (s scale) bar(from, to time.Time, class, title string) bar {
	const least = 0.25 // thinner is not seen
	begin := s.place(from)
	width := max(s.place(to)-begin, least)
	return bar{From: hundredths(min(begin, 100-least)), Width: hundredths(width), Class: class, Title: title}
}

func hundredths(f float64) string { return fmt.Sprintf("%.2f%%", f) }

// ticks gives four to eight round marks.
func (s scale) ticks() []tick {
	steps := []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute, time.Hour}
	step := steps[len(steps)-1]
	for _, each := range steps {
		if s.span <= 6*each {
			step = each
			break
		}
	}
	const most = 12
	for s.span/most > step { // days, or nonsense
		step *= 2
	}
	var list []tick
	for n := range time.Duration(most + 2) {
		at := n * step
		if at > s.span || at < 0 {
			break
		}
		list = append(list, tick{At: hundredths(100 * float64(at) / float64(s.span)), Label: mark(at), Line: at > 0})
	}
	if len(list) > 1 && s.span-step*time.Duration(len(list)-1) < step/2 {
		list[len(list)-1].Label = "" // it would be cut at the edge
	}
	return list
}

func mark(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		if s := int(d.Seconds()) % 60; s != 0 {
			return fmt.Sprintf("%d:%02d", int(d.Minutes()), s)
		}
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d:%02d h", int(d.Hours()), int(d.Minutes())%60)
}

// timeline gives the run's timeline with at most most resources of each layer.
func (r *run) timeline(most int) *timeline {
	if len(r.spans) == 0 && len(r.record.Phases) == 0 {
		return nil
	}
	s := newScale(r.record.StartedAt, r.end())
	t := &timeline{Ticks: s.ticks()}
	early, late := r.phases(s)
	t.Rows = append(t.Rows, early...)
	for _, each := range r.spans {
		t.Rows = append(t.Rows, r.layerStretch(s, each))
	}
	t.Rows = append(t.Rows, late...)
	t.Chain, t.Slowest = r.chainText(), r.slowest()
	for i, layer := range r.layers {
		if work := r.work[layer.Name]; len(work) > 0 {
			t.Layers = append(t.Layers, r.layerTimeline(i, layer.Name, work, most))
		}
	}
	return t
}

// phases gives those that ended before the layers were done, and the others.
func (r *run) phases(s scale) (early, late []stretch) {
	for _, p := range r.record.Phases {
		ended := p.EndedAt
		if ended.IsZero() {
			ended = r.end()
		}
		status := p.Status
		if status == engine.Running && r.over() {
			status = engine.Crashed
		}
		line := stretch{Name: say(string(p.Name), maxName), Kind: "phase", State: StatusState(status), Begins: since(p.StartedAt.Sub(s.from)),
			Took: took(p.StartedAt, ended), Note: sentence(strings.TrimSpace(p.Error + " " + p.Note)),
			Bars: []bar{s.bar(p.StartedAt, ended, "phase "+StatusState(status).Class, took(p.StartedAt, ended))}}
		line.Caption = fmt.Sprintf("from %s for %s", line.Begins, line.Took)
		if slices.ContainsFunc(r.spans, func(each span) bool { return !each.ended.IsZero() && each.ended.After(p.StartedAt) }) {
			early = append(early, line)
		} else {
			late = append(late, line)
		}
	}
	return early, late
}

func (r *run) layerStretch(s scale, each span) stretch {
	name := say(each.layer.Name, maxName)
	if each.layer.Stage != "" && each.layer.Stage != engine.StageApply {
		name += " (" + say(string(each.layer.Stage), maxName) + ")"
	}
	line := stretch{Name: name, Kind: "layer", State: StatusState(each.layer.Status)}
	if each.ended.IsZero() {
		line.Caption = "never began"
		return line
	}
	line.Begins, line.Took = since(each.ready.Sub(s.from)), took(each.ready, each.ended)
	if waited := each.ready.Sub(each.begun); waited > 0 {
		line.Waited = Lasted(waited)
		if each.behind != nil {
			line.Waited += " for " + say(r.spans[*each.behind].layer.Name, maxName)
		}
		line.Bars = append(line.Bars, s.bar(each.begun, each.ready, "wait", "waited "+line.Waited))
	}
	working := each.work
	if working.IsZero() {
		working = each.ended
	}
	if prepared := working.Sub(each.ready); prepared > 0 {
		line.Note = "planned " + Lasted(prepared)
		line.Bars = append(line.Bars, s.bar(each.ready, working, "plan", "planned, or waited for a free place, for "+Lasted(prepared)))
	}
	if !each.work.IsZero() {
		line.Bars = append(line.Bars, s.bar(each.work, each.ended, "work "+line.State.Class, "applied for "+took(each.work, each.ended)))
	}
	var said []string
	for _, b := range line.Bars {
		said = append(said, b.Title)
	}
	line.Caption = strings.Join(said, ", ")
	return line
}

func (r *run) layerTimeline(index int, name string, work []resource, most int) layerTimeline {
	from, to := work[0].began, work[0].began
	for _, each := range work {
		to = maxTime(to, r.endOf(each))
	}
	s := newScale(from, to)
	t := layerTimeline{ID: fmt.Sprintf("timeline-%d", index+1), Name: say(name, maxName), Ticks: s.ticks(),
		Summary: fmt.Sprintf("%s in %s", plural(len(work), "resource"), Lasted(to.Sub(from)))}
	shown := work
	if len(shown) > most {
		shown = slowestOf(work, most, r.endOf)
		t.More = fmt.Sprintf("%s more, which took less time, are left out.", plural(len(work)-most, "resource"))
	}
	for _, each := range shown {
		done := operationOf(each.action)
		if each.status != engine.Succeeded {
			done = StatusState(each.status)
			done.Name = say(each.action, maxName) + " " + done.Name
		}
		line := stretch{Name: say(inLayer(each.address, name), maxAddress), State: done, Begins: since(each.began.Sub(from)), Took: took(each.began, r.endOf(each))}
		if each.began.After(from) {
			line.Bars = append(line.Bars, s.bar(from, each.began, "wait", ""))
		}
		line.Bars = append(line.Bars, s.bar(each.began, r.endOf(each), "work "+done.Class, ""))
		t.Rows = append(t.Rows, line)
	}
	return t
}

// since says how long after the beginning of a scale something began.
func since(d time.Duration) string {
	if d < 50*time.Millisecond {
		return "at once"
	}
	return "+" + Lasted(d)
}

// endOf gives when a resource was done; where nobody said so, when the run ended.
func (r *run) endOf(each resource) time.Time {
	if each.ended.IsZero() {
		return maxTime(r.end(), each.began)
	}
	return each.ended
}

func maxTime(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// slowestOf keeps those that took longest, in their order.
func slowestOf(work []resource, most int, end func(resource) time.Time) []resource {
	length := func(each resource) time.Duration { return end(each).Sub(each.began) }
	lengths := make([]time.Duration, len(work))
	for i, each := range work {
		lengths[i] = length(each)
	}
	slices.SortFunc(lengths, func(a, b time.Duration) int { return int(b - a) })
	var kept []resource
	for _, each := range work {
		if len(kept) < most && length(each) >= lengths[max(most-1, 0)] {
			kept = append(kept, each)
		}
	}
	return kept
}

func (r *run) chainText() string {
	chain := r.chain()
	if len(chain) < 2 {
		return ""
	}
	names := make([]string, len(chain))
	for i, each := range chain {
		names[i] = fmt.Sprintf("%s (%s)", say(each.layer.Name, maxName), took(each.ready, each.ended))
	}
	return fmt.Sprintf("%s from the first layer to the last, each waiting for the one before: %s.", took(chain[0].begun, chain[len(chain)-1].ended), strings.Join(names, " → "))
}

// slowest lists the resources that took longest.
func (r *run) slowest() *table {
	const most, enough = 8, 12
	var all []resource
	for _, layer := range r.layers {
		all = append(all, r.work[layer.Name]...)
	}
	if len(all) < enough {
		return nil
	}
	slices.SortStableFunc(all, func(a, b resource) int {
		return int(r.endOf(b).Sub(b.began) - r.endOf(a).Sub(a.began))
	})
	t := &table{Caption: "What took longest", Columns: []string{"Resource", "Done to it", "Took"}}
	for _, each := range all[:most] {
		t.Rows = append(t.Rows, row{Cells: []cell{code(say(each.address, maxAddress)), stated(operationOf(each.action)), text(took(each.began, r.endOf(each)))}})
	}
	return t
}
