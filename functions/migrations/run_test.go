package migrations_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/migrations"
)

// release makes the files of a release: statements by file name and class.
func release(statements map[string]string) fs.FS {
	files := fstest.MapFS{}
	for name, statement := range statements {
		class := migrations.Expand
		if strings.Contains(name, "contract") {
			class = migrations.Contract
		}
		files[name] = &fstest.MapFile{Data: []byte("-- class: " + string(class) + "\n-- +goose Up\n" + statement + ";\n")}
	}
	return files
}

// empty is a database without a schema.
func empty(t *testing.T) *sql.DB {
	t.Helper()
	db := open(t)
	if _, err := db.ExecContext(t.Context(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
		t.Fatal(err)
	}
	return db
}

func migration(version int64, name string, class migrations.Class) migrations.Migration {
	return migrations.Migration{Version: version, Name: name, Class: class}
}

// compare leaves out what a clock says.
func compare(t *testing.T, want, got migrations.Report) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(migrations.Applied{}, "DurationMS"), cmpopts.IgnoreFields(migrations.Report{}, "LockWaitedMS")); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

func tables(t *testing.T, db *sql.DB) string {
	t.Helper()
	var names string
	if err := db.QueryRowContext(t.Context(), "SELECT coalesce(string_agg(tablename, ' ' ORDER BY tablename), '') FROM pg_tables WHERE schemaname = 'public'").Scan(&names); err != nil {
		t.Fatal(err)
	}
	return names
}

func TestApplyTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	db := open(t)
	target, err := migrations.Target()
	if err != nil {
		t.Fatal(err)
	}
	got, err := migrations.Apply(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, migrations.Report{From: target, Current: target, Target: target}, got)
}

