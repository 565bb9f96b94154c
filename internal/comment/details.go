package comment

import (
	"fmt"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/secrecy"
)

const (
	mostNames  = 8  // names of changed attributes in one row
	mostValues = 20 // lines of values of one resource
	detailHead = "| what | resource | notes |\n| --- | --- | --- |\n"
	detailFoot = "\n</details>\n\n"
)

// detail is one layer's folded table while it is filled.
type detail struct {
	layer   string
	changes []change.Change
	summary string
	rows    []string
	values  []string // lines
	more    []change.Change
}

// details folds a table for each layer that has changes. What does not fit is
// the least risky of all layers, and is counted.
func (r renderer) details(p *engine.Preview, most int) string {
	byLayer := change.Set{Changes: p.Changes}.ByLayer()
	var list []*detail
	of := map[string]*detail{}
	var out []change.Change // of layers for which there is no room
	left := most - maxRest  // for the line that counts them
	for _, layer := range layersOf(p) {
		changes := byLayer[layer]
		if len(changes) == 0 {
			continue
		}
		d := &detail{layer: layer, changes: changes, summary: summary(layer, changes)}
		cost := len(d.summary) + len(detailHead) + len(detailFoot) + maxRest
		if r.options.Values {
			cost += valueFrame
		}
		if cost > left {
			out = append(out, changes...)
			continue
		}
		left -= cost
		list, of[layer] = append(list, d), d
	}
	r.fill(of, change.RiskFirst(p.Changes), left)
	var b strings.Builder
	for _, d := range list {
		b.WriteString(d.render())
	}
	if len(out) > 0 && most >= maxRest {
		fmt.Fprintf(&b, "Details of %s are left out: %s.\n\n", plural(len(out), "change"), strings.Join(counts(change.Summarize(out)), ", "))
	}
	return b.String()
}

// fill gives the rows to the layers, riskiest first, while there is room; values
// only beside a row, and while there is room for both.
func (r renderer) fill(of map[string]*detail, sorted []change.Change, left int) {
	full := false
	for _, c := range sorted {
		d := of[c.Layer]
		if d == nil {
			continue
		}
		row := ""
		if !full {
			row = r.row(c)
			full = len(row) > left
		}
		if full {
			d.more = append(d.more, c)
			continue
		}
		d.rows = append(d.rows, row)
		left -= len(row)
		if !r.options.Values {
			continue
		}
		lines := values(c)
		cost := 0
		for _, line := range lines {
			cost += len(line) + 1
		}
		// A run of backticks in a line makes both ends of the block longer.
		if cost += 2 * (fenceLength(lines) - 3); cost <= left {
			d.values = append(d.values, lines...)
			left -= cost
		}
	}
}

func summary(layer string, changes []change.Change) string {
	name := "(the root)"
	if layer != "" {
		name = htmlCode(layer, maxName)
	}
	return "<details><summary>" + name + ": " + strings.Join(counts(change.Summarize(changes)), ", ") + "</summary>\n\n"
}

// valueFrame is what a block of values takes beside its lines.
const valueFrame = len("\n```text\n") + len("\n```\n")

func (d *detail) render() string {
	var b strings.Builder
	b.WriteString(d.summary)
	if len(d.rows) > 0 {
		b.WriteString(detailHead)
		b.WriteString(strings.Join(d.rows, ""))
		if len(d.more) > 0 {
			fmt.Fprintf(&b, "| … | %d more | %s |\n", len(d.more), strings.Join(counts(change.Summarize(d.more)), ", "))
		}
	} else {
		fmt.Fprintf(&b, "%s, left out for want of room.\n", plural(len(d.more), "change"))
	}
	if len(d.values) > 0 {
		b.WriteString("\n" + fence("text", d.values))
	}
	b.WriteString(detailFoot)
	return b.String()
}

// row is one change: no values, but with --values the id that is imported.
func (r renderer) row(c change.Change) string {
	var notes []string
	if c.Stateful {
		notes = append(notes, "holds data")
	}
	if reasons := why(c); reasons != "" {
		notes = append(notes, reasons)
	}
	if c.MovedFrom != "" {
		notes = append(notes, "was "+code(c.MovedFrom, maxAddress))
	}
	if c.ImportID != "" && c.Operation != change.Import {
		notes = append(notes, "imported first")
	}
	if c.ImportID != "" && r.options.Values {
		notes = append(notes, "id "+code(secrecy.Value("id", c.ImportID, maxValue), maxPath))
	}
	if len(c.Attributes) > 0 {
		paths := make([]string, len(c.Attributes))
		for i, a := range c.Attributes {
			paths[i] = a.Path
		}
		notes = append(notes, "changes "+names(paths, mostNames))
	}
	return fmt.Sprintf("| %s | %s | %s |\n", operation(c.Operation), code(inLayer(c), maxAddress), strings.Join(notes, "; "))
}

// values gives the lines that show a change's values.
func values(c change.Change) []string {
	if len(c.Attributes) == 0 {
		return nil
	}
	lines := []string{secrecy.Cut(secrecy.Visible(secrecy.Hide(inLayer(c))), maxAddress)}
	for i, a := range c.Attributes {
		if i == mostValues {
			lines = append(lines, fmt.Sprintf("    … and %d more", len(c.Attributes)-i))
			break
		}
		forced := ""
		if a.Replaces {
			forced = "  forces replacement"
		}
		lines = append(lines, fmt.Sprintf("    %s: %s → %s%s", secrecy.Cut(secrecy.Visible(secrecy.Hide(a.Path)), maxPath), secrecy.Value(a.Path, a.Before, maxValue), secrecy.Value(a.Path, a.After, maxValue), forced))
	}
	return lines
}

// inLayer cuts the layer's module off an address; the summary says it.
func inLayer(c change.Change) string {
	return strings.TrimPrefix(strings.TrimPrefix(c.Address, "module."+c.Layer), ".")
}
