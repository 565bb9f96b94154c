package live

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// clean takes out what would steer a terminal instead of being shown.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, ansi.Strip(text))
}

// middle shortens a text to width cells by taking out its middle: an address begins
// with its type and ends with its name and index.
func middle(text string, width int) string {
	all := ansi.StringWidth(text)
	switch {
	case all <= width:
		return text
	case width <= 0:
		return ""
	case width == 1:
		return "…"
	}
	tail := (width - 1) * 3 / 5
	head := width - 1 - tail
	return ansi.Truncate(text, head, "") + "…" + ansi.TruncateLeft(text, all-tail, "")
}

// fit shortens a text to width cells at its end.
func fit(text string, width int) string {
	return ansi.Truncate(text, max(width, 0), "…")
}

// pad fills a text with spaces to width cells, and shortens one that is wider.
func pad(text string, width int) string {
	text = fit(text, width)
	return text + strings.Repeat(" ", max(width-ansi.StringWidth(text), 0))
}

// span gives a time in a few characters: 7s, 1m32s, 2h05m.
func span(d time.Duration) string {
	d = max(d, 0).Truncate(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}

// roughly gives a time that is known by experience only.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return span(max(d.Round(time.Second), time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%d min", (d+30*time.Second)/time.Minute)
	}
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}

// and lists names: "a", "a and b", "a, b and c".
func and(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
