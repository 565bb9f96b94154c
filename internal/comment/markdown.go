package comment

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
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
	if len(of) <= most && plain.MatchString(of) && !looksSecret(of) {
		return of
	}
	return code(of, most)
}

// code gives a text of others as code, in which GitHub looks for neither
// mentions nor links. It may stand in a cell of a table: what ends a cell or a
// span, or may be read as doing so, is written as HTML instead.
func code(of string, most int) string {
	shown := cut(visible(hide(of)), most)
	switch {
	case shown == "":
		return "–"
	case strings.ContainsAny(shown, "`|\\"), strings.TrimSpace(shown) != shown:
		return htmlOf(shown)
	}
	return "`" + shown + "`"
}

// htmlCode is code where HTML is written, as in <summary>.
func htmlCode(of string, most int) string { return htmlOf(cut(visible(hide(of)), most)) }

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

// visible makes one line of a text, and shows what would hide or turn around
// parts of it: control and format characters, such as those of direction.
func visible(of string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(of, "\uFFFD") {
		switch {
		case r == '\n':
			b.WriteString("↵")
		case r == '\t':
			b.WriteByte(' ')
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co):
			fmt.Fprintf(&b, "<U+%04X>", r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// cut takes the middle out of a text that is longer than most characters: the
// end of an address, with its index, tells as much as its beginning.
func cut(of string, most int) string {
	characters := []rune(of)
	if len(characters) <= most {
		return of
	}
	tail := (most - 1) / 3
	return string(characters[:most-1-tail]) + "…" + string(characters[len(characters)-tail:])
}

// link gives a link to a page, "" for what leads to none.
func link(label, to string) string {
	parsed, err := url.Parse(to)
	if err != nil || parsed.Scheme != "https" && parsed.Scheme != "http" || parsed.Host == "" || len(to) > maxText || looksSecret(to) {
		return ""
	}
	parsed.User = nil
	address := parsed.String()
	if strings.ContainsAny(address, "<>()[]\"'`\\ \n") || visible(address) != address {
		return ""
	}
	return "[" + label + "](<" + address + ">)"
}

// shellWord quotes an argument of a command that is to be copied. ok is false
// where what is shown would not be the argument.
func shellWord(word string) (quoted string, ok bool) {
	if visible(word) != word || looksSecret(word) || len([]rune(word)) > maxText {
		return "", false
	}
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") == "" {
		return word, true
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'", true
}
