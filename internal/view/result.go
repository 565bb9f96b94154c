package view

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Result writes how a run ended: each layer's time, then the outputs.
func Result(w io.Writer, r *engine.Result, palette Palette) {
	width := 0
	for _, l := range r.Layers {
		width = max(width, len(stepName(l)))
	}
	for _, p := range r.Phases {
		width = max(width, len(p.Name))
	}
	begun := r.Begun || len(r.Layers) > 0
	if begun {
		fmt.Fprintln(w)
	}
	for _, l := range r.Layers {
		note := fmt.Sprintf("%7.1f s", l.Seconds)
		if l.Because != "" {
			note = "  because " + l.Because + " failed"
		}
		fmt.Fprintf(w, "  %-*s  %s %s\n", width, stepName(l), palette.paint(statusColour(l.Result), fmt.Sprintf("%-11s", l.Result)), note)
	}
	for _, p := range r.Phases {
		fmt.Fprintf(w, "  %-*s  %s %7.1f s  %s\n", width, p.Name, palette.paint(statusColour(p.Status), fmt.Sprintf("%-11s", p.Status)), p.EndedAt.Sub(p.StartedAt).Seconds(), palette.paint(faint, p.Note))
	}
	if begun {
		fmt.Fprintf(w, "\n%s of %s %s in %.1f s (run %s).\n", capital(string(r.Operation)), r.Environment, palette.paint(statusColour(r.Result), string(r.Result)), r.Seconds, r.DeploymentID)
	}
	if r.RolledBack != nil {
		fmt.Fprintf(w, "\n%s\n", palette.paint(yellow, "It went back:"))
		Result(w, r.RolledBack, palette)
		return
	}
	if r.Result == engine.Succeeded && r.Operation == engine.OperationApply {
		Outputs(w, r.Outputs, palette)
	}
}

