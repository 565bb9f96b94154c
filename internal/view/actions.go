package view

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// beat is how often a layer that is at work for long says so.
const beat = time.Minute

// Actions writes a run's progress for the log of a GitHub workflow: plain lines with the
// time of day, and the resources of each layer folded into a group. Groups cannot lie
// side by side as layers do, so a layer's is written when it ends; what failed, and that
// something takes long, is told at once. It is safe for concurrent use.
type Actions struct {
	W io.Writer

	mu     sync.Mutex
	layers map[engine.StepRef]*grouped
}

// grouped is what is kept of a layer until it ends.
type grouped struct {
	lines []string
	told  time.Time
}

// Show writes, or keeps, one thing that happened.
func (v *Actions) Show(p engine.Progress) {
	v.mu.Lock()
	defer v.mu.Unlock()
	text := (&Progress{}).text(p)
	key := engine.StepRef{Layer: p.Layer, Stage: p.Stage}
	if p.Kind == engine.ProgressEvent {
		v.event(key, p, text)
		return
	}
	if p.Kind == engine.ProgressLayer && p.Status != engine.Running && v.group(key, text) && p.Status == engine.Succeeded {
		return // the group says so
	}
	if text != "" {
		fmt.Fprintln(v.W, stamped(p.Time, text))
	}
}

func stamped(at time.Time, text string) string {
	return at.Local().Format(time.TimeOnly) + " " + text
}

func (v *Actions) event(key engine.StepRef, p engine.Progress, text string) {
	if text == "" {
		return
	}
	if v.layers == nil {
		v.layers = map[engine.StepRef]*grouped{}
	}
	if v.layers[key] == nil {
		v.layers[key] = &grouped{told: p.Time}
	}
	of, line := v.layers[key], stamped(p.Time, text)
	switch p.Event.Kind {
	case engine.ApplyProgress:
		if p.Time.Sub(of.told) >= beat {
			of.told = p.Time
			fmt.Fprintln(v.W, line)
		}
		return
	case engine.ApplyErrored:
		fmt.Fprintln(v.W, line)
	case engine.ApplyStart, engine.ApplyComplete, engine.EventDiagnostic:
	}
	of.lines = append(of.lines, line)
}

// group writes what was kept of a layer, if anything was.
func (v *Actions) group(key engine.StepRef, title string) bool {
	of := v.layers[key]
	if of == nil || len(of.lines) == 0 {
		return false
	}
	delete(v.layers, key)
	fmt.Fprintf(v.W, "::group::%s\n", escaped(title))
	for _, line := range of.lines {
		fmt.Fprintln(v.W, line)
	}
	fmt.Fprintln(v.W, "::endgroup::")
	return true
}

// Annotations has GitHub show an error's problems at the files and lines that they are
// about. project is the project's directory in the repository.
func Annotations(w io.Writer, err error, project string) {
	for _, p := range problem.Find(err) {
		var diagnostics *engine.DiagnosticsError
		if !errors.As(p.Err, &diagnostics) {
			annotation(w, p.Code, project, p.Where.File, p.Where.Line, cause(p))
			continue
		}
		for _, d := range diagnostics.Diagnostics {
			text := d.Summary
			if d.Address != "" {
				text = d.Address + ": " + text
			}
			if detail := unboxed(d.Detail); len(detail) > 0 {
				text += "\n" + strings.Join(detail, "\n")
			}
			annotation(w, p.Code, project, d.File, d.Line, text)
		}
	}
}

func annotation(w io.Writer, code problem.Code, project, file string, line int, text string) {
	properties := "title=" + property(string(code))
	if file != "" {
		if !path.IsAbs(file) {
			file = path.Join(project, file)
		}
		properties += ",file=" + property(file)
		if line > 0 {
			properties += fmt.Sprintf(",line=%d", line)
		}
	}
	fmt.Fprintf(w, "::error %s::%s\n", properties, escaped(text))
}

// escaped makes a text fit for a workflow command.
func escaped(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func property(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escaped(text))
}
