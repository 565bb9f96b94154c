package kit

import (
	"bufio"
	"context"
	"os/exec"
	"testing"
)

// A command whose time is over ends in its own way, as an apply has to.
func TestInterruptible(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const code = 7
	cmd := exec.CommandContext(ctx, "sh", "-c", `trap 'exit 7' INT; echo ready; while :; do sleep 0.05; done`)
	interruptible(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Errorf("the command says %q, %v", line, err)
	}
	cancel()
	_ = cmd.Wait() // its exit code is looked at
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("the command ends with %d, not in its own way", got)
	}
}
