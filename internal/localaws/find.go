package localaws

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// motoVersion is the release that the patches are made for.
const motoVersion = "5.2.1"

// requirement is what package tools install.
const requirement = "moto[server]==" + motoVersion

// probe is a Python program that succeeds where the emulator can run.
const probe = "import moto.moto_server.werkzeug_app"

const (
	probeTimeout   = 60 * time.Second // a cold disk needs several seconds to import moto
	installTimeout = 5 * time.Minute  // about 60 packages
)

// finder looks for a Python that has moto. Its fields are the seams of tests.
type finder struct {
	lookPath func(name string) (string, error)
	run      func(ctx context.Context, arguments ...string) error
	cache    string
	notice   func(message string)
}

func newFinder(options Options) finder {
	return finder{lookPath: exec.LookPath, run: runQuietly, cache: options.Cache, notice: options.notice}
}

// runQuietly runs a command; its error carries the last line of its output.
func runQuietly(ctx context.Context, arguments ...string) error {
	command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	output, err := command.CombinedOutput()
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	return fmt.Errorf("%s: %w: %s", arguments[0], err, lines[len(lines)-1])
}

// find gives the arguments that run a Python script with moto, in order of
// preference: what is installed, what was installed for us before, and what a
// package tool can install now.
func (f finder) find(ctx context.Context) ([]string, error) {
	private, cacheErr := f.privatePython()
	for _, candidate := range append(f.installed(), private) {
		if candidate != "" && f.probe(ctx, probeTimeout, candidate) == nil {
			return []string{candidate}, nil
		}
	}
	causes := []error{cacheErr}
	for _, launcher := range f.launchers() {
		f.notice("getting the emulator " + requirement + " with " + filepath.Base(launcher[0]))
		err := f.probe(ctx, installTimeout, launcher...)
		if err == nil {
			return launcher, nil
		}
		causes = append(causes, err)
	}
	if private != "" {
		f.notice("installing the emulator " + requirement + " into " + filepath.Dir(filepath.Dir(private)))
		err := f.install(ctx, private)
		if err == nil {
			return []string{private}, nil
		}
		causes = append(causes, err)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, &problem.Error{
		Code: problem.NoEmulator,
		What: "the emulator of the local AWS was not found and could not be installed",
		Next: "install Python 3.10 or newer, then run: python3 -m pip install '" + requirement + "'",
		Err:  lastOf(causes),
	}
}

// probe runs the probe with a Python.
func (f finder) probe(ctx context.Context, timeout time.Duration, python ...string) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return f.run(ctx, append(append([]string(nil), python...), "-c", probe)...)
}

// installed gives the Pythons that may have moto: the one that moto_server on
// PATH is written for, and those on PATH.
func (f finder) installed() []string {
	var found []string
	if script, err := f.lookPath("moto_server"); err == nil {
		if python := interpreterOf(script); python != "" {
			found = append(found, python)
		}
	}
	for _, name := range []string{"python3", "python"} {
		if python, err := f.lookPath(name); err == nil {
			found = append(found, python)
		}
	}
	return found
}

// interpreterOf gives the Python that a script's first line names; "" where
// it names something else, such as the shell of a version manager's shim.
func interpreterOf(script string) string {
	file, err := os.Open(script)
	if err != nil {
		return ""
	}
	defer file.Close()
	line, err := bufio.NewReader(file).ReadString('\n')
	python, found := strings.CutPrefix(strings.TrimSpace(line), "#!")
	if err != nil || !found || !strings.HasPrefix(filepath.Base(python), "python") || strings.ContainsAny(python, " \t") {
		return ""
	}
	return python
}

// launchers gives the tools that run Python with a package that they fetch.
func (f finder) launchers() [][]string {
	var found [][]string
	if uvx, err := f.lookPath("uvx"); err == nil {
		found = append(found, []string{uvx, "--quiet", "--from", requirement, "python"})
	}
	return found
}

// privatePython is where our own environment's Python is or would be.
func (f finder) privatePython() (string, error) {
	cache := f.cache
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(user, "mandala-deploy")
	}
	return filepath.Join(cache, "moto-"+motoVersion, "bin", "python"), nil
}

// install creates our own environment. It serves machines with pipx, too, which
// cannot run a script of ours with a package's Python.
func (f finder) install(ctx context.Context, private string) error {
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	python, err := f.lookPath("python3")
	if err != nil {
		return err
	}
	folder := filepath.Dir(filepath.Dir(private))
	if err := f.run(ctx, python, "-m", "venv", "--clear", folder); err != nil {
		return err
	}
	if err := f.run(ctx, private, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement); err != nil {
		return err
	}
	return f.probe(ctx, probeTimeout, private)
}

func lastOf(causes []error) error {
	for i := len(causes) - 1; i >= 0; i-- {
		if causes[i] != nil {
			return causes[i]
		}
	}
	return nil
}
