package view

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func TestWarning(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	Warning(&b, &problem.Error{Code: problem.NotCommented, What: "GitHub was not told of the plan", Next: "plan again", Err: errors.New("status 502")}, Palette{})
	if diff := cmp.Diff("warning: GitHub was not told of the plan: status 502 [MD0854]\n  next: plan again\n", b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestHeading(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	Heading(&b, "staging", true, Palette{})
	Heading(&b, "production", false, Palette{Colour: true})
	if diff := cmp.Diff("staging\n\n\n\x1b[1mproduction\x1b[0m\n\n", b.String()); diff != "" {
		t.Error(diff)
	}
}
