package journal

import (
	"context"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Journals keeps the records of one environment; it implements
// engine.Journals.
type Journals struct {
	store engine.Store
	now   func() time.Time
}

var _ engine.Journals = Journals{}

// Of gives the journals of the environment whose bucket store is.
func Of(store engine.Store, now func() time.Time) Journals { return Journals{store: store, now: now} }

// Start opens a run's journal; see the function Start.
func (j Journals) Start(ctx context.Context, record Record) (engine.Journal, error) {
	started, err := Start(ctx, j.store, record, j.now)
	if err != nil {
		return nil, err
	}
	return started, nil
}

// List gives the newest records; see the function List.
func (j Journals) List(ctx context.Context, limit int) ([]Record, error) {
	return List(ctx, j.store, limit)
}

// Events gives a run's events by layer.
func (j Journals) Events(ctx context.Context, id string) (map[string][]engine.Event, error) {
	return Events(ctx, j.store, id)
}

// Amend changes the record of an ended or dead run.
func (j Journals) Amend(ctx context.Context, id string, change func(*Record)) error {
	_, err := Amend(ctx, j.store, id, change)
	return err
}
