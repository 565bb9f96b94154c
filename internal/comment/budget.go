package comment

import "strings"

// rows keeps as many lines as fit into most bytes, between a head and a foot. Of
// the others rest tells, in a line of at most maxRest bytes; nothing at all is
// given where not even that fits.
func rows(head string, lines []string, foot string, most int, rest func(from int) string) string {
	room := most - len(head) - len(foot)
	total := 0
	for _, line := range lines {
		total += len(line)
	}
	if total <= room {
		return head + strings.Join(lines, "") + foot
	}
	room -= maxRest
	if room < 0 {
		return ""
	}
	kept := 0
	for kept < len(lines) && len(lines[kept]) <= room {
		room -= len(lines[kept])
		kept++
	}
	return head + strings.Join(lines[:kept], "") + rest(kept) + foot
}

// maxRest is the most, in bytes, that a line takes which says what is left out:
// seven counts with their words, and some words around them.
const maxRest = 320

// share divides most among parts that want so much each: who wants less than an
// equal part leaves the rest to the others.
func share(most int, wanted []int) []int {
	given := make([]int, len(wanted))
	open := len(wanted)
	for open > 0 {
		equal, settled := most/open, 0
		for i, want := range wanted {
			if given[i] == 0 && want <= equal {
				given[i] = max(want, 1)
				most -= want
				settled++
			}
		}
		if settled == 0 {
			for i := range wanted {
				if given[i] == 0 {
					given[i] = max(equal, 1)
				}
			}
			return given
		}
		open -= settled
	}
	return given
}
