package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func TestAsk(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		environment string
		required    bool
		answer      string
		agreed      bool
	}{
		"y":                              {"staging", false, "y\n", true},
		"Yes, with blanks":               {"staging", false, "  Yes \r\n", true},
		"no":                             {"staging", false, "n\n", false},
		"an empty line":                  {"staging", false, "\n", false},
		"the end of the input":           {"staging", false, "", false},
		"no line end":                    {"staging", false, "y", true},
		"its name":                       {"staging", true, "staging\n", true},
		"y where the name is wanted":     {"staging", true, "y\n", false},
		"another name":                   {"staging", true, "production\n", false},
		"production always by name":      {"production", false, "y\n", false},
		"production's name":              {"production", false, "production\n", true},
		"production's name, not exactly": {"production", false, "PRODUCTION\n", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, stdout, stderr := fake(c.answer)
			err := a.ask(t.Context(), c.environment, c.required)
			if (err == nil) != c.agreed || err != nil && !problem.Is(err, problem.Declined) {
				t.Errorf("%v", err)
			}
			if stdout.Len() > 0 || !strings.Contains(stderr.String(), c.environment) {
				t.Errorf("asked %q on stderr, %q on stdout", stderr, stdout)
			}
		})
	}
}

func TestConfirmNeedsATerminal(t *testing.T) {
	t.Parallel()
	a, _, stderr := fake("y\n")
	if err := a.confirm(t.Context(), "staging", false); !problem.Is(err, problem.ConfirmationMissing) || stderr.Len() > 0 {
		t.Errorf("%v, %q", err, stderr)
	}
}

// Ctrl-C ends the question, though nothing comes from the terminal.
func TestAskCanBeInterrupted(t *testing.T) {
	t.Parallel()
	a, _, _ := fake("")
	silent, end := io.Pipe()
	t.Cleanup(func() { _ = end.Close() })
	a.Stdin = silent
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := a.ask(ctx, "staging", false); !errors.Is(err, context.Canceled) || a.exit(err) != ExitInterrupted {
		t.Errorf("%v", err)
	}
}
