package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/internal/cursor"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

const taskColumns = `id, goal_id, action_id, title, description, type, status, estimated_minutes, deadline, completed_at,
	generated_position IS NOT NULL AS generated, version, created_at, updated_at`

// TaskListing says which tasks are listed, and in which order.
type TaskListing struct {
	Filters []domain.TaskFilter // a task must be in all of them; their orders do not count
	Sort    domain.TaskSort     // domain.SortByDeadline where empty
	Today   domain.Date         // the day that words such as "overdue" are counted from
}

// MissingError is ErrNotFound that says which of many rows are not there.
type MissingError struct{ IDs []domain.ID }

func (e *MissingError) Error() string { return fmt.Sprintf("%d of the rows are not found", len(e.IDs)) }

// Unwrap makes it ErrNotFound.
func (e *MissingError) Unwrap() error { return ErrNotFound }

// CreateTask stores a task of the user's own. With an id it is stored once: a task that
// is there already is given back as it is now. ErrNotFound: the action is not there.
// ConflictError TasksOfAction: it has as many as there may be.
func (tx *Tx) CreateTask(ctx context.Context, t domain.Task) (domain.Task, error) {
	var goal domain.ID
	if err := tx.tx.QueryRow(ctx, "SELECT goal_id FROM actions WHERE user_id = $1 AND id = $2", tx.user, t.ActionID).Scan(&goal); err != nil {
		return t, translate("read the action", err)
	}
	if _, err := tx.lockGoal(ctx, goal); err != nil {
		return t, err
	}
	var id *domain.ID
	if t.ID != "" {
		if before, err := tx.Task(ctx, t.ID); !errors.Is(err, ErrNotFound) {
			return before, err
		}
		id = &t.ID
	}
	if err := tx.room(ctx, "count tasks", TasksOfAction, domain.MaxTasks,
		"SELECT id FROM actions WHERE user_id = $1 AND id = $2",
		"SELECT count(*) FROM tasks WHERE user_id = $1 AND action_id = $2", tx.user, t.ActionID); err != nil {
		return t, err
	}
	created, err := one[domain.Task](ctx, tx, "create the task", `
		INSERT INTO tasks (user_id, goal_id, action_id, title, description, type, status, estimated_minutes, deadline, completed_at, id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, coalesce($11, gen_random_uuid())) RETURNING `+taskColumns,
		tx.user, goal, t.ActionID, t.Title, t.Description, t.Type, t.Status, t.EstimatedMinutes, t.Deadline, t.CompletedAt, id)
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
func (tx *Tx) Tasks(ctx context.Context, listing TaskListing, window Window) (Page[domain.Task], error) {
	var q query
	q.add("SELECT "+taskColumns+" FROM tasks WHERE user_id = ?", tx.user)
	for _, filter := range listing.Filters {
		if err := restrict(&q, filter, listing.Today); err != nil {
			return Page[domain.Task]{}, err
		}
	}
	next, err := order(&q, listing.Sort, window)
	if err != nil {
		return Page[domain.Task]{}, err
	}
	rows, err := collect[domain.Task](ctx, tx, "list tasks", &q)
	if err != nil {
		return Page[domain.Task]{}, err
	}
	return page(rows, window.limit(), next), nil
}

// restrict adds what the filter asks for.
func restrict(q *query, filter domain.TaskFilter, today domain.Date) error {
	if filter.GoalID != "" {
		q.add(" AND goal_id = ?", filter.GoalID)
	}
	if filter.ActionID != "" {
		q.add(" AND action_id = ?", filter.ActionID)
	}
	if len(filter.Statuses) > 0 {
		q.add(" AND status = ANY (?)", texts(filter.Statuses))
	}
	due, err := filter.Deadline.Due(today)
	if err != nil {
		return fmt.Errorf("list tasks: the filter's deadline %w", err)
	}
	if due.From != nil {
		q.add(" AND deadline >= ?", due.From)
	}
	if due.By != nil {
		q.add(" AND deadline <= ?", due.By)
	}
	if due.Open {
		q.add(" AND status IN ('not_started', 'in_progress')")
	}
	return nil
}

// order ends the query where the window begins and ends, and says how the cursor of a
// row is made.
func order(q *query, sort domain.TaskSort, window Window) (func(domain.Task) string, error) {
	if sort == domain.SortByCreation {
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
// block each other, and reads the tasks by id. MissingError: some of them are not there.
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
	if err != nil || len(tasks) == len(ids) {
		return tasks, goals, err
	}
	missing := slices.DeleteFunc(ids, func(id domain.ID) bool {
		return slices.ContainsFunc(tasks, func(t domain.Task) bool { return t.ID == id })
	})
	return nil, nil, &MissingError{IDs: missing}
}

// UpdateTasks lets change edit all the tasks, or none of them; it gives them by id.
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
