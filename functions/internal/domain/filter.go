package domain

import (
	"bytes"
	"errors"
	"slices"
	"strings"
)

// TaskSort is the order of a listing of tasks.
type TaskSort string

// The orders: soonest deadline first and tasks without one last, or latest made first.
const (
	SortByDeadline TaskSort = "deadline"
	SortByCreation TaskSort = "created"
)

// TaskFilter says which tasks are meant, and in which order; what is empty does not
// restrict. Its JSON is what a saved view keeps.
type TaskFilter struct {
	GoalID   ID             `json:"goalId,omitempty"`
	ActionID ID             `json:"actionId,omitempty"`
	Statuses []TaskStatus   `json:"status,omitempty"` // any of them
	Deadline DeadlineFilter `json:"deadline,omitempty"`
	Sort     TaskSort       `json:"sort,omitempty"` // SortByDeadline where empty
}

// ParseTaskFilter reads the JSON of a filter. Whatever the text is, the error is a
// ValidationError that names fields of the filter, or "" for the filter itself.
func ParseTaskFilter(text []byte) (TaskFilter, error) {
	if trimmed := bytes.TrimSpace(text); len(trimmed) == 0 || trimmed[0] != '{' {
		return TaskFilter{}, Invalid("", CodeInvalid, "must be a JSON object")
	}
	var filter TaskFilter
	faults, err := ReadFields(text, &filter)
	if err != nil {
		return TaskFilter{}, Invalid("", CodeInvalid, "must be one JSON object")
	}
	if err := (Faults{faults}).With(filter.Validate()); err != nil {
		return TaskFilter{}, err
	}
	return filter, nil
}

// Validate holds the filter to what can be asked for; whether goal and action are there
// is not known here.
func (f TaskFilter) Validate() error {
	var c checks
	c.id("goalId", f.GoalID)
	c.id("actionId", f.ActionID)
	for i, status := range f.Statuses {
		if !slices.Contains(TaskStatuses(), status) {
			c.add(At("status", i), CodeUnknown, "must be one of %v", TaskStatuses())
		} else if slices.Contains(f.Statuses[:i], status) {
			c.add(At("status", i), CodeDuplicate, "is there already")
		}
	}
	if _, err := f.Deadline.Due(Date{Year: 2000, Month: 1, Day: 1}); err != nil {
		c.add("deadline", CodeInvalid, "%s", err.Error())
	}
	if f.Sort != "" && f.Sort != SortByDeadline && f.Sort != SortByCreation {
		c.add("sort", CodeUnknown, "must be %s or %s", SortByDeadline, SortByCreation)
	}
	return c.err()
}

// id holds an id that may be missing to its form.
func (c *checks) id(field string, id ID) {
	if _, ok := ParseID(string(id)); id != "" && !ok {
		c.add(field, CodeInvalid, notAnID)
	}
}

// DeadlineFilter restricts tasks by their deadline: a word that is counted from the day
// on which it is asked, or FROM..TO with days such as 2026-11-23, both included, of
// which one may be left out. Tasks without a deadline are in none of them.
type DeadlineFilter string

// The words.
const (
	DeadlineOverdue DeadlineFilter = "overdue" // before today, and still open
	DeadlineToday   DeadlineFilter = "today"
	DeadlineWeek    DeadlineFilter = "week" // the seven days that begin today
)

// Due is what a DeadlineFilter means on a day.
type Due struct {
	From, By *Date // both included; nil does not restrict
	Open     bool  // only tasks that are neither completed nor skipped
}

var errDeadline = errors.New("must be overdue, today, week, or FROM..TO with dates such as 2026-11-23..2026-11-30")

// Due is what the filter means when it is asked today. The error is for who asks.
func (f DeadlineFilter) Due(today Date) (Due, error) {
	switch f {
	case "":
		return Due{}, nil
	case DeadlineOverdue:
		yesterday := today.AddDays(-1)
		return Due{By: &yesterday, Open: true}, nil
	case DeadlineToday:
		return Due{From: &today, By: &today}, nil
	case DeadlineWeek:
		last := today.AddDays(6)
		return Due{From: &today, By: &last}, nil
	}
	first, last, found := strings.Cut(string(f), "..")
	from, fromErr := day(first)
	by, byErr := day(last)
	if !found || fromErr != nil || byErr != nil || from == nil && by == nil {
		return Due{}, errDeadline
	}
	if from != nil && by != nil && by.Before(*from) {
		return Due{}, errors.New("must not end before it begins")
	}
	return Due{From: from, By: by}, nil
}

// day reads an end of a range; none is open.
func day(text string) (*Date, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // an end that is open is no error
	}
	date, err := ParseDate(text)
	return &date, err
}