func TestADryRunChangesNothing(t *testing.T) {
	t.Parallel()
	db := empty(t)
	files := release(map[string]string{"1_a.sql": "CREATE TABLE a ()", "2_contract.sql": "CREATE TABLE b ()"})
	got, err := migrations.Run(t.Context(), db, files, migrations.Request{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	pending := []migrations.Migration{migration(1, "1_a.sql", migrations.Expand), migration(2, "2_contract.sql", migrations.Contract)}
	compare(t, migrations.Report{Target: 2, Pending: pending, DryRun: true}, got)
	if names := tables(t, db); names != "" {
		t.Errorf("there are tables: %s", names)
	}
}

func TestStepByStepToATarget(t *testing.T) {
	t.Parallel()
	db := empty(t)
	files := release(map[string]string{"1_a.sql": "CREATE TABLE a ()", "2_b.sql": "CREATE TABLE b ()", "3_contract.sql": "DROP TABLE a"})
	a, b, c := migration(1, "1_a.sql", migrations.Expand), migration(2, "2_b.sql", migrations.Expand), migration(3, "3_contract.sql", migrations.Contract)
	to := func(version int64) *int64 { return &version }
	steps := []struct {
		name    string
		request migrations.Request
		want    migrations.Report
		refused error
	}{
		{name: "a target between", request: migrations.Request{Target: to(1)}, want: migrations.Report{Current: 1, Target: 1, Applied: []migrations.Applied{{Migration: a}}}},
		{name: "both classes", want: migrations.Report{From: 1, Current: 1, Target: 3, Pending: []migrations.Migration{b, c}}, refused: migrations.ErrMixed},
		{name: "another class", request: migrations.Request{Class: migrations.Contract}, want: migrations.Report{From: 1, Current: 1, Target: 3, Pending: []migrations.Migration{b, c}}, refused: migrations.ErrClass},
		{name: "no class", request: migrations.Request{Target: to(2), Class: "both"}, want: migrations.Report{From: 1, Current: 1, Target: 2, Pending: []migrations.Migration{b}}, refused: migrations.ErrClass},
		{name: "an unknown target", request: migrations.Request{Target: to(4)}, want: migrations.Report{From: 1, Current: 1, Target: 4}, refused: migrations.ErrTarget},
		{name: "expansion", request: migrations.Request{Target: to(2), Class: migrations.Expand}, want: migrations.Report{From: 1, Current: 2, Target: 2, Applied: []migrations.Applied{{Migration: b}}}},
		{name: "backwards", request: migrations.Request{Target: to(1)}, want: migrations.Report{From: 2, Current: 2, Target: 1}, refused: migrations.ErrTarget},
		{name: "contraction", request: migrations.Request{Class: migrations.Contract}, want: migrations.Report{From: 2, Current: 3, Target: 3, Applied: []migrations.Applied{{Migration: c}}}},
	}
	for _, step := range steps {
		got, err := migrations.Run(t.Context(), db, files, step.request)
		if !errors.Is(err, step.refused) || err != nil && step.refused == nil {
			t.Errorf("%s: error %v, want %v", step.name, err, step.refused)
		}
		compare(t, step.want, got)
	}
	// The release before, as after a rollback: it leaves what is ahead as it is.
	got, err := migrations.Run(t.Context(), db, release(map[string]string{"1_a.sql": "CREATE TABLE a ()"}), migrations.Request{})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, migrations.Report{From: 3, Current: 3, Target: 1}, got)
}

func TestAFailureLeavesTheVersionBefore(t *testing.T) {
	t.Parallel()
	db := empty(t)
	files := release(map[string]string{
		"1_a.sql": "CREATE TABLE a ()",
		"2_b.sql": "CREATE TABLE b ();\nSELECT 1/0",
		"3_c.sql": "CREATE TABLE c ()",
	})
	got, err := migrations.Run(t.Context(), db, files, migrations.Request{})
	var failed *migrations.FailedError
	if !errors.As(err, &failed) || failed.Migration.Name != "2_b.sql" || failed.Current != 1 || !strings.Contains(err.Error(), "division by zero") {
		t.Errorf("error %v", err)
	}
	compare(t, migrations.Report{
		Current: 1, Target: 3, Applied: []migrations.Applied{{Migration: migration(1, "1_a.sql", migrations.Expand)}},
		Pending: []migrations.Migration{migration(2, "2_b.sql", migrations.Expand), migration(3, "3_c.sql", migrations.Expand)},
	}, got)
	if names := tables(t, db); names != "a goose_db_version" {
		t.Errorf("tables %q", names)
	}
	// Corrected, it goes on from there.
	files = release(map[string]string{"1_a.sql": "CREATE TABLE a ()", "2_b.sql": "CREATE TABLE b ()", "3_c.sql": "CREATE TABLE c ()"})
	if got, err = migrations.Run(t.Context(), db, files, migrations.Request{}); err != nil || got.From != 1 || got.Current != 3 {
		t.Errorf("after the correction: %+v, %v", got, err)
	}
}

func TestOfTwoRunsOneWaits(t *testing.T) {
	t.Parallel()
	db := empty(t)
	files := release(map[string]string{"1_a.sql": "CREATE TABLE a ();\nSELECT pg_sleep(0.5)"})
	reports, failures := make(chan migrations.Report, 2), make(chan error, 2)
	for range 2 {
		go func() {
			report, err := migrations.Run(t.Context(), db, files, migrations.Request{})
			reports <- report
			failures <- err
		}()
	}
	applied, waited := 0, int64(0)
	for range 2 {
		if err := <-failures; err != nil {
			t.Fatal(err)
		}
		report := <-reports
		applied += len(report.Applied)
		waited = max(waited, report.LockWaitedMS)
		if report.Current != 1 {
			t.Errorf("a run ended at version %d", report.Current)
		}
	}
	if applied != 1 || waited < 100 {
		t.Errorf("%d migrations applied, and the second run waited %d ms", applied, waited)
	}
}

// TestARunGivesUpWaiting shows that a lock which is held ends a run with its context
// and not later, and that the lock goes with the connection that holds it.
func TestARunGivesUpWaiting(t *testing.T) {
	t.Parallel()
	database := pgtest.New(t)
	holder, waiter := connect(t, database.Owner), connect(t, database.Owner)
	files := release(map[string]string{"9999_slow.sql": "SELECT pg_sleep(30)"})
	ended := make(chan error)
	running, stop := contextWithCancel(t)
	go func() {
		_, err := migrations.Run(running, holder, files, migrations.Request{})
		ended <- err
	}()
	waitFor(t, waiter, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid())")
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := migrations.Run(short, waiter, files, migrations.Request{}); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("beside another run: %v", err)
	}
	stop()
	if err := <-ended; err == nil {
		t.Error("the run that was stopped did not fail")
	}
	if report, err := migrations.Run(t.Context(), waiter, migrations.Files, migrations.Request{}); err != nil || len(report.Applied) > 0 {
		t.Errorf("afterwards: %+v, %v", report, err)
	}
}

func connect(t *testing.T, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func contextWithCancel(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, cancel
}

// waitFor asks until the answer is true.
func waitFor(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
		var yes bool
		if err := db.QueryRowContext(t.Context(), query).Scan(&yes); err != nil {
			t.Fatal(err)
		}
		if yes {
			return
		}
	}
	t.Fatalf("never true: %s", query)
}
