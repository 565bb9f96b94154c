// Command with-terraform runs another command with the Terraform that
// mandala-deploy would use first on PATH and with its provider source, so that
// the Makefile needs no Terraform of its own:
//
//	with-terraform terraform -chdir=environments validate
//	with-terraform -no-config go test ./...
//
// It works from the project's root and ends with the command's exit code.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/terraform"
	"github.com/goal-mandala/mandala-deploy/internal/workspace"
)

func main() {
	noConfig := flag.Bool("no-config", false, "leave the CLI configuration alone: for tests that choose the provider source themselves")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, flag.Args(), *noConfig)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "with-terraform:", err)
		for _, p := range problem.Find(err) {
			fmt.Fprintln(os.Stderr, "  next:", p.Remedy())
		}
	}
	os.Exit(code)
}

// run gives the exit code of the command, 1 where it could not be started.
func run(ctx context.Context, command []string, noConfig bool) (int, error) {
	if len(command) == 0 {
		return 1, errors.New("which command?")
	}
	environ, err := environ(ctx, noConfig)
	if err != nil {
		return 1, err
	}
	path, err := lookPath(command[0], environ)
	if err != nil {
		return 1, err
	}
	child := exec.CommandContext(ctx, path, command[1:]...)
	child.Args[0] = command[0]
	child.Env = environ
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	// Terraform takes an interrupt as a wish to stop in good order.
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	err = child.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return max(ended.ExitCode(), 1), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}

// environ gives the process's environment with the chosen Terraform first on
// PATH, a shared cache where providers come from the registry and, unless
// noConfig, the CLI configuration of the chosen source.
func environ(ctx context.Context, noConfig bool) ([]string, error) {
	root, err := environment.LoadRoot(os.DirFS("."))
	if err != nil {
		return nil, err
	}
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	runner, err := terraform.New(terraform.Options{
		Constraint: root.RequiredVersion, CacheDir: cache, ConfigDir: filepath.Join(workspace.Dir, "terraform"),
	})
	if err != nil {
		return nil, err
	}
	info, err := runner.Describe(ctx)
	if err != nil {
		return nil, err
	}
	environ := append(os.Environ(),
		"PATH="+filepath.Dir(info.Path)+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
	if info.Configuration != "" && !noConfig {
		environ = append(environ, "TF_CLI_CONFIG_FILE="+info.Configuration)
	}
	if info.ProviderSource == "registry" && os.Getenv("TF_PLUGIN_CACHE_DIR") == "" {
		environ = append(environ, "TF_PLUGIN_CACHE_DIR="+filepath.Join(cache, "providers"))
	}
	return environ, nil
}

// cacheDir is where mandala-deploy keeps downloads, so that they are shared.
func cacheDir() (string, error) {
	user, err := os.UserCacheDir()
	if err != nil {
		return filepath.Abs(filepath.Join(workspace.Dir, "cache"))
	}
	return filepath.Join(user, "mandala-deploy"), nil
}

// lookPath finds a command on the PATH of environ, of which the last counts.
func lookPath(name string, environ []string) (string, error) {
	if strings.ContainsRune(name, filepath.Separator) {
		return name, nil
	}
	path := ""
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, "PATH="); ok {
			path = value
		}
	}
	for _, dir := range filepath.SplitList(path) {
		candidate := filepath.Join(dir, name)
		if filepath.IsAbs(dir) && isFile(candidate) {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("%s is not on PATH", name)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
