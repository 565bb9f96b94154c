package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// mostAttributes bounds the changed attributes shown of one resource; the rest
// is counted.
const mostAttributes = 12

// Preview writes a preview for people: the steps in the order in which they
// happen, each with its changes, riskiest first, then the counts.
func Preview(w io.Writer, p *engine.Preview, palette Palette) {
	if p.Empty() {
		fmt.Fprintf(w, "%s is up to date: nothing to do in %s.\n", p.Environment, plural(len(p.Layers), "layer"))
		return
	}
	byLayer := change.Set{Changes: p.Changes}.ByLayer()
	for i, step := range p.Steps {
		changes := changesOf(step, p.Steps, byLayer[step.Layer])
		head := fmt.Sprintf("%d. %s", i+1, step.Layer)
		fmt.Fprintf(w, "%s%s\n", palette.paint(bold, head), palette.paint(faint, stepNote(step, changes)))
		for _, c := range change.RiskFirst(changes) {
			writeChange(w, c, step, palette)
		}
	}
	beside(w, p.Beside, palette)
	for _, c := range p.Guarded {
		fmt.Fprintf(w, "\n%s %s %s holds data; apply wants --allow-stateful '%s'\n", palette.paint(red, "!"), c.Operation, c.Address, c.Address)
	}
	for _, text := range p.Warnings {
		fmt.Fprintf(w, "\n%s %s\n", palette.paint(yellow, "!"), text)
	}
	fmt.Fprintf(w, "\n%s  %s\n", palette.paint(bold, counts(p.Summary())), palette.paint(faint, shortDigest(p.Approval.Digest)))
}

