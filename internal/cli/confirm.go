package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// confirm asks on the terminal whether to apply; without one it refuses.
func (a *app) confirm(ctx context.Context, environment string, required bool) error {
	if !isTerminal(a.Stdin) {
		return &problem.Error{Code: problem.ConfirmationMissing, What: "there is no terminal to confirm on",
			Next: "pass --approval FILE (made by plan --out), or --auto-approve where the environment allows it"}
	}
	return a.ask(ctx, environment, required)
}

// ask wants a yes; production, and an environment that wants approval, by its
// name typed in full.
func (a *app) ask(ctx context.Context, environment string, required bool) error {
	byName := required || environment == "production"
	question := fmt.Sprintf("Apply this to %s? [y/N] ", environment)
	if byName {
		question = fmt.Sprintf("Type the environment's name (%s) to apply this: ", environment)
	}
	a.asking()
	fmt.Fprint(a.Stderr, "\n"+question)
	answer, err := a.readLine(ctx)
	a.answered()
	if err != nil {
		return err
	}
	agreed := answer == environment
	if !byName {
		agreed = strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes")
	}
	if !agreed {
		return &problem.Error{Code: problem.Declined, What: fmt.Sprintf("the apply of %s was declined; nothing was changed", environment)}
	}
	return nil
}

// readLine waits for a line of stdin or for an interrupt, whichever is first.
// After an interrupt the read is left to end with the process: nothing can
// take it back from a terminal.
func (a *app) readLine(ctx context.Context) (string, error) {
	type line struct {
		text string
		err  error
	}
	lines := make(chan line, 1)
	go func() {
		text, err := bufio.NewReader(a.Stdin).ReadString('\n')
		lines <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.Stderr)
		return "", context.Cause(ctx)
	case l := <-lines:
		if l.err != nil && l.text == "" {
			return "", &problem.Error{Code: problem.Declined, What: "no answer was given", Err: l.err}
		}
		return strings.TrimSpace(l.text), nil
	}
}
