package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
	"github.com/goal-mandala/mandala-deploy/functions/migrations"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// fake is a database with a schema version; one that hangs answers when the question
// is given up.
type fake struct {
	version int64
	err     error
	hangs   bool
}

func (f fake) SchemaVersion(ctx context.Context) (int64, error) {
	if f.hangs {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	return f.version, f.err
}

func ask(t *testing.T, database schema, target int64) events.APIGatewayProxyResponse {
	t.Helper()
	saved, err := os.ReadFile("testdata/event.json")
	if err != nil {
		t.Fatal(err)
	}
	var event events.APIGatewayProxyRequest
	if err := json.Unmarshal(saved, &event); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	router := httpapi.New(httpapi.Options{Function: function, Logger: logger, Metrics: telemetry.NewMetrics(io.Discard, time.Now), Clock: time.Now})
	handler{database: database, generator: "offline", logger: logger, release: "v1.2.0", target: target, timeout: 50 * time.Millisecond}.routes(router)
	apispec.Watch(t, function, router)
	answer, err := router.Serve(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestHealth(t *testing.T) {
	t.Parallel()
	const head = `"version":"v1.2.0","generator":"offline","database":{"status":`
	tests := map[string]struct {
		database fake
		status   int
		body     string
	}{
		"well":        {fake{version: 3}, 200, `{"status":"ok",` + head + `"ok","schemaVersion":3,"schemaTarget":3}}`},
		"ahead":       {fake{version: 4}, 200, `{"status":"ok",` + head + `"ok","schemaVersion":4,"schemaTarget":3}}`},
		"behind":      {fake{version: 2}, 503, `{"status":"degraded",` + head + `"behind","schemaVersion":2,"schemaTarget":3}}`},
		"unreachable": {fake{err: errors.New("secret host")}, 503, `{"status":"degraded",` + head + `"unreachable","schemaVersion":null,"schemaTarget":3}}`},
		"hanging":     {fake{hangs: true}, 503, `{"status":"degraded",` + head + `"unreachable","schemaVersion":null,"schemaTarget":3}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ask(t, test.database, 3)
			if diff := cmp.Diff([]any{test.status, test.body}, []any{got.StatusCode, got.Body}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHealthOfARealDatabase(t *testing.T) {
	t.Parallel()
	database := pgtest.New(t)
	db, err := store.Open(t.Context(), store.Options{
		Host: database.Host, Port: 5432, Database: database.Name, User: "goal_mandala_app", Auth: store.StaticPassword{}, StatementTimeout: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	target, err := migrations.Target()
	if err != nil {
		t.Fatal(err)
	}
	// The handler's short timeout is for hanging databases; a first connection is quick.
	if _, err := db.SchemaVersion(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, db, target); got.StatusCode != 200 {
		t.Errorf("got %d %s", got.StatusCode, got.Body)
	}
}

func TestAWrongEnvironmentIsAnErrorThatNamesIt(t *testing.T) {
	t.Parallel()
	_, err := setUp(t.Context(), func(string) (string, bool) { return "", false })
	for _, name := range []string{"RELEASE", "DATABASE_HOST"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
}
