// Package script runs the command line as a user does, by txtar scripts in
// testdata: bad input above all, each with its code, its place and its next
// step, and everything that can be said without deploying to AWS.
package script

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/goal-mandala/mandala-deploy/internal/cli"
	"github.com/goal-mandala/mandala-deploy/internal/localaws"
)

// program is the name under which scripts call the command line.
const program = "mandala-deploy"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){program: run})
}

// run is cmd/mandala-deploy's main.
func run() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(cli.Main(ctx, os.Args[1:], cli.Terminal{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ()})) //nolint:gocritic // as main
}

func TestScripts(t *testing.T) {
	t.Parallel()
	aws := &sharedAWS{dir: filepath.Join(t.TempDir(), "local-aws"), cache: t.TempDir()}
	t.Cleanup(func() {
		if err := localaws.Down(context.Background(), aws.dir); err != nil {
			t.Error(err)
		}
	})
	// The scripts run in parallel; the group ends before the local AWS does.
	t.Run("script", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir:                 "testdata",
			RequireUniqueNames:  true,
			RequireExplicitExec: true,
			UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
			Setup:               func(env *testscript.Env) error { return setUp(env, aws.cache) },
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"exits":     exits,
				"refuses":   refuses,
				"local-aws": aws.link,
				"putobject": aws.put,
				"objects":   aws.list,

				"dropobject": aws.drop,
				"getobject":  aws.fetch,
				"losebucket": aws.lose,
				"remember":   aws.remember,
				"unchanged":  aws.unchanged,
				"passed":     aws.passed,
				"digest":     digest,
				"replace":    replace,
				"github-api": func(ts *testscript.TestScript, neg bool, args []string) { gitHub(t, ts, neg, args) },
				"screen":     screen,
			},
		})
	})
}

// setUp gives each script a project of its own (testdata/project, beneath the
// files that the script brings), with a bucket and a cache of its own, and an
// environment that has nothing of the user's.
func setUp(env *testscript.Env, python string) error {
	name := strings.ReplaceAll(filepath.Base(env.WorkDir), "_", "-")
	bucket := "mandala-" + name
	home := filepath.Join(env.WorkDir, ".home")
	cache := filepath.Join(home, ".cache", program)
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return err
	}
	// What gets Python packages together need not do so once per script.
	if err := os.Symlink(python, filepath.Join(cache, "python")); err != nil {
		return err
	}
	program, err := exec.LookPath(program)
	if err != nil {
		return err
	}
	env.Setenv("HOME", home)
	env.Setenv("MANDALA_BIN", filepath.Dir(program)) // a PATH without Terraform
	env.Setenv("WORK_PATH", env.Getenv("PATH"))
	env.Setenv("BUCKET", bucket)
	env.Setenv("PLATFORM", runtime.GOOS+"_"+runtime.GOARCH)
	env.Setenv("USER", "tester")
	env.Setenv("MANDALA_LOCAL_OWNER_PID", strconv.Itoa(os.Getpid()))
	env.Setenv("CHECKPOINT_DISABLE", "1")
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	compiled, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		return err
	}
	env.Setenv("GOCACHE", strings.TrimSpace(string(compiled)))
	for _, each := range []string{"SSL_CERT_FILE", "PIP_FIND_LINKS", "LANG"} {
		if value, ok := os.LookupEnv(each); ok {
			env.Setenv(each, value)
		}
	}
	return copyProject(filepath.Join("testdata", "project"), env.WorkDir, bucket)
}

// copyProject copies the fixture, except files that the script brought itself.
func copyProject(from, to, bucket string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
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
		file, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = file.WriteString(strings.ReplaceAll(string(body), "BUCKET", bucket))
		return errors.Join(err, file.Close())
	})
}

// replace edits a file: replace FILE OLD NEW; OLD must be in it.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	body := ts.ReadFile(args[0])
	if !strings.Contains(body, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	writeFile(ts, args[0], []byte(strings.ReplaceAll(body, args[1], args[2])))
}

// writeFile writes a file of the script's.
func writeFile(ts *testscript.TestScript, name string, body []byte) {
	ts.Check(os.WriteFile(ts.MkAbs(name), body, 0o600)) //nolint:gosec // a test's own file
}

// code gives the exit code of a command that ts ran.
func code(ts *testscript.TestScript, err error) int {
	var exit interface{ ExitCode() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	ts.Fatalf("run: %v", err)
	return -1
}

// exits runs a command that has to end with this exit code: exits CODE PROGRAM ARGS…
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := code(ts, ts.Exec(args[1], args[2:]...)); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
