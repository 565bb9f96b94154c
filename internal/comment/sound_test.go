package comment

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

var (
	tag       = regexp.MustCompile(`</?[a-zA-Z!][^>]*>`)
	htmlSpan  = regexp.MustCompile(`<code>(?:[A-Za-z0-9 -]|[^\x00-\x7f]|&#[0-9]+;)*</code>`)
	runLink   = regexp.MustCompile(`\[CI run\]\(<https?://[^<>()\s]+>\)`)
	ourMarkup = map[string]bool{"<details>": true, "<details open>": true, "</details>": true, "<summary>": true, "</summary>": true, "<sub>": true, "</sub>": true}
)

// sound fails a comment that is too long, that is no UTF-8, whose fences or
// folds are open, or in which anything but code could mention, link or be HTML.
func sound(t *testing.T, comment string, limit int) {
	t.Helper()
	if len(comment) > limit {
		t.Errorf("%d bytes, of %d", len(comment), limit)
	}
	if !utf8.ValidString(comment) {
		t.Error("no UTF-8")
	}
	depth, fenced, columns := 0, 0, 0
	for i, line := range strings.Split(comment, "\n") {
		if i < 2 && strings.HasPrefix(line, "<!-- ") && strings.Index(line, "-->") == len(line)-3 {
			continue
		}
		marks := len(line) - len(strings.TrimLeft(line, "`"))
		switch {
		case fenced > 0:
			if marks >= fenced && strings.TrimSpace(line[marks:]) == "" {
				fenced = 0
			}
			continue
		case marks >= 3 && !strings.Contains(line[marks:], "`"):
			fenced = marks
			continue
		}
		rest := outsideCode(t, line)
		for _, each := range tag.FindAllString(rest, -1) {
			switch {
			case !ourMarkup[each]:
				t.Errorf("HTML: %s in %s", each, line)
			case strings.HasPrefix(each, "<details"):
				depth++
			case each == "</details>":
				depth--
			}
		}
		if depth < 0 {
			t.Fatalf("a fold is closed twice: %s", line)
		}
		rest = tag.ReplaceAllString(rest, "")
		if at := strings.IndexAny(rest, "<>@#[]\\`_"); at >= 0 && !strings.HasPrefix(strings.TrimLeft(rest, "#"), " Plan of ") && !strings.HasPrefix(strings.TrimLeft(rest, "#"), " The plan of ") && !strings.HasPrefix(rest, "### ⚠️ ") || strings.Contains(rest, "://") || strings.Contains(rest, "www.") {
			t.Errorf("text that could mention, link or be markup: %s", line)
		}
		// Every row of a table has as many cells as its head.
		if cells := strings.Count(rest, "|"); !strings.HasPrefix(line, "|") {
			columns = 0
		} else if columns == 0 {
			columns = cells
		} else if cells != columns {
			t.Errorf("a row of %d cells in a table of %d: %s", cells, columns, line)
		}
	}
	if depth != 0 || fenced != 0 {
		t.Errorf("%d folds and a fence of %d are open", depth, fenced)
	}
}

// outsideCode takes code spans out of a line as CommonMark finds them, then code
// written as HTML and the link to the run.
func outsideCode(t *testing.T, line string) string {
	t.Helper()
	var rest strings.Builder
	for line != "" {
		at := strings.IndexByte(line, '`')
		if at < 0 {
			rest.WriteString(line)
			break
		}
		rest.WriteString(line[:at])
		line = line[at:]
		marks := len(line) - len(strings.TrimLeft(line, "`"))
		end := closing(line[marks:], marks)
		if end < 0 {
			t.Errorf("a code span is open: %s", line)
			break
		}
		if strings.ContainsAny(line[marks:marks+end], `|\`) {
			t.Errorf("a code span ends a cell: %s", line)
		}
		rest.WriteByte('x')
		line = line[2*marks+end:]
	}
	return runLink.ReplaceAllString(htmlSpan.ReplaceAllString(rest.String(), "x"), "run")
}

// closing finds the run of exactly so many backticks.
func closing(text string, marks int) int {
	for at := 0; at < len(text); {
		if text[at] != '`' {
			at++
			continue
		}
		run := len(text[at:]) - len(strings.TrimLeft(text[at:], "`"))
		if run == marks {
			return at
		}
		at += run
	}
	return -1
}
