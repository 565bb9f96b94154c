package pgtest_test

import (
	"database/sql"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	for range 2 {
		db := open(t, pgtest.New(t).Owner)
		if _, err := db.ExecContext(t.Context(), "INSERT INTO users (id, email) VALUES ('018f3c1e-0000-7000-8000-000000000001', 'a@example.com')"); err != nil {
			t.Error(err)
		}
	}
}

// TestTheServerEndsWithItsTests kills a test process that has a server, and looks
// whether anything of the server stays behind.
func TestTheServerEndsWithItsTests(t *testing.T) {
	t.Parallel()
	if os.Getenv("PGTEST_HANG") != "" {
		os.Stdout.WriteString(pgtest.New(t).Host + "\n")
		time.Sleep(time.Minute)
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheServerEndsWithItsTests$")
	child.Env = append(os.Environ(), "PGTEST_HANG=1")
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 4096)
	length, err := output.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	directory := strings.TrimSpace(string(buffer[:length]))
	if _, err := os.Stat(directory); err != nil {
		t.Fatalf("the server's directory: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(directory); os.IsNotExist(err) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there", directory)
		}
	}
}

func open(t *testing.T, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
