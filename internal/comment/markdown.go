package comment

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/goal-mandala/mandala-deploy/internal/secrecy"
)

// How much is shown of one text of others, in characters.
const (
	maxName    = 80
	maxText    = 300
	maxAddress = 240
	maxPath    = 80
	maxValue   = 130 // two more than internal/change keeps, and the quotes
)

// plain are texts that no reader of Markdown, and nothing that GitHub does to
// comments afterwards, takes for anything else.
var plain = regexp.MustCompile(`^[A-Za-z]+( [A-Za-z]+)*$`)

// text gives a text of others: as it is where it is plain words, else as code.
func text(of string, most int) string {
	if len(of) <= most && plain.MatchString(of) && !secrecy.Looks(of) {
		return of
	}
	return code(of, most)
}

// code gives a text of others as code, in which GitHub looks for neither
// mentions nor links. It may stand in a cell of a table: what ends a cell or a
// span, or may be read as doing so, is written as HTML instead.
func code(of string, most int) string {
	shown := secrecy.Cut(secrecy.Visible(secrecy.Hide(of)), most)
	switch {
	case shown == "":
		return "–"
	case strings.ContainsAny(shown, "`|\\"), strings.TrimSpace(shown) != shown:
		return htmlOf(shown)
	}
	return "`" + shown + "`"
}

// htmlCode is code where HTML is written, as in <summary>.
func htmlCode(of string, most int) string {
	return htmlOf(secrecy.Cut(secrecy.Visible(secrecy.Hide(of)), most))
}

// htmlOf writes everything but letters, digits and blanks as references: so
// neither HTML nor Markdown sees it.
func htmlOf(shown string) string {
	var b strings.Builder
	b.WriteString("<code>")
	for _, r := range shown {
		if r > unicode.MaxASCII || r == ' ' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "&#%d;", r)
		}
	}
	b.WriteString("</code>")
	return b.String()
}

// fence gives lines as a block of code that nothing in them can end.
func fence(language string, lines []string) string {
	marks := strings.Repeat("`", fenceLength(lines))
	return marks + language + "\n" + strings.Join(lines, "\n") + "\n" + marks + "\n"
}

// fenceLength is one more than the longest run of backticks, and at least 3.
func fenceLength(lines []string) int {
	longest := 2
	for _, line := range lines {
		run := 0
		for _, r := range line {
			if r != '`' {
				run = 0
				continue
			}
			run++
			longest = max(longest, run)
		}
	}
	return longest + 1
}

// link gives a link to a page, "" for what leads to none.
func link(label, to string) string {
	parsed, err := url.Parse(to)
	if err != nil || parsed.Scheme != "https" && parsed.Scheme != "http" || parsed.Host == "" || len(to) > maxText || secrecy.Looks(to) {
		return ""
	}
	parsed.User = nil
	address := parsed.String()
	if strings.ContainsAny(address, "<>()[]\"'`\\ \n") || secrecy.Visible(address) != address {
		return ""
	}
	return "[" + label + "](<" + address + ">)"
}
