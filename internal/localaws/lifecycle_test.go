package localaws_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
)

func TestUpAgainGivesTheSameInstance(t *testing.T) {
	t.Parallel()
	dir, first := up(t)
	if !first.Running || !first.Healthy || first.Version != "test" || first.StartedAt.IsZero() {
		t.Errorf("status = %+v", first)
	}
	second, err := localaws.Up(t.Context(), dir, serveOptions())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("a second Up gives another instance (-first +second):\n%s", diff)
	}
	inspected, err := localaws.Inspect(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, inspected); diff != "" {
		t.Errorf("Inspect differs from Up (-up +inspect):\n%s", diff)
	}
}

func TestUpsAtTheSameTimeGiveOneInstance(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "local")
	options := serveOptions()
	options.OwnerPID = os.Getpid()
	statuses, errs := make([]localaws.Status, 3), make([]error, 3)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() { statuses[i], errs[i] = localaws.Up(t.Context(), dir, options) })
	}
	all.Wait()
	t.Cleanup(func() {
		if err := localaws.Down(context.WithoutCancel(t.Context()), dir); err != nil {
			t.Error(err)
		}
	})
	for i := range statuses {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if diff := cmp.Diff(statuses[0], statuses[i]); diff != "" {
			t.Errorf("Up %d gives another instance:\n%s", i, diff)
		}
	}
}

func TestInstancesRunSideBySide(t *testing.T) {
	t.Parallel()
	firstDir, first := up(t)
	_, second := up(t)
	if first.Address == second.Address || first.Server == second.Server || first.Emulator == second.Emulator {
		t.Errorf("two directories share an instance: %+v and %+v", first, second)
	}
	if err := localaws.Down(t.Context(), firstDir); err != nil {
		t.Fatal(err)
	}
	if code := health(t, second.Address); code != http.StatusOK {
		t.Errorf("the other instance answers %d after Down of the first", code)
	}
}

func TestDownEndsEverythingAndIsIdempotent(t *testing.T) {
	t.Parallel()
	dir, status := up(t)
	for range 2 {
		if err := localaws.Down(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		for what, pid := range map[string]int{"server": status.Server.PID, "emulator": status.Emulator.PID} {
			if lives(pid) {
				t.Errorf("the %s lives after Down", what)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "status.json")); !os.IsNotExist(err) {
			t.Errorf("status.json after Down: %v", err)
		}
		var log strings.Builder
		if err := localaws.Logs(t.Context(), dir, &log, localaws.LogOptions{}); err != nil || strings.Contains(log.String(), "the local AWS failed") {
			t.Errorf("Down counts as a failure: %v\n%s", err, log.String())
		}
		after, err := localaws.Inspect(t.Context(), dir)
		if diff := cmp.Diff(localaws.Status{}, after); diff != "" || err != nil {
			t.Errorf("Inspect after Down: %v\n%s", err, diff)
		}
	}
	if err := localaws.Down(t.Context(), filepath.Join(t.TempDir(), "never")); err != nil {
		t.Errorf("Down of what never was: %v", err)
	}
}

func TestServerSurvivesTheOneWhoStartedIt(t *testing.T) {
	t.Parallel()
	_, status := up(t)
	session, err := unix.Getsid(status.Server.PID)
	if err != nil {
		t.Fatal(err)
	}
	if session != status.Server.PID {
		t.Errorf("the server is in session %d, not in its own, so a terminal that closes ends it", session)
	}
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	dir, _ := up(t)
	for _, name := range []string{"status.json", "proxy.log", "emulator.log"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

func TestKilledServerTakesItsEmulatorAlong(t *testing.T) {
	t.Parallel()
	dir, first := up(t)
	if err := syscall.Kill(first.Server.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	gone(t, "the emulator", first.Emulator.PID)
	gone(t, "the server", first.Server.PID)

	if status, err := localaws.Inspect(t.Context(), dir); err != nil || status.Running {
		t.Errorf("Inspect of the killed instance = %+v, %v", status, err)
	}
	options := serveOptions()
	options.OwnerPID = os.Getpid()
	second, err := localaws.Up(t.Context(), dir, options)
	if err != nil {
		t.Fatal(err)
	}
	if second.Server == first.Server || !second.Healthy {
		t.Errorf("Up after a kill = %+v", second)
	}
}

// An emulator that is busy for longer than a look at its health takes keeps
// its place, and what it holds.
func TestUpWaitsForABusyInstance(t *testing.T) {
	t.Parallel()
	dir, first := up(t)
	if err := syscall.Kill(first.Emulator.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	awake := make(chan error, 1)
	time.AfterFunc(6*time.Second, func() { awake <- syscall.Kill(first.Emulator.PID, syscall.SIGCONT) })
	second, err := localaws.Up(t.Context(), dir, serveOptions())
	if err := errors.Join(err, <-awake); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("Up replaced a busy instance (-before +after):\n%s", diff)
	}
}

func TestServerEndsWithItsEmulator(t *testing.T) {
	t.Parallel()
	dir, status := up(t)
	if err := syscall.Kill(status.Emulator.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	gone(t, "the server", status.Server.PID)
	var log strings.Builder
	if err := localaws.Logs(t.Context(), dir, &log, localaws.LogOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "the emulator ended") {
		t.Errorf("the log does not say why:\n%s", log.String())
	}
}

func TestInstanceEndsWithItsOwner(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "ended": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "local")
			owner := exec.CommandContext(t.Context(), serveOptions().Command[0], "own", dir)
			owner.Stderr = os.Stderr
			output, err := owner.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := owner.Start(); err != nil {
				t.Fatal(err)
			}
			var status localaws.Status
			if err := json.NewDecoder(output).Decode(&status); err != nil {
				t.Fatal(err)
			}
			if err := owner.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_ = owner.Wait() // a killed process always gives an error
			gone(t, "the server", status.Server.PID)
			gone(t, "the emulator", status.Emulator.PID)
		})
	}
}

// A pid that a later process has does not make an old status true.
func TestStatusOfAnotherProcessIsStale(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stale := localaws.Status{
		Running: true, Address: "http://127.0.0.1:1", StartedAt: time.Now(),
		Server:   localaws.Process{PID: os.Getpid(), Started: "long ago"},
		Emulator: localaws.Process{PID: os.Getpid(), Started: "long ago"},
	}
	content, err := json.Marshal(stale)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "status.json"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	status, err := localaws.Inspect(t.Context(), dir)
	if diff := cmp.Diff(localaws.Status{}, status); diff != "" || err != nil {
		t.Errorf("Inspect: %v\n%s", err, diff)
	}
	// Down must not end the innocent process: this one.
	if err := localaws.Down(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "status.json")); !os.IsNotExist(err) {
		t.Errorf("the stale status stays: %v", err)
	}
}

func health(t *testing.T, address string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+localaws.HealthPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
