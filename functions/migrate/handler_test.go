package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/migrations"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const password = "master's own password"

// manager is Secrets Manager with the master user's secret, as RDS writes it.
type manager struct{ user string }

func (m manager) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	text, err := json.Marshal(map[string]string{"username": m.user, "password": password})
	whole := string(text)
	return &secretsmanager.GetSecretValueOutput{SecretString: &whole}, err
}

// newHandler migrates a database of the test's own, whose schema it takes away.
func newHandler(t *testing.T, user string, files map[string]string) (*handler, *bytes.Buffer) {
	t.Helper()
	database := pgtest.New(t)
	db, err := sql.Open("pgx", database.Owner)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
		t.Fatal(err)
	}
	all := fstest.MapFS{}
	for name, statement := range files {
		all[name] = &fstest.MapFile{Data: []byte("-- class: expand\n-- +goose Up\n" + statement + ";\n")}
	}
	var log bytes.Buffer
	return &handler{
		database: config.Database{Host: database.Host, Port: 5432, Name: database.Name, User: "goal_mandala_app", Auth: config.Password},
		files:    all, logger: slog.New(slog.NewJSONHandler(&log, nil)), secretARN: "arn",
		secrets: secret.NewReader(manager{user}, time.Minute, time.Now),
	}, &log
}

func TestHandle(t *testing.T) {
	t.Parallel()
	h, log := newHandler(t, "owner", map[string]string{"1_a.sql": "CREATE TABLE a ()", "2_b.sql": "CREATE TABLE b ()"})
	steps := []struct{ event, want string }{
		{`{"dry_run": true, "target": 1}`, `{"from":0,"current":0,"target":1,"applied":[],"pending":[{"version":1,"name":"1_a.sql","class":"expand"}],"dry_run":true}`},
		{`{"target": 1, "class": "expand"}`, `{"from":0,"current":1,"target":1,"applied":[{"version":1,"name":"1_a.sql","class":"expand"}],"pending":[],"dry_run":false}`},
		{`null`, `{"from":1,"current":2,"target":2,"applied":[{"version":2,"name":"2_b.sql","class":"expand"}],"pending":[],"dry_run":false}`},
		{`{}`, `{"from":2,"current":2,"target":2,"applied":[],"pending":[],"dry_run":false}`},
	}
	for _, step := range steps {
		report, err := h.Handle(t.Context(), json.RawMessage(step.event))
		if err != nil {
			t.Fatalf("%s: %v", step.event, err)
		}
		if diff := cmp.Diff(document(t, step.want), withoutTimes(t, report)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.event, diff)
		}
	}
	if strings.Contains(log.String(), password) || !strings.Contains(log.String(), `"current":2`) {
		t.Errorf("log: %s", log.String())
	}
}

func document(t *testing.T, text string) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// withoutTimes is the answer as the caller gets it, without what a clock says, which
// has to be there.
func withoutTimes(t *testing.T, report migrations.Report) map[string]any {
	t.Helper()
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	all := document(t, string(text))
	if _, found := all["lock_waited_ms"].(float64); !found {
		t.Errorf("no lock_waited_ms in %s", text)
	}
	delete(all, "lock_waited_ms")
	for _, applied := range all["applied"].([]any) {
		if _, found := applied.(map[string]any)["duration_ms"].(float64); !found {
			t.Errorf("no duration_ms in %s", text)
		}
		delete(applied.(map[string]any), "duration_ms")
	}
	return all
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t, "owner", map[string]string{"1_a.sql": "CREATE TABLE a ()", "2_b.sql": "SELECT 1/0"})
	var invalid *InvalidInputError
	for _, event := range []string{`{"dryrun": true}`, `{"target": "1"}`, `[]`, `"x"`} {
		if _, err := h.Handle(t.Context(), json.RawMessage(event)); !errors.As(err, &invalid) {
			t.Errorf("%s: %v", event, err)
		}
	}
	_, err := h.Handle(t.Context(), nil)
	//nolint:errorlint // Lambda looks at the type of the error itself
	if failed, ok := err.(*migrations.FailedError); !ok || failed.Migration.Name != "2_b.sql" || failed.Current != 1 {
		t.Errorf("a migration that fails: %T %v", err, err)
	}
}

// TestAnotherUser shows that the secret decides who signs in: the application's own
// role may not change the schema.
func TestAnotherUser(t *testing.T) {
	t.Parallel()
	h, log := newHandler(t, "goal_mandala_app", map[string]string{"1_a.sql": "CREATE TABLE a ()"})
	if _, err := h.Handle(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "permission denied") && !strings.Contains(err.Error(), "no schema") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(log.String(), password) {
		t.Errorf("log: %s", log.String())
	}
}

// TestARunWaitsForAConnection has the application hold the only connection that there
// may be, for as long as the first attempt takes, and then for longer than the run.
func TestARunWaitsForAConnection(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t, "goal_mandala_app", map[string]string{"1_a.sql": "CREATE TABLE a ()"}) // limits don't hold superusers
	address := "host=" + h.database.Host + " dbname=" + h.database.Name + " sslmode=disable user="
	owner, err := pgx.Connect(t.Context(), address+"owner")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Exec(t.Context(), "GRANT CREATE, USAGE ON SCHEMA public TO goal_mandala_app; ALTER DATABASE "+h.database.Name+" CONNECTION LIMIT 2"); err != nil {
		t.Fatal(err)
	}
	if err := owner.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var held []*pgx.Conn
	for range 2 { // a run needs two itself
		connection, err := pgx.Connect(t.Context(), address+"goal_mandala_app")
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, connection)
	}
	limited, cancel := context.WithTimeout(t.Context(), endBefore+time.Second)
	defer cancel()
	var refused *pgconn.PgError
	if _, err := h.Handle(limited, nil); !errors.As(err, &refused) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a connection: %v", err)
	}
	var group errgroup.Group
	group.Go(func() error {
		time.Sleep(500 * time.Millisecond)
		return errors.Join(held[0].Close(t.Context()), held[1].Close(t.Context()))
	})
	if report, err := h.Handle(t.Context(), nil); err != nil || report.Current != 1 {
		t.Errorf("waiting: %+v, %v", report, err)
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

func TestARunEndsBeforeLambdaDoes(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t, "owner", map[string]string{"1_a.sql": "SELECT pg_sleep(60)"})
	ctx, cancel := context.WithTimeout(t.Context(), endBefore+500*time.Millisecond)
	defer cancel()
	if _, err := h.Handle(ctx, nil); err == nil || ctx.Err() != nil {
		t.Errorf("got %v, with Lambda's own deadline %v", err, ctx.Err())
	}
	h.files = fstest.MapFS{"1_a.sql": &fstest.MapFile{Data: []byte("-- class: expand\n-- +goose Up\nSELECT 1;\n")}}
	if report, err := h.Handle(t.Context(), nil); err != nil || report.Current != 1 {
		t.Errorf("the run after it: %+v, %v", report, err)
	}
}

func TestSetUpNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := setUp(t.Context(), func(string) (string, bool) { return "", false })
	for _, name := range []string{"APPLICATION_URL", "DATABASE_HOST", "DATABASE_MASTER_SECRET_ARN"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
}
