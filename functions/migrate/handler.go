package main

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/rdsauth"
	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
	"github.com/goal-mandala/mandala-deploy/functions/migrations"
)

// secrets reads the master user's secret, which RDS makes and rotates.
type secrets interface {
	Field(ctx context.Context, id, field string) (secret.Value, error)
	Forget(id string)
}

// handler brings the schema forward.
type handler struct {
	database  config.Database // where it is; the user is the secret's
	files     fs.FS
	logger    *slog.Logger
	secretARN string
	secrets   secrets
}

// connectTimeout is for one attempt to connect: a database that has scaled down to
// nothing needs some seconds.
const connectTimeout = 15 * time.Second

// endBefore is how long before Lambda's deadline a run ends by itself, so that what is
// under way is rolled back and the lock released.
const endBefore = 10 * time.Second

// InvalidInputError is an event that says something that is not understood.
type InvalidInputError struct{ Reason string }

func (e *InvalidInputError) Error() string { return e.Reason }

// Handle runs one event. What it gives with an error never reaches the caller, who
// finds out from the error which migration failed and at which version the schema is.
func (h *handler) Handle(ctx context.Context, event json.RawMessage) (migrations.Report, error) {
	ctx = telemetry.WithRequest(ctx, telemetry.Request{})
	request, err := parse(event)
	if err != nil {
		return migrations.Report{}, err
	}
	if deadline, found := ctx.Deadline(); found {
		limited, cancel := context.WithDeadline(ctx, deadline.Add(-endBefore))
		defer cancel()
		ctx = limited
	}
	report, err := h.run(ctx, request)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "28P01" { // a wrong password: it was rotated since it was read
		h.secrets.Forget(h.secretARN)
		report, err = h.run(ctx, request)
	}
	if err != nil {
		h.logger.ErrorContext(ctx, "migration failed", "report", report, "error", err)
		return report, unwrapped(err)
	}
	h.logger.InfoContext(ctx, "migrated", "report", report)
	return report, nil
}

// parse reads an event. A misspelt "dry_run" must not change a database, so that
// unknown fields are errors; no event at all is an empty one.
func parse(event json.RawMessage) (migrations.Request, error) {
	var request migrations.Request
	if trimmed := bytes.TrimSpace(event); len(trimmed) == 0 || bytes.Equal(trimmed, []byte("null")) {
		return request, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(event))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&request)
	if err == nil {
		err = exact(event)
	}
	if err != nil {
		return request, &InvalidInputError{Reason: `the event is not {"target": 3, "dry_run": false, "class": "expand"}, all of them optional: ` + err.Error()}
	}
	return request, nil
}

// exact refuses what encoding/json takes: names in other cases, and more after the object.
func exact(event json.RawMessage) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(event, &fields); err != nil {
		return err
	}
	for name := range fields {
		if !slices.Contains([]string{"target", "dry_run", "class"}, name) {
			return fmt.Errorf("unknown field %q", name)
		}
	}
	return nil
}

// unwrapped is a failed migration as itself: Lambda names an error by its type.
func unwrapped(err error) error {
	var failed *migrations.FailedError
	if errors.As(err, &failed) {
		return failed
	}
	return err
}

func (h *handler) run(ctx context.Context, request migrations.Request) (migrations.Report, error) {
	db, err := h.open(ctx)
	if err != nil {
		return migrations.Report{}, err
	}
	defer db.Close()
	return migrations.Run(ctx, db, h.files, request)
}

// open signs in as the master user, whose name and password are in the secret.
func (h *handler) open(ctx context.Context) (*sql.DB, error) {
	user, err := h.secrets.Field(ctx, h.secretARN, "username")
	if err != nil {
		return nil, err
	}
	password, err := h.secrets.Field(ctx, h.secretARN, "password")
	if err != nil {
		return nil, err
	}
	settings, err := pgx.ParseConfig("sslmode=disable")
	if err != nil {
		return nil, fmt.Errorf("configure the database: %w", err)
	}
	settings.Host, settings.Port, settings.Database = h.database.Host, h.database.Port, h.database.Name
	settings.User, settings.Password = user.Reveal(), password.Reveal()
	settings.TLSConfig, settings.Fallbacks = nil, nil
	settings.ConnectTimeout = connectTimeout
	settings.RuntimeParams = map[string]string{
		"application_name": function,
		// A migration that waits for a table keeps all who come later waiting, too.
		"lock_timeout": "10000",
		"timezone":     "UTC",
	}
	if h.database.TLS {
		var extra []byte
		if h.database.CAFile != "" {
			if extra, err = os.ReadFile(h.database.CAFile); err != nil {
				return nil, fmt.Errorf("read DATABASE_CA_FILE: %w", err)
			}
		}
		if settings.TLSConfig, err = rdsauth.TLS(h.database.Host, extra); err != nil {
			return nil, err
		}
	}
	return sql.OpenDB(patient{stdlib.GetConnector(*settings)}), nil
}

// connectionWait is how long it waits where the application has all the connections that
// there may be (R6.2); they are given back within seconds.
const connectionWait = 30 * time.Second

// patient connects again where there are too many connections.
type patient struct{ driver.Connector }

func (p patient) Connect(ctx context.Context) (driver.Conn, error) {
	for end := time.Now().Add(connectionWait); ; {
		connection, err := p.Connector.Connect(ctx)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "53300" || time.Now().After(end) { // too_many_connections
			return connection, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(time.Second/4 + rand.N(time.Second/4)): //nolint:gosec // no secret
		}
	}
}
