package localaws_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
)

// The test binary is its own command line: "serve --dir DIR" is the server
// that Up starts, "own DIR" a process that starts an instance of its own and
// then waits to be killed.
func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	switch {
	case len(os.Args) == 4 && os.Args[1] == "serve":
		exit(localaws.Serve(ctx, os.Args[3], localaws.Options{}))
	case len(os.Args) == 3 && os.Args[1] == "own":
		options := serveOptions()
		options.OwnerPID = os.Getpid()
		status, err := localaws.Up(ctx, os.Args[2], options)
		exitOn(err)
		exitOn(json.NewEncoder(os.Stdout).Encode(status))
		<-ctx.Done()
		os.Exit(0)
	}
	stop()
	os.Exit(m.Run())
}

func exitOn(err error) {
	if err != nil {
		exit(err)
	}
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serveOptions start this binary as the server.
func serveOptions() localaws.Options {
	self, err := os.Executable()
	exitOn(err)
	return localaws.Options{Command: []string{self, "serve"}, Version: "test"}
}

// up starts an instance that ends with the test, or with the test binary if
// that is killed.
func up(t *testing.T, without ...string) (dir string, status localaws.Status) {
	t.Helper()
	options := serveOptions()
	options.Without = without
	dir = filepath.Join(t.TempDir(), "local")
	return dir, upIn(t, dir, options)
}

// upWith starts an instance with other options.
func upWith(t *testing.T, options localaws.Options) localaws.Status {
	t.Helper()
	return upIn(t, filepath.Join(t.TempDir(), "local"), options)
}

func upIn(t *testing.T, dir string, options localaws.Options) localaws.Status {
	t.Helper()
	options.OwnerPID = os.Getpid()
	status, err := localaws.Up(t.Context(), dir, options)
	if err != nil {
		logs(t, dir)
		t.Fatalf("Up: %v", err)
	}
	t.Cleanup(func() { // the test's context is done by then
		if err := localaws.Down(context.WithoutCancel(t.Context()), dir); err != nil {
			t.Errorf("Down: %v", err)
		}
	})
	return status
}

func logs(t *testing.T, dir string) {
	t.Helper()
	var b strings.Builder
	if err := localaws.Logs(t.Context(), dir, &b, localaws.LogOptions{Lines: 40}); err != nil {
		t.Errorf("Logs: %v", err)
	}
	t.Log(b.String())
}

// gone waits until no process has the pid.
func gone(t *testing.T, what string, pid int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		if !lives(pid) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%s, process %d, still lives", what, pid)
}

// lives reports whether a process has the pid and is more than a zombie.
func lives(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return !os.IsNotExist(err) // elsewhere than on Linux the signal has to do
	}
	return !strings.Contains(string(stat), ") Z ")
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
