package view

import (
	"fmt"
	"io"
	"strings"
)

// GitHubPublication is what GitHub is to say of an environment's deployments, and its
// JSON form.
type GitHubPublication struct {
	Repository  string        `json:"repository"` // owner/name
	Environment string        `json:"environment"`
	DryRun      bool          `json:"dry_run"`
	Steps       []PublishStep `json:"steps"`
	Summary     GitHubSummary `json:"summary"`
	Errors      []ErrorJSON   `json:"errors,omitempty"` // what kept it from being done
}

// PublishStep is one thing that GitHub is to say.
type PublishStep struct {
	Action  string `json:"action"` // create, change, keep or leave
	What    string `json:"what"`   // deployment, tag, release or latest release
	Name    string `json:"name"`   // the deployment's id, or the tag
	Release string `json:"release,omitempty"`
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"`
	Note    string `json:"note,omitempty"`
	URL     string `json:"url,omitempty"`
	Done    bool   `json:"done"`
}

// Count counts the steps.
func (p *GitHubPublication) Count() {
	p.Summary = GitHubSummary{}
	for _, step := range p.Steps {
		p.Summary.add(step.Action)
	}
}

// Publication writes what GitHub is to say, and what becomes of it.
func Publication(w io.Writer, p *GitHubPublication, palette Palette) {
	if len(p.Steps) == 0 {
		fmt.Fprintf(w, "Nothing was ever deployed to %s.\n", p.Environment)
		return
	}
	fmt.Fprintln(w, palette.paint(bold, p.Environment+" on "+p.Repository))
	for _, step := range p.Steps {
		sign, colour := setupMark(step.Action)
		if step.Action == "leave" {
			sign, colour = "-", faint
		}
		fmt.Fprintf(w, "  %s %s\n", palette.paint(colour, sign), step)
	}
	var parts []string
	for _, each := range []struct {
		n    int
		what string
	}{{p.Summary.Create, "to create"}, {p.Summary.Change, "to change"}, {p.Summary.Keep, "as wanted"}, {p.Summary.Leave, "left out"}} {
		if each.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", each.n, each.what))
		}
	}
	fmt.Fprintf(w, "\n%s\n", palette.paint(bold, strings.Join(parts, ", ")+"."))
}

// Published writes what was done.
func Published(w io.Writer, p *GitHubPublication, palette Palette) {
	done, wanted := 0, p.Summary.Create+p.Summary.Change
	for _, step := range p.Steps {
		if step.Done {
			done++
		}
	}
	switch {
	case wanted == 0:
		fmt.Fprintf(w, "%s says what history says.\n", p.Repository)
	case p.DryRun:
		fmt.Fprintf(w, "Nothing was changed: --dry-run.\n")
	case done == wanted:
		fmt.Fprintf(w, "%s\n", palette.paint(green, fmt.Sprintf("Done: %s on %s.", plural(done, "step"), p.Repository)))
	default:
		fmt.Fprintf(w, "%s\n", palette.paint(red, fmt.Sprintf("Done: %d of %d steps on %s.", done, wanted, p.Repository)))
	}
}

// String tells a step on one line.
func (s PublishStep) String() string {
	text := s.What + " " + shown(s.Name)
	if s.Release != "" {
		text += " of " + shown(s.Release)
	}
	switch {
	case s.Note != "":
		text += ": " + shown(s.Note)
	case s.From == s.To && s.Action == "change":
		text += ": " + shown(s.To) + ", told as history's"
	case s.What == "latest release" && s.From != "" && s.From != s.To:
		text = s.What + ": " + shown(s.From) + " → " + shown(s.To)
	case s.What == "latest release":
		text = s.What + ": " + shown(s.To)
	case s.From != "" && s.From != s.To:
		text += ": " + shown(s.From) + " → " + shown(s.To)
	case s.To != "":
		text += ": " + shown(s.To)
	}
	if s.URL != "" {
		text += " " + shown(s.URL)
	}
	return text
}
