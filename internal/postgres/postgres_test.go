package postgres_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/internal/postgres"
)

// TestCopyIsOneMoment copies a server while a client writes pairs of rows, and
// starts another from the copy: it has whole pairs only, all that were committed
// before the copy, and goes its own way.
func TestCopyIsOneMoment(t *testing.T) {
	t.Parallel()
	first := start(t, postgres.Options{Superuser: "root", Settings: postgres.Copyable()})
	db := connect(t, first, "postgres")
	execute(t, db, "CREATE TABLE pairs (id int, side text)", "CREATE ROLE reader")

	writer := connect(t, first, "postgres")
	stop, written := make(chan struct{}), make(chan error, 1)
	began := make(chan struct{})
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				written <- nil
				return
			default:
			}
			if _, err := writer.Exec(t.Context(), "INSERT INTO pairs VALUES ($1, 'left'), ($1, 'right')", i); err != nil {
				written <- err
				return
			}
			if i == 100 {
				close(began)
			}
		}
	}()
	<-began
	var before, after int
	query(t, db, "SELECT count(*) FROM pairs", &before)
	data := filepath.Join(place(t), "copy")
	if err := first.Copy(t.Context(), data); err != nil {
		t.Fatal(err)
	}
	query(t, db, "SELECT count(*) FROM pairs", &after)
	close(stop)
	if err := <-written; err != nil {
		t.Fatal(err)
	}

	second := start(t, postgres.Options{Superuser: "root", From: data})
	copied := connect(t, second, "postgres")
	var rows, halves, roles int
	query(t, copied, "SELECT count(*) FROM pairs", &rows)
	query(t, copied, "SELECT count(*) FROM (SELECT FROM pairs GROUP BY id HAVING count(*) <> 2) AS halves", &halves)
	query(t, copied, "SELECT count(*) FROM pg_roles WHERE rolname = 'reader'", &roles)
	if rows < before || rows > after || halves != 0 || roles != 1 {
		t.Errorf("the copy has %d rows (%d before it, %d after it), %d halves of pairs and %d roles", rows, before, after, halves, roles)
	}
	execute(t, copied, "DROP TABLE pairs")
	query(t, db, "SELECT count(*) FROM pairs", &after)
}

func TestCopyThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	server := start(t, postgres.Options{Superuser: "root"})
	data := filepath.Join(place(t), "copy")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Copy(ctx, data); err == nil {
		t.Error("a copy that was cancelled succeeds")
	}
	server.Stop()
	if err := server.Copy(t.Context(), data); err == nil {
		t.Error("a copy of a server that stopped succeeds")
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("something is left: %v", err)
	}
	if _, err := os.Stat(server.Directory); !os.IsNotExist(err) {
		t.Errorf("the server's directory is left: %v", err)
	}
}

func TestAServerOfAnotherPortAndABrokenOne(t *testing.T) {
	t.Parallel()
	server := start(t, postgres.Options{Superuser: "other one", Port: 6543})
	if _, err := os.Stat(filepath.Join(server.Directory, ".s.PGSQL.6543")); err != nil {
		t.Error(err)
	}
	var user string
	query(t, connectAs(t, server, "postgres", "other one"), "SELECT current_user", &user)
	if user != "other one" {
		t.Errorf("signed in as %q", user)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := postgres.Start(ctx, postgres.Options{Superuser: "root", Settings: []string{"shared_buffers=none"}})
	if err == nil || !strings.Contains(err.Error(), "shared_buffers") {
		t.Errorf("a setting that is wrong: %v", err)
	}
}

func TestVanish(t *testing.T) {
	t.Parallel()
	directory := place(t)
	closer, err := postgres.Vanish(directory)
	if err != nil {
		t.Fatal(err)
	}
	if err := closer.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(directory); !os.IsNotExist(err) {
		t.Errorf("the directory is left: %v", err)
	}
}

func place(t *testing.T) string {
	t.Helper()
	directory, err := postgres.Directory("", "postgres-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(directory) })
	return directory
}

func start(t *testing.T, options postgres.Options) *postgres.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server, err := postgres.Start(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return server
}

func connect(t *testing.T, server *postgres.Server, database string) *pgx.Conn {
	t.Helper()
	return connectAs(t, server, database, "root")
}

func connectAs(t *testing.T, server *postgres.Server, database, user string) *pgx.Conn {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), server.Address(database, user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close(context.WithoutCancel(t.Context())) })
	return connection
}

func execute(t *testing.T, connection *pgx.Conn, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := connection.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func query(t *testing.T, connection *pgx.Conn, statement string, into any) {
	t.Helper()
	if err := connection.QueryRow(t.Context(), statement).Scan(into); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
