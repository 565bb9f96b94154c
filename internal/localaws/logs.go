package localaws

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// LogOptions select what Logs gives.
type LogOptions struct {
	Lines  int  // of each log, from its end; 0 or less for all
	Follow bool // go on until the context is done
}

// Logs writes the proxy's and the emulator's log to w, each line with the
// name of its source. A log that does not exist is empty.
func Logs(ctx context.Context, dir string, w io.Writer, options LogOptions) error {
	tails := []*tail{
		{label: "proxy", file: path(dir, proxyLog)},
		{label: "emulator", file: path(dir, emulatorLog)},
	}
	for _, t := range tails {
		if err := t.copy(w, options.Lines); err != nil {
			return err
		}
	}
	if !options.Follow {
		return nil
	}
	look := time.NewTicker(5 * pollInterval)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
		for _, t := range tails {
			if err := t.copy(w, 0); err != nil {
				return err
			}
		}
	}
}

// tail reads a log from where it stopped the last time.
type tail struct {
	label  string
	file   string
	offset int64
}

// copy writes what is new, complete lines only, at most the last n of them if
// n is positive.
func (t *tail) copy(w io.Writer, n int) error {
	file, err := os.Open(t.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < t.offset { // a new instance began a new log
		t.offset = 0
	}
	content, err := io.ReadAll(io.NewSectionReader(file, t.offset, info.Size()-t.offset))
	if err != nil {
		return err
	}
	content = content[:bytes.LastIndexByte(content, '\n')+1]
	t.offset += int64(len(content))
	lines := strings.SplitAfter(strings.TrimSuffix(string(content), "\n"), "\n")
	if n > 0 && len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	for _, line := range lines {
		if line == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "%-8s | %s\n", t.label, strings.TrimSuffix(line, "\n")); err != nil {
			return err
		}
	}
	return nil
}
