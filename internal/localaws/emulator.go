package localaws

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

//go:embed emulator/*.py emulator/patches/*.py
var scripts embed.FS

// emulator is moto as a child process.
type emulator struct {
	process Process
	address string        // "127.0.0.1:PORT"
	ended   chan struct{} // closed when the process has ended
	err     error         // how it ended; read after ended is closed
	stdin   *os.File      // closing it ends the process
}

// startEmulator starts moto and waits until it listens. proxyPort is where
// moto finds itself when it calls its own API; environment is what else it is told.
func startEmulator(ctx context.Context, dir string, handover launch, proxyPort int, environment []string) (*emulator, error) {
	script, err := writeScripts(path(dir, scriptFolder))
	if err != nil {
		return nil, err
	}
	log, err := freshLog(dir, emulatorLog)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	if err := os.Remove(path(dir, portFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	arguments := append([]string(nil), handover.Interpreter...)
	arguments = append(arguments, script, "--port", "0", "--port-file", path(dir, portFile), "--end-with-stdin")
	for _, name := range handover.Without {
		arguments = append(arguments, "--without", name)
	}
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	command := exec.Command(arguments[0], arguments[1:]...) //nolint:noctx // it ends with its standard input
	command.Dir = dir
	command.Env = append(os.Environ(), "MOTO_PORT="+strconv.Itoa(proxyPort), "PYTHONDONTWRITEBYTECODE=1",
		"DOCKER_HOST=unix://"+os.DevNull) // functions run as processes of the proxy, not in containers of moto's
	command.Env = append(command.Env, environment...)
	command.Stdin, command.Stdout, command.Stderr = theirs, log, log
	command.SysProcAttr = childAttributes()

	e := &emulator{ended: make(chan struct{}), stdin: ours}
	if err := e.run(command); err != nil {
		return nil, errors.Join(err, theirs.Close(), ours.Close())
	}
	if err := errors.Join(theirs.Close(), e.await(ctx, path(dir, portFile))); err != nil {
		e.stop()
		return nil, err
	}
	return e, nil
}

// run starts the process on a thread of its own: Linux sends the death signal
// when the starting thread ends, not the process, so it has to stay.
func (e *emulator) run(command *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		started <- err
		if err != nil {
			return
		}
		e.err = command.Wait()
		close(e.ended)
	}()
	if err := <-started; err != nil {
		return err
	}
	e.process, _ = identify(command.Process.Pid)
	return nil
}

// await waits until the emulator has written its port: it listens by then.
func (e *emulator) await(ctx context.Context, file string) error {
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	for {
		if content, err := os.ReadFile(file); err == nil {
			port, err := strconv.Atoi(strings.TrimSpace(string(content)))
			if err != nil {
				return fmt.Errorf("reading the emulator's port: %w", err)
			}
			e.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
			return nil
		}
		select {
		case <-e.ended:
			return fmt.Errorf("the emulator ended while it started: %w", e.err)
		case <-timeout.C:
			return fmt.Errorf("the emulator did not listen within %s", startTimeout)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pollInterval):
		}
	}
}

// stop ends the process and waits for it. The emulator keeps nothing on disk,
// so there is nothing to be gentle about.
func (e *emulator) stop() {
	_ = e.stdin.Close()
	select {
	case <-e.ended:
		return
	case <-time.After(time.Second):
	}
	// The whole group: a launcher such as uvx has the emulator as its child.
	_ = syscall.Kill(-e.process.PID, syscall.SIGKILL)
	<-e.ended
}

// writeScripts puts the emulator's scripts into folder, nothing else stays
// there, and gives the one to run.
func writeScripts(folder string) (string, error) {
	if err := os.RemoveAll(folder); err != nil {
		return "", err
	}
	err := fs.WalkDir(scripts, "emulator", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(folder, strings.TrimPrefix(name, "emulator"))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		content, err := scripts.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o600)
	})
	return filepath.Join(folder, "serve.py"), err
}
