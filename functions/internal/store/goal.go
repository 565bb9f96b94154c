package store

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

const goalColumns = "id, title, description, deadline, background, constraints, status, progress, version, created_at, updated_at"

// CreateGoal stores a new goal; its id, version and times are the database's.
func (tx *Tx) CreateGoal(ctx context.Context, goal domain.Goal) (domain.Goal, error) {
	created, err := one[domain.Goal](ctx, tx, "create the goal", `
		INSERT INTO goals (user_id, title, description, deadline, background, constraints, status)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING `+goalColumns,
		tx.user, goal.Title, goal.Description, goal.Deadline, goal.Background, goal.Constraints, goal.Status)
	if err != nil {
		return created, err
	}
	return created, tx.record(ctx, created.ID, entityGoal, created.ID, changeCreated, nil, created.Fields())
}

// Goal reads a goal.
func (tx *Tx) Goal(ctx context.Context, id domain.ID) (domain.Goal, error) {
	return one[domain.Goal](ctx, tx, "read the goal", "SELECT "+goalColumns+" FROM goals WHERE user_id = $1 AND id = $2", tx.user, id)
}

// lockGoal keeps others from changing the goal, and from rolling its progress up,
// until the transaction ends. Whatever changes a part of a goal locks the goal first.
func (tx *Tx) lockGoal(ctx context.Context, id domain.ID) (domain.Goal, error) {
	return one[domain.Goal](ctx, tx, "read the goal", "SELECT "+goalColumns+" FROM goals WHERE user_id = $1 AND id = $2 FOR NO KEY UPDATE", tx.user, id)
}

// Goals lists goals, latest first; without a status all.
func (tx *Tx) Goals(ctx context.Context, status domain.GoalStatus, window Window) (Page[domain.Goal], error) {
	const kind = "goals"
	var q query
	q.add("SELECT "+goalColumns+" FROM goals WHERE user_id = ?", tx.user)
	if status != "" {
		q.add(" AND status = ?", status)
	}
	if window.After != "" {
		at, id, err := timeKeys(kind, window.After)
		if err != nil {
			return Page[domain.Goal]{}, err
		}
		q.add(" AND (created_at, id) < (?, ?)", at, id)
	}
	q.add(" ORDER BY created_at DESC, id DESC LIMIT ?", window.limit()+1)
	rows, err := collect[domain.Goal](ctx, tx, "list goals", &q)
	if err != nil {
		return Page[domain.Goal]{}, err
	}
	return page(rows, window.limit(), func(g domain.Goal) string { return timeCursor(kind, g.CreatedAt, g.ID) }), nil
}

// UpdateGoal lets change edit the goal, whose version must be expected: ErrStale
// otherwise. An edit that changes nothing leaves the version as it is.
func (tx *Tx) UpdateGoal(ctx context.Context, id domain.ID, expected int64, change func(*domain.Goal) error) (domain.Goal, error) {
	goal, err := tx.lockGoal(ctx, id)
	if err != nil {
		return goal, err
	}
	if err := expect(expected, goal.Meta); err != nil {
		return goal, err
	}
	before := goal.Fields()
	if err := change(&goal); err != nil || len(domain.Diff(before, goal.Fields())) == 0 {
		return goal, err
	}
	goal, err = one[domain.Goal](ctx, tx, "change the goal", `
		UPDATE goals SET title = $3, description = $4, deadline = $5, background = $6, constraints = $7, status = $8
		WHERE user_id = $1 AND id = $2 RETURNING `+goalColumns,
		tx.user, id, goal.Title, goal.Description, goal.Deadline, goal.Background, goal.Constraints, goal.Status)
	if err != nil {
		return goal, err
	}
	return goal, tx.record(ctx, id, entityGoal, id, changeUpdated, before, goal.Fields())
}

