package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/events"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/progress"
	"github.com/goal-mandala/mandala-deploy/internal/telemetry"
	"github.com/goal-mandala/mandala-deploy/internal/view"
	"github.com/goal-mandala/mandala-deploy/internal/view/live"
)

// tellWait bounds, one by one, the waits for those who hear of a run: none of them may
// hold it up.
const tellWait = 5 * time.Second

// told are those who hear of what happens in runs.
type told struct {
	fan      progress.Fan
	live     *live.Display // nil where lines are written
	tally    *view.Tally
	forecast func(context.Context, engine.Outline) (engine.Forecast, error)

	file  *os.File // of --events
	lines *events.Writer
	spans *telemetry.Spans // of --otel
	over  bool
}

// listeners gives those who hear of runs, and makes them when they are first asked for.
// From then on what is written to stdout and stderr comes between the progress, not
// into it.
func (a *app) listeners(ctx context.Context) *told {
	if a.told != nil {
		return a.told
	}
	t := &told{tally: &view.Tally{}}
	a.told = t
	t.fan.Direct(t.tally.Show)
	if a.showsLive() {
		t.live = live.Start(ctx, live.Options{Out: a.Stderr, Size: sizeOf(a.Stderr), Palette: a.palette(a.Stderr), Now: utcNow,
			Reflows: a.reflows(), Forecast: t.expect})
		t.fan.Direct(t.live.Show)
		if isTerminal(a.Stdout) {
			a.Stdout = between{under: a.Stdout, write: t.live.Write}
		}
		a.Stderr = between{under: a.Stderr, write: t.live.Write}
		return t
	}
	show := a.lines(a.Stderr)
	t.fan.Add("stderr", show)
	for _, stream := range []*io.Writer{&a.Stdout, &a.Stderr} {
		under := *stream
		*stream = between{under: under, write: func(text []byte) (int, error) {
			t.fan.Flush(tellWait)
			return under.Write(text)
		}}
	}
	return t
}

// lines gives what writes a run's progress in lines.
func (a *app) lines(w io.Writer) func(engine.Progress) {
	switch {
	case a.flags.logFormat == "json":
		return view.Log(a.logger(w))
	case a.inActions():
		return (&view.Actions{W: w}).Show
	}
	return (&view.Progress{W: w, Palette: a.palette(w)}).Show
}

func (t *told) expect(ctx context.Context, outline engine.Outline) (engine.Forecast, error) {
	if t.forecast == nil {
		return engine.Forecast{}, nil
	}
	return t.forecast(ctx, outline)
}

// between is a stream of the terminal into which progress is written, too.
type between struct {
	under io.Writer
	write func([]byte) (int, error)
}

func (b between) Write(text []byte) (int, error) { return b.write(text) }

// Fd lets the stream be asked whether it is a terminal.
func (b between) Fd() uintptr {
	if file, ok := b.under.(interface{ Fd() uintptr }); ok {
		return file.Fd()
	}
	return ^uintptr(0)
}

// progress gives who hears of a run's progress.
func (a *app) progress(ctx context.Context) func(engine.Progress) { return a.listeners(ctx).fan.Show }

// note tells something that the command itself does.
func (a *app) note(ctx context.Context, text string) {
	t := a.listeners(ctx)
	t.fan.Show(engine.Progress{Time: utcNow(), Kind: engine.ProgressNote, Text: text})
	t.fan.Flush(tellWait)
}

// showsLive reports whether progress is a tree on a terminal; else it is lines.
func (a *app) showsLive() bool {
	kind, ci := a.getenv("TERM"), a.getenv("CI")
	return isTerminal(a.Stderr) && kind != "" && kind != "dumb" && (ci == "" || ci == "false") && !a.flags.json && a.flags.logFormat == "text"
}

func (a *app) inActions() bool { return a.getenv("GITHUB_ACTIONS") == "true" }

// reflows reports whether the terminal wraps what it shows anew when it becomes
// narrower. Most do.
func (a *app) reflows() bool {
	kind := a.getenv("TERM")
	return a.getenv("XTERM_VERSION") == "" && kind != "linux" && (!strings.HasPrefix(kind, "screen") || a.getenv("TMUX") != "")
}

// sizeOf gives what asks a terminal for its size. It is asked each time: so a change is
// seen wherever there are no signals for it, too.
func sizeOf(stream io.Writer) func() (width, height int) {
	return func() (width, height int) {
		if file, ok := stream.(interface{ Fd() uintptr }); ok {
			if width, height, err := term.GetSize(int(file.Fd())); err == nil && width > 0 && height > 0 {
				return width, height
			}
		}
		return 80, 24
	}
}

