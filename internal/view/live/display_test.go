package live

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/view"
	"github.com/goal-mandala/mandala-deploy/internal/view/live/livetest"
)

// A terminal shows what was said above the tree, and the tree once, whatever comes; in
// the end nothing of the tree is left.
func TestScreen(t *testing.T) {
	t.Parallel()
	for _, reflows := range []bool{false, true} {
		for seed := range uint64(30) {
			t.Run(fmt.Sprintf("reflows %v, %d", reflows, seed), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(seed, 1))
				term := livetest.New(80, 24, reflows)
				s := screen{out: term, reflows: reflows}
				m, said, scrolled := Model{}, []string{}, false
				for i, p := range told() {
					m.Tell(p)
					above := ""
					switch random.IntN(12) {
					case 0:
						_ = term.Resize(24+random.IntN(120), 6+random.IntN(40), func() error { return nil })
						// What a terminal that becomes lower lets scroll away nobody can take back.
						width, _ := term.Size()
						scrolled = scrolled || !term.Fits(s.rows(width, 1<<20))
					case 1:
						said = append(said, fmt.Sprintf("said %d", i))
						above = said[len(said)-1] + "\n"
					}
					width, height := term.Size()
					frame := m.Frame(p.Time, width, height, view.Palette{Colour: i%2 == 0})
					if err := s.paint(above, frame, width, height); err != nil {
						t.Fatal(err)
					}
					shows(t, term, said, frame, scrolled)
				}
				width, height := term.Size()
				if err := s.paint("", nil, width, height); err != nil {
					t.Fatal(err)
				}
				shows(t, term, said, nil, scrolled)
			})
		}
	}
}

// shows wants the frame at the end of what the terminal shows, below what was said. Where
// something scrolled away it may come back, so only the end is looked at.
func shows(t *testing.T, term *livetest.Terminal, said, frame []string, scrolled bool) {
	t.Helper()
	if !term.Sound() {
		t.Fatal("the terminal is not left as it was")
	}
	want := slices.Clone(said)
	for _, line := range frame {
		want = append(want, strings.TrimRight(clean(line), " "))
	}
	for len(want) > 0 && want[len(want)-1] == "" {
		want = want[:len(want)-1]
	}
	got := term.All()
	if scrolled {
		want = want[len(said):]
		got = got[max(0, len(got)-len(want)):]
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		width, height := term.Size()
		t.Fatalf("%d x %d (-want +got):\n%s", width, height, diff)
	}
}

// until waits until all that the terminal shows, or lets be scrolled to, is right.
func until(t *testing.T, term *livetest.Terminal, what string, ok func([]string) bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		seen := term.All()
		if ok(seen) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never: %s\n%s", what, strings.Join(seen, "\n"))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func begin(t *testing.T, forecast func(context.Context, engine.Outline) (engine.Forecast, error)) (*Display, *livetest.Terminal) {
	t.Helper()
	w := livetest.New(80, 24, true)
	d := Start(t.Context(), Options{Out: w, Size: func() (int, int) { return 80, 24 }, Now: func() time.Time { return at(last()) }, Forecast: forecast})
	t.Cleanup(d.Stop)
	return d, w
}

func TestDisplay(t *testing.T) {
	t.Parallel()
	d, w := begin(t, func(context.Context, engine.Outline) (engine.Forecast, error) { return forecast(t), nil })
	for _, p := range told() {
		d.Show(p)
	}
	until(t, w, "the tree with a forecast", func(seen []string) bool {
		return slices.ContainsFunc(seen, func(l string) bool { return strings.HasPrefix(l, "apply production") && strings.Contains(l, "left") })
	})
	for _, part := range []string{"a ", "resu", "lt\n"} {
		if _, err := d.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	until(t, w, "the tree below a result", func(seen []string) bool {
		return slices.Contains(seen, "a result") && strings.Contains(seen[len(seen)-1], "verify")
	})

	// A question is not painted over, and what is told meanwhile comes after it.
	d.Hold()
	if _, err := d.Write([]byte("\nReally? [y/N] ")); err != nil {
		t.Fatal(err)
	}
	d.Show(engine.Progress{Time: at(0), Kind: engine.ProgressNote, Text: "meanwhile"})
	until(t, w, "the question", func(seen []string) bool { return seen[len(seen)-1] == "Really? [y/N]" })
	before := w.Written()
	time.Sleep(3 * refresh)
	if w.Written() != before {
		t.Error("something was painted over a question")
	}
	_, _ = w.Write([]byte("y\n")) // as the terminal echoes it
	d.Resume()
	until(t, w, "the tree again", func(seen []string) bool {
		return slices.Contains(seen, "03:04:05 meanwhile") && slices.ContainsFunc(seen, func(l string) bool { return strings.HasPrefix(l, "apply production") })
	})
	d.Stop()
	d.Stop()
	_, _ = d.Write([]byte("the end\n"))
	want := []string{
		"03:05:01 something worth knowing",
		"03:05:41   auth failed to create aws_cloudwatch_metric_alarm.function_errors_and",
		`_throttles["goal-mandala-production-auth-0"]`,
		"03:05:43 auth failed after 42.0 s",
		"a result", "", "Really? [y/N] y", "", "03:04:05 meanwhile", "the end",
	}
	if diff := cmp.Diff(want, w.All()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// stuck is a terminal that was stopped.
type stuck struct{ free chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	<-s.free
	return len(p), nil
}

// A terminal that takes nothing holds no run up.
func TestDisplayOnATerminalThatIsStopped(t *testing.T) {
	t.Parallel()
	out := stuck{make(chan struct{})}
	d := Start(t.Context(), Options{Out: out, Size: func() (int, int) { return 80, 24 }, Now: func() time.Time { return at(0) }})
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		for range 3 {
			for _, p := range told() {
				d.Show(p)
			}
			time.Sleep(2 * refresh)
		}
	}()
	select {
	case <-shown:
	case <-time.After(20 * time.Second):
		t.Error("the run waits for the terminal")
	}
	close(out.free)
	d.Stop()
}

// What did not change is not written again, and a painting is at most a few per second.
func TestDisplayWritesLittle(t *testing.T) {
	t.Parallel()
	d, w := begin(t, nil)
	for _, p := range told() {
		d.Show(p)
	}
	until(t, w, "the tree", func(seen []string) bool { return len(seen) > 5 })
	time.Sleep(2 * refresh)
	before := w.Written()
	time.Sleep(5 * refresh)
	if more := w.Written() - before; more != 0 {
		t.Errorf("%d bytes written though nothing changed", more)
	}
}
