package environment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// didYouMean gives ` (did you mean "x"?)` for the nearest of names, or "" when
// none is near enough to be a slip of the keyboard. A name's beginning is near where
// it is that of one name only.
func didYouMean(given string, names []string) string {
	nearest, least := "", 3
	for _, name := range names {
		// A distance as long as the word itself says nothing.
		if d := levenshtein.Distance(given, name, nil); d < least && d < len(name) {
			nearest, least = name, d
		}
	}
	if nearest == "" {
		nearest = begunWith(given, names)
	}
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", nearest)
}

// begunWith gives the only name that begins with what was given, or "".
func begunWith(given string, names []string) string {
	const least = 3 // letters; fewer say nothing
	only := ""
	for _, name := range names {
		switch {
		case len(given) < least || !strings.HasPrefix(name, given):
		case only != "":
			return ""
		default:
			only = name
		}
	}
	return only
}

// listed gives `are "a", "b"` or "are none", in at most twenty names.
func listed(names []string) string {
	const most = 20
	if len(names) == 0 {
		return "are none"
	}
	quoted := make([]string, 0, most+1)
	for i, name := range names {
		if i == most {
			quoted = append(quoted, fmt.Sprintf("and %d more", len(names)-most))
			break
		}
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	verb := "are "
	if len(names) == 1 {
		verb = "is "
	}
	return verb + strings.Join(quoted, ", ")
}

func contains(names []string, name string) bool { return slices.Contains(names, name) }
