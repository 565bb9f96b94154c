package workflow_test

import (
	"context"
	"testing"

	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/workflowtest"

	"github.com/jackc/pgx/v5"
)

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
	environment, err := workflow.SetUp(lookup, "save-tasks")
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
