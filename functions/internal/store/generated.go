package store

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

// SaveGenerated makes tasks the generated tasks of an action, in their order, in place
// of those saved for it before. What the user has begun, completed or skipped stays as
// it is, and so do the user's own tasks. Saving the same again changes nothing, so that
// the workflow may try again. It gives the number of tasks.
func (tx *Tx) SaveGenerated(ctx context.Context, goal, action domain.ID, tasks []domain.Task) (int, error) {
	if _, err := tx.lockGoal(ctx, goal); err != nil {
		return 0, err
	}
	if _, err := tx.Action(ctx, goal, action); err != nil {
		return 0, err
	}
	for position, t := range tasks {
		if err := t.Validate(); err != nil {
			return 0, err
		}
		_, err := tx.tx.Exec(ctx, `
			INSERT INTO tasks AS t (user_id, goal_id, action_id, generated_position, title, description, type, estimated_minutes, deadline)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (action_id, generated_position) DO UPDATE
			SET title = excluded.title, description = excluded.description, type = excluded.type,
				estimated_minutes = excluded.estimated_minutes, deadline = excluded.deadline
			WHERE t.status = 'not_started'
				AND (t.title, t.description, t.type, t.estimated_minutes, t.deadline) IS DISTINCT FROM
					(excluded.title, excluded.description, excluded.type, excluded.estimated_minutes, excluded.deadline)`,
			tx.user, goal, action, position, t.Title, t.Description, t.Type, t.EstimatedMinutes, t.Deadline)
		if err != nil {
			return 0, translate("save a generated task", err)
		}
	}
	_, err := tx.tx.Exec(ctx, `
		DELETE FROM tasks WHERE user_id = $1 AND action_id = $2 AND generated_position >= $3 AND status = 'not_started'`,
		tx.user, action, len(tasks))
	if err != nil {
		return 0, translate("delete tasks generated before", err)
	}
	return len(tasks), tx.rollUp(ctx, goal)
}

// Stored is what actions of a goal have of tasks, the user's own ones included.
type Stored struct {
	Actions   int
	WithTasks int // actions that have tasks
	Generated int // tasks that are not the user's own
}

// StoredTasks counts the tasks of a goal's actions: of the ones given, or of all
// where nil is given.
func (tx *Tx) StoredTasks(ctx context.Context, goal domain.ID, actions []domain.ID) (Stored, error) {
	return one[Stored](ctx, tx, "count tasks", `
		SELECT count(DISTINCT a.id), count(DISTINCT t.action_id), count(t.generated_position)
		FROM actions a LEFT JOIN tasks t ON t.action_id = a.id
		WHERE a.user_id = $1 AND a.goal_id = $2 AND ($4 OR a.id = ANY ($3::uuid[]))`,
		tx.user, goal, append([]string{}, texts(actions)...), actions == nil)
}
