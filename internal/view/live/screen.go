package live

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// screen keeps a block of lines at the end of what a terminal shows. Each painting is
// one write that begins and ends with a visible cursor and lines that wrap: whenever
// the program ends, by whatever, the terminal is as it was. A terminal that knows
// synchronised output (mode 2026) shows a painting as a whole; others see only those
// lines written that changed. It is not safe for concurrent use.
type screen struct {
	out     io.Writer
	reflows bool // a terminal that wraps what it shows anew when it becomes narrower

	lines         []string
	width, height int // when lines were painted
}

const (
	beginPaint = "\x1b[?2026h\x1b[?25l"
	endPaint   = "\x1b[?25h\x1b[?2026l"
	noWrap     = "\x1b[?7l" // a line that is wider than thought must not become two
	wrap       = "\x1b[?7h"
	eraseLine  = "\x1b[K"
	eraseBelow = "\x1b[J"
)

// paint shows lines in the place of those before, below above, which stays.
func (s *screen) paint(above string, lines []string, width, height int) error {
	var b strings.Builder
	b.WriteString(beginPaint)
	resized := width != s.width || height != s.height
	old := s.lines
	if up := s.rows(width, height); up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", up)
	}
	b.WriteString("\r")
	if resized || above != "" {
		b.WriteString(eraseBelow + above)
		old = nil
	}
	b.WriteString(noWrap)
	for i, line := range lines {
		if i >= len(old) || old[i] != line {
			b.WriteString(line + eraseLine)
		}
		b.WriteString("\r\n")
	}
	b.WriteString(wrap + eraseBelow + endPaint)
	s.lines, s.width, s.height = lines, width, height
	_, err := io.WriteString(s.out, b.String())
	return err
}

// rows is how many rows of the terminal the painted lines take now.
func (s *screen) rows(width, height int) int {
	if !s.reflows || width >= s.width || width < 1 {
		return min(len(s.lines), max(height-1, 0))
	}
	rows := 0
	for _, line := range s.lines {
		rows += max(1, (ansi.StringWidth(line)+width-1)/width)
	}
	return min(rows, max(height-1, 0))
}
