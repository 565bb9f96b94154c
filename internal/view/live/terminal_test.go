package live

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// terminal is what a terminal makes of what is written to it, as far as the screen needs
// one: a screen above which lines scroll away.
type terminal struct {
	width, height int
	reflows       bool // wraps anew what it shows when it becomes narrower

	rows     []tline
	top      int // first row that is seen
	row, col int
	wrap     bool
	cursor   bool // seen
	painting bool // between the marks of synchronised output
	pending  string
}

// tline is a row; soft says that the text goes on in the next.
type tline struct {
	cells []string // "" is the second half of a wide character
	soft  bool
}

func newTerminal(width, height int, reflows bool) *terminal {
	return &terminal{width: width, height: height, reflows: reflows, rows: []tline{{}}, wrap: true, cursor: true}
}

// Write takes what a program writes, and turns line ends into those of a terminal.
func (t *terminal) Write(p []byte) (int, error) {
	text := t.pending + string(p)
	t.pending = ""
	for text != "" {
		switch {
		case text[0] == '\x1b':
			end := strings.IndexFunc(text[min(2, len(text)):], func(r rune) bool { return r >= '@' && r <= '~' })
			if end < 0 {
				t.pending = text
				return len(p), nil
			}
			t.control(text[2:2+end], text[2+end])
			text = text[3+end:]
		case text[0] == '\r':
			t.col, text = 0, text[1:]
		case text[0] == '\n':
			t.newline(false)
			text = text[1:]
		case !utf8.FullRuneInString(text):
			t.pending = text
			return len(p), nil
		default:
			r, size := utf8.DecodeRuneInString(text)
			t.print(string(r))
			text = text[size:]
		}
	}
	return len(p), nil
}

func (t *terminal) newline(soft bool) {
	t.rows[t.row].soft = soft
	t.row, t.col = t.row+1, 0
	if t.row == len(t.rows) {
		t.rows = append(t.rows, tline{})
	}
	t.top = max(t.top, t.row-t.height+1)
}

func (t *terminal) print(char string) {
	width := ansi.StringWidth(char)
	if char == "\t" {
		t.col = min(t.col/8*8+8, t.width-1)
	}
	if width == 0 {
		return
	}
	if t.col+width > t.width {
		if !t.wrap {
			t.col = t.width - width
		} else {
			t.newline(true)
		}
	}
	row := &t.rows[t.row]
	for len(row.cells) < t.col+width {
		row.cells = append(row.cells, " ")
	}
	row.cells[t.col] = char
	for i := 1; i < width; i++ {
		row.cells[t.col+i] = ""
	}
	t.col += width
}

func (t *terminal) control(parameters string, final byte) {
	switch final {
	case 'A':
		n, err := strconv.Atoi(parameters)
		if err != nil {
			n = 1
		}
		t.row = max(t.row-n, t.top)
	case 'K':
		t.cut()
	case 'J':
		t.cut()
		t.rows = t.rows[:t.row+1]
	case 'h', 'l':
		on := final == 'h'
		switch parameters {
		case "?7":
			t.wrap = on
		case "?25":
			t.cursor = on
		case "?2026":
			t.painting = on
		}
	case 'm':
	default:
		panic("a control sequence that the test does not know: " + parameters + string(final))
	}
}

func (t *terminal) cut() {
	row := &t.rows[t.row]
	row.cells, row.soft = row.cells[:min(t.col, len(row.cells))], false
}

// resize gives the terminal another size, as those that reflow do, or as the others.
func (t *terminal) resize(width, height int) {
	if t.reflows && width != t.width {
		t.reflow(width)
	} else {
		for i := range t.rows {
			t.rows[i].cells = t.rows[i].cells[:min(width, len(t.rows[i].cells))]
		}
		t.col = min(t.col, width-1)
	}
	t.width, t.height = width, height
	t.top = max(t.top, t.row-height+1)
}

func (t *terminal) reflow(width int) {
	var rows []tline
	top, row := 0, 0
	for i := 0; i < len(t.rows); {
		var cells []string
		first := i
		for ; ; i++ {
			cells = append(cells, t.rows[i].cells...)
			if !t.rows[i].soft || i+1 == len(t.rows) {
				i++
				break
			}
		}
		if t.top >= first && t.top < i {
			top = len(rows)
		}
		if t.row >= first && t.row < i {
			row = len(rows)
		}
		for len(cells) > width {
			rows = append(rows, tline{cells[:width], true})
			cells = cells[width:]
		}
		rows = append(rows, tline{cells, false})
	}
	t.rows, t.top, t.row = rows, top, row
}

// all gives the lines that are seen, and those that scrolled away above them.
func (t *terminal) all() []string { return texts(t.rows) }

func texts(rows []tline) (lines []string) {
	for _, row := range rows {
		lines = append(lines, strings.TrimRight(strings.Join(row.cells, ""), " "))
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
