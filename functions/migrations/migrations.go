// Package migrations holds the database's schema: SQL files that go forward only, each
// of a class that says when it may be released, and what applies them.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

// Files are the migrations of this release.
//
//go:embed *.sql
var Files embed.FS

// Request says what Run is to do; empty, it applies all that is pending.
type Request struct {
	// Target is the version to end at; nil is this release's. It is never lower than the
	// schema's present version.
	Target *int64 `json:"target,omitempty"`
	DryRun bool   `json:"dry_run,omitempty"` // says what would be applied, and changes nothing
	// Class is what the caller expects to be released; "" takes either. A migration of
	// the other class refuses the whole run.
	Class Class `json:"class,omitempty"`
}

// Report is what a run found and did.
type Report struct {
	From         int64       `json:"from"`    // schema version before; 0 is an empty database
	Current      int64       `json:"current"` // schema version after
	Target       int64       `json:"target"`
	Applied      []Applied   `json:"applied"`
	Pending      []Migration `json:"pending"` // what is still to be applied up to the target
	DryRun       bool        `json:"dry_run"`
	LockWaitedMS int64       `json:"lock_waited_ms"` // for another run to end
}

// Applied is a migration that was applied.
type Applied struct {
	Migration
	DurationMS int64 `json:"duration_ms"`
}

var (
	// ErrClass refuses a run whose migrations are not of the class that was asked for.
	ErrClass = errors.New("not of the class that was asked for")
	// ErrTarget refuses a target that no migration has, or that lies behind.
	ErrTarget = errors.New("the schema cannot be brought to the target")
)

// FailedError is a migration that failed. It was rolled back: the schema stays at
// the version of the migration before it.
type FailedError struct {
	Migration Migration
	Current   int64
	Cause     error
}

func (e *FailedError) Error() string {
	return fmt.Sprintf("migration %s failed and was rolled back, the schema is at version %d: %v", e.Migration.Name, e.Current, e.Cause)
}

func (e *FailedError) Unwrap() error { return e.Cause }

// Target is the schema version of this release.
func Target() (int64, error) {
	all, err := List(Files)
	if err != nil {
		return 0, err
	}
	return all[len(all)-1].Version, nil
}

// Apply brings the database forward to this release's version.
func Apply(ctx context.Context, db *sql.DB) (Report, error) {
	return Run(ctx, db, Files, Request{})
}

// Run brings the database forward by the migrations in files. db must belong to the
// tables' owner and give two connections: one holds an advisory lock, so that of two
// runs at once the second waits until ctx ends, and then finds nothing to do. What is
// refused (ErrMixed, ErrClass, ErrTarget) is refused before anything changes. A
// database that is ahead, as after a rollback, is left as it is. With an error the
// report tells what was done until then.
func Run(ctx context.Context, db *sql.DB, files fs.FS, request Request) (report Report, err error) {
	all, err := List(files)
	if err != nil {
		return Report{}, err
	}
	unlock, waited, err := lock(ctx, db)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	from, err := version(ctx, db)
	if err != nil {
		return Report{}, err
	}
	report = Report{
		From: from, Current: from, DryRun: request.DryRun, LockWaitedMS: waited.Milliseconds(),
		Applied: []Applied{}, Pending: []Migration{},
	}
	if report.Target, err = target(all, from, request.Target); err != nil {
		return report, err
	}
	pending := Pending(upTo(all, report.Target), from)
	report.Pending = append(report.Pending, pending...)
	if err := check(pending, from, request.Class); err != nil || request.DryRun || len(pending) == 0 {
		return report, err
	}
	return report, apply(ctx, db, files, &report)
}

// target is the version to end at.
func target(all []Migration, from int64, asked *int64) (int64, error) {
	if len(all) == 0 {
		return 0, fmt.Errorf("this release has no migrations: %w", ErrTarget)
	}
	if asked == nil {
		return all[len(all)-1].Version, nil
	}
	if *asked < from {
		return *asked, fmt.Errorf("the schema is at version %d and goes forward only, not to %d: %w", from, *asked, ErrTarget)
	}
	for _, migration := range all {
		if migration.Version == *asked {
			return *asked, nil
		}
	}
	return *asked, fmt.Errorf("this release has no migration %d, its last one is %s: %w", *asked, all[len(all)-1].Name, ErrTarget)
}

func upTo(all []Migration, version int64) []Migration {
	var some []Migration
	for _, migration := range all {
		if migration.Version <= version {
			some = append(some, migration)
		}
	}
	return some
}

// check refuses what may not be released together, and what nobody asked for.
func check(pending []Migration, from int64, class Class) error {
	if class != "" && class != Expand && class != Contract {
		return fmt.Errorf("%q is neither %s nor %s: %w", class, Expand, Contract, ErrClass)
	}
	for _, migration := range pending {
		if class != "" && migration.Class != class {
			return fmt.Errorf("%s is to %s, but the run is to %s: %w", migration.Name, migration.Class, class, ErrClass)
		}
	}
	if from == 0 { // an empty database has no release before that could break
		return nil
	}
	return CheckRelease(pending)
}

// apply applies the report's pending migrations, each in a transaction of its own.
func apply(ctx context.Context, db *sql.DB, files fs.FS, report *Report) error {
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		return fmt.Errorf("migrate: read the migrations: %w", err)
	}
	results, err := provider.UpTo(ctx, report.Target)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	for _, result := range results {
		report.Applied = append(report.Applied, Applied{report.Pending[0], result.Duration.Milliseconds()})
		report.Current, report.Pending = report.Pending[0].Version, report.Pending[1:]
	}
	if partial != nil {
		return &FailedError{Migration: report.Pending[0], Current: report.Current, Cause: partial.Err}
	}
	if err != nil {
		return fmt.Errorf("migrate: from version %d: %w", report.From, err)
	}
	return nil
}

// lockID is the advisory lock of all runs on a database, whatever their release. The
// number means nothing.
const lockID = 7202611240

// lock waits for the advisory lock, which belongs to a connection: it ends with it,
// also when this process is killed.
func lock(ctx context.Context, db *sql.DB) (unlock func() error, waited time.Duration, err error) {
	connection, err := db.Conn(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("migrate: connect to the database: %w", err)
	}
	started := time.Now()
	// A lock_timeout of the session is meant for tables, and not for this.
	if _, err := connection.ExecContext(ctx, "SET lock_timeout = 0"); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("migrate: prepare to wait: %w", err), connection.Close())
	}
	if _, err := connection.ExecContext(ctx, "SELECT pg_advisory_lock($1)", lockID); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("migrate: wait for another run to end: %w", err), connection.Close())
	}
	return func() error {
		// A context that is over must not keep the lock.
		_, err := connection.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", lockID)
		if err == nil {
			_, err = connection.ExecContext(context.WithoutCancel(ctx), "RESET lock_timeout")
		}
		if err != nil {
			err = fmt.Errorf("migrate: release the lock: %w", err)
		}
		return errors.Join(err, connection.Close())
	}, time.Since(started), nil
}

// version is the schema's version: the last migration that was applied; 0 where there
// never was one. It makes no table, so that a dry run changes nothing.
func version(ctx context.Context, db *sql.DB) (int64, error) {
	var exists bool
	if err := db.QueryRowContext(ctx, "SELECT to_regclass('goose_db_version') IS NOT NULL").Scan(&exists); err != nil {
		return 0, fmt.Errorf("migrate: look for the schema's version: %w", err)
	}
	if !exists {
		return 0, nil
	}
	var last int64
	if err := db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&last); err != nil {
		return 0, fmt.Errorf("migrate: read the schema's version: %w", err)
	}
	return last, nil
}
