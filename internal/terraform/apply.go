package terraform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// pollInterval is how often the events file is looked at while it grows.
const pollInterval = 50 * time.Millisecond

// Apply applies dir/plan.tfplan and hands each event to sink as it comes.
//
// Terraform writes its events to a file, which Apply follows: when this
// process is killed, Terraform goes on, writes its state, releases its lock,
// and leaves the events for whoever resumes (see ReadEvents). When ctx is
// done, Terraform gets one interrupt and Apply waits for it to end.
func (r *Runner) Apply(ctx context.Context, dir string, options engine.ApplyOptions, sink func(engine.Event)) error {
	tools, err := r.toolchain(ctx)
	if err != nil {
		return err
	}
	var started func(int)
	if options.Started != nil {
		started = func(pid int) { options.Started(thisProcess(pid)) }
	}
	applying, err := tools.run(ctx, command{
		name: "apply", args: applyArgs(), dir: dir, stdout: engine.EventsFile,
		writes: true, wait: r.options.InterruptWait,
	}, started)
	if err != nil {
		return err
	}
	var said stream
	followErr := follow(filepath.Join(dir, engine.EventsFile), applying.done, func(raw []byte) {
		if e, ok := said.add(raw); ok && sink != nil {
			sink(e)
		}
	})
	<-applying.done // also when the file could not be followed
	if err := applying.outcome(ctx, &said); err != nil {
		return err
	}
	if followErr != nil {
		return followErr
	}
	if !said.finished {
		return applying.crashed(fmt.Errorf("it did not say that it finished (%d lines of its protocol, %d others)",
			said.lines, said.garbage))
	}
	return nil
}

// follow hands each line of the growing file at path to each, complete lines
// only until done is closed, then the rest.
func follow(path string, done <-chan struct{}, each func([]byte)) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("following terraform's output: %w", err)
	}
	defer func() { _ = file.Close() }()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	var rest []byte
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		case <-tick.C:
		}
		if rest, err = drain(file, rest, each); err != nil {
			return err
		}
	}
	if len(rest) > 0 {
		each(rest)
	}
	return nil
}

// drain reads file to its present end, hands out the complete lines of rest
// and what it read, and gives what is left.
func drain(file io.Reader, rest []byte, each func([]byte)) ([]byte, error) {
	chunk := make([]byte, 64<<10)
	for {
		n, err := file.Read(chunk)
		rest = append(rest, chunk[:n]...)
		for {
			end := bytes.IndexByte(rest, '\n')
			if end < 0 {
				break
			}
			each(rest[:end])
			rest = rest[end+1:]
		}
		if errors.Is(err, io.EOF) {
			return rest, nil
		}
		if err != nil {
			return rest, fmt.Errorf("following terraform's output: %w", err)
		}
	}
}
