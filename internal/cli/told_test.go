package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/events"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// onTerminal gives an app on a terminal, who types on it, and what it shows by and by.
func onTerminal(t *testing.T, environ ...string) (a *app, typist *os.File, shown func() string) {
	t.Helper()
	typist, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close(); typist.Close() })
	if err := pty.Setsize(typist, &pty.Winsize{Cols: 90, Rows: 30}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var out strings.Builder
	go func() {
		r := bufio.NewReader(typist)
		for {
			b, err := r.ReadByte()
			if err != nil {
				return
			}
			mu.Lock()
			out.WriteByte(b)
			mu.Unlock()
		}
	}()
	a, _, _ = fake("")
	a.Stdin, a.Stdout, a.Stderr, a.Environ = tty, tty, tty, append([]string{"TERM=xterm-256color"}, environ...)
	a.flags.logFormat = "text"
	t.Cleanup(func() { a.settle(context.Background(), nil) })
	return a, typist, func() string {
		mu.Lock()
		defer mu.Unlock()
		return out.String()
	}
}

func until(t *testing.T, shown func() string, want string) string {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !strings.Contains(shown(), want) {
		if time.Now().After(deadline) {
			t.Fatalf("never shown: %q\n%q", want, shown())
		}
		time.Sleep(5 * time.Millisecond)
	}
	return shown()
}

func TestWhereTheTreeIsShown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		environ []string
		set     func(*app)
		want    bool
	}{
		"a terminal":         {nil, func(*app) {}, true},
		"no colours":         {[]string{"NO_COLOR=1"}, func(*app) {}, true},
		"not in CI":          {[]string{"CI=false"}, func(*app) {}, true},
		"in CI":              {[]string{"CI=true"}, func(*app) {}, false},
		"a dumb terminal":    {[]string{"TERM=dumb"}, func(*app) {}, false},
		"an unknown one":     {[]string{"TERM="}, func(*app) {}, false},
		"with --json":        {nil, func(a *app) { a.flags.json = true }, false},
		"with logs as JSON":  {nil, func(a *app) { a.flags.logFormat = "json" }, false},
		"stderr is a file":   {nil, func(a *app) { a.Stderr = io.Discard }, false},
		"stdout is a file":   {nil, func(a *app) { a.Stdout = io.Discard }, true},
		"nothing to read of": {nil, func(a *app) { a.Stdin = strings.NewReader("") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _, _ := onTerminal(t, test.environ...)
			test.set(a)
			if got := a.listeners(t.Context()).live != nil; got != test.want {
				t.Errorf("shown: %v", got)
			}
		})
	}
}

// runOf is what is told of a run of one layer.
func runOf(ended engine.RunStatus, err error) []engine.Progress {
	ref := engine.StepRef{Layer: "network", Stage: engine.StageApply}
	outline := engine.Outline{ID: "run-1", Environment: "staging", Operation: engine.OperationApply, Parallelism: 2,
		Steps: []engine.OutlineStep{{StepRef: ref, Changes: []engine.OutlineChange{{Address: "module.network.aws_vpc.this", Type: "aws_vpc", Operation: change.Create}}}}}
	of := func(p engine.Progress) engine.Progress {
		p.Time, p.Layer, p.Stage = utcNow(), ref.Layer, ref.Stage
		return p
	}
	return []engine.Progress{
		{Time: utcNow(), Kind: engine.ProgressRun, Outline: &outline},
		of(engine.Progress{Kind: engine.ProgressLayer, Status: engine.Running}),
		of(engine.Progress{Kind: engine.ProgressEvent, Event: &engine.Event{Kind: engine.ApplyComplete, Address: "module.network.aws_vpc.this", Type: "aws_vpc", Action: "create"}}),
		of(engine.Progress{Kind: engine.ProgressLayer, Status: ended, Err: err, Seconds: 2}),
	}
}

