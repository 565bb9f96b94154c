package comment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/testresult"
)

// TestsMarker is the hidden text with which the comment of tests begins.
const TestsMarker = "<!-- mandala-deploy tests -->"

// Tested is what one job tested.
type Tested struct {
	Job      string
	Results  testresult.Results
	Coverage *float64 // percent; nil where it was not measured
}

// mostFailing bounds the failing tests that are named; all are counted.
const mostFailing = 50

// Tests writes what tests said, a line for each job, and which of them failed: by name,
// without what they wrote, which may hold anything.
func Tests(jobs []Tested, options Options) string {
	if options.Limit <= 0 {
		options.Limit = Limit
	}
	r := renderer{options: options}
	failed, ran := 0, 0
	lines := make([]string, len(jobs))
	var names []string
	for i, j := range jobs {
		failed += len(j.Results.Failed)
		ran += j.Results.Passed + len(j.Results.Failed)
		covered := ""
		if j.Coverage != nil {
			covered = fmt.Sprintf("%.1f %%", *j.Coverage)
		}
		sign := "✅"
		switch {
		case len(j.Results.Failed) > 0:
			sign = "❌"
		case j.Results.Passed == 0:
			sign = "⚠️ none ran"
		}
		lines[i] = fmt.Sprintf("| %s | %s | %d | %s | %s | %s |\n", text(j.Job, maxName), sign, j.Results.Passed, cell(len(j.Results.Failed)), cell(j.Results.Skipped), covered)
		for _, each := range j.Results.Failed {
			names = append(names, fmt.Sprintf("- %s: %s\n", text(j.Job, maxName), code(each.String(), maxAddress)))
		}
	}
	title := fmt.Sprintf("## Tests: %d passed\n\n", ran)
	switch {
	case ran == 0:
		title = "## Tests: none ran\n\n"
	case failed > 0:
		title = fmt.Sprintf("## Tests: %d of %d failed\n\n", failed, ran)
	}
	head, foot := TestsMarker+"\n\n"+title, r.foot()
	most := options.Limit - len(head) - len(foot)
	table := rows("| job | | passed | failed | skipped | coverage |\n| --- | --- | ---: | ---: | ---: | ---: |\n", lines, "\n", most/2, func(from int) string {
		return fmt.Sprintf("| %s more | | | | | |\n", plural(len(lines)-from, "job"))
	})
	if len(jobs) == 0 {
		table = ""
	}
	return head + table + failing(names, most-len(table)) + foot
}

func failing(names []string, most int) string {
	if len(names) == 0 {
		return ""
	}
	rest, all := "", len(names)
	if all > mostFailing {
		names = slices.Clone(names[:mostFailing])
		rest = fmt.Sprintf("- and %d more\n", all-mostFailing)
	}
	return strings.TrimSuffix(rows("### These failed\n\n", names, rest, most, func(from int) string {
		return fmt.Sprintf("- and %d more of those\n", len(names)-from)
	}), "\n") + "\n"
}
