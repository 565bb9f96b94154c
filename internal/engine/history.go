package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// BrokenRecordError is an object of the bucket that should be a deployment's
// record and is none.
type BrokenRecordError struct {
	Key string // of the object
	Err error
}

func (e *BrokenRecordError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *BrokenRecordError) Unwrap() error { return e.Err }

// History is what was done to an environment.
type History struct {
	Environment string
	Deployments []Record // newest first
	Broken      []string // keys of records that cannot be read, newest first
}

// History gives up to limit deployments, newest first; all for limit ≤ 0. A
// record that cannot be read hides no other.
func (e *Engine) History(ctx context.Context, limit int) (*History, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	records, err := e.Journals.List(ctx, limit)
	broken, err := brokenRecords(err)
	if err != nil {
		return nil, err
	}
	return &History{Environment: e.name(), Deployments: records, Broken: broken}, nil
}

// brokenRecords takes the records that cannot be read out of an error.
func brokenRecords(err error) (keys []string, rest error) {
	if err == nil {
		return nil, nil
	}
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	var others []error
	for _, each := range all {
		var broken *BrokenRecordError
		if errors.As(each, &broken) {
			keys = append(keys, broken.Key)
		} else {
			others = append(others, each)
		}
	}
	return keys, errors.Join(others...)
}

// DeploymentByID gives one deployment, by its id or by the beginning of it where
// that is no other's.
func (e *Engine) DeploymentByID(ctx context.Context, id string) (*Record, error) {
	history, err := e.History(ctx, 0)
	if err != nil {
		return nil, err
	}
	const least = 4 // fewer characters say nothing
	var begun []*Record
	for i := range history.Deployments {
		record := &history.Deployments[i]
		if record.ID == id {
			return record, nil
		}
		if len(id) >= least && strings.HasPrefix(record.ID, id) {
			begun = append(begun, record)
		}
	}
	switch len(begun) {
	case 0:
	case 1:
		return begun[0], nil
	default:
		return nil, &problem.Error{Code: problem.UnknownDeployment,
			What: fmt.Sprintf("environment %s has %d deployments whose id begins with %s", e.name(), len(begun), id),
			Next: fmt.Sprintf("write more of it: %s or %s", begun[0].ID, begun[1].ID)}
	}
	for _, key := range history.Broken {
		if strings.Contains(key, "-"+id+"/") {
			return nil, &problem.Error{Code: problem.BrokenRecord, What: fmt.Sprintf("the record of deployment %s of %s (%s) cannot be read", id, e.name(), key)}
		}
	}
	return nil, &problem.Error{Code: problem.UnknownDeployment,
		What: fmt.Sprintf("environment %s has no deployment %s%s", e.name(), id, nearestID(id, history.Deployments))}
}

// nearestID gives ` (did you mean x?)` for the id that may have been meant.
func nearestID(id string, records []Record) string {
	const slips = 3
	nearest, least := "", slips+1
	for _, record := range records {
		if d := levenshtein.Distance(id, record.ID, nil); d < least && d < len(record.ID) {
			nearest, least = record.ID, d
		}
	}
	if nearest == "" {
		return ""
	}
	return " (did you mean " + nearest + "?)"
}
