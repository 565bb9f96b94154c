package view

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Ending is how a run ended.
type Ending struct {
	Result *engine.Result
	Err    error
	Tally  *Tally
	// Below says that the result itself stands right above.
	Below bool
}

// leastDetail is how many lines of what a provider says each error gets in any case.
const leastDetail = 1

// Summary gives how a run ended so that it fits a screen: what was changed, what failed
// and why, and how to go on. whole is false where there was no room for all of it.
func Summary(e Ending, width, height int, palette Palette) (text string, whole bool) {
	r := e.Result
	lines := []string{""}
	if e.Err != nil || !e.Below {
		lines = append(lines, fmt.Sprintf("%s of %s %s in %.1f s", palette.paint(bold, capital(string(r.Operation))), r.Environment,
			palette.paint(statusColour(r.Result), string(r.Result)), r.Seconds))
	}
	add := func(name, text string) {
		lines = append(lines, fmt.Sprintf("  %s %s", palette.paint(faint, fmt.Sprintf("%-11s", name)), text))
	}
	add("changed", e.Tally.Of(r.DeploymentID))
	if names := notReached(r); len(names) > 0 {
		add("not reached", strings.Join(names, ", "))
	}
	if back := r.RolledBack; back != nil {
		add("went back", fmt.Sprintf("to %s, %s: %s", back.Release, palette.paint(statusColour(back.Result), string(back.Result)), e.Tally.Of(back.DeploymentID)))
	}
	add("record", "mandala-deploy history show "+r.DeploymentID)
	found, next := blocks(e.Err, width, palette)
	room := max(height-2, 8) - len(lines)
	whole = true
	if most := max(room/2, 1); len(next) > most { // what went wrong has to be seen, too
		next, whole = next[:most], false
	}
	shown, all := shorten(found, room-len(next))
	for i, line := range slices.Concat(lines, shown, next) {
		if i > 0 {
			line = ansi.Truncate(line, max(width-1, 10), "…")
		}
		text += line + "\n"
	}
	return text, whole && all
}

func notReached(r *engine.Result) (names []string) {
	for _, l := range r.Layers {
		if l.Result == engine.Skipped {
			names = append(names, stepName(l))
		}
	}
	return names
}

// block is one error: what must be seen of it, and what may be cut.
type block struct{ head, detail []string }

// blocks gives an error's problems, each diagnostic beside its resource, and how to go
// on.
func blocks(err error, width int, palette Palette) (all []block, next []string) {
	if err == nil {
		return nil, nil
	}
	found := problem.Find(err)
	if len(found) == 0 {
		found = []*problem.Error{{Code: problem.Internal, What: err.Error()}}
	}
	said := map[string]bool{}
	for _, p := range found {
		where := ""
		if at := p.Where.String(); at != "" {
			where = at + ": "
		}
		text := fmt.Sprintf("%s %s%s %s", palette.paint(red, "error:"), where, plainLine(cause(p)), palette.paint(faint, "["+string(p.Code)+"]"))
		all = append(all, block{head: wrapped(text, "  ", width)})
		var diagnostics *engine.DiagnosticsError
		if errors.As(p.Err, &diagnostics) {
			for _, d := range diagnostics.Diagnostics {
				all = append(all, diagnosed(d, width, palette))
			}
		}
		if remedy := p.Remedy(); remedy != "" && !said[remedy] {
			said[remedy] = true
			next = append(next, wrapped(palette.paint(cyan, "next:")+" "+remedy, "  ", width)...)
		}
	}
	return all, next
}

// diagnosed gives what Terraform or a provider says of a resource, with the place where
// it is written.
func diagnosed(d engine.Diagnostic, width int, palette Palette) block {
	at := d.File
	if d.Line > 0 {
		at = fmt.Sprintf("%s:%d", d.File, d.Line)
	}
	place := strings.TrimSpace(palette.paint(bold, d.Address) + "  " + at)
	var b block
	if place != "" {
		b.head = append(b.head, "    "+place)
	}
	b.head = append(b.head, "      "+plainLine(d.Summary))
	for _, line := range unboxed(d.Detail) {
		b.detail = append(b.detail, wrapped(line, "      ", width)...)
	}
	return b
}

// shorten gives the blocks' lines, cut so that all together are no more than room:
// first the details, then what comes last.
func shorten(all []block, room int) (lines []string, whole bool) {
	most := room // of one detail
	for ; most > leastDetail && linesOf(all, most) > room; most-- {
	}
	whole = true
	for i, b := range all {
		detail := b.detail
		if len(detail) > most {
			whole = false
			cut := fmt.Sprintf("      … %s above", plural(len(detail)-most+1, "more line"))
			detail = append(slices.Clone(detail[:most-1]), cut)
		}
		each := slices.Concat(b.head, detail)
		if left := room - len(each); left < 0 || left == 0 && i < len(all)-1 {
			return append(lines, fmt.Sprintf("  … %s above", plural(len(all)-i, "more error"))), false
		}
		room -= len(each)
		lines = append(lines, each...)
	}
	return lines, whole
}

func linesOf(all []block, detail int) (lines int) {
	for _, b := range all {
		lines += len(b.head) + min(len(b.detail), detail)
	}
	return lines
}

// wrapped breaks a text into lines that fit beside an indent.
func wrapped(text, indent string, width int) []string {
	lines := strings.Split(ansi.Wrap(text, max(width-1-len(indent), 10), ""), "\n")
	for i := range lines {
		lines[i] = indent + lines[i]
	}
	return lines
}

// unboxed gives the lines of a text that say something, without the frame that
// Terraform draws around errors for people.
func unboxed(text string) (lines []string) {
	for _, line := range strings.Split(text, "\n") {
		bare := strings.TrimLeft(line, " ")
		if rest, boxed := strings.CutPrefix(bare, "│"); boxed {
			line = strings.TrimPrefix(rest, " ")
		} else if strings.HasPrefix(bare, "╷") || strings.HasPrefix(bare, "╵") {
			continue
		}
		if strings.TrimSpace(line) != "" {
			lines = append(lines, strings.TrimRight(plainLine(line), " "))
		}
	}
	return lines
}

// plainLine takes out what would steer a terminal, or the log of a workflow, which takes
// a line that begins with two colons for a command: a provider's words come from
// elsewhere.
func plainLine(text string) string {
	if strings.HasPrefix(strings.TrimSpace(text), "::") {
		text = "| " + text
	}
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' {
			return ' '
		}
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, ansi.Strip(text))
}
