package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// nobody is the user that PostgreSQL runs as where the test is root's.
const nobody = 65534

// watch runs PostgreSQL until its own standard input ends, which happens when the
// test's process does, by whatever it ended: then the server and its files go.
const watch = `dir=$1; shift
"$@" >"$dir/log" 2>&1 </dev/null &
cat >/dev/null
kill -QUIT $!
wait $!
cd / && rm -rf "$dir"`

type server struct {
	socket string // directory of the Unix socket; the server listens nowhere else
	life   io.Closer
	child  *exec.Cmd
}

// start makes a data directory and starts a server on it, with nothing that only
// serves to survive a crash.
func start(ctx context.Context) (*server, error) {
	programs, err := find(ctx)
	if err != nil {
		return nil, err
	}
	directory, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, fmt.Errorf("make a directory for PostgreSQL: %w", err)
	}
	attributes := &syscall.SysProcAttr{Setpgid: true} // Ctrl-C must not keep watch from cleaning up
	if os.Geteuid() == 0 {
		if err := os.Chown(directory, nobody, nobody); err != nil {
			return nil, errors.Join(fmt.Errorf("give PostgreSQL its directory: %w", err), os.RemoveAll(directory))
		}
		attributes.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	data := filepath.Join(directory, "data")

	initialize := exec.CommandContext(ctx, filepath.Join(programs, "initdb"),
		"--pgdata="+data, "--username="+owner, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	initialize.Dir, initialize.SysProcAttr = directory, attributes
	if output, err := initialize.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(output)), os.RemoveAll(directory))
	}

	//nolint:noctx // it has to outlive the context of the start; its standard input ends it
	child := exec.Command("/bin/sh", "-c", watch, "sh", directory,
		filepath.Join(programs, "postgres"), "-D", data, "-k", directory,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
		"-c", "max_connections=200", "-c", "shared_buffers=16MB", "-c", "autovacuum=off")
	child.Dir, child.SysProcAttr = directory, attributes
	life, err := child.StdinPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	if err := child.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), os.RemoveAll(directory))
	}
	running := &server{socket: directory, life: life, child: child}
	if err := running.wait(ctx); err != nil {
		log, _ := os.ReadFile(filepath.Join(directory, "log"))
		running.stop()
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(log))
	}
	return running, nil
}

// wait returns when the server takes connections.
func (s *server) wait(ctx context.Context) error {
	for {
		err := execute(ctx, address(s.socket, "postgres", owner), "SELECT")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *server) stop() {
	_ = s.life.Close()
	_ = s.child.Wait()
}

// find looks for PostgreSQL's programs where systems put them, newest first.
func find(ctx context.Context) (string, error) {
	var candidates []string
	if path, err := exec.LookPath("postgres"); err == nil {
		candidates = append(candidates, filepath.Dir(path))
	}
	if output, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		candidates = append(candidates, strings.TrimSpace(string(output)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
	} {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return number(b) - number(a) })
		candidates = append(candidates, found...)
	}
	for _, directory := range candidates {
		if _, err := os.Stat(filepath.Join(directory, "initdb")); err == nil {
			return directory, nil
		}
	}
	return "", errors.New("PostgreSQL is missing: install its server, such as postgresql-15 (Debian, Ubuntu) or postgresql@16 (Homebrew)")
}

// number is the version in a path such as /usr/lib/postgresql/15/bin.
func number(path string) int {
	digits := strings.TrimFunc(filepath.Base(filepath.Dir(path)), func(r rune) bool { return r < '0' || r > '9' })
	version, _ := strconv.Atoi(digits)
	return version
}
