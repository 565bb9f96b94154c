package live

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

const (
	refresh  = 100 * time.Millisecond // how often the tree is painted at most
	patience = 20 * time.Second       // for a forecast
)

// Options say where and how a run is shown.
type Options struct {
	Out     io.Writer // the terminal
	Size    func() (width, height int)
	Palette view.Palette
	Now     func() time.Time
	Reflows bool // the terminal wraps what it shows anew when it becomes narrower
	// Forecast tells how long things take. It may take its time; nil for none.
	Forecast func(context.Context, engine.Outline) (engine.Forecast, error)
}

// Display shows a run. Its methods are safe for concurrent use. Show never waits for
// the terminal: one goroutine paints.
type Display struct {
	options Options
	ctx     context.Context // of the goroutines; ends with Stop
	cancel  context.CancelFunc
	workers sync.WaitGroup

	mu    sync.Mutex
	model Model
	above strings.Builder // what stays, not yet on the terminal
	lines view.Progress   // writes to above

	painting sync.Mutex // the terminal
	screen   screen
	held     bool // somebody is asked something: nothing is painted
	partial  bool // what was written last did not end its line: likewise
	stopped  bool
}

// Start shows a run until Stop.
func Start(ctx context.Context, options Options) *Display {
	d := &Display{options: options, screen: screen{out: options.Out, reflows: options.Reflows}}
	d.ctx, d.cancel = context.WithCancel(ctx)
	d.lines = view.Progress{W: &d.above, Palette: options.Palette}
	d.workers.Go(func() {
		ticker := time.NewTicker(refresh)
		defer ticker.Stop()
		for {
			select {
			case <-d.ctx.Done():
				return
			case <-ticker.C:
				_ = d.repaint("") // a terminal that is gone stops no run
			}
		}
	})
	return d
}

// Stop takes the tree away, once; what stays has been written. The cursor is below it.
func (d *Display) Stop() {
	d.cancel()
	d.workers.Wait()
	d.painting.Lock()
	defer d.painting.Unlock()
	if d.stopped {
		return
	}
	d.stopped = true
	d.mu.Lock()
	above := d.above.String()
	d.mu.Unlock()
	width, height := d.options.Size()
	_ = d.screen.paint(above, nil, width, height)
}

// Show takes one thing that happened.
func (d *Display) Show(p engine.Progress) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.model.stays(p) {
		d.lines.Show(p)
	}
	d.model.Tell(p)
	if p.Kind == engine.ProgressRun && d.options.Forecast != nil && d.model.forecast == nil && d.ctx.Err() == nil {
		d.expect(*p.Outline)
	}
}

// stays reports whether something is to be read after the tree has moved on.
func (m *Model) stays(p engine.Progress) bool {
	switch p.Kind {
	case engine.ProgressNote:
		return true
	case engine.ProgressPhase: // before a run it is all that is shown
		return p.Phase == "" && m.outline != nil && !m.ended
	case engine.ProgressLayer:
		return p.Status == engine.Failed || p.Status == engine.Crashed || p.Status == engine.Interrupted
	case engine.ProgressEvent:
		return p.Event != nil && p.Event.Kind == engine.ApplyErrored
	case engine.ProgressRun, engine.ProgressPhaseEnd, engine.ProgressCommand, engine.ProgressEnd:
	}
	return false
}

// expect asks for a forecast beside the run. One that cannot be had is none.
func (d *Display) expect(outline engine.Outline) {
	d.workers.Go(func() {
		ctx, cancel := context.WithTimeout(d.ctx, patience)
		defer cancel()
		forecast, err := d.options.Forecast(ctx, outline)
		d.mu.Lock()
		defer d.mu.Unlock()
		if err == nil && d.model.outline != nil && d.model.outline.ID == outline.ID {
			d.model.Expect(forecast)
		}
	})
}

// Write puts a text above the tree. After one that does not end its line nothing is
// painted until the rest has come.
func (d *Display) Write(text []byte) (int, error) {
	if err := d.repaint(string(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// Hold takes the tree away for a question.
func (d *Display) Hold() {
	_ = d.repaint("")
	d.painting.Lock()
	defer d.painting.Unlock()
	if d.stopped || d.held {
		return
	}
	d.held = true
	width, height := d.options.Size()
	_ = d.screen.paint("", nil, width, height)
}

// Resume lets the tree be painted again after a question. Who answered before it was
// asked did not end its line.
func (d *Display) Resume() {
	d.painting.Lock()
	defer d.painting.Unlock()
	if d.held && d.partial {
		_, _ = io.WriteString(d.options.Out, "\n")
	}
	d.held, d.partial = false, false
}

// repaint shows what is known now, below what stays and a text.
func (d *Display) repaint(text string) error {
	d.painting.Lock()
	defer d.painting.Unlock()
	if d.stopped || d.held || d.partial {
		if text != "" {
			d.partial = !strings.HasSuffix(text, "\n")
		}
		_, err := io.WriteString(d.options.Out, text)
		return err
	}
	width, height := d.options.Size()
	d.mu.Lock()
	above := d.above.String() + text
	d.above.Reset()
	lines := d.model.Frame(d.options.Now(), width, height, d.options.Palette)
	d.mu.Unlock()
	if above != "" && !strings.HasSuffix(above, "\n") {
		d.partial, lines = true, nil
	}
	if above == "" && width == d.screen.width && height == d.screen.height && slices.Equal(lines, d.screen.lines) {
		return nil
	}
	return d.screen.paint(above, lines, width, height)
}