// listen adds those whom the flags ask for, for a command on an environment.
func (a *app) listen(ctx context.Context, command, environment string) error {
	t := a.listeners(ctx)
	if name := a.flags.events; name != "" {
		if err := t.open(name); err != nil {
			return err
		}
		t.fan.Add("--events", t.lines.Show)
	}
	if a.flags.otel && !strings.EqualFold(a.getenv("OTEL_SDK_DISABLED"), "true") && a.getenv("OTEL_TRACES_EXPORTER") != "none" {
		spans, err := telemetry.Start(ctx, telemetry.Options{Command: command, Environment: environment, Version: build().Version, Getenv: a.getenv, Now: utcNow})
		if err != nil {
			view.Warning(a.Stderr, err, a.palette(a.Stderr))
			return nil
		}
		t.spans = spans
		t.fan.Add("--otel", spans.Show)
	}
	return nil
}

// open opens the file of --events, which only its owner may read. A pipe that nobody
// reads is refused now, not waited for.
func (t *told) open(name string) error {
	refused := func(what string, err error) error {
		return &problem.Error{Code: problem.EventsFile, Where: problem.Location{Flag: "--events"}, What: what, Err: err}
	}
	if name == "-" {
		return refused("--events wants a file: stdout has the result, stderr the progress", nil)
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return refused("the events cannot be written", err)
	}
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		if err := file.Chmod(0o600); err != nil {
			return refused("the events cannot be kept from others", err)
		}
	}
	t.file, t.lines = file, events.New(file)
	return nil
}

// calm takes the tree away and has all lines written, before a result is.
func (a *app) calm() {
	if t := a.told; t != nil {
		t.fan.Flush(tellWait)
		if t.live != nil {
			t.live.Stop()
		}
	}
}

// asking takes the tree away for a question, and has what was told before stand above it.
func (a *app) asking() {
	if t := a.told; t != nil {
		t.fan.Flush(tellWait)
		if t.live != nil {
			t.live.Hold()
		}
	}
}

// answered lets the tree be shown again after a question.
func (a *app) answered() {
	if t := a.told; t != nil && t.live != nil {
		t.live.Resume()
	}
}

// settle ends the telling: once, and within a bounded time. What could not be told is
// reported, and changes nothing else.
func (a *app) settle(ctx context.Context, failure error) {
	t := a.told
	if t == nil || t.over {
		return
	}
	t.over = true
	a.calm()
	losses := t.fan.Close(tellWait)
	var warnings []error
	missed := map[string]bool{}
	for _, loss := range losses {
		missed[loss.Name] = loss.Stuck
		if loss.Name != "--otel" {
			warnings = append(warnings, &problem.Error{Code: problem.EventsLost, What: fmt.Sprintf("%s took too long: it misses %d of what happened", loss.Name, loss.Count)})
		}
	}
	if t.file != nil {
		if !missed["--events"] && t.lines.Err() != nil {
			warnings = append(warnings, &problem.Error{Code: problem.EventsLost, Where: problem.Location{Flag: "--events"}, What: "the events were not all written", Err: t.lines.Err()})
		}
		if err := t.file.Close(); err != nil && !missed["--events"] {
			warnings = append(warnings, &problem.Error{Code: problem.EventsLost, Where: problem.Location{Flag: "--events"}, What: "the events were not all written", Err: err})
		}
	}
	if t.spans != nil && !missed["--otel"] {
		warnings = append(warnings, t.spans.Close(ctx, tellWait, failure))
	}
	for _, warning := range warnings {
		if warning != nil {
			view.Warning(a.Stderr, warning, a.palette(a.Stderr))
		}
	}
}

// summarize tells on a terminal, last of all, how a run ended.
func (a *app) summarize(result *engine.Result, err error) error {
	width, height := sizeOf(a.Stderr)()
	text, whole := view.Summary(view.Ending{Result: result, Err: err, Tally: a.told.tally, Below: isTerminal(a.Stdout)}, width, height, a.palette(a.Stderr))
	if !whole {
		view.Failure(a.Stderr, err, a.palette(a.Stderr))
	}
	fmt.Fprint(a.Stderr, text)
	if err != nil {
		return &reportedError{err}
	}
	return nil
}
