package journal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// concurrentReads bounds the records read at a time.
const concurrentReads = 8

// List gives up to limit deployments, the newest first; all for limit ≤ 0. It
// reads no more records than it gives. Records that cannot be read are left
// out and reported in the error beside the others; of one that is no record the
// error has an engine.BrokenRecordError.
func List(ctx context.Context, store engine.Store, limit int) ([]Record, error) {
	keys, err := recordKeys(ctx, store)
	if err != nil {
		return nil, err
	}
	slices.Reverse(keys)
	var records []Record
	var failures []error
	for len(keys) > 0 && (limit <= 0 || len(records) < limit) {
		count := min(concurrentReads, len(keys))
		if limit > 0 {
			count = min(count, limit-len(records))
		}
		batch := readAll(ctx, store, keys[:count])
		if ctx.Err() != nil {
			return records, context.Cause(ctx)
		}
		for _, each := range batch {
			if each.err != nil {
				failures = append(failures, each.err)
			} else {
				records = append(records, each.record)
			}
		}
		keys = keys[count:]
	}
	return records, errors.Join(failures...)
}

type outcome struct {
	record Record
	err    error
}

// readAll reads records side by side, and gives them in the order of the keys.
func readAll(ctx context.Context, store engine.Store, keys []string) []outcome {
	outcomes := make([]outcome, len(keys))
	var group errgroup.Group
	for i, key := range keys {
		group.Go(func() error {
			outcomes[i].record, _, outcomes[i].err = read(ctx, store, key)
			return nil
		})
	}
	_ = group.Wait() // each outcome has its own error
	return outcomes
}

// Load gives the deployment with an id, or engine.ErrNotFound.
func Load(ctx context.Context, store engine.Store, id string) (Record, error) {
	key, err := find(ctx, store, id)
	if err != nil {
		return Record{}, err
	}
	record, _, err := read(ctx, store, key)
	return record, err
}

// Amend changes the record of a run that is over or dead: that it was
// interrupted, or resumed by another. The run itself, if it lives after all,
// then fails at its next write.
func Amend(ctx context.Context, store engine.Store, id string, change func(*Record)) (Record, error) {
	key, err := find(ctx, store, id)
	if err != nil {
		return Record{}, err
	}
	for range 5 {
		record, etag, err := read(ctx, store, key)
		if err != nil {
			return Record{}, err
		}
		change(&record)
		body, err := encodeRecord(record)
		if err != nil {
			return Record{}, err
		}
		_, err = store.Put(ctx, key, body, engine.Condition{ETag: etag})
		if err == nil {
			return record, nil
		}
		if !errors.Is(err, engine.ErrPrecondition) {
			return Record{}, fmt.Errorf("amend deployment %s: %w", id, err)
		}
	}
	return Record{}, fmt.Errorf("amend deployment %s: its record keeps changing, so its run is alive", id)
}

// Events gives the recorded events of a deployment by layer, in the order in
// which they came.
func Events(ctx context.Context, store engine.Store, id string) (map[string][]engine.Event, error) {
	key, err := find(ctx, store, id)
	if err != nil {
		return nil, err
	}
	folder := strings.TrimSuffix(key, recordName)
	events := map[string][]engine.Event{}
	gathered, err := store.Get(ctx, folder+eventsName)
	if err == nil {
		return events, parse(folder+eventsName, gathered.Body, events)
	}
	if !errors.Is(err, engine.ErrNotFound) {
		return nil, fmt.Errorf("read events of deployment %s: %w", id, err)
	}
	chunks, err := store.List(ctx, folder+chunksName)
	if err != nil {
		return nil, fmt.Errorf("list events of deployment %s: %w", id, err)
	}
	slices.Sort(chunks)
	for _, chunk := range chunks {
		object, err := store.Get(ctx, chunk)
		if err != nil {
			return nil, fmt.Errorf("read events of deployment %s: %w", id, err)
		}
		if err := parse(chunk, object.Body, events); err != nil {
			return nil, err
		}
	}
	return events, nil
}

func parse(key string, body []byte, into map[string][]engine.Event) error {
	lines := bufio.NewScanner(bytes.NewReader(body))
	lines.Buffer(nil, 1<<20) // two texts of TextLimit, escaped, fit by far
	for lines.Scan() {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return unreadable(key, err)
		}
		into[l.Layer] = append(into[l.Layer], l.Event)
	}
	if err := lines.Err(); err != nil {
		return unreadable(key, err)
	}
	return nil
}

// recordKeys gives the keys of all records, oldest first.
func recordKeys(ctx context.Context, store engine.Store) ([]string, error) {
	keys, err := store.List(ctx, root)
	if err != nil {
		return nil, fmt.Errorf("list deployments: %w", err)
	}
	keys = slices.DeleteFunc(keys, func(key string) bool { return idOf(key) == "" })
	slices.Sort(keys)
	return keys, nil
}

func find(ctx context.Context, store engine.Store, id string) (string, error) {
	keys, err := recordKeys(ctx, store)
	if err != nil {
		return "", err
	}
	for _, key := range slices.Backward(keys) {
		if idOf(key) == id {
			return key, nil
		}
	}
	return "", fmt.Errorf("deployment %s: %w", id, engine.ErrNotFound)
}

func read(ctx context.Context, store engine.Store, key string) (Record, string, error) {
	object, err := store.Get(ctx, key)
	if err != nil {
		return Record{}, "", fmt.Errorf("read %s: %w", key, err)
	}
	record, err := decodeRecord(key, object.Body)
	return record, object.ETag, err
}
