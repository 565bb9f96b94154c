// Package pgtest gives tests a real PostgreSQL: one server for each test binary, and
// for each test a database of its own with the whole schema in it.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx" of database/sql

	"github.com/goal-mandala/mandala-deploy/functions/migrations"
	"github.com/goal-mandala/mandala-deploy/internal/postgres"
)

const (
	// Where Main tells the tests of its process how to reach the server: no global.
	serverVariable  = "PGTEST_SERVER"
	failureVariable = "PGTEST_FAILURE"

	template = "goalmandalamain"
	owner    = "owner"
	app      = "goal_mandala_app"
)

// Database is one test's own database.
type Database struct {
	Owner string // connection string of the tables' owner, who sees every row
	App   string // connection string of the application's role
	Name  string
	Host  string // the directory of the Unix socket
}

// Main starts the server, runs the tests and ends the server. Where no server can be
// started, every test that calls New fails and says why.
func Main(m *testing.M) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) //nolint:forbidigo // the test binary's own main
	defer cancel()
	server, err := postgres.Start(ctx, postgres.Options{Superuser: owner, Settings: []string{"autovacuum=off"}})
	if err == nil {
		defer server.Stop()
		err = prepare(ctx, server.Directory)
	}
	if err != nil {
		_ = os.Setenv(failureVariable, err.Error())
	} else {
		_ = os.Setenv(serverVariable, server.Directory)
	}
	m.Run()
}

// New makes a migrated database without rows. It is dropped when the test ends.
func New(t testing.TB) Database {
	t.Helper()
	if failure := os.Getenv(failureVariable); failure != "" {
		t.Fatalf("no PostgreSQL for this test: %s", failure)
	}
	socket := os.Getenv(serverVariable)
	if socket == "" {
		t.Fatal("no PostgreSQL for this test: the package needs func TestMain(m *testing.M) { pgtest.Main(m) }")
	}
	name := "t" + strings.ToLower(rand.Text())
	if err := execute(t.Context(), address(socket, "postgres", owner), "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatalf("make a database for the test: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		if err := execute(ctx, address(socket, "postgres", owner), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return Database{
		Owner: address(socket, name, owner),
		App:   address(socket, name, app),
		Name:  name,
		Host:  socket,
	}
}

// prepare makes the template: the schema as it will be deployed.
func prepare(ctx context.Context, socket string) error {
	if err := execute(ctx, address(socket, "postgres", owner), "CREATE DATABASE "+template); err != nil {
		return fmt.Errorf("make the template database: %w", err)
	}
	db, err := sql.Open("pgx", address(socket, template, owner))
	if err != nil {
		return fmt.Errorf("open the template database: %w", err)
	}
	defer db.Close()
	_, err = migrations.Apply(ctx, db)
	return err
}

func execute(ctx context.Context, address, statement string) error {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}

func address(socket, database, user string) string {
	return fmt.Sprintf("host=%s user=%s dbname=%s sslmode=disable", socket, user, database)
}