func stepName(l engine.LayerResult) string {
	if l.Stage == engine.StageRelease {
		return l.Name + " (release)"
	}
	return l.Name
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Outputs writes the root's outputs; sensitive ones by name only.
func Outputs(w io.Writer, outputs map[string]engine.Value, palette Palette) {
	if len(outputs) == 0 {
		return
	}
	names := make([]string, 0, len(outputs))
	for name := range outputs {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintln(w, "\nOutputs")
	for _, name := range names {
		fmt.Fprintf(w, "  %s = %s\n", palette.paint(cyan, name), outputText(outputs[name]))
	}
}

func outputText(v engine.Value) string {
	switch {
	case v.Sensitive:
		return "(sensitive)"
	case !v.Known:
		return "(known after apply)"
	}
	body, err := json.Marshal(v.Value)
	if err != nil {
		return "?"
	}
	return string(body)
}

// ResultJSON is the JSON form of a result.
type ResultJSON struct {
	DeploymentID string            `json:"deployment_id"`
	Environment  string            `json:"environment"`
	Operation    engine.Operation  `json:"operation"`
	Release      string            `json:"release,omitempty"`
	Result       engine.RunStatus  `json:"result"`
	Seconds      float64           `json:"seconds"`
	Digest       string            `json:"digest"`
	Layers       []LayerResultJSON `json:"layers"`
	Outputs      map[string]any    `json:"outputs"`
	Errors       []ErrorJSON       `json:"errors,omitempty"`

	Phases       []engine.PhaseRecord `json:"phases,omitempty"` // beside the layers
	Verification *engine.Verification `json:"verification,omitempty"`
	RolledBack   *ResultJSON          `json:"rolled_back,omitempty"` // the run that took this one back
}

// LayerResultJSON is one step of a ResultJSON.
type LayerResultJSON struct {
	Name    string           `json:"name"`
	Stage   engine.Stage     `json:"stage"`
	Result  engine.RunStatus `json:"result"`
	Seconds float64          `json:"seconds"`
	Because string           `json:"because,omitempty"`
}

// ResultForJSON gives the JSON form of a result and the errors it ended with.
// A sensitive output is null.
func ResultForJSON(r *engine.Result, err error) ResultJSON {
	out := ResultJSON{DeploymentID: r.DeploymentID, Environment: r.Environment, Operation: r.Operation, Release: r.Release, Result: r.Result,
		Phases: r.Phases, Verification: r.Verification, Seconds: tenths(r.Seconds), Layers: []LayerResultJSON{}, Outputs: map[string]any{}, Errors: ErrorsForJSON(err)}
	if r.Preview != nil && r.Preview.Approval != nil {
		out.Digest = r.Preview.Approval.Digest
	}
	for _, l := range r.Layers {
		out.Layers = append(out.Layers, LayerResultJSON{l.Name, l.Stage, l.Result, tenths(l.Seconds), l.Because})
	}
	if r.Operation == engine.OperationApply {
		for name, v := range r.Outputs {
			out.Outputs[name] = v.Value
			if v.Sensitive {
				out.Outputs[name] = nil
			}
		}
	}
	if r.RolledBack != nil {
		back := ResultForJSON(r.RolledBack, nil)
		out.RolledBack = &back
	}
	return out
}

func tenths(seconds float64) float64 { return float64(int(seconds*10+0.5)) / 10 }

// Status writes how an environment stands.
func Status(w io.Writer, s *engine.Status, palette Palette) {
	fmt.Fprintf(w, "%s\n\n", palette.paint(bold, s.Environment))
	width := len("layer")
	for _, l := range s.Layers {
		width = max(width, len(l.Name))
	}
	fmt.Fprintf(w, "  %-*s  %6s  %9s\n", width, "layer", "serial", "resources")
	for _, l := range s.Layers {
		note := ""
		if !l.Declared {
			note = "  left the root: the next apply destroys it"
		}
		if l.LockedBy != "" {
			note += "  state locked by " + l.LockedBy
		}
		fmt.Fprintf(w, "  %-*s  %6d  %9d%s\n", width, l.Name, l.Serial, l.Resources, palette.paint(yellow, note))
	}
	fmt.Fprintln(w)
	if d := s.LastDeployment; d != nil {
		what := string(d.Operation)
		if d.Release != "" {
			what += " of " + d.Release
		}
		fmt.Fprintf(w, "last %s: %s, run %s by %s@%s, %s\n", what, palette.paint(statusColour(d.Status), string(d.Status)), d.ID, d.User, d.Host, d.StartedAt.Local().Format(time.DateTime))
	} else {
		fmt.Fprintln(w, "never deployed")
	}
	switch {
	case s.Lease == nil:
		fmt.Fprintln(w, "lease: free")
	case s.LeaseExpired:
		fmt.Fprintf(w, "lease: expired at %s, last held by %s@%s (run %s)\n", s.Lease.ExpiresAt.Local().Format(time.DateTime), s.Lease.User, s.Lease.Host, s.Lease.DeploymentID)
	case s.HolderGone:
		fmt.Fprintf(w, "lease: its holder %s@%s (pid %d, run %s) is gone; it expires at %s\n", s.Lease.User, s.Lease.Host, s.Lease.PID, s.Lease.DeploymentID, s.Lease.ExpiresAt.Local().Format(time.TimeOnly))
	default:
		fmt.Fprintf(w, "lease: held by %s@%s for %s since %s, until %s\n", s.Lease.User, s.Lease.Host, s.Lease.Operation, s.Lease.AcquiredAt.Local().Format(time.DateTime), s.Lease.ExpiresAt.Local().Format(time.TimeOnly))
	}
	if len(s.Interrupted) > 0 {
		fmt.Fprintf(w, "\n%s\n", palette.paint(red, "The last run did not finish:"))
		for _, line := range s.Interrupted {
			fmt.Fprintf(w, "  %s\n", line)
		}
		again := "apply " + s.Environment + " --resume"
		switch last := s.LastDeployment; {
		case last == nil:
		case last.Operation == engine.OperationDestroy:
			again = "destroy " + s.Environment + " --confirm " + s.Environment
		case last.Operation == engine.OperationRollback:
			again = "rollback " + s.Environment + " --version " + last.Release
		}
		fmt.Fprintf(w, "Go on with: mandala-deploy %s\n", again)
	}
}

// StatusJSON is the JSON form of a status.
type StatusJSON struct {
	Environment    string               `json:"environment"`
	Layers         []engine.LayerStatus `json:"layers"`
	Lease          *LeaseJSON           `json:"lease"`
	LastDeployment *engine.Record       `json:"last_deployment"`
	Interrupted    []string             `json:"interrupted"`
}

// LeaseJSON is the lease of a StatusJSON.
type LeaseJSON struct {
	engine.Holder
	Expired bool `json:"expired"`
}

// StatusForJSON gives the JSON form of a status.
func StatusForJSON(s *engine.Status) StatusJSON {
	out := StatusJSON{Environment: s.Environment, Layers: s.Layers, LastDeployment: s.LastDeployment, Interrupted: s.Interrupted}
	if out.Layers == nil {
		out.Layers = []engine.LayerStatus{}
	}
	if out.Interrupted == nil {
		out.Interrupted = []string{}
	}
	if s.Lease != nil {
		out.Lease = &LeaseJSON{Holder: *s.Lease, Expired: s.LeaseExpired}
	}
	return out
}
