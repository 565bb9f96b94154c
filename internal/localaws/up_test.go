package localaws_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func TestUpSaysWhereToLookWhenTheServerEnds(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "local")
	_, err := localaws.Up(t.Context(), dir, localaws.Options{Command: []string{"/bin/sh", "-c", "echo no luck >&2; exit 3"}})
	found := problem.Find(err)
	if len(found) != 1 || found[0].Code != problem.EmulatorFailed || !strings.Contains(found[0].Remedy(), filepath.Join(dir, "proxy.log")) {
		t.Fatalf("Up = %v", err)
	}
	var log bytes.Buffer
	if err := localaws.Logs(t.Context(), dir, &log, localaws.LogOptions{}); err != nil || log.String() != "proxy    | no luck\n" {
		t.Errorf("Logs = %q, %v", log.String(), err)
	}
}

func TestUpGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "local")
	pidFile := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if content, err := os.ReadFile(pidFile); err == nil && len(content) > 0 {
				cancel() // the server runs, and will never answer
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	_, err := localaws.Up(ctx, dir, localaws.Options{Command: []string{"/bin/sh", "-c", "echo $$ >" + pidFile + "; exec sleep 600"}})
	if err == nil {
		t.Fatal("Up of a server that never answers succeeds")
	}
	content, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	gone(t, "the hanging server", atoi(t, string(content)))
}

func TestLogsTailAndFollow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "emulator.log")
	if err := os.WriteFile(file, []byte("one\ntwo\nthree\nhalf"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var out lockedBuffer
	done := make(chan error, 1)
	go func() { done <- localaws.Logs(ctx, dir, &out, localaws.LogOptions{Lines: 2, Follow: true}) }()
	out.await(t, "emulator | two\nemulator | three\n")
	if err := os.WriteFile(file, []byte("one\ntwo\nthree\nhalf and whole\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out.await(t, "emulator | two\nemulator | three\nemulator | half and whole\n")
	if err := os.WriteFile(file, []byte("a new log\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out.await(t, "emulator | two\nemulator | three\nemulator | half and whole\nemulator | a new log\n")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// lockedBuffer is a buffer that one goroutine writes and another reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) await(t *testing.T, want string) {
	t.Helper()
	var got string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		l.mu.Lock()
		got = l.b.String()
		l.mu.Unlock()
		if got == want {
			return
		}
	}
	t.Fatalf("got %q, want %q", got, want)
}
