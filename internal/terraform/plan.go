package terraform

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// planOutput is where plan's JSON stream goes, in the directory.
const planOutput = "plan.jsonl"

// Plan writes the plan to dir/plan.tfplan and gives it as Terraform's JSON: of a brief one
// only the resources that change, and how. It takes no lock and changes nothing.
func (r *Runner) Plan(ctx context.Context, dir string, options engine.PlanOptions) (*tfjson.Plan, error) {
	tools, err := r.toolchain(ctx)
	if err != nil {
		return nil, err
	}
	planFile := filepath.Join(dir, engine.PlanFile)
	// An older plan must not pass for the result of this one.
	if err := os.Remove(planFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, writeProblem("removing "+planFile, err)
	}
	planning, err := tools.run(ctx, command{
		name: "plan", args: planArgs(options), dir: dir, stdout: planOutput, wait: readerWait,
	}, nil)
	if err != nil {
		return nil, err
	}
	<-planning.done
	said, err := readStream(filepath.Join(dir, planOutput))
	if err != nil {
		return nil, err
	}
	if err := planning.outcome(ctx, said); err != nil {
		return nil, err
	}
	if _, err := os.Stat(planFile); err != nil {
		return nil, planning.crashed(fmt.Errorf("it wrote no plan: %w", err))
	}
	// Terraform makes it readable to everyone, and it holds values.
	if err := os.Chmod(planFile, 0o600); err != nil {
		return nil, writeProblem("protecting "+planFile, err)
	}
	if options.Brief {
		return &tfjson.Plan{ResourceChanges: said.planned}, nil
	}
	return tools.show(ctx, dir)
}

// show decodes dir's plan file. The JSON holds sensitive values in clear, so it
// stays in memory.
func (t *toolchain) show(ctx context.Context, dir string) (*tfjson.Plan, error) {
	showing, err := t.run(ctx, command{name: "show", args: showArgs(), dir: dir, wait: readerWait}, nil)
	if err != nil {
		return nil, err
	}
	<-showing.done
	if err := showing.outcome(ctx, &stream{}); err != nil {
		return nil, err
	}
	var plan tfjson.Plan
	if err := plan.UnmarshalJSON(bytes.TrimSpace(showing.memory.Bytes())); err != nil {
		return nil, showing.crashed(fmt.Errorf("its answer is not a plan that this tool can read: %w", err))
	}
	return &plan, nil
}

// readStream reads a finished command's JSON stream.
func readStream(path string) (*stream, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading terraform's output: %w", err)
	}
	defer func() { _ = file.Close() }()
	var said stream
	if err := readLines(bufio.NewReader(file), func(raw []byte) { said.add(raw) }); err != nil {
		return nil, err
	}
	return &said, nil
}
