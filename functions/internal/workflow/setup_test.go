package workflow_test

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/workflowtest"

	"github.com/jackc/pgx/v5"
)

// TestWhatTheDatabaseNeedsIsReadOnce finds out at the start, not at each transaction,
// that a file of authorities is missing.
func TestWhatTheDatabaseNeedsIsReadOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "authorities.pem")
	lookup := func(name string) (string, bool) {
		value, found := map[string]string{
			"APPLICATION_URL": "https://app.example.com", "CORS_ORIGINS": "https://app.example.com", "ENVIRONMENT": "test", "RELEASE": "v1.0.0",
			"DATABASE_HOST": "127.0.0.1", "DATABASE_PORT": "1", "DATABASE_NAME": "none", "DATABASE_USER": "goal_mandala_app",
			"DATABASE_AUTH": "password", "DATABASE_TLS": "verify-full", "DATABASE_CA_FILE": file,
		}[name]
		return value, found
	}
	if _, err := workflow.SetUp(t.Context(), lookup, "save-tasks"); err == nil || !strings.Contains(err.Error(), "DATABASE_CA_FILE") {
		t.Errorf("without the file: %v", err)
	}
	server := httptest.NewTLSServer(nil) // has a certificate, which is all that is wanted of it
	defer server.Close()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	environment, err := workflow.SetUp(t.Context(), lookup, "save-tasks")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	// Nobody listens there, but it gets as far as to connect.
	err = environment.Database.Write(t.Context(), workflowtest.User, func(context.Context, *store.Tx) error { return nil })
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("after the start: %v", err)
	}
}

// TestNoConnectionIsKept: R6.2 allows 50 for all instances of all functions.
func TestNoConnectionIsKept(t *testing.T) {
	t.Parallel()
	database := pgtest.New(t)
	lookup := func(name string) (string, bool) {
		value, found := map[string]string{
			"APPLICATION_URL": "https://app.example.com", "CORS_ORIGINS": "https://app.example.com", "ENVIRONMENT": "test", "RELEASE": "v1.0.0",
			"DATABASE_HOST": database.Host, "DATABASE_NAME": database.Name, "DATABASE_USER": "goal_mandala_app",
			"DATABASE_AUTH": "password", "DATABASE_TLS": "disable",
		}[name]
		return value, found
	}
	environment, err := workflow.SetUp(t.Context(), lookup, "save-tasks")
	if err != nil {
		t.Fatal(err)
	}
	owner, err := pgx.Connect(t.Context(), database.Owner)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(t.Context())
	connections := func() (count int) {
		if err := owner.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'save-tasks'").Scan(&count); err != nil {
			t.Error(err)
		}
		return count
	}
	during := 0
	err = environment.Database.Write(t.Context(), workflowtest.User, func(context.Context, *store.Tx) error {
		during = connections()
		return nil
	})
	if err != nil || during != 1 {
		t.Errorf("%d connections in a transaction, %v", during, err)
	}
	// The server ends its side a moment after the function's.
	for range 100 {
		if connections() == 0 {
			return
		}
		if _, err := owner.Exec(t.Context(), "SELECT pg_sleep(0.02)"); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("%d connections after it", connections())
}
