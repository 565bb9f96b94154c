package domain

import "slices"

// Type says how an action or a task is done: once, or again and again.
type Type string

// The types.
const (
	Execution Type = "execution"
	Habit     Type = "habit"
)

// Types are all types.
func Types() []Type { return []Type{Execution, Habit} }

// GoalStatus is where a goal stands.
type GoalStatus string

// The statuses of a goal. Only the workflow makes a goal generating, partial or failed.
const (
	GoalDraft      GoalStatus = "draft"
	GoalGenerating GoalStatus = "generating"
	GoalActive     GoalStatus = "active"
	GoalPartial    GoalStatus = "partial" // some actions have no tasks
	GoalCompleted  GoalStatus = "completed"
	GoalPaused     GoalStatus = "paused"
	GoalCancelled  GoalStatus = "cancelled"
	GoalFailed     GoalStatus = "failed" // no action got tasks
)

// GoalStatuses are all statuses of a goal.
func GoalStatuses() []GoalStatus {
	return []GoalStatus{GoalDraft, GoalGenerating, GoalActive, GoalPartial, GoalCompleted, GoalPaused, GoalCancelled, GoalFailed}
}

// Actor is who changes a goal's status.
type Actor int

// The actors.
const (
	ByUser     Actor = iota // by hand
	ByWorkflow              // with the start, the end or the cancelling of a generation
)

// CanBecome says whether actor may change the status to next. A status may always stay.
func (s GoalStatus) CanBecome(next GoalStatus, actor Actor) bool {
	if s == next {
		return slices.Contains(GoalStatuses(), s)
	}
	var allowed []GoalStatus
	if actor == ByWorkflow {
		switch s {
		case GoalGenerating:
			allowed = []GoalStatus{GoalDraft, GoalActive, GoalPartial, GoalFailed, GoalCancelled}
		case GoalDraft, GoalActive, GoalPartial, GoalFailed:
			allowed = []GoalStatus{GoalGenerating}
		}
		return slices.Contains(allowed, next)
	}
	switch s {
	case GoalDraft:
		allowed = []GoalStatus{GoalActive, GoalCancelled}
	case GoalActive:
		allowed = []GoalStatus{GoalCompleted, GoalPaused, GoalCancelled}
	case GoalPartial:
		allowed = []GoalStatus{GoalActive, GoalCompleted, GoalPaused, GoalCancelled}
	case GoalCompleted:
		allowed = []GoalStatus{GoalActive}
	case GoalPaused:
		allowed = []GoalStatus{GoalActive, GoalCancelled}
	case GoalCancelled:
		allowed = []GoalStatus{GoalDraft, GoalActive}
	case GoalFailed:
		allowed = []GoalStatus{GoalDraft, GoalActive, GoalCancelled}
	}
	return slices.Contains(allowed, next)
}

// TaskStatus is where a task stands.
type TaskStatus string

// The statuses of a task.
const (
	TaskNotStarted TaskStatus = "not_started"
	TaskInProgress TaskStatus = "in_progress"
	TaskCompleted  TaskStatus = "completed"
	TaskSkipped    TaskStatus = "skipped" // not to be done; counts for nothing
)

// TaskStatuses are all statuses of a task.
func TaskStatuses() []TaskStatus {
	return []TaskStatus{TaskNotStarted, TaskInProgress, TaskCompleted, TaskSkipped}
}

// CanBecome says whether the status may change to next: what was completed was not
// skipped, and the other way round; a status may always stay.
func (s TaskStatus) CanBecome(next TaskStatus) bool {
	if !slices.Contains(TaskStatuses(), s) || !slices.Contains(TaskStatuses(), next) {
		return false
	}
	switch s {
	case TaskCompleted:
		return next != TaskSkipped
	case TaskSkipped:
		return next != TaskCompleted
	default:
		return true
	}
}
