// Package migrations holds the database's schema: SQL files that go forward only, each
// of a class that says when it may be released, and what applies them.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Files are the migrations of this release.
//
//go:embed *.sql
var Files embed.FS

// Report is what a run of Apply found and did.
type Report struct {
	From    int64    `json:"from"` // schema version before; 0 is an empty database
	To      int64    `json:"to"`   // schema version after
	Applied []string `json:"applied"`
}

// Target is the schema version of this release.
func Target() (int64, error) {
	all, err := List(Files)
	if err != nil {
		return 0, err
	}
	return all[len(all)-1].Version, nil
}

// Apply brings the database forward to this release's version, under an advisory lock
// so that two at once do it one after the other. db must belong to the tables' owner.
// It refuses a mixed release (ErrMixed) before it changes anything. A database that is
// ahead, as after a rollback, is left as it is.
func Apply(ctx context.Context, db *sql.DB) (Report, error) {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return Report{}, fmt.Errorf("migrate: make the advisory lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, Files, goose.WithSessionLocker(locker))
	if err != nil {
		return Report{}, fmt.Errorf("migrate: read the migrations: %w", err)
	}
	all, err := List(Files)
	if err != nil {
		return Report{}, err
	}
	from, err := provider.GetDBVersion(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("migrate: read the schema's version: %w", err)
	}
	report := Report{From: from, To: from, Applied: []string{}}
	pending := Pending(all, from)
	// An empty database has no release before that could break.
	if from > 0 {
		if err := CheckRelease(pending); err != nil {
			return report, err
		}
	}
	if len(pending) == 0 {
		return report, nil
	}
	results, err := provider.Up(ctx)
	for _, result := range results {
		if result.Error == nil {
			report.Applied = append(report.Applied, result.Source.Path)
			report.To = result.Source.Version
		}
	}
	if err != nil {
		return report, fmt.Errorf("migrate: from version %d: %w", from, err)
	}
	return report, nil
}
