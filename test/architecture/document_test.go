package architecture

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// top is the repository's root.
const top = "../.."

// read gives a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(top, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// row is a line of a table in a document, its cells trimmed.
type row []string

var rule = regexp.MustCompile(`^[|: -]+$`)

// rows gives the lines of the Markdown tables with this heading, without the
// headings. A bar inside a cell is written \|.
func rows(document string, heading ...string) []row {
	var found []row
	inside := false
	for line := range strings.Lines(document) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			inside = false
			continue
		}
		cells := split(line)
		switch {
		case strings.Join(cells, "|") == strings.Join(heading, "|"):
			inside = true
		case inside && !rule.MatchString(line):
			found = append(found, cells)
		}
	}
	return found
}

// split gives the cells of a table's line.
func split(line string) row {
	const bar = "\x00"
	line = strings.ReplaceAll(line, `\|`, bar)
	var cells row
	for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
		cells = append(cells, strings.ReplaceAll(strings.TrimSpace(cell), bar, "|"))
	}
	return cells
}

// render gives a table's line.
func (r row) String() string {
	cells := make([]string, len(r))
	for i, cell := range r {
		cells[i] = strings.ReplaceAll(cell, "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// between gives what stands in a document between the comments "begin NAME"
// and "end NAME", and the two pieces around it, comments included.
func between(t *testing.T, document, name string) (before, inside, after string) {
	t.Helper()
	begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->"
	before, rest, found := strings.Cut(document, begin)
	inside, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("the document has no comments %q and %q", strings.TrimSpace(begin), end)
	}
	return before + begin, inside, end + after
}
