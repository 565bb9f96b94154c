package view

import (
	"fmt"
	"io"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// RollbackTarget says what is gone back to, and from what.
func RollbackTarget(w io.Writer, environment string, t engine.Target, palette Palette) {
	fmt.Fprintf(w, "%s goes back to %s", palette.paint(bold, environment), palette.paint(bold, t.Version))
	if t.From != nil {
		fmt.Fprintf(w, " from %s (%s %s, run %s of %s)", releaseName(t.From.Release), t.From.Operation, t.From.Status, t.From.ID, t.From.StartedAt.Local().Format(time.DateTime))
	}
	fmt.Fprintln(w)
	if t.Last != nil {
		fmt.Fprintf(w, "  verified here by run %s of %s\n", t.Last.ID, t.Last.StartedAt.Local().Format(time.DateTime))
	} else {
		fmt.Fprintf(w, "  %s\n", palette.paint(yellow, "never verified here"))
	}
}

// releaseName names a release, or the lack of one.
func releaseName(release string) string {
	if release == "" {
		return "no release"
	}
	return release
}

// RollbackPlan writes both phases of a rollback.
func RollbackPlan(w io.Writer, p *engine.RollbackPlan, palette Palette) {
	RollbackTarget(w, p.Preview.Environment, p.Target, palette)
	fmt.Fprintf(w, "\n%s\n", palette.paint(bold, "At once"))
	if len(p.Aliases)+len(p.Entries) == 0 {
		fmt.Fprintln(w, "  nothing: pages and functions are those of the release")
	}
	for _, key := range p.Entries {
		fmt.Fprintf(w, "   %s %s\n", palette.paint(yellow, "~"), key)
	}
	for _, a := range p.Aliases {
		fmt.Fprintf(w, "   %s %s: version %s → %s\n", palette.paint(yellow, "~"), a.Function, a.From, a.To)
	}
	fmt.Fprintf(w, "\n%s\n", palette.paint(bold, "Then"))
	Preview(w, p.Preview, palette)
}

// RollbackPlanJSON is the JSON form of a rollback that was not carried out.
type RollbackPlanJSON struct {
	Environment string               `json:"environment"`
	Version     string               `json:"version"`
	From        string               `json:"from"`
	Verified    bool                 `json:"verified"`
	Aliases     []engine.AliasRecord `json:"aliases"`
	Pages       []string             `json:"pages"`
	Preview     any                  `json:"preview"`
}

// RollbackPlanForJSON gives the JSON form of a rollback's plan.
func RollbackPlanForJSON(p *engine.RollbackPlan) RollbackPlanJSON {
	out := RollbackPlanJSON{Environment: p.Preview.Environment, Version: p.Target.Version, Verified: p.Target.Last != nil,
		Aliases: p.Aliases, Pages: p.Entries, Preview: ForJSON(p.Preview)}
	if p.Target.From != nil {
		out.From = p.Target.From.Release
	}
	if out.Aliases == nil {
		out.Aliases = []engine.AliasRecord{}
	}
	if out.Pages == nil {
		out.Pages = []string{}
	}
	return out
}
