// Package postgres runs PostgreSQL servers that nobody but their owner can reach,
// by a Unix socket, and that end and vanish with the process that started them.
package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// nobody is the user that PostgreSQL runs as where its owner is root, as whom it
// refuses to run.
const nobody = 65534

// maxDirectory is the longest path of a socket's directory that every system
// takes. Bytes.
const maxDirectory = 88

// watch runs a command, PostgreSQL, until its own standard input ends, which
// happens when the owner's process does, by whatever it ended; then it removes
// the directory. The owner may have removed it before.
const watch = `dir=$1; shift
if [ $# -gt 0 ]; then "$@" >"$dir/log" 2>&1 </dev/null & fi
cat >/dev/null
if [ $# -gt 0 ]; then kill -QUIT $! 2>/dev/null; wait $!; fi
cd / && rm -rf "$dir"`

// Options say what server to start.
type Options struct {
	// Superuser is the first role.
	Superuser string
	// Parent is where the server's directory is made, the system's temporary
	// folder by default. Short: a socket's path has at most 107 bytes.
	Parent string
	// From is a data directory to begin with, of Copy or Initialize; without one
	// the server begins empty.
	From string
	// Port names the socket: no TCP port is opened. 5432 by default.
	Port int
	// Settings are further ones, "name=value".
	Settings []string
}

// Server is a running server.
type Server struct {
	// Directory is private to the user; connections name it as their host.
	Directory string
	superuser string
	port      int
	life      io.Closer
	child     *exec.Cmd
	stopping  sync.Once
}

// Start starts a server and returns when it takes connections. Whoever reaches the
// directory may sign in as anybody. Nothing survives the server, so nothing is
// done to survive a crash.
func Start(ctx context.Context, options Options) (*Server, error) {
	programs, err := Find(ctx)
	if err != nil {
		return nil, err
	}
	directory, err := Directory(options.Parent, "postgres-")
	if err != nil {
		return nil, err
	}
	server, err := start(ctx, programs, directory, options)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	return server, nil
}

func start(ctx context.Context, programs, directory string, options Options) (*Server, error) {
	if len(directory) > maxDirectory {
		return nil, fmt.Errorf("the path of PostgreSQL's socket is too long: %s", directory)
	}
	data := filepath.Join(directory, "data")
	var err error
	if options.From == "" {
		err = initialize(ctx, programs, data, options.Superuser)
	} else {
		err = copyTree(ctx, options.From, data, nil)
	}
	if err != nil {
		return nil, err
	}
	s := &Server{Directory: directory, superuser: options.Superuser, port: options.Port}
	if s.port == 0 {
		s.port = 5432
	}
	arguments := []string{
		"-c", watch, "sh", directory, filepath.Join(programs, "postgres"), "-D", data, "-k", directory,
		"-c", "listen_addresses=", "-c", "port=" + strconv.Itoa(s.port), "-c", "unix_socket_permissions=0700",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
		"-c", "max_connections=200", "-c", "shared_buffers=16MB",
	}
	for _, setting := range options.Settings {
		arguments = append(arguments, "-c", setting)
	}
	//nolint:noctx // it has to outlive the context of the start; its standard input ends it
	s.child = exec.Command("/bin/sh", arguments...)
	s.child.Dir, s.child.SysProcAttr = directory, attributes()
	if s.life, err = s.child.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.child.Start(); err != nil {
		return nil, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	if err := s.wait(ctx); err != nil {
		log, _ := os.ReadFile(filepath.Join(directory, "log"))
		s.Stop()
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(log))
	}
	return s, nil
}

// wait returns when the server takes connections.
func (s *Server) wait(ctx context.Context) error {
	for {
		connection, err := pgx.Connect(ctx, s.Address("postgres", s.superuser))
		if err == nil {
			return connection.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w", errors.Join(context.Cause(ctx), err))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Address gives the connection string of a database.
func (s *Server) Address(database, user string) string {
	return fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=disable", quote(s.Directory), s.port, quote(user), quote(database))
}

// quote writes a value of a connection string.
func quote(value string) string {
	escaped := bytes.ReplaceAll([]byte(value), []byte(`\`), []byte(`\\`))
	return "'" + string(bytes.ReplaceAll(escaped, []byte(`'`), []byte(`\'`))) + "'"
}

// Stop ends the server and removes its directory. Calls after the first wait for
// nothing.
func (s *Server) Stop() {
	s.stopping.Do(func() {
		_ = s.life.Close()
		_ = s.child.Wait() // it was told to go: how it says so is known
	})
}

// Initialize makes an empty data directory, from which servers start faster.
func Initialize(ctx context.Context, data, superuser string) error {
	programs, err := Find(ctx)
	if err != nil {
		return err
	}
	return initialize(ctx, programs, data, superuser)
}

func initialize(ctx context.Context, programs, data, superuser string) error {
	// Small segments of the log: each copy of a server holds a few.
	command := exec.CommandContext(ctx, filepath.Join(programs, "initdb"), "--pgdata="+data, "--username="+superuser,
		"--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "--wal-segsize=1")
	command.Dir, command.SysProcAttr = filepath.Dir(data), attributes()
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(output))
	}
	return nil
}

// Directory makes a private directory in parent, the temporary folder by default,
// for PostgreSQL's user.
func Directory(parent, prefix string) (string, error) {
	if parent == "" {
		parent = temporary()
	}
	directory, err := os.MkdirTemp(parent, prefix)
	if err != nil {
		return "", fmt.Errorf("making a directory for PostgreSQL: %w", err)
	}
	if err := own(directory); err != nil {
		return "", errors.Join(err, os.RemoveAll(directory))
	}
	return directory, nil
}

// temporary gives the temporary folder, or the system's where the user's is too
// long for a socket.
func temporary() string {
	if folder := os.TempDir(); len(folder) <= maxDirectory-40 {
		return folder
	}
	return "/tmp"
}

// Vanish lets a directory vanish with this process, or when the closer is closed.
func Vanish(directory string) (io.Closer, error) {
	//nolint:noctx // its standard input ends it
	child := exec.Command("/bin/sh", "-c", watch, "sh", directory)
	child.Dir, child.SysProcAttr = "/", &syscall.SysProcAttr{Setpgid: true}
	life, err := child.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := child.Start(); err != nil {
		return nil, fmt.Errorf("watching over %s: %w", directory, err)
	}
	return &janitor{life: life, child: child}, nil
}

type janitor struct {
	life  io.Closer
	child *exec.Cmd
}

func (j *janitor) Close() error {
	return errors.Join(j.life.Close(), j.child.Wait())
}

// attributes run a process as PostgreSQL's user, in a group of its own: Ctrl-C must
// not keep watch from cleaning up.
func attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		attributes.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return attributes
}

// own gives a file to PostgreSQL's user.
func own(file string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return os.Lchown(file, nobody, nobody)
}