// On a terminal a question stands by itself, then comes the tree, and the summary last.
func TestOnATerminal(t *testing.T) {
	t.Parallel()
	a, typist, shown := onTerminal(t)
	tell := a.progress(t.Context())
	tell(engine.Progress{Time: utcNow(), Kind: engine.ProgressPhase, Text: "planning staging"})
	until(t, shown, "planning staging")
	go func() {
		until(t, shown, "[y/N] ")
		_, _ = typist.WriteString("y\n")
	}()
	if err := a.confirm(t.Context(), "staging", false); err != nil {
		t.Fatal(err)
	}
	failure := &problem.Error{Code: problem.TerraformFailed, What: "layer network of staging: terraform apply failed"}
	for _, p := range runOf(engine.Failed, failure) {
		tell(p)
	}
	until(t, shown, "apply staging")
	err := a.report(&engine.Result{DeploymentID: "run-1", Environment: "staging", Operation: engine.OperationApply, Result: engine.Failed, Begun: true, Seconds: 3}, failure)
	if code := a.exit(err); code != ExitError {
		t.Errorf("exit code %d", code)
	}
	text := until(t, shown, "mend what the diagnostics say")
	end := text[strings.LastIndex(text, "\x1b[?2026l"):]
	for _, want := range []string{"Apply of staging", "1 created in network", "[MD0203]", "history show run-1"} {
		if !strings.Contains(end, want) {
			t.Errorf("after the tree there is no %q:\n%q", want, end)
		}
	}
	if strings.Count(end, "[MD0203]") != 1 {
		t.Errorf("the failure is told more than once:\n%q", end)
	}
}

// listening gives an app that writes events to a file, which is named.
func listening(t *testing.T, file string) (*app, error) {
	t.Helper()
	a, _, _ := fake("")
	a.flags.events, a.flags.logFormat = file, "text"
	return a, a.listen(t.Context(), "apply", "staging")
}

func TestEventsFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "run.jsonl")
	if err := os.WriteFile(file, []byte("of another run\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a, err := listening(t, file)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range runOf(engine.Succeeded, nil) {
		a.progress(t.Context())(p)
	}
	a.settle(t.Context(), nil)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []engine.ProgressKind
	for line := range strings.Lines(string(body)) {
		var l events.Line
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Run != "run-1" {
			t.Errorf("%v: %s", err, line)
		}
		kinds = append(kinds, l.Kind)
	}
	if want := []engine.ProgressKind{engine.ProgressRun, engine.ProgressLayer, engine.ProgressEvent, engine.ProgressLayer}; !slices.Equal(kinds, want) {
		t.Errorf("kinds %v", kinds)
	}
}

func TestEventsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"stdout": "-", "a folder": dir, "no folder": filepath.Join(dir, "no", "file"), "a pipe that nobody reads": pipe} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := listening(t, file); !problem.Is(err, problem.EventsFile) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A reader that stops to read is a warning and nothing else.
func TestEventsThatAreLost(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, stdout, stderr := fake("")
	a.flags.events, a.flags.logFormat = pipe, "text"
	if err := a.listen(t.Context(), "apply", "staging"); err != nil {
		t.Fatal(err)
	}
	reader.Close()
	for _, p := range runOf(engine.Succeeded, nil) {
		a.progress(t.Context())(p)
	}
	a.settle(t.Context(), nil)
	a.settle(t.Context(), nil)
	if text := stderr.String(); strings.Count(text, "[MD0903]") != 1 || !strings.Contains(text, "network succeeded") || stdout.Len() > 0 {
		t.Errorf("stderr %s", text)
	}
}

// What is written to stderr comes after the progress that was told before.
func TestLinesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	a, _, stderr := fake("")
	a.flags.logFormat = "text"
	tell := a.progress(t.Context())
	for range 50 {
		tell(engine.Progress{Time: utcNow(), Kind: engine.ProgressNote, Text: "told"})
		_, _ = a.Stderr.Write([]byte("written\n"))
	}
	a.settle(t.Context(), errors.New("x"))
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	for i, line := range lines {
		if want := []string{"told", "written"}[i%2]; !strings.HasSuffix(line, want) {
			t.Fatalf("line %d: %s", i, line)
		}
	}
	if len(lines) != 100 {
		t.Errorf("%d lines", len(lines))
	}
}
