package store

import (
	"context"
	"slices"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/internal/cursor"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

const taskColumns = `id, goal_id, action_id, title, description, type, status, estimated_minutes, deadline, completed_at,
	generated_position IS NOT NULL AS generated, version, created_at, updated_at`

// TaskSort is the order of a listing of tasks.
type TaskSort string

// The orders: soonest deadline first and tasks without one last, or latest first.
const (
	ByDeadline TaskSort = "deadline"
	ByCreation TaskSort = "created"
)

// TaskFilter says which tasks are listed; what is empty does not restrict.
type TaskFilter struct {
	GoalID   domain.ID           `json:"goalId,omitempty"`
	ActionID domain.ID           `json:"actionId,omitempty"`
	Statuses []domain.TaskStatus `json:"status,omitempty"`
	DueFrom  *domain.Date        `json:"dueFrom,omitempty"`
	DueBy    *domain.Date        `json:"dueBy,omitempty"`
	Sort     TaskSort            `json:"sort,omitempty"` // ByDeadline where empty
}

// CreateTask stores a task of the user's own. ErrNotFound: the action is not there.
func (tx *Tx) CreateTask(ctx context.Context, t domain.Task) (domain.Task, error) {
	var goal domain.ID
	if err := tx.tx.QueryRow(ctx, "SELECT goal_id FROM actions WHERE user_id = $1 AND id = $2", tx.user, t.ActionID).Scan(&goal); err != nil {
		return t, translate("read the action", err)
	}
	if _, err := tx.lockGoal(ctx, goal); err != nil {
		return t, err
	}
	created, err := one[domain.Task](ctx, tx, "create the task", `
		INSERT INTO tasks (user_id, goal_id, action_id, title, description, type, status, estimated_minutes, deadline, completed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING `+taskColumns,
		tx.user, goal, t.ActionID, t.Title, t.Description, t.Type, t.Status, t.EstimatedMinutes, t.Deadline, t.CompletedAt)
	if err != nil {
		return created, err
	}
	if err := tx.record(ctx, goal, entityTask, created.ID, changeCreated, nil, created.Fields()); err != nil {
		return created, err
	}
	return created, tx.rollUp(ctx, goal)
}

// Task reads a task.
func (tx *Tx) Task(ctx context.Context, id domain.ID) (domain.Task, error) {
	return one[domain.Task](ctx, tx, "read the task", "SELECT "+taskColumns+" FROM tasks WHERE user_id = $1 AND id = $2", tx.user, id)
}

// Tasks lists tasks.
func (tx *Tx) Tasks(ctx context.Context, filter TaskFilter, window Window) (Page[domain.Task], error) {
	var q query
	q.add("SELECT "+taskColumns+" FROM tasks WHERE user_id = ?", tx.user)
	if filter.GoalID != "" {
		q.add(" AND goal_id = ?", filter.GoalID)
	}
	if filter.ActionID != "" {
		q.add(" AND action_id = ?", filter.ActionID)
	}
	if len(filter.Statuses) > 0 {
		q.add(" AND status = ANY (?)", texts(filter.Statuses))
	}
	if filter.DueFrom != nil {
		q.add(" AND deadline >= ?", filter.DueFrom)
	}
	if filter.DueBy != nil {
		q.add(" AND deadline <= ?", filter.DueBy)
	}
	next, err := order(&q, filter.Sort, window)
	if err != nil {
		return Page[domain.Task]{}, err
	}
	rows, err := collect[domain.Task](ctx, tx, "list tasks", &q)
	if err != nil {
		return Page[domain.Task]{}, err
	}
	return page(rows, window.limit(), next), nil
}

// order ends the query where the window begins and ends, and says how the cursor of a
// row is made.
func order(q *query, sort TaskSort, window Window) (func(domain.Task) string, error) {
	if sort == ByCreation {
		const kind = "tasks by creation"
		if window.After != "" {
			at, id, err := timeKeys(kind, window.After)
			if err != nil {
				return nil, err
			}
			q.add(" AND (created_at, id) < (?, ?)", at, id)
		}
		q.add(" ORDER BY created_at DESC, id DESC LIMIT ?", window.limit()+1)
		return func(t domain.Task) string { return timeCursor(kind, t.CreatedAt, t.ID) }, nil
	}
	const kind, never = "tasks by deadline", "infinity"
	if window.After != "" {
		keys, err := cursor.Decode(kind, window.After, 2)
		if err != nil {
			return nil, err
		}
		if _, err := domain.ParseDate(keys[0]); err != nil && keys[0] != never {
			return nil, cursor.ErrInvalid
		}
		id, ok := domain.ParseID(keys[1])
		if !ok {
			return nil, cursor.ErrInvalid
		}
		q.add(" AND (coalesce(deadline, 'infinity'::date), id) > (?::text::date, ?)", keys[0], id)
	}
	q.add(" ORDER BY coalesce(deadline, 'infinity'::date), id LIMIT ?", window.limit()+1)
	return func(t domain.Task) string {
		deadline := never
		if t.Deadline != nil {
			deadline = t.Deadline.String()
		}
		return cursor.Encode(kind, deadline, string(t.ID))
	}, nil
}

func texts[T ~string](values []T) []string {
	var all []string
	for _, value := range values {
		all = append(all, string(value))
	}
	return all
}

// UpdateTask lets change edit the task, whose version must be expected, and rolls the
// progress of its goal up.
func (tx *Tx) UpdateTask(ctx context.Context, id domain.ID, expected int64, change func(*domain.Task) error) (domain.Task, error) {
	t, err := tx.Task(ctx, id)
	if err != nil {
		return t, err
	}
	if _, err := tx.lockGoal(ctx, t.GoalID); err != nil {
		return t, err
	}
	if t, err = tx.Task(ctx, id); err != nil { // again: now nobody else changes it
		return t, err
	}
	if err := expect(expected, t.Meta); err != nil {
		return t, err
	}
	t, changed, err := tx.edit(ctx, t, change)
	if err != nil || !changed {
		return t, err
	}
	return t, tx.rollUp(ctx, t.GoalID)
}

// edit changes a task of a locked goal, with both its histories.
func (tx *Tx) edit(ctx context.Context, t domain.Task, change func(*domain.Task) error) (domain.Task, bool, error) {
	before := t
	if err := change(&t); err != nil || len(domain.Diff(before.Fields(), t.Fields())) == 0 {
		return t, false, err
	}
	t, err := one[domain.Task](ctx, tx, "change the task", `
		UPDATE tasks SET title = $3, description = $4, type = $5, status = $6, estimated_minutes = $7, deadline = $8, completed_at = $9
		WHERE user_id = $1 AND id = $2 RETURNING `+taskColumns,
		tx.user, t.ID, t.Title, t.Description, t.Type, t.Status, t.EstimatedMinutes, t.Deadline, t.CompletedAt)
	if err != nil {
		return t, false, err
	}
	if t.Status != before.Status {
		if _, err := tx.tx.Exec(ctx, "INSERT INTO task_history (user_id, task_id, from_status, to_status) VALUES ($1, $2, $3, $4)",
			tx.user, t.ID, before.Status, t.Status); err != nil {
			return t, false, translate("record the task's status", err)
		}
	}
	return t, true, tx.record(ctx, t.GoalID, entityTask, t.ID, changeUpdated, before.Fields(), t.Fields())
}

// lockTasks locks the goals of the tasks, in one order so that two at once cannot
// block each other, and reads the tasks. ErrNotFound: one of them is not there.
func (tx *Tx) lockTasks(ctx context.Context, ids []domain.ID) ([]domain.Task, []domain.ID, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	var q query
	q.add(`SELECT id FROM goals WHERE user_id = ? AND id IN (SELECT goal_id FROM tasks WHERE user_id = ? AND id = ANY (?))
		ORDER BY id FOR NO KEY UPDATE`, tx.user, tx.user, texts(ids))
	type row struct{ ID domain.ID }
	locked, err := collect[row](ctx, tx, "lock goals", &q)
	if err != nil {
		return nil, nil, err
	}
	var goals []domain.ID
	for _, goal := range locked {
		goals = append(goals, goal.ID)
	}
	var all query
	all.add("SELECT "+taskColumns+" FROM tasks WHERE user_id = ? AND id = ANY (?) ORDER BY id", tx.user, texts(ids))
	tasks, err := collect[domain.Task](ctx, tx, "read tasks", &all)
	if err == nil && len(tasks) != len(ids) {
		err = ErrNotFound
	}
	return tasks, goals, err
}

// UpdateTasks lets change edit all the tasks, or none of them.
func (tx *Tx) UpdateTasks(ctx context.Context, ids []domain.ID, change func(*domain.Task) error) ([]domain.Task, error) {
	tasks, goals, err := tx.lockTasks(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range tasks {
		if tasks[i], _, err = tx.edit(ctx, tasks[i], change); err != nil {
			return nil, err
		}
	}
	return tasks, tx.rollUpAll(ctx, goals)
}

// DeleteTasks deletes all the tasks, or none of them. A single one may be held to the
// version that its caller read.
func (tx *Tx) DeleteTasks(ctx context.Context, ids []domain.ID, expected int64) error {
	tasks, goals, err := tx.lockTasks(ctx, ids)
	if err != nil {
		return err
	}
	for _, task := range tasks {
		if err := expect(expected, task.Meta); err != nil {
			return err
		}
		if err := tx.record(ctx, task.GoalID, entityTask, task.ID, changeDeleted, nil, domain.Fields{"title": task.Title}); err != nil {
			return err
		}
	}
	if _, err := tx.tx.Exec(ctx, "DELETE FROM tasks WHERE user_id = $1 AND id = ANY ($2)", tx.user, texts(ids)); err != nil {
		return translate("delete tasks", err)
	}
	return tx.rollUpAll(ctx, goals)
}

func (tx *Tx) rollUpAll(ctx context.Context, goals []domain.ID) error {
	for _, goal := range goals {
		if err := tx.rollUp(ctx, goal); err != nil {
			return err
		}
	}
	return nil
}

// DueTasks lists the user's open tasks whose deadline is the day or before it, in goals
// that are being worked on, soonest first and at most limit.
func (tx *Tx) DueTasks(ctx context.Context, day domain.Date, limit int) ([]domain.Task, error) {
	var q query
	q.add("SELECT "+prefixedTask+` FROM tasks t JOIN goals g ON g.id = t.goal_id
		WHERE t.user_id = ? AND t.status IN ('not_started', 'in_progress') AND t.deadline <= ?
			AND g.status IN ('active', 'partial') ORDER BY t.deadline, t.id LIMIT ?`, tx.user, day, limit)
	return collect[domain.Task](ctx, tx, "list due tasks", &q)
}

const prefixedTask = `t.id, t.goal_id, t.action_id, t.title, t.description, t.type, t.status, t.estimated_minutes, t.deadline,
	t.completed_at, t.generated_position IS NOT NULL, t.version, t.created_at, t.updated_at`

// StatusChange is an entry of a task's history.
type StatusChange struct {
	ID        int64             `json:"id"`
	From      domain.TaskStatus `json:"from"`
	To        domain.TaskStatus `json:"to"`
	ChangedAt time.Time         `json:"changedAt"`
}
