package domain

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Optional is a field of a patch that can be absent, null or a value.
type Optional[T any] struct {
	Present bool
	Value   *T // nil is null
}

// UnmarshalJSON is called for fields that are there, null included.
func (o *Optional[T]) UnmarshalJSON(data []byte) error {
	o.Present = true
	if bytes.Equal(data, []byte("null")) {
		o.Value = nil
		return nil
	}
	o.Value = new(T)
	return json.Unmarshal(data, o.Value)
}

// Some is a field that has the value.
func Some[T any](value T) Optional[T] { return Optional[T]{Present: true, Value: &value} }

// set changes target to what the field has, if it is there. Null is nothing, such as
// the empty text, which is for a Validate to allow.
func (o Optional[T]) set(target *T) {
	if !o.Present {
		return
	}
	var value T
	if o.Value != nil {
		value = *o.Value
	}
	*target = value
}

func set[T any](target, value *T) {
	if value != nil {
		*target = *value
	}
}

// needed is the value of a field that must not be null; nil where it is absent or wrong.
func needed[T any](c *checks, field string, o Optional[T]) *T {
	if o.Present && o.Value == nil {
		c.add(field, CodeRequired, "must not be null")
	}
	return o.Value
}

// GoalPatch changes a goal; what is absent stays. It also makes new goals.
type GoalPatch struct {
	Faults      `json:"-"`
	Title       Optional[string]     `json:"title"`
	Description Optional[string]     `json:"description"`
	Deadline    Optional[string]     `json:"deadline"` // a date, read here so that a wrong one is a wrong field
	Background  Optional[string]     `json:"background"`
	Constraints Optional[string]     `json:"constraints"`
	Status      Optional[GoalStatus] `json:"status"`
}

// NewGoal is a draft with the fields of patch, which may not name a status but draft.
func NewGoal(patch GoalPatch, today Date) (Goal, error) {
	goal := Goal{Status: GoalDraft}
	return goal, goal.Apply(patch, today)
}

// Apply changes the goal as a user may. It gives a ValidationError with all that is
// wrong, and leaves the goal as it was then.
func (g *Goal) Apply(patch GoalPatch, today Date) error {
	next := *g
	patch.Title.set(&next.Title)
	patch.Description.set(&next.Description)
	patch.Background.set(&next.Background)
	patch.Constraints.set(&next.Constraints)
	var c checks
	if patch.Deadline.Present {
		next.Deadline = c.date("deadline", patch.Deadline.Value)
		if g.Deadline == nil || next.Deadline == nil || *g.Deadline != *next.Deadline {
			c.future("deadline", next.Deadline, today)
		}
	}
	if status := needed(&c, "status", patch.Status); status != nil {
		if !g.Status.CanBecome(*status, ByUser) {
			c.add("status", CodeTransition, "a goal that is %s cannot become that", g.Status)
		} else {
			next.Status = *status
		}
	}
	if err := patch.With(c.with(next.Validate())); err != nil {
		return err
	}
	*g = next
	return nil
}

// with adds what a Validate found.
func (c checks) with(err error) error {
	var found *ValidationError
	if errors.As(err, &found) {
		return checks(append(found.Fields, c...)).err()
	}
	return c.err()
}
