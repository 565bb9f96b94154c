// Package view renders the engine's typed results, for people and as JSON.
package view

import (
	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Palette colours text for a terminal; the zero value leaves it plain.
type Palette struct{ Colour bool }

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
	bold   = "1"
	faint  = "2"
)

func (p Palette) paint(code, text string) string {
	if !p.Colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// mark gives an operation's sign and colour, the same everywhere.
func mark(operation change.Operation) (sign, colour string) {
	switch operation {
	case change.Delete:
		return "-", red
	case change.Replace:
		return "±", red
	case change.Forget:
		return "○", yellow
	case change.Update:
		return "~", yellow
	case change.Create:
		return "+", green
	case change.Import:
		return "←", cyan
	case change.Move:
		return "→", cyan
	}
	return "?", ""
}

func statusColour(status engine.RunStatus) string {
	switch status {
	case engine.Succeeded, engine.Unchanged:
		return green
	case engine.Failed, engine.Crashed:
		return red
	case engine.Interrupted, engine.Skipped, engine.Running:
		return yellow
	case engine.Pending:
	}
	return ""
}

// Status colours a text as the status that it tells of.
func (p Palette) Status(status engine.RunStatus, text string) string {
	return p.paint(statusColour(status), text)
}

// Bold makes a text stand out.
func (p Palette) Bold(text string) string { return p.paint(bold, text) }

// Faint makes a text step back.
func (p Palette) Faint(text string) string { return p.paint(faint, text) }

// Mark gives an operation's sign in its colour.
func (p Palette) Mark(operation change.Operation) string {
	sign, colour := mark(operation)
	return p.paint(colour, sign)
}
