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
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Status says how a deployment or a layer of it stands.
type Status string

// Deployments are running, succeeded, failed or interrupted; layers also
// pending or skipped.
const (
	Pending     Status = "pending"
	Running     Status = "running"
	Succeeded   Status = "succeeded"
	Failed      Status = "failed"
	Interrupted Status = "interrupted"
	Skipped     Status = "skipped"
)

// Record is one deployment. Times are UTC.
type Record struct {
	ID             string        `json:"id"` // letters, digits, '.', '_' and '-'
	Environment    string        `json:"environment"`
	Operation      string        `json:"operation"` // apply, destroy …
	Status         Status        `json:"status"`
	Release        string        `json:"release,omitempty"`
	StartedAt      time.Time     `json:"started_at"`
	EndedAt        time.Time     `json:"ended_at,omitzero"`
	User           string        `json:"user,omitempty"`
	Host           string        `json:"host,omitempty"`
	CIRun          string        `json:"ci_run,omitempty"` // URL
	ApprovalDigest string        `json:"approval_digest,omitempty"`
	Layers         []LayerRecord `json:"layers"`
	ResumedFrom    string        `json:"resumed_from,omitempty"` // id of the run that this one goes on with
	ResumedBy      string        `json:"resumed_by,omitempty"`   // id of the run that went on with this one
	Notes          []string      `json:"notes,omitempty"`
}

// LayerRecord is what one stage of a deployment did to one layer. A layer has
// several records when its deletions are staged before its creations.
type LayerRecord struct {
	Name         string         `json:"name"`
	Stage        string         `json:"stage,omitempty"`
	Status       Status         `json:"status"`
	StartedAt    time.Time      `json:"started_at,omitzero"`
	EndedAt      time.Time      `json:"ended_at,omitzero"`
	Process      engine.Process `json:"process,omitzero"` // the Terraform that works on it
	StateLockID  string         `json:"state_lock_id,omitempty"`
	SerialBefore int64          `json:"serial_before,omitempty"` // of the layer's state; 0: it had none
	SerialAfter  int64          `json:"serial_after,omitempty"`
	Error        string         `json:"error,omitempty"` // cut at TextLimit
}

// TextLimit is the most that a record keeps of one text of a diagnostic, in
// bytes.
const TextLimit = 4096

// Unfinished reports whether the deployment left something to resume: it never
// ended, was interrupted, or failed with layers still to do.
func (r Record) Unfinished() bool {
	switch r.Status {
	case Running, Interrupted:
		return true
	case Failed:
		return slices.ContainsFunc(r.Layers, func(l LayerRecord) bool {
			return l.Status == Pending || l.Status == Running || l.Status == Interrupted
		})
	default:
		return false
	}
}

// Layer gives the record of a layer's stage, to be changed in place inside an
// update, or nil.
func (r *Record) Layer(name, stage string) *LayerRecord {
	for i := range r.Layers {
		if r.Layers[i].Name == name && r.Layers[i].Stage == stage {
			return &r.Layers[i]
		}
	}
	return nil
}

func (r Record) clone() Record {
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

// folder gives the deployment's folder without a final slash.
func (r Record) folder() string {
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
	r = r.clone()
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
		return Record{}, unreadable(key, err)
	}
	return r, nil
}

func unreadable(key string, err error) error {
	return &problem.Error{
		Code: problem.StorageFailed,
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