// Heading names the environment of which the next preview is, where there are several.
func Heading(w io.Writer, environment string, first bool, palette Palette) {
	if !first {
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s\n\n", palette.paint(bold, environment))
}

// beside writes what is done beside the layers.
func beside(w io.Writer, b engine.Beside, palette Palette) {
	if b.Empty() && len(b.Snapshots) == 0 {
		return
	}
	fmt.Fprintln(w, palette.paint(bold, "Beside the layers"))
	for _, cluster := range b.Snapshots {
		fmt.Fprintf(w, "   %s snapshot of database %s, first\n", palette.paint(green, "+"), cluster)
	}
	if len(b.Assets) > 0 {
		fmt.Fprintf(w, "   %s %s of the site\n", palette.paint(green, "+"), plural(len(b.Assets), "asset"))
	}
	for _, m := range b.Migrations {
		fmt.Fprintf(w, "   %s migration %s (%s)\n", palette.paint(yellow, "~"), m.Name, m.Class)
	}
	for _, name := range b.Aliases {
		fmt.Fprintf(w, "   %s callers of %s are led to its newest version\n", palette.paint(yellow, "~"), name)
	}
	for _, key := range b.Entries {
		fmt.Fprintf(w, "   %s page %s\n", palette.paint(yellow, "~"), key)
	}
	for _, key := range b.Gone {
		fmt.Fprintf(w, "   %s page %s\n", palette.paint(red, "-"), key)
	}
}

// changesOf gives what a step does of its layer's changes: a release step
// deletes its addresses, and the apply step after it does the rest.
func changesOf(step engine.Step, all []engine.Step, changes []change.Change) []change.Change {
	if step.Stage == engine.StageRelease {
		return pick(changes, step.Addresses, true)
	}
	for _, other := range all {
		if other.Layer == step.Layer && other.Stage == engine.StageRelease {
			return notDeletedBefore(changes, other.Addresses)
		}
	}
	return changes
}

func pick(changes []change.Change, addresses []string, in bool) []change.Change {
	named := map[string]bool{}
	for _, address := range addresses {
		named[address] = true
	}
	var picked []change.Change
	for _, c := range changes {
		if named[c.Address] == in {
			picked = append(picked, c)
		}
	}
	return picked
}

// notDeletedBefore keeps all but the pure deletes that a release step did.
func notDeletedBefore(changes []change.Change, released []string) []change.Change {
	rest := pick(changes, released, false)
	for _, c := range pick(changes, released, true) {
		if c.Operation != change.Delete {
			rest = append(rest, c)
		}
	}
	return rest
}

func stepNote(step engine.Step, changes []change.Change) string {
	switch {
	case step.Stage == engine.StageRelease:
		return "  first deletes what stands on resources that an earlier layer loses"
	case step.Stage == engine.StageDestroy:
		return fmt.Sprintf("  destroyed: %s", plural(len(changes), "resource"))
	case len(changes) == 0:
		return "  outputs only"
	}
	return ""
}

func writeChange(w io.Writer, c change.Change, step engine.Step, palette Palette) {
	operation := c.Operation
	if step.Stage == engine.StageRelease {
		operation = change.Delete
	}
	sign, colour := mark(operation)
	var notes []string
	if c.Stateful {
		notes = append(notes, "holds data")
	}
	if c.Deposed != "" {
		notes = append(notes, "deposed object "+c.Deposed)
	}
	if c.Reason != "" && operation != change.Create {
		notes = append(notes, c.Reason)
	}
	if c.MovedFrom != "" {
		notes = append(notes, "was "+c.MovedFrom)
	}
	if c.ImportID != "" {
		notes = append(notes, "imports "+c.ImportID)
	}
	note := ""
	if len(notes) > 0 {
		note = "  " + palette.paint(faint, "("+strings.Join(notes, ", ")+")")
	}
	fmt.Fprintf(w, "   %s %s%s\n", palette.paint(colour, sign), inLayer(c.Address, c.Layer), note)
	if step.Stage == engine.StageRelease {
		return // what becomes of it stands with its creation, in the step that follows
	}
	for i, a := range c.Attributes {
		if i == mostAttributes {
			fmt.Fprintf(w, "       … and %d more\n", len(c.Attributes)-i)
			break
		}
		forced := ""
		if a.Replaces {
			forced = palette.paint(red, "  forces replacement")
		}
		fmt.Fprintf(w, "       %s: %s → %s%s\n", a.Path, a.Before, a.After, forced)
	}
}

// inLayer cuts the layer's module off an address; the heading says it.
func inLayer(address, layer string) string {
	return strings.TrimPrefix(strings.TrimPrefix(address, "module."+layer), ".")
}

func counts(s change.Summary) string {
	parts := []string{}
	for _, each := range []struct {
		n    int
		verb string
	}{{s.Delete, "delete"}, {s.Replace, "replace"}, {s.Update, "update"}, {s.Create, "create"}, {s.Import, "import"}, {s.Forget, "forget"}, {s.Move, "move"}} {
		if each.n > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", each.n, each.verb))
		}
	}
	if len(parts) == 0 {
		return "Only outputs change."
	}
	return strings.Join(parts, ", ") + "."
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func shortDigest(digest string) string {
	const shown = len("sha256:") + 12
	if len(digest) > shown {
		return digest[:shown]
	}
	return digest
}

// PreviewJSON is the JSON form of a preview.
type PreviewJSON struct {
	Environment string          `json:"environment"`
	Release     string          `json:"release"`
	Digest      string          `json:"digest"`
	Summary     change.Summary  `json:"summary"`
	Layers      []LayerPlanJSON `json:"layers"`
	Steps       []engine.Step   `json:"steps"`
	Beside      engine.Beside   `json:"beside"` // what is done beside the layers
	Guarded     []string        `json:"guarded"`
	Warnings    []string        `json:"warnings"`
	Comment     *CommentJSON    `json:"comment,omitempty"` // with --comment
}

// PlansJSON is the JSON form of several environments' previews.
type PlansJSON struct {
	Environments []PreviewJSON `json:"environments"`
	Comment      *CommentJSON  `json:"comment,omitempty"`
	Errors       []ErrorJSON   `json:"errors,omitempty"`
}

// CommentJSON tells what became of a plan's comment on a pull request.
type CommentJSON struct {
	PullRequest string      `json:"pull_request,omitempty"` // owner/name#number
	Outcome     string      `json:"outcome,omitempty"`      // created, updated or unchanged
	URL         string      `json:"url,omitempty"`
	Errors      []ErrorJSON `json:"errors,omitempty"` // why there is none
}

// LayerPlanJSON is one layer of a PreviewJSON.
type LayerPlanJSON struct {
	Name    string       `json:"name"`
	Changes []ChangeJSON `json:"changes"`
}

// ChangeJSON is one change of a PreviewJSON; it has no values.
type ChangeJSON struct {
	Address  string   `json:"address"`
	Type     string   `json:"type"`
	Actions  []string `json:"actions"`
	Stateful bool     `json:"stateful"`
	Reason   string   `json:"reason,omitempty"`
	Replaces []string `json:"replace_paths,omitempty"`
}

// ForJSON gives the JSON form of a preview; every layer looked at is listed.
func ForJSON(p *engine.Preview) PreviewJSON {
	out := PreviewJSON{Environment: p.Environment, Release: p.Release, Digest: p.Approval.Digest, Summary: p.Summary(),
		Layers: []LayerPlanJSON{}, Steps: p.Steps, Beside: p.Beside, Guarded: []string{}, Warnings: append([]string{}, p.Warnings...)}
	if out.Steps == nil {
		out.Steps = []engine.Step{}
	}
	byLayer := change.Set{Changes: p.Changes}.ByLayer()
	for _, name := range p.Layers {
		layer := LayerPlanJSON{Name: name, Changes: []ChangeJSON{}}
		for _, c := range change.RiskFirst(byLayer[name]) {
			layer.Changes = append(layer.Changes, ChangeJSON{c.Address, c.Type, c.Actions, c.Stateful, c.Reason, c.Replaces})
		}
		out.Layers = append(out.Layers, layer)
	}
	for _, c := range p.Guarded {
		out.Guarded = append(out.Guarded, c.Address)
	}
	return out
}
