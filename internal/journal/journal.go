package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Journal writes the record and the events of one running deployment. Only the
// run that started it writes it. It is safe for concurrent use.
type Journal struct {
	store  engine.Store
	now    func() time.Time
	folder string
	events *eventWriter

	mu     sync.Mutex
	record Record
	etag   string
	unsure [][]byte // bodies since the last answer that may have been stored
}

// Start writes a new deployment's record and opens its journal. An unset
// Status becomes running, an unset StartedAt now. The journal goes on when ctx
// is cancelled: what an interrupted Terraform still does is recorded too. End
// it with Finish or Close.
func Start(ctx context.Context, store engine.Store, record Record, now func() time.Time) (*Journal, error) {
	if !validID.MatchString(record.ID) {
		return nil, fmt.Errorf("start deployment: %q cannot be an id", record.ID)
	}
	if record.Status == "" {
		record.Status = Running
	}
	if record.StartedAt.IsZero() {
		record.StartedAt = now()
	}
	record.StartedAt = record.StartedAt.UTC()
	body, err := encodeRecord(record)
	if err != nil {
		return nil, err
	}
	key := folderOf(record) + recordName
	etag, err := store.Put(ctx, key, body, engine.Condition{Absent: true})
	if err != nil {
		object, getErr := store.Get(ctx, key) // the answer may have been lost
		if getErr != nil || !bytes.Equal(object.Body, body) {
			return nil, fmt.Errorf("record deployment %s: %w", record.ID, err)
		}
		etag = object.ETag
	}
	return &Journal{
		store: store, now: now, folder: folderOf(record), record: clone(record), etag: etag,
		events: newEventWriter(context.WithoutCancel(ctx), store, folderOf(record)),
	}, nil
}

// Record gives a copy of the record as it is now.
func (j *Journal) Record() Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return clone(j.record)
}

// Update changes the record and writes it. When the write fails the change
// stays and goes out with the next one. A record that someone else has written
// (they resumed this run, taking it for dead) gives MD0502 and is left alone.
func (j *Journal) Update(ctx context.Context, change func(*Record)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	change(&j.record)
	return j.save(ctx)
}

// UpdateLayer changes the record of one layer's stage and writes it; a layer
// not recorded yet is added as pending first.
func (j *Journal) UpdateLayer(ctx context.Context, name string, stage engine.Stage, change func(*LayerRecord)) error {
	return j.Update(ctx, func(r *Record) {
		layer := r.Layer(name, stage)
		if layer == nil {
			r.Layers = append(r.Layers, LayerRecord{Name: name, Stage: stage, Status: Pending})
			layer = &r.Layers[len(r.Layers)-1]
		}
		change(layer)
	})
}

// Note adds a line to the record.
func (j *Journal) Note(ctx context.Context, text string) error {
	return j.Update(ctx, func(r *Record) { r.Notes = append(r.Notes, cut(text)) })
}

// Event records one event of a layer. It never waits for the store. Progress
// events say nothing lasting and are left out; so are events after Close.
func (j *Journal) Event(layer string, event engine.Event) { j.events.add(layer, event) }

// EventError gives the error because of which events are waiting to be
// written, or nil while all is well.
func (j *Journal) EventError() error { return j.events.failure() }

// Close writes the events that are left and ends the journal; the record keeps
// its status. It waits for the store until ctx is done.
func (j *Journal) Close(ctx context.Context) error { return j.events.close(ctx) }

// Finish closes the journal, gathers its events into one object and writes the
// final status. The status is written also when the events could not be.
func (j *Journal) Finish(ctx context.Context, status Status) error {
	err := j.events.close(ctx)
	if err == nil {
		err = j.events.compact(ctx)
	}
	return errors.Join(err, j.Update(ctx, func(r *Record) {
		r.Status = status
		r.EndedAt = j.now().UTC()
	}))
}

// save writes the record on the condition that it is the one written last.
func (j *Journal) save(ctx context.Context) error {
	body, err := encodeRecord(j.record)
	if err != nil {
		return err
	}
	key := j.folder + recordName
	etag, err := j.store.Put(ctx, key, body, engine.Condition{ETag: j.etag})
	if errors.Is(err, engine.ErrPrecondition) {
		object, getErr := j.store.Get(ctx, key)
		if getErr != nil && !errors.Is(getErr, engine.ErrNotFound) {
			return fmt.Errorf("record deployment %s: %w", j.record.ID, getErr)
		}
		j.unsure = append(j.unsure, body) // a retry inside the store may have met its own first write
		if getErr != nil || !j.wrote(object.Body) {
			return &problem.Error{
				Code: problem.LeaseLost,
				What: fmt.Sprintf("environment %s: the record of deployment %s was changed by another run", j.record.Environment, j.record.ID),
			}
		}
		etag, err = j.store.Put(ctx, key, body, engine.Condition{ETag: object.ETag})
	}
	if err != nil {
		j.unsure = append(j.unsure, body)
		return fmt.Errorf("record deployment %s: %w", j.record.ID, err)
	}
	j.etag, j.unsure = etag, nil
	return nil
}

// wrote tells whether a body is one of those whose answer got lost.
func (j *Journal) wrote(body []byte) bool {
	for _, sent := range j.unsure {
		if bytes.Equal(sent, body) {
			return true
		}
	}
	return false
}
