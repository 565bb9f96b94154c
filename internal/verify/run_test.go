package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// still is a clock that does not move.
func still() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func TestHowAChecksEndIsTold(t *testing.T) {
	t.Parallel()
	does := func(run func(context.Context) ([]string, error)) Check {
		return Check{ID: "health.one", Area: Health, Remedy: "do", Limit: 20 * time.Millisecond,
			Run: func(ctx context.Context, _ *Subject) ([]string, error) { return run(ctx) }}
	}
	tests := map[string]struct {
		check  Check
		result engine.CheckStatus
		reason string
		remedy string
	}{
		"passes": {does(func(context.Context) ([]string, error) { return []string{"seen"}, nil }), engine.CheckPassed, "", ""},
		"fails":  {does(func(context.Context) ([]string, error) { return nil, &Failure{Reasons: []string{"a", "b"}} }), engine.CheckFailed, "a; b", "do"},
		"wrapped": {does(func(context.Context) ([]string, error) {
			return nil, fmt.Errorf("x: %w", &Failure{Reasons: []string{"a"}})
		}), engine.CheckFailed, "a", "do"},
		"errs":   {does(func(context.Context) ([]string, error) { return nil, errors.New("AWS\n  says   no") }), engine.CheckUnknown, "AWS says no", "do"},
		"panics": {does(func(context.Context) ([]string, error) { panic("nil map") }), engine.CheckUnknown, "the check itself is broken: nil map", "do"},
		"hangs": {does(func(ctx context.Context) ([]string, error) { <-ctx.Done(); return nil, ctx.Err() }), engine.CheckUnknown,
			"not done within 20ms: context deadline exceeded", "do"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Run(t.Context(), &Subject{Now: still}, []Check{test.check})[0]
			if diff := cmp.Diff([]any{test.result, test.reason, test.remedy}, []any{got.Result, got.Reason, got.Remedy}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestChecksRunSideBySideInOrder(t *testing.T) {
	t.Parallel()
	var running, most atomic.Int32
	var checks []Check
	for i := range 30 {
		checks = append(checks, Check{ID: fmt.Sprintf("health.%02d", i), Area: Health, Run: func(context.Context, *Subject) ([]string, error) {
			now := running.Add(1)
			for {
				seen := most.Load()
				if now <= seen || most.CompareAndSwap(seen, now) {
					break
				}
			}
			time.Sleep(time.Millisecond)
			running.Add(-1)
			return nil, nil
		}})
	}
	for i, got := range Run(t.Context(), &Subject{Now: still}, checks) {
		if got.ID != checks[i].ID {
			t.Errorf("result %d is %s's", i, got.ID)
		}
	}
	if most.Load() > concurrentChecks {
		t.Errorf("%d checks at a time", most.Load())
	}
}

func TestOnlyKnownAreasAreVerified(t *testing.T) {
	t.Parallel()
	if err := KnownAreas([]string{"health", "cost"}); err != nil {
		t.Error(err)
	}
	if err := KnownAreas([]string{"helth"}); !problem.Is(err, problem.UnknownArea) || !strings.Contains(err.Error(), "health, security, monitoring, cost, performance, data") {
		t.Errorf("got %v", err)
	}
	for _, c := range Of([]string{Cost}) {
		if c.Area != Cost {
			t.Errorf("%s is of area %s", c.ID, c.Area)
		}
	}
}

// TestHealthIsAskedAgain: one answer that is not well is none yet; the last counts.
func TestHealthIsAskedAgain(t *testing.T) {
	t.Parallel()
	well := `{"status":"ok","version":"v2","database":{"status":"ok","schemaVersion":5,"schemaTarget":5}}`
	tests := map[string]struct {
		answers  []string // of each try; a 503 where it is not well
		attempts int
		want     map[string]engine.CheckStatus
		asked    int32
	}{
		"well": {[]string{well}, 5, map[string]engine.CheckStatus{"health.api": "passed", "health.version": "passed", "health.schema": "passed"}, 1},
		"well at the second try": {[]string{`{"status":"degraded","version":"v2"}`, well}, 2,
			map[string]engine.CheckStatus{"health.api": "passed", "health.version": "passed", "health.schema": "passed"}, 2},
		"the old version": {[]string{strings.Replace(well, "v2", "v1", 1)}, 1,
			map[string]engine.CheckStatus{"health.api": "passed", "health.version": "failed", "health.schema": "passed"}, 1},
		"an old schema": {[]string{strings.Replace(well, `"schemaVersion":5`, `"schemaVersion":4`, 1)}, 1,
			map[string]engine.CheckStatus{"health.api": "passed", "health.version": "passed", "health.schema": "failed"}, 1},
		"no JSON": {[]string{"<html>"}, 1, map[string]engine.CheckStatus{"health.api": "failed", "health.version": "failed", "health.schema": "failed"}, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				answer := test.answers[min(int(asked.Add(1)), len(test.answers))-1]
				if strings.Contains(answer, "degraded") {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
				fmt.Fprint(w, answer)
			}))
			defer server.Close()
			s := &Subject{Now: time.Now, HTTP: server.Client(), API: server.URL, Release: "v2",
				Settings: environment.Settings{Verify: environment.Verify{HealthPath: "/health", Attempts: test.attempts}}}
			checks := []Check{}
			for _, c := range healthChecks() {
				if _, wanted := test.want[c.ID]; wanted {
					checks = append(checks, c)
				}
			}
			got := map[string]engine.CheckStatus{}
			for _, result := range Run(t.Context(), s, checks) {
				got[result.ID] = result.Result
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if asked.Load() != test.asked {
				t.Errorf("asked %d times, not %d", asked.Load(), test.asked)
			}
		})
	}
}

func TestTheStartIsReadFromTheLog(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]time.Duration{
		`{"type":"platform.report","record":{"metrics":{"initDurationMs":123.5}}}`: 123500 * time.Microsecond,
		`{"type":"platform.report","record":{"metrics":{"durationMs":9}}}`:         0,
		"REPORT RequestId: 1\tDuration: 2.00 ms\tInit Duration: 3001.00 ms\t":      3001 * time.Millisecond,
		"anything else": 0,
	} {
		if got := initDuration(line); got != want {
			t.Errorf("%s: %v, not %v", line, got, want)
		}
	}
}

// A root that does not say what its names begin with is deployed, but cannot be
// looked at.
func TestARootWithoutItsProject(t *testing.T) {
	t.Parallel()
	w := &Verifier{Environment: "test", Now: still}
	_, err := w.Verify(t.Context(), engine.VerifyRequest{Areas: []string{Cost}, Outputs: map[string]engine.Value{"app": {Value: "a", Known: true}}})
	if !problem.Is(err, problem.MissingOutput) || !strings.Contains(err.Error(), "no output project") {
		t.Errorf("got %v", err)
	}
}
