package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

// Limits of an invocation: less than its state waits for (modules/workflow/README.md),
// so that what is given up there does not go on here.
const (
	TaskLimit       = 25 * time.Second
	GenerationLimit = 110 * time.Second
)

// Handler makes a function of do: it decodes the event and validates it, ends do after
// the limit, and gives errors the names that the states know.
func Handler[In interface{ Validate() error }, Out any](
	logger *slog.Logger, limit time.Duration, do func(context.Context, In) (Out, error),
) func(context.Context, json.RawMessage) (Out, error) {
	return func(ctx context.Context, event json.RawMessage) (Out, error) {
		ctx, cancel := context.WithTimeout(telemetry.WithRequest(ctx, telemetry.Request{}), limit)
		defer cancel()
		var in In
		var out Out
		err := decode(event, &in)
		if err == nil {
			err = in.Validate()
		}
		if err == nil {
			out, err = do(ctx, in)
		}
		if err == nil {
			return out, nil
		}
		named := Named(err)
		level := slog.LevelError
		var invalid *InvalidInputError
		var conflict *ConflictError
		if errors.As(named, &invalid) || errors.As(named, &conflict) {
			level = slog.LevelWarn // not the function's fault
		}
		logger.Log(ctx, level, "failed", "error", err)
		return out, named
	}
}

// decode does not give the decoder's error, which quotes the input.
func decode(event json.RawMessage, in any) error {
	if json.Unmarshal(event, in) != nil {
		return &InvalidInputError{"the input is not the JSON that is expected"}
	}
	return nil
}
