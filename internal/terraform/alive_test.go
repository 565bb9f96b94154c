package terraform

import (
	"os"
	"testing"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

func TestProcessAlive(t *testing.T) {
	t.Parallel()
	self := thisProcess(os.Getpid())
	other := func(change func(*engine.Process)) engine.Process {
		p := self
		change(&p)
		return p
	}
	for name, test := range map[string]struct {
		process      engine.Process
		alive, known bool
	}{
		"this one":     {self, true, true},
		"another host": {other(func(p *engine.Process) { p.Host += "x" }), false, false},
		"no host":      {other(func(p *engine.Process) { p.Host = "" }), false, false},
		"no pid":       {other(func(p *engine.Process) { p.PID = 0 }), false, false},
		// Larger than any pid that Linux (4,194,304) or macOS (99,999) gives.
		"no such pid": {other(func(p *engine.Process) { p.PID = 1 << 30 }), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if alive, known := ProcessAlive(test.process); alive != test.alive || known != test.known {
				t.Errorf("alive %v, known %v; want %v, %v", alive, known, test.alive, test.known)
			}
		})
	}
	if n := EndOrphans(self); n != 0 {
		t.Errorf("ended %d processes of a living one", n)
	}
}
