package terraform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// pushedFile holds the state that is pushed for as long as that takes: it may
// hold secrets.
const pushedFile = "pushed.tfstate"

// PushState replaces the state of the root in dir by a later one of the same
// lineage, under Terraform's own lock on it. Terraform refuses another lineage
// and a serial that is not later.
func (r *Runner) PushState(ctx context.Context, dir string, state []byte) (err error) {
	tools, err := r.toolchain(ctx)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, pushedFile)
	if err := os.WriteFile(path, state, 0o600); err != nil {
		return fmt.Errorf("write the state to push: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(path)) }()
	pushing, err := tools.run(ctx, command{
		name: "state", args: pushArgs(pushedFile), dir: dir, writes: true, wait: r.options.InterruptWait,
	}, nil)
	if err != nil {
		return err
	}
	<-pushing.done
	return pushing.outcome(ctx, saidInWords(pushing.stderrFile()))
}
