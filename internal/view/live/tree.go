package live

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// spare is how many lines for resources there must be beside all rows; else rows that
// nothing happens in are told together.
const spare = 2

// tree gives the rows and below each the resources at work, in at most so many lines.
// Where there is no room for all, the layers that are done are told in one line, then
// those that wait; what is at work or failed is seen as long as there is any room.
func (f frame) tree(rows []row, most int) []string {
	kept := most - len(rows)
	width := f.names(rows)
	if kept >= min(spare, f.room()) {
		return f.fill(rows, width, kept)
	}
	done, waiting, active := split(rows)
	var top, bottom []string
	if len(done) > 0 {
		top = append(top, f.together(engine.Succeeded, done, "done"))
	}
	if len(waiting) > 0 {
		bottom = append(bottom, f.together(engine.Pending, waiting, "to come"))
	}
	// What failed and what works is worth more than what is done, and that more than
	// what waits.
	if len(top)+len(active)+len(bottom) > most {
		bottom = nil
	}
	if len(top)+len(active) > most {
		top = nil
	}
	slices.SortStableFunc(active, func(a, b row) int { return cmp.Compare(urgency(a), urgency(b)) })
	if len(active) > most {
		active = active[:most]
	}
	return slices.Concat(top, f.fill(active, width, most-len(top)-len(bottom)-len(active)), bottom)
}

// urgency puts what failed before what works.
func urgency(r row) int {
	if r.status == engine.Running {
		return 1
	}
	return 0
}

func split(rows []row) (done, waiting, active []row) {
	for _, r := range rows {
		switch {
		case r.active():
			active = append(active, r)
		case r.status == engine.Succeeded || r.status == engine.Unchanged:
			done = append(done, r)
		default:
			waiting = append(waiting, r)
		}
	}
	return done, waiting, active
}

// together tells several rows in a line.
func (f frame) together(status engine.RunStatus, rows []row, what string) string {
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r.name
	}
	return f.line(status, fmt.Sprintf("%d %s: %s", len(rows), what, f.palette.Faint(strings.Join(names, ", "))))
}

// names gives the width of the column of names.
func (f frame) names(rows []row) int {
	width := 0
	for _, r := range rows {
		width = max(width, ansi.StringWidth(r.name))
	}
	return min(width, f.width/3)
}

// fill gives the rows, with the resources of each in the lines that are kept for them.
func (f frame) fill(rows []row, width, kept int) []string {
	shares := share(rows, kept)
	var lines []string
	for i, r := range rows {
		text := fit(r.name, width)
		if r.text != "" {
			text = pad(r.name, width) + "  " + r.text
		}
		lines = append(lines, f.line(r.status, text))
		resources := slices.Concat(r.failed, r.resources)
		shown := min(len(resources), shares[i])
		if shown < len(resources) && shown > 0 {
			shown-- // for how many more there are
		}
		for _, each := range resources[:shown] {
			lines = append(lines, f.resource(each, r.layer))
		}
		if more := len(resources) - shown; more > 0 && shares[i] > 0 {
			lines = append(lines, fit(f.palette.Faint(fmt.Sprintf("    … and %d more", more)), f.width))
		}
	}
	return lines
}

// share deals the lines for resources out, one after the other, so that each layer at
// work shows as many as the others.
func share(rows []row, kept int) []int {
	shares := make([]int, len(rows))
	for kept > 0 {
		dealt := false
		for i, r := range rows {
			if kept > 0 && shares[i] < len(r.resources)+len(r.failed) {
				shares[i]++
				kept--
				dealt = true
			}
		}
		if !dealt {
			break
		}
	}
	return shares
}

// oldest gives resources by when work on them began.
func oldest(working map[string]*resource) []*resource {
	all := make([]*resource, 0, len(working))
	for _, r := range working {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *resource) int {
		return cmp.Or(a.began.Compare(b.began), cmp.Compare(a.address, b.address))
	})
	return all
}
