package view

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// GitHubSetup is what a repository needs on GitHub, and its JSON form.
type GitHubSetup struct {
	Repository   string        `json:"repository"` // owner/name
	Branch       string        `json:"branch"`     // that deploys
	Environments []string      `json:"environments"`
	Applied      bool          `json:"applied"` // --apply was given
	Steps        []GitHubStep  `json:"steps"`
	Summary      GitHubSummary `json:"summary"`
	Warnings     []ErrorJSON   `json:"warnings,omitempty"` // why something is not known
	Errors       []ErrorJSON   `json:"errors,omitempty"`   // what kept it from being done
}

// GitHubStep is one thing that the repository needs.
type GitHubStep struct {
	Action      string `json:"action"` // create, change, keep, unknown or leave
	What        string `json:"what"`   // environment, required reviewers, deployment branches or variable
	Environment string `json:"environment,omitempty"`
	Name        string `json:"name,omitempty"` // of a variable
	From        string `json:"from,omitempty"`
	To          string `json:"to,omitempty"`
	Note        string `json:"note,omitempty"`
	Done        bool   `json:"done"`
}

// GitHubSummary counts steps by action.
type GitHubSummary struct {
	Create  int `json:"create"`
	Change  int `json:"change"`
	Keep    int `json:"keep"`
	Unknown int `json:"unknown"` // of a setup only
	Leave   int `json:"leave"`
}

// add counts a step.
func (s *GitHubSummary) add(action string) {
	switch action {
	case "create":
		s.Create++
	case "change":
		s.Change++
	case "keep":
		s.Keep++
	case "unknown":
		s.Unknown++
	case "leave":
		s.Leave++
	}
}

// Count counts the steps.
func (s *GitHubSetup) Count() {
	s.Summary = GitHubSummary{}
	for _, step := range s.Steps {
		s.Summary.add(step.Action)
	}
}

// SetupPlan writes what the repository needs, and what becomes of it.
func SetupPlan(w io.Writer, s *GitHubSetup, palette Palette) {
	scope := "\x00"
	for _, step := range s.Steps {
		if step.Environment != scope {
			scope = step.Environment
			head := "Repository " + s.Repository
			if scope != "" {
				head = "Environment " + shown(scope)
			}
			fmt.Fprintln(w, palette.paint(bold, head))
		}
		sign, colour := setupMark(step.Action)
		fmt.Fprintf(w, "  %s %s\n", palette.paint(colour, sign), step)
	}
	var parts []string
	for _, each := range []struct {
		n    int
		what string
	}{{s.Summary.Create, "to create"}, {s.Summary.Change, "to change"}, {s.Summary.Keep, "as wanted"}, {s.Summary.Unknown, "not known yet"}, {s.Summary.Leave, "left to others"}} {
		if each.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", each.n, each.what))
		}
	}
	fmt.Fprintf(w, "\n%s\n", palette.paint(bold, strings.Join(parts, ", ")+"."))
	if !s.Applied && s.Summary.Create+s.Summary.Change > 0 {
		fmt.Fprintf(w, "Nothing was changed: --apply does it.\n")
	}
}

// SetupDone writes what was done.
func SetupDone(w io.Writer, s *GitHubSetup, palette Palette) {
	done, wanted := 0, s.Summary.Create+s.Summary.Change
	for _, step := range s.Steps {
		if step.Done {
			done++
		}
	}
	switch {
	case wanted == 0:
		fmt.Fprintf(w, "%s needs nothing more.\n", s.Repository)
	case done == wanted:
		fmt.Fprintf(w, "%s\n", palette.paint(green, fmt.Sprintf("Done: %s on %s.", plural(done, "step"), s.Repository)))
	default:
		fmt.Fprintf(w, "%s\n", palette.paint(red, fmt.Sprintf("Done: %d of %d steps on %s.", done, wanted, s.Repository)))
	}
}

func setupMark(action string) (sign, colour string) {
	switch action {
	case "create":
		return "+", green
	case "change":
		return "~", yellow
	case "keep":
		return "=", faint
	case "leave":
		return "!", red
	}
	return "?", yellow
}

// String tells a step on one line, its environment apart.
func (s GitHubStep) String() string {
	text := s.What
	if s.Name != "" {
		text += " " + s.Name
	}
	switch {
	case s.Action == "unknown":
		text += ": " + s.Note
		if s.From != "" {
			text += " (it says " + shown(s.From) + ")"
		}
		return text
	case s.From != "":
		text += ": " + shown(s.From) + " → " + shown(s.To)
	case s.To != "":
		text += ": " + shown(s.To)
	case s.Action == "change" || s.What == "variable":
		text += `: ""`
	}
	if s.Note != "" {
		text += " " + s.Note
	}
	return text
}

// shown quotes a text of others that would not be seen as it is.
func shown(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