// DeleteGoal deletes the goal with everything in it; that it was there stays in the
// change history.
func (tx *Tx) DeleteGoal(ctx context.Context, id domain.ID, expected int64) error {
	goal, err := tx.lockGoal(ctx, id)
	if err != nil {
		return err
	}
	if err := expect(expected, goal.Meta); err != nil {
		return err
	}
	if _, err := tx.tx.Exec(ctx, "DELETE FROM goals WHERE user_id = $1 AND id = $2", tx.user, id); err != nil {
		return translate("delete the goal", err)
	}
	return tx.record(ctx, id, entityGoal, id, changeDeleted, nil, domain.Fields{"title": goal.Title})
}

// ProgressPoint is where a goal stood at the end of a day (UTC).
type ProgressPoint struct {
	Day            domain.Date `json:"day"`
	Progress       int         `json:"progress"` // percent
	CompletedTasks int         `json:"completedTasks"`
	TotalTasks     int         `json:"totalTasks"` // without skipped ones
}

// Progress lists the days from one to another, both included, on which the progress
// of the goal changed.
func (tx *Tx) Progress(ctx context.Context, goal domain.ID, from, to domain.Date) ([]ProgressPoint, error) {
	var q query
	q.add(`SELECT recorded_on, progress, completed_tasks, total_tasks FROM progress_history
		WHERE user_id = ? AND goal_id = ? AND recorded_on BETWEEN ? AND ? ORDER BY recorded_on`, tx.user, goal, from, to)
	return collect[ProgressPoint](ctx, tx, "list progress", &q)
}

// rollUp brings the progress of a goal and of its parts up to date, and of the day. The
// goal must be locked.
func (tx *Tx) rollUp(ctx context.Context, goal domain.ID) error {
	type row struct {
		Action, SubGoal  domain.ID
		Completed, Total int
	}
	var q query
	q.add(`SELECT a.id, a.sub_goal_id, count(*) FILTER (WHERE t.status = 'completed'), count(*) FILTER (WHERE t.status <> 'skipped')
		FROM actions a LEFT JOIN tasks t ON t.action_id = a.id AND t.goal_id = a.goal_id
		WHERE a.user_id = ? AND a.goal_id = ? GROUP BY a.id`, tx.user, goal)
	rows, err := collect[row](ctx, tx, "count tasks", &q)
	if err != nil {
		return err
	}
	counts := make([]domain.ActionCount, 0, len(rows))
	for _, r := range rows {
		counts = append(counts, domain.ActionCount{ActionID: r.Action, SubGoalID: r.SubGoal, Count: domain.Count{Completed: r.Completed, Total: r.Total}})
	}
	progress := domain.RollUp(counts)
	actions, actionProgress := columns(progress.Actions)
	subGoals, subGoalProgress := columns(progress.SubGoals)
	_, err = tx.tx.Exec(ctx, `
		WITH acted AS (
			UPDATE actions a SET progress = n.progress FROM unnest($3::uuid[], $4::int[]) n (id, progress)
			WHERE a.user_id = $1 AND a.goal_id = $2 AND a.id = n.id AND a.progress <> n.progress
		), summed AS (
			UPDATE sub_goals s SET progress = coalesce(n.progress, 0)
			FROM sub_goals o LEFT JOIN unnest($5::uuid[], $6::int[]) n (id, progress) ON n.id = o.id
			WHERE o.user_id = $1 AND o.goal_id = $2 AND s.id = o.id AND s.progress <> coalesce(n.progress, 0)
		), counted AS (
			INSERT INTO progress_history (user_id, goal_id, recorded_on, progress, completed_tasks, total_tasks)
			VALUES ($1, $2, current_date, $7, $8, $9)
			ON CONFLICT (goal_id, recorded_on) DO UPDATE
			SET progress = excluded.progress, completed_tasks = excluded.completed_tasks, total_tasks = excluded.total_tasks
		)
		UPDATE goals SET progress = $7 WHERE user_id = $1 AND id = $2 AND progress <> $7`,
		tx.user, goal, actions, actionProgress, subGoals, subGoalProgress, progress.Goal, progress.Tasks.Completed, progress.Tasks.Total)
	return translate("roll the progress up", err)
}

func columns(progress map[domain.ID]int) (ids []string, values []int) {
	for id, value := range progress {
		ids, values = append(ids, string(id)), append(values, value)
	}
	return ids, values
}
