package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

type teller func(context.Context, Notice) error

func (t teller) Notify(ctx context.Context, notice Notice) error { return t(ctx, notice) }

// TestNotify sees that telling people can neither fail a deployment nor hold it
// up, and is done after an interruption, too.
func TestNotify(t *testing.T) {
	t.Parallel()
	notice := Notice{Kind: NoticeFailed, Operation: OperationApply, Environment: "test"}
	tests := map[string]struct {
		notifier Notifier
		lasts    time.Duration
		note     string
	}{
		"nobody":             {nil, 0, ""},
		"told":               {teller(func(ctx context.Context, _ Notice) error { return ctx.Err() }), 0, ""},
		"not told":           {teller(func(context.Context, Notice) error { return errors.New("no service") }), 0, "apply of test failed: no service"},
		"heeds the time":     {teller(func(ctx context.Context, _ Notice) error { <-ctx.Done(); return ctx.Err() }), noticeTime, "apply of test failed: "},
		"heeds nothing":      {teller(func(context.Context, Notice) error { time.Sleep(time.Hour); return nil }), noticeTime, "apply of test failed: it took too long"},
		"takes some seconds": {teller(func(context.Context, Notice) error { time.Sleep(5 * time.Second); return nil }), 5 * time.Second, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var notes []string
				e := &Engine{Environment: &environment.Environment{Name: "test"}, Notifier: test.notifier, Clock: time.Now,
					Progress: func(p Progress) { notes = append(notes, p.Text) }}
				ctx, cancel := context.WithCancel(t.Context())
				cancel() // the run was interrupted
				began := time.Now()
				e.notify(ctx, notice)
				if diff := cmp.Diff(test.lasts, time.Since(began)); diff != "" {
					t.Errorf("time (-want +got):\n%s", diff)
				}
				if told := strings.Join(notes, "\n"); (told == "") != (test.note == "") || !strings.Contains(told, test.note) {
					t.Errorf("told %q, want %q", told, test.note)
				}
				time.Sleep(2 * time.Hour) // what heeds nothing ends, too
			})
		})
	}
}
