package domain

import "time"

// MaxMinutes is the longest estimate of a task: a week.
const MaxMinutes = 7 * 24 * 60

// MaxTasks is how many tasks an action has before no more can be added by hand: all of
// them are in the answer that is the goal's chart.
const MaxTasks = 100

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
	Faults           `json:"-"`
	ActionID         Optional[string]     `json:"actionId"` // a task stays with the action it was made for
	Title            Optional[string]     `json:"title"`
	Description      Optional[string]     `json:"description"`
	Type             Optional[Type]       `json:"type"`
	Status           Optional[TaskStatus] `json:"status"`
	EstimatedMinutes Optional[int]        `json:"estimatedMinutes"`
	Deadline         Optional[string]     `json:"deadline"` // a date, read here so that a wrong one is a wrong field
}

// NewTask is a task with the fields of patch, which must name its action.
func NewTask(patch TaskPatch, now time.Time) (Task, error) {
	task := Task{Status: TaskNotStarted}
	var c checks
	task.ActionID = c.parent("actionId", patch.ActionID)
	patch.ActionID = Optional[string]{}
	return task, patch.With(c.with(task.Apply(patch, now)))
}

// Apply changes the task and keeps when it was completed, or leaves it as it was and
// gives a ValidationError.
func (t *Task) Apply(patch TaskPatch, now time.Time) error {
	next := *t
	patch.Title.set(&next.Title)
	patch.Description.set(&next.Description)
	patch.Type.set(&next.Type)
	if patch.EstimatedMinutes.Present {
		next.EstimatedMinutes = patch.EstimatedMinutes.Value
	}
	var c checks
	if id := needed(&c, "actionId", patch.ActionID); id != nil && ID(*id) != t.ActionID {
		c.add("actionId", CodeInvalid, "cannot be changed: a task stays with its action")
	}
	if patch.Deadline.Present {
		next.Deadline = c.date("deadline", patch.Deadline.Value)
	}
	if status := needed(&c, "status", patch.Status); status != nil && !t.Status.CanBecome(*status) {
		c.add("status", CodeTransition, "a task that is %s cannot become that", t.Status)
	} else if status != nil && *status != t.Status {
		next.Status, next.CompletedAt = *status, nil
		if next.Status == TaskCompleted {
			next.CompletedAt = &now
		}
	}
	if err := patch.With(c.with(next.Validate())); err != nil {
		return err
	}
	*t = next
	return nil
}

// parent reads the id of what something new belongs to.
func (c *checks) parent(field string, given Optional[string]) ID {
	if given.Value == nil {
		c.add(field, CodeRequired, "must be there")
		return ""
	}
	id, ok := ParseID(*given.Value)
	if !ok {
		c.add(field, CodeInvalid, notAnID)
		return ""
	}
	return id
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
