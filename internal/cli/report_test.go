package cli

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/dashboard"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/engine/enginetest"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/journal"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// cloud is whose the credentials are; nothing else is asked of it.
type cloud struct{ engine.Cloud }

func (cloud) Identity(context.Context) (engine.Identity, error) { return engine.Identity{}, nil }

// recorded gives an engine with one run in its bucket, and that run's result.
func recorded(t *testing.T, store *enginetest.MemoryStore) (*engine.Engine, *engine.Result) {
	t.Helper()
	e := &engine.Engine{Environment: &environment.Environment{Name: "staging", Root: &environment.Root{}}, Store: store, Cloud: cloud{}, Journals: journal.Of(store, utcNow), Clock: utcNow}
	run, err := e.Journals.Start(t.Context(), engine.Record{ID: "4f1c2d3e", Environment: "staging", Operation: engine.OperationApply, Status: engine.Running, StartedAt: utcNow()})
	if err == nil {
		err = run.Finish(t.Context(), engine.Succeeded)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e, &engine.Result{DeploymentID: "4f1c2d3e", Environment: "staging", Operation: engine.OperationApply, Result: engine.Succeeded, Begun: true}
}

func TestARunLeavesItsReport(t *testing.T) {
	t.Parallel()
	a, stdout, stderr := fake("")
	a.flags.chdir = t.TempDir()
	e, result := recorded(t, &enginetest.MemoryStore{})
	ended, cancel := context.WithCancel(t.Context())
	cancel() // an interrupted run has one, too
	cause := errors.New("what the run failed of")
	if err := a.filed(ended, e, result, cause); !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
	file := filepath.Join(a.flags.chdir, ".mandala", "reports", "staging-4f1c2d3e.html")
	body, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(body), "Apply of staging") {
		t.Fatalf("%v, %s, %s", err, stdout, stderr)
	}
	if !strings.HasPrefix(stdout.String(), "Report: ") || !strings.HasSuffix(stdout.String(), "staging-4f1c2d3e.html\n") {
		t.Errorf("%q", stdout)
	}
}

// A report that cannot be written fails no run.
func TestARunWithoutReport(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*testing.T, *app, *enginetest.MemoryStore){
		"the bucket is gone": func(_ *testing.T, _ *app, store *enginetest.MemoryStore) {
			store.Before(func(context.Context, enginetest.Call) error { return errors.New("gone") })
		},
		"nothing can be written": func(t *testing.T, a *app, _ *enginetest.MemoryStore) {
			must(t, os.WriteFile(filepath.Join(a.flags.chdir, ".mandala"), nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, stdout, stderr := fake("")
			a.flags.chdir = t.TempDir()
			store := &enginetest.MemoryStore{}
			e, result := recorded(t, store)
			spoil(t, a, store)
			if err := a.filed(t.Context(), e, result, nil); err != nil {
				t.Error(err)
			}
			if !strings.Contains(stderr.String(), "warning: run 4f1c2d3e of staging has no report") || !strings.Contains(stderr.String(), string(problem.ReportNotWritten)) || stdout.Len() > 0 {
				t.Errorf("%s, %s", stdout, stderr)
			}
		})
	}
}

func TestOldReportsGo(t *testing.T) {
	t.Parallel()
	a, _, _ := fake("")
	a.flags.chdir = t.TempDir()
	folder, err := a.reportFolder()
	must(t, err)
	names := []string{"staging-eu-0a.html", "staging-drift.json", "production-0b.html", "staging-notes.html"}
	for n := range reportsKept + 5 {
		names = append(names, reportName("staging", strings.Repeat("0", n)+"1"))
	}
	for n, name := range names {
		file := filepath.Join(folder, name)
		must(t, os.WriteFile(file, nil, 0o600))
		must(t, os.Chtimes(file, time.Time{}, time.Unix(int64(n), 0)))
	}
	a.pruneReports("staging")
	entries, err := os.ReadDir(folder)
	must(t, err)
	if len(entries) != 4+reportsKept {
		t.Errorf("%d files stay", len(entries))
	}
	for _, name := range append(names[:4:4], names[len(names)-1]) {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Errorf("%s went", name)
		}
	}
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		from, to, begins, ends string
		code                   problem.Code
	}{
		"none said":            {"", "", "2026-03-01T12:00:00Z", "2026-03-31T12:00:00Z", ""},
		"days, the last whole": {"2026-03-01", "2026-03-02", "2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z", ""},
		"one day":              {"2026-03-01", "2026-03-01", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", ""},
		"times":                {"2026-03-01T09:00:00+09:00", "2026-03-01T01:00:00Z", "2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z", ""},
		"the wrong way round":  {"2026-03-02", "2026-03-01", "", "", problem.BadPeriod},
		"no day":               {"yesterday", "", "", "", problem.BadPeriod},
		"no such day":          {"", "2026-02-30", "", "", problem.BadPeriod},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to, err := auditOptions{from: c.from, to: c.to}.period(now)
			if c.code != "" {
				if !problem.Is(err, c.code) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || from.Format(time.RFC3339) != c.begins || to.Format(time.RFC3339) != c.ends {
				t.Errorf("%s to %s, %v", from, to, err)
			}
		})
	}
}

// What drift found is what the dashboard of this machine tells.
func TestDriftIsRemembered(t *testing.T) {
	t.Parallel()
	a, _, _ := fake("")
	a.flags.chdir = t.TempDir()
	if a.lastDrift("production") != nil {
		t.Error("something is remembered of nothing")
	}
	a.keepDrift(aDrift("module.network.aws_thing.a", "module.network.aws_thing.b"))
	seen := a.lastDrift("production")
	if seen == nil || seen.Resources != 2 || len(seen.Layers) != 1 || seen.Layers[0] != "network" || seen.At.IsZero() {
		t.Errorf("%+v", seen)
	}
}

// still has nothing to show.
type still struct{}

func (still) Names() []string { return nil }

func (still) Look(context.Context, string) (*dashboard.Standing, error) {
	return nil, errors.New("there is none")
}

func (still) Report(context.Context, string, string, func(string) string) ([]byte, error) {
	return nil, errors.New("there is none")
}

// teller hands on what is written.
type teller struct{ texts chan string }

func (w teller) Write(text []byte) (int, error) {
	w.texts <- string(text)
	return len(text), nil
}

func TestWhatIsServedEndsWithTheCommand(t *testing.T) {
	t.Parallel()
	a, _, _ := fake("")
	out := teller{make(chan string, 9)}
	a.Stdout = out
	ctx, interrupt := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.onLoopback(ctx, 0, false, dashboard.Options{Source: still{}}) }()
	address, _, _ := strings.Cut(<-out.texts, "\n")
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/[\w-]{32}/$`).MatchString(address) {
		t.Errorf("it tells %q", address)
	}
	response, err := http.Get(address)
	must(t, err)
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("status %d", response.StatusCode)
	}
	interrupt()
	must(t, <-done)

	// A port that is taken is told.
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port //nolint:errcheck,forcetypeassert // it is one
	if err := a.onLoopback(t.Context(), port, false, dashboard.Options{Source: still{}}); !problem.Is(err, problem.NotServed) {
		t.Errorf("%v", err)
	}
}
