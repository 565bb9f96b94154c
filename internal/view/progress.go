package view

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Progress writes a run's progress as plain lines, each with the time of day.
// It is safe for concurrent use.
type Progress struct {
	W       io.Writer
	Palette Palette

	mu sync.Mutex
}

// Show writes one thing that happened.
func (v *Progress) Show(p engine.Progress) {
	text := v.text(p)
	if text == "" {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	fmt.Fprintf(v.W, "%s %s\n", v.Palette.paint(faint, p.Time.Local().Format(time.TimeOnly)), text)
}

func (v *Progress) text(p engine.Progress) string {
	switch p.Kind {
	case engine.ProgressPhase, engine.ProgressNote:
		return p.Text
	case engine.ProgressLayer:
		name := p.Layer
		if p.Stage == engine.StageRelease {
			name += " (release)"
		}
		text := fmt.Sprintf("%s %s", v.Palette.paint(bold, name), v.Palette.paint(statusColour(p.Status), string(p.Status)))
		if p.Seconds > 0 {
			text += fmt.Sprintf(" after %.1f s", p.Seconds)
		}
		return text
	case engine.ProgressEvent:
		return v.event(p)
	}
	return ""
}

// event tells of a resource that was changed, or failed, or takes long.
func (v *Progress) event(p engine.Progress) string {
	e := p.Event
	address := inLayer(e.Address, p.Layer)
	switch e.Kind {
	case engine.ApplyComplete:
		if e.Action == "read" || e.Action == "no-op" {
			return ""
		}
		return fmt.Sprintf("  %s %s %s", p.Layer, pastTense(e.Action), address)
	case engine.ApplyProgress:
		return fmt.Sprintf("  %s %s %s takes %.0f s so far", p.Layer, e.Action, address, e.Elapsed)
	case engine.ApplyErrored:
		return fmt.Sprintf("  %s %s %s", p.Layer, v.Palette.paint(red, "failed to "+e.Action), address)
	case engine.ApplyStart, engine.EventDiagnostic:
	}
	return ""
}

func pastTense(action string) string {
	switch action {
	case "create", "update", "delete", "replace", "move":
		return action + "d"
	case "import":
		return "imported"
	}
	return action
}

// Log sends progress to a structured log instead.
func Log(logger *slog.Logger) func(engine.Progress) {
	return func(p engine.Progress) {
		attributes := []any{}
		for _, each := range [][2]string{{"layer", p.Layer}, {"stage", string(p.Stage)}, {"status", string(p.Status)}} {
			if each[1] != "" {
				attributes = append(attributes, each[0], each[1])
			}
		}
		if p.Event != nil {
			attributes = append(attributes, "event", p.Event.Kind, "address", p.Event.Address, "action", p.Event.Action)
		}
		text := p.Text
		if text == "" {
			text = string(p.Kind)
		}
		logger.Info(text, attributes...)
	}
}
