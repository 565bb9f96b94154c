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

func set[T any](target, value *T) {
	if value != nil {
		*target = *value
	}
}

// GoalPatch changes a goal; what is absent stays. It also makes new goals.
type GoalPatch struct {
	Title       *string          `json:"title"`
	Description *string          `json:"description"`
	Deadline    Optional[string] `json:"deadline"` // a date, read here so that a wrong one is a wrong field
	Background  *string          `json:"background"`
	Constraints *string          `json:"constraints"`
	Status      *GoalStatus      `json:"status"`
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
	set(&next.Title, patch.Title)
	set(&next.Description, patch.Description)
	set(&next.Background, patch.Background)
	set(&next.Constraints, patch.Constraints)
	var c checks
	if patch.Deadline.Present {
		next.Deadline = c.date("deadline", patch.Deadline.Value)
		if g.Deadline == nil || next.Deadline == nil || *g.Deadline != *next.Deadline {
			c.future("deadline", next.Deadline, today)
		}
	}
	if patch.Status != nil && !g.Status.CanBecome(*patch.Status, ByUser) {
		c.add("status", CodeTransition, "a goal that is %s cannot become that", g.Status)
	} else {
		set(&next.Status, patch.Status)
	}
	if err := c.with(next.Validate()); err != nil {
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
