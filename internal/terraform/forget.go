package terraform

import (
	"context"
	"os"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Forget takes addresses out of the state of the root in dir, under
// Terraform's own lock on it. The objects themselves stay as they are.
func (r *Runner) Forget(ctx context.Context, dir string, addresses []string) error {
	tools, err := r.toolchain(ctx)
	if err != nil {
		return err
	}
	forgetting, err := tools.run(ctx, command{
		name: "state", args: forgetArgs(addresses), dir: dir, writes: true, wait: r.options.InterruptWait,
	}, nil)
	if err != nil {
		return err
	}
	<-forgetting.done
	return forgetting.outcome(ctx, saidInWords(forgetting.stderrFile()))
}

// saidInWords reads the errors of a command that has no JSON stream: text for
// people, whose first line is "Error: …".
func saidInWords(path string) *stream {
	body, err := os.ReadFile(path)
	if err != nil {
		return &stream{}
	}
	_, text, found := strings.Cut(string(body), "Error: ")
	if !found {
		return &stream{}
	}
	summary, detail, _ := strings.Cut(text, "\n")
	return &stream{errors: []engine.Diagnostic{{Severity: "error", Summary: summary, Detail: strings.TrimSpace(detail)}}}
}
