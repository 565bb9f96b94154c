package live

import (
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// little is what is not worth a number.
const little = 10 * time.Second

// rest is how long a run will still take, as far as earlier ones tell.
type rest struct {
	left    time.Duration
	atLeast bool // something of it was never seen, or is overdue
	overdue bool // something takes longer than it used to
	known   bool // anything is known at all
}

// part is what is left of one row.
func part(status engine.RunStatus, began time.Time, usual time.Duration, known bool, now time.Time) rest {
	switch status {
	case engine.Pending:
		return rest{left: usual, known: known, atLeast: !known}
	case engine.Running:
		left := usual - now.Sub(began)
		return rest{left: max(left, 0), known: known, atLeast: !known || left <= 0, overdue: known && left <= 0}
	case engine.Succeeded, engine.Unchanged, engine.Failed, engine.Crashed, engine.Interrupted, engine.Skipped:
	}
	return rest{}
}

// add takes a part's certainty, not its time.
func (r *rest) add(p rest) {
	r.known, r.atLeast, r.overdue = r.known || p.known, r.atLeast || p.atLeast, r.overdue || p.overdue
}

// rest gives what is left: the phases one after the other, and the longest way through
// the layers, or the time that the few that run side by side need for all.
func (m *Model) rest(now time.Time) rest {
	var r rest
	if m.outline == nil || m.forecast == nil || m.ended {
		return r
	}
	broken := m.broken()
	for _, p := range m.phases {
		if broken && p.status == engine.Pending {
			continue
		}
		usual, known := m.forecast.Phase(p.name)
		left := part(p.status, p.began, usual, known, now)
		r.add(left)
		r.left += left.left
	}
	hopeless, longest := m.hopeless(), map[engine.StepRef]time.Duration{}
	var path, all time.Duration
	for _, s := range m.steps { // in an order in which they may run
		usual, known := m.forecast.Step(s.OutlineStep)
		left := part(s.status, s.began, usual, known, now)
		if hopeless[s.StepRef] != "" {
			left = rest{}
		}
		r.add(left)
		var before time.Duration
		for _, ref := range s.After {
			before = max(before, longest[ref])
		}
		longest[s.StepRef] = before + left.left
		path, all = max(path, before+left.left), all+left.left
	}
	r.left += max(path, all/time.Duration(max(m.outline.Parallelism, 1)))
	return r
}

// String tells the rest as exactly as it is known; nothing where it is not.
func (r rest) String() string {
	switch {
	case !r.known:
		return ""
	case r.left < little && r.overdue:
		return "longer than usual"
	case r.left < little && r.atLeast:
		return ""
	case r.atLeast:
		return "at least " + r.text() + " left"
	case r.left < little:
		return "a few seconds left"
	}
	return "about " + r.text() + " left"
}

// short tells the rest where there is little room.
func (r rest) short() string {
	switch {
	case !r.known || r.left < little:
		return ""
	case r.atLeast:
		return ">" + r.text()
	}
	return "~" + r.text()
}

func (r rest) text() string {
	if r.left < time.Minute {
		return roughly(((r.left + 9*time.Second) / (10 * time.Second)) * 10 * time.Second)
	}
	return roughly(r.left)
}
