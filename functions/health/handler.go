package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
)

// databaseTimeout is how long the database may take: load balancers and people wait.
const databaseTimeout = 2 * time.Second

// schema is what the handler asks of the database.
type schema interface {
	SchemaVersion(context.Context) (int64, error)
}

// handler answers GET /health.
type handler struct {
	database  schema
	generator string
	logger    *slog.Logger
	release   string
	target    int64 // schema version of this release
	timeout   time.Duration
}

// The states. Degraded answers, but not everything works.
const (
	stateOK       = "ok"
	stateDegraded = "degraded"
)

type health struct {
	Status    string   `json:"status"` // ok or degraded
	Version   string   `json:"version"`
	Generator string   `json:"generator"` // bedrock, or offline
	Database  database `json:"database"`
}

type database struct {
	Status string `json:"status"` // ok, unreachable, or behind: migrations are missing
	// SchemaVersion is null where the database does not answer. One that is ahead of the
	// target is fine: migrations never break the release before.
	SchemaVersion *int64 `json:"schemaVersion"`
	SchemaTarget  int64  `json:"schemaTarget"`
}

// Get answers 200, or 503 when the application is degraded. What is wrong in detail is
// in the log: anybody may ask this.
func (h handler) Get(ctx context.Context, _ *httpapi.Request) (httpapi.Response, error) {
	answer := health{Status: stateOK, Version: h.release, Generator: h.generator, Database: database{Status: "ok", SchemaTarget: h.target}}
	limited, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	version, err := h.database.SchemaVersion(limited)
	switch {
	case err != nil:
		h.logger.ErrorContext(ctx, "the database does not answer", "error", err)
		answer.Status, answer.Database.Status = stateDegraded, "unreachable"
	case version < h.target:
		answer.Status, answer.Database.Status, answer.Database.SchemaVersion = stateDegraded, "behind", &version
	default:
		answer.Database.SchemaVersion = &version
	}
	response := httpapi.OK(answer)
	if answer.Status != stateOK {
		response.Status = http.StatusServiceUnavailable
	}
	return response, nil
}
