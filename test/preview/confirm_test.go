package preview_test

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// confirmations proves who is asked what before an apply, and what counts as a
// yes.
func confirmations(t *testing.T, a *account) {
	s := a.open(t, "plain", "asked", "")
	s.refuses(t, "MD0409", "apply") // no terminal
	s.answers(t, 1, "MD0405", "Apply this to asked? [y/N]", "n\n")
	s.undeployed(t)
	s.answers(t, 0, "", "Apply this to asked? [y/N]", "y\n")
	s.settled(t)
	// Destroyed, with nothing left to destroy, and made again.
	for range 2 {
		s.do(t, 0, "destroy", "--confirm", s.environment)
		if left := s.resources(t); left != 0 {
			t.Errorf("a destroy left %d resources", left)
		}
	}
	s.apply(t, 0)
	if s.resources(t) == 0 {
		t.Error("an apply after a destroy made nothing")
	}
	s.settled(t)

	p := a.open(t, "plain", "production", "")
	configure(p.Project, "production", settings{approvalRequired: true})
	p.refuses(t, "MD0409", "apply")
	p.refuses(t, "MD0404", "apply", "--auto-approve")
	for _, answer := range []string{"y\n", "PRODUCTION\n"} {
		p.answers(t, 1, "MD0405", "Type the environment's name (production)", answer)
	}
	p.undeployed(t)
	p.answers(t, 0, "", "Type the environment's name (production)", "production\n")
	p.settled(t)

	// An approval needs neither a terminal nor a flag beside it.
	p.Replace("environments/main.tf", "text = var.environment", `text = "approved"`)
	p.do(t, 0, "apply", "--approval", p.approve(t))
	p.settled(t)
}

// undeployed wants no layer to have a state.
func (s *scene) undeployed(t *testing.T) {
	t.Helper()
	var status struct {
		Layers []struct{ Serial int }
	}
	s.JSON(0, &status, "status", s.environment)
	for _, layer := range status.Layers {
		if layer.Serial != 0 {
			t.Errorf("something was applied: %+v", status)
		}
	}
}

// resources counts those in the layers' states.
func (s *scene) resources(t *testing.T) (all int) {
	t.Helper()
	var status struct {
		Layers []struct{ Resources int }
	}
	s.JSON(0, &status, "status", s.environment)
	for _, layer := range status.Layers {
		all += layer.Resources
	}
	return all
}

// answers applies on a terminal on which someone types answer.
func (s *scene) answers(t *testing.T, code int, problem, question, answer string) {
	t.Helper()
	typist, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer typist.Close()   //nolint:errcheck // a terminal has nothing to lose
	defer terminal.Close() //nolint:errcheck // likewise
	ctx, cancel := context.WithTimeout(t.Context(), kit.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, kit.Binary(t), "--chdir", s.Dir, "apply", s.environment)
	var stdout, stderr bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = s.Environ(), s.Dir, terminal, &stdout, &stderr
	// The line waits in the terminal until it is read.
	if _, err := typist.WriteString(answer); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Run() // its exit code is looked at
	if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(stderr.String(), problem) || !strings.Contains(stderr.String(), question) {
		t.Fatalf("answered %q: want exit code %d, %q and the question %q, got %d\n%s\n%s", answer, code, problem, question, got, &stdout, &stderr)
	}
}
