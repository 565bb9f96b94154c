// Package kit serves the tests that run the real command line with the real
// Terraform and AWS provider against a local AWS: it builds the binary, copies
// projects, runs commands, and reads what stands in the local AWS.
package kit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// Repository gives the repository's top directory.
func Repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// build builds the command line in the repository's bin: packages whose tests run side
// by side take turns, and those that come later find it there.
var build = sync.OnceValues(func() (binary string, err error) {
	binary = filepath.Join(Repository(), "bin", "test", "mandala-deploy")
	if err := os.MkdirAll(filepath.Dir(binary), 0o750); err != nil {
		return "", err
	}
	lock := flock.New(binary + ".lock")
	if err := lock.Lock(); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	cmd := exec.Command("go", "build", "-o", binary, "./cmd/mandala-deploy")
	cmd.Dir = Repository()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the command line: %w\n%s", err, out)
	}
	return binary, nil
})

// Binary gives the path of the command line, built once per test binary.
func Binary(t testing.TB) string {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// Project is a copy of a project with a work directory and a local AWS of its
// own.
type Project struct {
	Dir  string
	Home string
	Env  []string // beyond what every command gets; later ones win

	t        testing.TB
	ran      *journal
	borrowed bool // its local AWS is another project's
	onAWS    bool // it has none: it is deployed to a real account
}

// New copies folders of the repository into a new project: `environments` and
// `modules` for the real one, or a fixture's. Each source is a path relative
// to the repository, each target one relative to the project. The local AWS
// that the project starts ends with the test, also when that is killed.
func New(t testing.TB, folders map[string]string) *Project {
	t.Helper()
	p := &Project{Dir: t.TempDir(), Home: t.TempDir(), t: t, ran: &journal{}}
	for source, target := range folders {
		copyTree(t, filepath.Join(Repository(), source), filepath.Join(p.Dir, target))
	}
	t.Cleanup(func() {
		if p.borrowed || p.onAWS {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		p.start(ctx, "local", "down").wait()
	})
	return p
}

// For gives the project to another test, such as a subtest: its failures are
// then that one's. The project itself stays the first one's.
func (p *Project) For(t testing.TB) *Project {
	given := *p
	given.t = t
	return &given
}

// Real copies the repository's own environments and modules, the site, and the
// functions with what Go needs to build them.
func Real(t testing.TB) *Project {
	t.Helper()
	folders := map[string]string{}
	for _, name := range []string{"environments", "frontend", "functions", "go.mod", "go.sum", "modules"} {
		folders[name] = name
	}
	p := New(t, folders)
	p.Env = append(p.Env, goSettings(t)...)
	return p
}

// goSettings are those by which a home of one's own has no part in building: the
// caches, and where modules come from.
func goSettings(t testing.TB) []string {
	t.Helper()
	names := []string{"GOCACHE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB", "GOPRIVATE", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN"}
	out, err := exec.Command("go", append([]string{"env", "-json"}, names...)...).Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	settings := map[string]string{}
	if err := json.Unmarshal(out, &settings); err != nil {
		t.Fatal(err)
	}
	var variables []string
	for _, name := range names {
		if settings[name] != "" {
			variables = append(variables, name+"="+settings[name])
		}
	}
	return variables
}

func copyTree(t testing.TB, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == ".terraform" {
			return fs.SkipDir
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o750)
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, body, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Write writes a file of the project.
func (p *Project) Write(name, body string) {
	p.t.Helper()
	path := filepath.Join(p.Dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// Read reads a file of the project.
func (p *Project) Read(name string) string {
	p.t.Helper()
	body, err := os.ReadFile(filepath.Join(p.Dir, filepath.FromSlash(name)))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(body)
}

// Replace edits a file of the project: old must be in it.
func (p *Project) Replace(name, old, new string) {
	p.t.Helper()
	body := p.Read(name)
	if !strings.Contains(body, old) {
		p.t.Fatalf("%s does not hold %q", name, old)
	}
	p.Write(name, strings.ReplaceAll(body, old, new))
}

// Result is how a command ended.
type Result struct {
	Args   []string
	Stdout string
	Stderr string
	Code   int
}

// String gives the command and all it wrote.
func (r Result) String() string {
	return fmt.Sprintf("mandala-deploy %s → %d\n--- stdout\n%s\n--- stderr\n%s", strings.Join(r.Args, " "), r.Code, r.Stdout, r.Stderr)
}

// Environ gives the environment of the project's commands: nothing of the
// user's but PATH and what Go and Python need.
func (p *Project) Environ() []string {
	env := []string{"HOME=" + p.Home, "MANDALA_LOCAL_OWNER_PID=" + strconv.Itoa(os.Getpid())}
	for _, name := range []string{"PATH", "TMPDIR", "LANG", "SSL_CERT_FILE", "PIP_FIND_LINKS"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return append(env, p.Env...)
}

// Running is a command at work.
type Running struct {
	Cmd  *exec.Cmd
	args []string
	out  bytes.Buffer
	err  bytes.Buffer
	stop context.CancelFunc
	done chan struct{}
}

// Start starts a command in the background; Wait ends it.
func (p *Project) Start(args ...string) *Running {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	r := p.start(ctx, args...)
	r.stop = cancel
	p.t.Cleanup(func() {
		cancel()
		<-r.done
	})
	return r
}

func (p *Project) start(ctx context.Context, args ...string) *Running {
	p.t.Helper()
	r := &Running{args: args, done: make(chan struct{}), stop: func() {}}
	r.Cmd = exec.CommandContext(ctx, Binary(p.t), append([]string{"--chdir", p.Dir}, args...)...)
	r.Cmd.Env = p.Environ()
	r.Cmd.Dir = p.Dir
	r.Cmd.Stdout, r.Cmd.Stderr = &r.out, &r.err
	interruptible(r.Cmd)
	if err := r.Cmd.Start(); err != nil {
		close(r.done)
		p.t.Fatalf("start mandala-deploy %s: %v", strings.Join(args, " "), err)
	}
	go func() {
		defer close(r.done)
		_ = r.Cmd.Wait() // its exit code is in the state
		p.ran.add(Ran{Args: args, Code: r.Cmd.ProcessState.ExitCode()})
	}()
	return r
}

// Done is closed when the command has ended.
func (r *Running) Done() <-chan struct{} { return r.done }

func (r *Running) wait() Result {
	<-r.done
	r.stop()
	return Result{Args: r.args, Stdout: r.out.String(), Stderr: r.err.String(), Code: r.Cmd.ProcessState.ExitCode()}
}

// Wait waits for the command to end.
func (r *Running) Wait() Result { return r.wait() }

// Run runs a command to its end, whatever that is.
func (p *Project) Run(args ...string) Result {
	p.t.Helper()
	return p.Start(args...).Wait()
}

// Must runs a command that has to exit with code.
func (p *Project) Must(code int, args ...string) Result {
	p.t.Helper()
	result := p.Run(args...)
	if result.Code != code {
		p.t.Fatalf("want exit code %d: %s", code, result)
	}
	return result
}

// JSON runs a command with --json that has to exit with code, and reads its
// one document.
func (p *Project) JSON(code int, into any, args ...string) Result {
	p.t.Helper()
	result := p.Must(code, append(args, "--json")...)
	decoder := json.NewDecoder(strings.NewReader(result.Stdout))
	if err := decoder.Decode(into); err != nil {
		p.t.Fatalf("not JSON (%v): %s", err, result)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		p.t.Fatalf("more than one document: %s", result)
	}
	return result
}

// LocalAWS gives the address of the project's local AWS, starting it if it is
// not up.
func (p *Project) LocalAWS() string {
	p.t.Helper()
	var status struct {
		Address string `json:"address"`
	}
	p.JSON(0, &status, "local", "up")
	return status.Address
}

// ShareLocalAWS makes the project use another one's local AWS: several
// projects with names of their own in one account. It ends with the other one.
func (p *Project) ShareLocalAWS(other *Project) {
	p.t.Helper()
	p.borrowed = true
	for _, dir := range []string{filepath.Join(p.Dir, ".mandala"), filepath.Join(other.Dir, ".mandala", "local-aws")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(other.Dir, ".mandala", "local-aws"), filepath.Join(p.Dir, ".mandala", "local-aws")); err != nil {
		p.t.Fatal(err)
	}
}
