package view

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Deployment writes all that is recorded of one deployment: who did what, when
// and why, with what result, and what came before. Its JSON form is the record.
func Deployment(w io.Writer, r *engine.Record, palette Palette) {
	fmt.Fprintf(w, "%s of %s: %s\n\n", palette.paint(bold, capital(string(r.Operation))), r.Environment, palette.paint(statusColour(r.Status), string(r.Status)))
	facts := [][2]string{
		{"id", r.ID}, {"release", r.Release}, {"manifest", r.Manifest}, {"source", source(r)},
		{"by", who(r)}, {"CI run", r.CIRun}, {"GitHub", gitHubRelease(*r)}, {"reason", r.Reason},
		{"began", r.StartedAt.Local().Format(time.DateTime)}, {"took", took(r.StartedAt, r.EndedAt)},
		{"before", before(r)}, {"takes back", r.RollbackOf}, {"taken back by", r.RolledBackBy},
		{"goes on with", r.ResumedFrom}, {"went on in", r.ResumedBy},
		{"plan", r.ApprovalDigest}, {"changes", changed(r.Changes)}, {"snapshot", r.Snapshot}, {"schema", schema(r.Schema)}, {"site", site(r.Site)},
	}
	for _, f := range facts {
		if f[1] != "" && f[1] != "-" {
			fmt.Fprintf(w, "  %-14s %s\n", f[0], f[1])
		}
	}
	writePhases(w, r, palette)
	writeLayers(w, r, palette)
	writeAliases(w, r, palette)
	writeVerification(w, r.Verification, palette)
	if len(r.Notes) > 0 {
		fmt.Fprintf(w, "\n%s\n", palette.paint(bold, "Notes"))
		for _, note := range r.Notes {
			fmt.Fprintf(w, "  %s\n", note)
		}
	}
}

func who(r *engine.Record) string {
	if r.Host == "" {
		return r.User
	}
	return r.User + " on " + r.Host
}

func source(r *engine.Record) string {
	if r.Source == nil || r.Source.Commit == "" {
		return ""
	}
	text := r.Source.Commit
	if r.Source.Dirty {
		text += ", with changes that are not committed"
	}
	return text
}

func before(r *engine.Record) string {
	switch {
	case r.PreviousRelease != "" && r.Previous != "":
		return r.PreviousRelease + " (" + r.Previous + ")"
	case r.PreviousRelease != "":
		return r.PreviousRelease
	}
	return r.Previous
}

func changed(s *change.Summary) string {
	switch {
	case s == nil:
		return ""
	case *s == (change.Summary{}):
		return "none"
	}
	return strings.TrimSuffix(counts(*s), ".")
}

func schema(s *engine.SchemaRecord) string {
	switch {
	case s == nil:
		return ""
	case s.From == s.To:
		return fmt.Sprintf("%d, as before", s.To)
	}
	return fmt.Sprintf("%d → %d", s.From, s.To)
}

func site(s *engine.SiteRecord) string {
	if s == nil {
		return ""
	}
	text := fmt.Sprintf("%s, %s uploaded", s.Bucket, plural(s.Assets, "asset"))
	if s.Removed > 0 {
		text += fmt.Sprintf(", %d old removed", s.Removed)
	}
	if s.Invalidation != "" {
		text += ", invalidation " + s.Invalidation
	}
	return text
}

func writePhases(w io.Writer, r *engine.Record, palette Palette) {
	if len(r.Phases) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", palette.paint(bold, "Phases"))
	var rows [][]cell
	for _, p := range r.Phases {
		rows = append(rows, []cell{{string(p.Name), ""}, {string(p.Status), statusColour(p.Status)}, {took(p.StartedAt, p.EndedAt), ""}, {firstLine(p.Error, p.Note), ""}})
	}
	writeTable(w, rows, palette)
}

func writeLayers(w io.Writer, r *engine.Record, palette Palette) {
	if len(r.Layers) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", palette.paint(bold, "Layers"))
	var rows [][]cell
	for _, l := range r.Layers {
		name, at := l.Name, "-"
		if l.Stage != "" && l.Stage != engine.StageApply {
			name += " (" + string(l.Stage) + ")"
		}
		if !l.StartedAt.IsZero() {
			at = l.StartedAt.Local().Format(time.TimeOnly)
		}
		rows = append(rows, []cell{{name, ""}, {string(l.Status), statusColour(l.Status)}, {at, ""}, {took(l.StartedAt, l.EndedAt), ""}, {firstLine(l.Error), ""}})
	}
	writeTable(w, rows, palette)
}

func writeAliases(w io.Writer, r *engine.Record, palette Palette) {
	if len(r.Aliases) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", palette.paint(bold, "Functions"))
	var rows [][]cell
	for _, a := range r.Aliases {
		version := or(a.From) + " → " + a.To
		if a.From == a.To {
			version = a.To + ", as before"
		}
		rows = append(rows, []cell{{a.Function, ""}, {version, ""}, {shortDigest("sha256:" + a.CodeSHA256), faint}})
	}
	writeTable(w, rows, palette)
}

func writeVerification(w io.Writer, v *engine.VerificationRecord, palette Palette) {
	if v == nil {
		return
	}
	fmt.Fprintf(w, "\n%s\n", palette.paint(bold, "Verification"))
	fmt.Fprintf(w, "  %s, %s of %s passed\n", palette.paint(statusColour(v.Result), string(v.Result)),
		plural(v.Passed, "check"), strings.Join(v.Areas, ", "))
	for _, id := range v.Failed {
		fmt.Fprintf(w, "  %s %s\n", palette.paint(red, "failed"), id)
	}
	for _, id := range v.Unknown {
		fmt.Fprintf(w, "  %s %s\n", palette.paint(yellow, "could not run"), id)
	}
}

// firstLine gives the first line of the first text that says something.
func firstLine(texts ...string) string {
	for _, text := range texts {
		if line, _, _ := strings.Cut(strings.TrimSpace(text), "\n"); line != "" {
			return line
		}
	}
	return ""
}
