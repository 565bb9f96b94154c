// Package livetest is a terminal for tests: it makes of what a program writes what would
// be seen.
package livetest

import (
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Terminal is a screen above which lines scroll away, as far as a tree needs one. Its
// methods are safe for concurrent use.
type Terminal struct {
	mu            sync.Mutex
	width, height int
	reflows       bool // wraps anew what it shows when it becomes narrower
	written       int

	rows     []line
	top      int // first row that is seen
	row, col int
	wrap     bool
	cursor   bool // seen
	painting bool // between the marks of synchronised output
	pending  string
}

// line is a row; soft says that the text goes on in the next.
type line struct {
	cells []string // "" is the second half of a wide character
	soft  bool
}

// New gives an empty terminal.
func New(width, height int, reflows bool) *Terminal {
	return &Terminal{width: width, height: height, reflows: reflows, rows: []line{{}}, wrap: true, cursor: true}
}

// Write takes what a program writes, and turns line ends into those of a terminal.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.written += len(p)
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

func (t *Terminal) newline(soft bool) {
	t.rows[t.row].soft = soft
	t.row, t.col = t.row+1, 0
	if t.row == len(t.rows) {
		t.rows = append(t.rows, line{})
	}
	t.top = max(t.top, t.row-t.height+1)
}

func (t *Terminal) print(char string) {
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

func (t *Terminal) control(parameters string, final byte) {
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

func (t *Terminal) cut() {
	row := &t.rows[t.row]
	row.cells, row.soft = row.cells[:min(t.col, len(row.cells))], false
}

// Resize gives the terminal another size, as those that reflow do, or as the others, and
// tells the program by tell before it is written to again.
func (t *Terminal) Resize(width, height int, tell func() error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
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
	return tell()
}

func (t *Terminal) reflow(width int) {
	var rows []line
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
			rows = append(rows, line{cells[:width], true})
			cells = cells[width:]
		}
		rows = append(rows, line{cells, false})
	}
	t.rows, t.top, t.row = rows, top, row
}

// All gives the lines that are seen, and those that scrolled away above them.
func (t *Terminal) All() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return texts(t.rows)
}

// Seen gives the lines on the screen.
func (t *Terminal) Seen() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return texts(t.rows[t.top:])
}

// Written is how many bytes were written.
func (t *Terminal) Written() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written
}

// Sound reports whether the cursor is seen, lines wrap, and no painting is under way: the
// state in which a program has to leave a terminal.
func (t *Terminal) Sound() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cursor && t.wrap && !t.painting
}

// Fits reports whether so many lines and the cursor's are on the screen.
func (t *Terminal) Fits(lines int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return lines < t.height || len(t.rows)-t.top < t.height
}

// Size gives the width and the height.
func (t *Terminal) Size() (width, height int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.width, t.height
}

func texts(rows []line) (lines []string) {
	for _, row := range rows {
		lines = append(lines, strings.TrimRight(strings.Join(row.cells, ""), " "))
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
