package script

import (
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/goal-mandala/mandala-deploy/internal/view/live/livetest"
)

// screen writes into a file what is seen on a terminal, and can be scrolled to, after the
// last command that was attached to one: screen FILE [WIDTH HEIGHT]
func screen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 && len(args) != 3 {
		ts.Fatalf("usage: screen FILE [WIDTH HEIGHT]")
	}
	width, height := 80, 24 // what is taken where a terminal has no size
	if len(args) == 3 {
		var err error
		width, err = strconv.Atoi(args[1])
		ts.Check(err)
		height, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	terminal := livetest.New(width, height, true)
	_, err := terminal.Write([]byte(ts.ReadFile("ttyout")))
	ts.Check(err)
	if !terminal.Sound() {
		ts.Fatalf("the terminal is left without its cursor, or as it does not wrap lines")
	}
	writeFile(ts, args[0], []byte(strings.Join(terminal.All(), "\n")+"\n"))
}
