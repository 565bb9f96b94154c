package domain

import "time"

// MaxMinutes is the longest estimate of a task: a week.
const MaxMinutes = 7 * 24 * 60

// MaxNotes is how many notes a task has at most: all of them are one answer.
const MaxNotes = 100

// Validate holds the task's own fields to the rules.
func (t Task) Validate() error {
	var c checks
	c.text("title", t.Title, MaxTitle, true)
	c.text("description", t.Description, MaxText, false)
	c.kind(t.Type)
	if !t.Status.CanBecome(t.Status) {
		c.add("status", CodeUnknown, "must be one of %v", TaskStatuses())
	}
	if t.EstimatedMinutes != nil {
		c.between("estimatedMinutes", *t.EstimatedMinutes, 1, MaxMinutes)
	}
	return c.err()
}

// TaskPatch changes a task; what is absent stays. It also makes new tasks.
type TaskPatch struct {
	ActionID         *string          `json:"actionId"` // a task stays with the action it was made for
	Title            *string          `json:"title"`
	Description      *string          `json:"description"`
	Type             *Type            `json:"type"`
	Status           *TaskStatus      `json:"status"`
	EstimatedMinutes Optional[int]    `json:"estimatedMinutes"`
	Deadline         Optional[string] `json:"deadline"` // a date, read here so that a wrong one is a wrong field
}

// NewTask is a task with the fields of patch, which must name its action.
func NewTask(patch TaskPatch, now time.Time) (Task, error) {
	task := Task{Status: TaskNotStarted}
	var c checks
	if patch.ActionID == nil {
		c.add("actionId", CodeRequired, "must be there")
	} else if id, ok := ParseID(*patch.ActionID); ok {
		task.ActionID = id
	} else {
		c.add("actionId", CodeInvalid, notAnID)
		patch.ActionID = nil
	}
	return task, c.with(task.Apply(patch, now))
}

// Apply changes the task and keeps when it was completed, or leaves it as it was and
// gives a ValidationError.
func (t *Task) Apply(patch TaskPatch, now time.Time) error {
	next := *t
	set(&next.Title, patch.Title)
	set(&next.Description, patch.Description)
	set(&next.Type, patch.Type)
	if patch.EstimatedMinutes.Present {
		next.EstimatedMinutes = patch.EstimatedMinutes.Value
	}
	var c checks
	if patch.ActionID != nil && ID(*patch.ActionID) != t.ActionID {
		c.add("actionId", CodeInvalid, "cannot be changed: a task stays with its action")
	}
	if patch.Deadline.Present {
		next.Deadline = c.date("deadline", patch.Deadline.Value)
	}
	if patch.Status != nil && !t.Status.CanBecome(*patch.Status) {
		c.add("status", CodeTransition, "a task that is %s cannot become that", t.Status)
	} else if patch.Status != nil && *patch.Status != t.Status {
		next.Status, next.CompletedAt = *patch.Status, nil
		if next.Status == TaskCompleted {
			next.CompletedAt = &now
		}
	}
	if err := c.with(next.Validate()); err != nil {
		return err
	}
	*t = next
	return nil
}

// date reads a date that may be null.
func (c *checks) date(field string, text *string) *Date {
	if text == nil {
		return nil
	}
	date, err := ParseDate(*text)
	if err != nil {
		c.add(field, CodeInvalid, "must be a date such as 2026-11-23")
		return nil
	}
	return &date
}

// Validate holds the note to the rules.
func (n Note) Validate() error {
	var c checks
	c.text("body", n.Body, MaxText, true)
	return c.err()
}
