package live

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/goal-mandala/mandala-deploy/internal/view"
	"github.com/goal-mandala/mandala-deploy/internal/view/live/livetest"
)

// asProgram makes the test binary the program that shows a run, and says how it ends.
const asProgram = "MANDALA_LIVE_TEST"

func TestMain(m *testing.M) {
	flag.Parse()
	time.Local = time.UTC // lines tell the reader's own time
	if ending := os.Getenv(asProgram); ending != "" {
		os.Exit(show(ending))
	}
	os.Exit(m.Run())
}

// show shows a run on stderr until it is interrupted, or something panics beside it.
func show(ending string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	d := Start(context.Background(), Options{Out: os.Stderr, Now: func() time.Time { return time.Now().UTC() }, Palette: view.Palette{Colour: true}, Reflows: true,
		Size: func() (int, int) {
			width, height, err := term.GetSize(int(os.Stderr.Fd()))
			if err != nil {
				return 80, 24
			}
			return width, height
		}})
	for _, p := range told() {
		d.Show(p)
	}
	if ending == "panic" {
		time.AfterFunc(5*refresh, func() { panic("on purpose") })
	}
	<-ctx.Done()
	d.Stop()
	fmt.Fprintln(os.Stderr, "the end")
	return 130
}

// program runs the test binary on a terminal of its own.
func program(t *testing.T, ending string) (*livetest.Terminal, *os.File, *exec.Cmd) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	if err := pty.Setsize(master, &pty.Winsize{Cols: 100, Rows: 30}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), asProgram+"="+ending)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	w := livetest.New(100, 30, true)
	go func() { _, _ = io.Copy(w, master) }()
	return w, master, cmd
}

func heading(seen []string) (count int) {
	for _, line := range seen {
		if strings.HasPrefix(line, "apply production") {
			count++
		}
	}
	return count
}

// Resized and interrupted, by the terminal's own Ctrl-C, the tree is there once and then
// not at all.
func TestOnATerminal(t *testing.T) {
	t.Parallel()
	w, master, cmd := program(t, "interrupt")
	until(t, w, "the tree", func(seen []string) bool { return heading(seen) == 1 })
	for _, size := range []pty.Winsize{{Cols: 50, Rows: 30}, {Cols: 132, Rows: 40}, {Cols: 44, Rows: 40}} {
		if err := w.Resize(int(size.Cols), int(size.Rows), func() error { return pty.Setsize(master, &size) }); err != nil {
			t.Fatal(err)
		}
		until(t, w, "the tree as wide as the terminal", func(seen []string) bool {
			return heading(seen) == 1 && slices.ContainsFunc(seen, func(l string) bool { return strings.Contains(l, "network") && strings.Contains(l, "✓") })
		})
	}
	if _, err := master.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	until(t, w, "the end, and nothing of the tree", func(seen []string) bool {
		return len(seen) > 0 && seen[len(seen)-1] == "the end" && heading(seen) == 0 && !slices.ContainsFunc(seen, func(l string) bool { return strings.Contains(l, "✓") })
	})
	sound(t, w)
}

// Whatever ends the program, the terminal shows its cursor and wraps its lines.
func TestTerminalAfterAPanic(t *testing.T) {
	t.Parallel()
	w, _, cmd := program(t, "panic")
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 2 {
		t.Errorf("exit code %d", code)
	}
	until(t, w, "the panic", func(seen []string) bool {
		return slices.ContainsFunc(seen, func(l string) bool { return strings.Contains(l, "goroutine") })
	})
	sound(t, w)
}

func sound(t *testing.T, w *livetest.Terminal) {
	t.Helper()
	if !w.Sound() {
		t.Error("the terminal is not left as it was")
	}
}
