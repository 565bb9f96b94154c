// Package journal records deployments in the environment's bucket while they
// run: what each layer did and every resource as it is created, so that a
// killed run can be found, shown and resumed. Records hold addresses, types,
// actions and ids, never values of resources.
package journal

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// The record is the engine's; the journal writes it.
type (
	// Status is where a run stands.
	Status = engine.RunStatus
	// Record is what is kept about a run.
	Record = engine.Record
	// LayerRecord is what is kept about one layer of a run.
	LayerRecord = engine.LayerRecord
)

// The statuses that the journal itself deals with.
const (
	Pending     = engine.Pending
	Running     = engine.Running
	Succeeded   = engine.Succeeded
	Failed      = engine.Failed
	Interrupted = engine.Interrupted
	Skipped     = engine.Skipped
)

// TextLimit is the most that a record keeps of one text of a diagnostic, in
// bytes.
const TextLimit = 4096

// clone copies a record so that neither side sees the other's changes.
func clone(r Record) Record {
	r.Layers = slices.Clone(r.Layers)
	r.Notes = slices.Clone(r.Notes)
	return r
}

// Keys: deployments/<time>-<id>/… so that the order of names is that of time.
const (
	root       = "deployments/"
	timeLayout = "20060102T150405.000Z"
	recordName = "/record.json"
	eventsName = "/events.jsonl"
	chunksName = "/events/"
)

var validID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// folderOf gives the deployment's folder without a final slash.
func folderOf(r Record) string {
	return root + r.StartedAt.UTC().Format(timeLayout) + "-" + r.ID
}

// idOf gives the id in a record's key, or "" for another object's key.
func idOf(key string) string {
	name, isRecord := strings.CutSuffix(strings.TrimPrefix(key, root), recordName)
	if !isRecord || len(name) <= len(timeLayout)+1 || strings.Contains(name, "/") {
		return ""
	}
	return name[len(timeLayout)+1:]
}

func encodeRecord(r Record) ([]byte, error) {
	r = clone(r)
	if r.Layers == nil {
		r.Layers = []LayerRecord{}
	}
	for i := range r.Layers {
		r.Layers[i].Error = cut(r.Layers[i].Error)
	}
	body, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode deployment %s: %w", r.ID, err)
	}
	return append(body, '\n'), nil
}

func decodeRecord(key string, body []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(body, &r); err != nil {
		return Record{}, unreadable(key, &engine.BrokenRecordError{Key: key, Err: err})
	}
	return r, nil
}

func unreadable(key string, err error) error {
	return &problem.Error{
		Code: problem.BrokenRecord,
		What: key + " is not a deployment record of this tool",
		Next: "restore an earlier version of the object (the bucket is versioned) or delete it",
		Err:  err,
	}
}

// cut shortens a text to TextLimit bytes, between characters, and says so.
func cut(text string) string {
	const mark = " … (cut)"
	if len(text) <= TextLimit {
		return text
	}
	return strings.ToValidUTF8(text[:TextLimit-len(mark)], "") + mark
}
