package artifact

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const (
	lockPoll = 50 * time.Millisecond
	// stopping is how long the toolchain may take to end once interrupted.
	stopping = 10 * time.Second
)

// toolchain is Go with all that changes its output held fast.
type toolchain struct {
	options Options
	env     []string
	version string // such as go1.26.1
}

// kept are the settings of Go that say where things come from and lie, and
// change nothing of what is built.
var kept = []string{
	"GOAUTH", "GOCACHE", "GOCACHEPROG", "GOINSECURE", "GOMODCACHE", "GONOPROXY",
	"GONOSUMDB", "GOPATH", "GOPRIVATE", "GOPROXY", "GOSUMDB", "GOTMPDIR", "GOVCS",
}

// findToolchain takes the user's settings, from the environment and from Go's
// own file, leaves those that change what is built, and sets them all.
func findToolchain(ctx context.Context, options Options) (*toolchain, error) {
	held := []string{"CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOOS=linux", "GOARCH=" + processors[options.Architecture], "GOAMD64=v1", "GOARM64=v8.0", "GOWORK=off"}
	// The user's own may not even be ones that `go env` takes.
	t := &toolchain{options: options, env: append(slices.Clone(options.Env), held...)}
	settings := map[string]string{}
	out, err := t.run(ctx, "env", "-json")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(out, &settings); err != nil {
		return nil, fmt.Errorf("read Go's settings: %w", err)
	}
	t.env = nil
	for _, variable := range options.Env {
		name, _, _ := strings.Cut(variable, "=")
		if _, ofGo := settings[name]; !ofGo && name != "GODEBUG" {
			t.env = append(t.env, variable)
		}
	}
	for _, name := range kept {
		if settings[name] != "" {
			t.env = append(t.env, name+"="+settings[name])
		}
	}
	chosen := settings["GOTOOLCHAIN"]
	if chosen != "local" && chosen != "path" {
		if chosen, err = pinned(options.Project); err != nil {
			return nil, err
		}
	}
	t.env = append(append(t.env, held...), "GOENV=off", "GOTOOLCHAIN="+chosen)
	version, err := t.run(ctx, "env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	t.version = strings.TrimSpace(string(version))
	return t, nil
}

// pinned is the toolchain that go.mod names: that one and no newer one, which would
// make other bytes. A go.mod without a line `toolchain` leaves it to Go.
func pinned(project string) (string, error) {
	const file = "go.mod"
	body, err := os.ReadFile(filepath.Join(project, file))
	if err != nil {
		return "", &problem.Error{Code: problem.FunctionsBroken, Where: problem.Location{File: file}, What: "functions are built as a Go module, and go.mod cannot be read", Err: err}
	}
	module, err := modfile.Parse(file, body, nil)
	if err != nil {
		return "", &problem.Error{Code: problem.FunctionsBroken, Where: problem.Location{File: file}, What: "go.mod cannot be read", Err: err}
	}
	if module.Toolchain == nil || module.Toolchain.Name == "default" {
		return "auto", nil
	}
	return module.Toolchain.Name, nil
}

// Go gives the version of the toolchain that builds the functions, such as go1.26.1.
func Go(ctx context.Context, options Options) (string, error) {
	tools, err := findToolchain(ctx, options)
	if err != nil {
		return "", err
	}
	return tools.version, nil
}

// failedError is that of a command that said what is wrong.
type failedError struct {
	command string
	stderr  string
	err     error
}

func (e *failedError) Error() string { return fmt.Sprintf("go %s: %v: %s", e.command, e.err, e.stderr) }

func (e *failedError) Unwrap() error { return e.err }

// run runs Go in the project and gives what it writes to stdout.
func (t *toolchain) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = t.options.Project, t.env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it removes what it has begun
	cmd.WaitDelay = stopping
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("go %s: %w", args[0], ctx.Err())
	case errors.Is(err, exec.ErrNotFound):
		return nil, &problem.Error{Code: problem.GoMissing, What: "there is no go on PATH", Err: err}
	}
	if text := strings.TrimSpace(stderr.String()); args[0] == "env" || strings.Contains(text, "requires go >= ") {
		return nil, &problem.Error{Code: problem.GoMissing, What: "the go on PATH cannot build this project: " + text, Err: err}
	}
	return nil, &failedError{command: args[0], stderr: strings.TrimSpace(stderr.String()), err: err}
}
