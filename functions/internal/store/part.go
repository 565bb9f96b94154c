package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

const (
	subGoalColumns = "id, goal_id, position, title, description, background, constraints, progress, version, created_at, updated_at"
	actionColumns  = "id, goal_id, sub_goal_id, position, title, description, background, constraints, type, progress, version, created_at, updated_at"
)

// CreateSubGoal stores a new sub-goal of its goal. ErrNotFound: the goal is not there.
// ConflictError SubGoalPosition: the position is taken.
func (tx *Tx) CreateSubGoal(ctx context.Context, s domain.SubGoal) (domain.SubGoal, error) {
	if _, err := tx.lockGoal(ctx, s.GoalID); err != nil {
		return s, err
	}
	created, err := one[domain.SubGoal](ctx, tx, "create the sub-goal", `
		INSERT INTO sub_goals (user_id, goal_id, position, title, description, background, constraints)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING `+subGoalColumns,
		tx.user, s.GoalID, s.Position, s.Title, s.Description, s.Background, s.Constraints)
	if err != nil {
		return created, err
	}
	return created, tx.record(ctx, created.GoalID, entitySubGoal, created.ID, changeCreated, nil, created.Fields())
}

// SubGoal reads a sub-goal of a goal.
func (tx *Tx) SubGoal(ctx context.Context, goal, id domain.ID) (domain.SubGoal, error) {
	return one[domain.SubGoal](ctx, tx, "read the sub-goal",
		"SELECT "+subGoalColumns+" FROM sub_goals WHERE user_id = $1 AND goal_id = $2 AND id = $3", tx.user, goal, id)
}

// SubGoals lists the sub-goals of a goal by position: eight at most.
func (tx *Tx) SubGoals(ctx context.Context, goal domain.ID) ([]domain.SubGoal, error) {
	var q query
	q.add("SELECT "+subGoalColumns+" FROM sub_goals WHERE user_id = ? AND goal_id = ? ORDER BY position", tx.user, goal)
	return collect[domain.SubGoal](ctx, tx, "list sub-goals", &q)
}

// UpdateSubGoal lets change edit the sub-goal, whose version must be expected. With swap it
// changes places with the one that has its new position; otherwise that is ConflictError
// SubGoalPosition.
func (tx *Tx) UpdateSubGoal(ctx context.Context, goal, id domain.ID, expected int64, swap bool, change func(*domain.SubGoal) error) (domain.SubGoal, error) {
	if _, err := tx.lockGoal(ctx, goal); err != nil {
		return domain.SubGoal{}, err
	}
	s, err := tx.SubGoal(ctx, goal, id)
	if err != nil {
		return s, err
	}
	if err := expect(expected, s.Meta); err != nil {
		return s, err
	}
	before := s.Fields()
	from := s.Position
	if err := change(&s); err != nil || len(domain.Diff(before, s.Fields())) == 0 {
		return s, err
	}
	if swap && s.Position != from {
		other, err := displace[domain.SubGoal](ctx, tx, `
			UPDATE sub_goals SET position = $3 WHERE user_id = $1 AND goal_id = $2 AND position = $4 RETURNING `+subGoalColumns,
			tx.user, goal, from, s.Position)
		if err != nil {
			return s, err
		}
		for _, moved := range other {
			err := tx.record(ctx, goal, entitySubGoal, moved.ID, changeUpdated, domain.Fields{"position": s.Position}, domain.Fields{"position": from})
			if err != nil {
				return s, err
			}
		}
	}
	s, err = one[domain.SubGoal](ctx, tx, "change the sub-goal", `
		UPDATE sub_goals SET position = $4, title = $5, description = $6, background = $7, constraints = $8
		WHERE user_id = $1 AND goal_id = $2 AND id = $3 RETURNING `+subGoalColumns,
		tx.user, goal, id, s.Position, s.Title, s.Description, s.Background, s.Constraints)
	if err != nil {
		return s, err
	}
	return s, tx.record(ctx, goal, entitySubGoal, id, changeUpdated, before, s.Fields())
}

// DeleteSubGoal deletes the sub-goal with its actions and tasks.
func (tx *Tx) DeleteSubGoal(ctx context.Context, goal, id domain.ID, expected int64) error {
	if _, err := tx.lockGoal(ctx, goal); err != nil {
		return err
	}
	s, err := tx.SubGoal(ctx, goal, id)
	if err != nil {
		return err
	}
	if err := expect(expected, s.Meta); err != nil {
		return err
	}
	if _, err := tx.tx.Exec(ctx, "DELETE FROM sub_goals WHERE user_id = $1 AND id = $2", tx.user, id); err != nil {
		return translate("delete the sub-goal", err)
	}
	if err := tx.record(ctx, goal, entitySubGoal, id, changeDeleted, nil, domain.Fields{"title": s.Title, "position": s.Position}); err != nil {
		return err
	}
	return tx.rollUp(ctx, goal)
}

// CreateAction stores a new action of its sub-goal. ErrNotFound: the goal is not there,
// or the sub-goal is not the goal's. ConflictError ActionPosition: the position is taken.
func (tx *Tx) CreateAction(ctx context.Context, a domain.Action) (domain.Action, error) {
	if _, err := tx.lockGoal(ctx, a.GoalID); err != nil {
		return a, err
	}
	created, err := one[domain.Action](ctx, tx, "create the action", `
		INSERT INTO actions (user_id, goal_id, sub_goal_id, position, title, description, background, constraints, type)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING `+actionColumns,
		tx.user, a.GoalID, a.SubGoalID, a.Position, a.Title, a.Description, a.Background, a.Constraints, a.Type)
	if err != nil {
		return created, err
	}
	return created, tx.record(ctx, created.GoalID, entityAction, created.ID, changeCreated, nil, created.Fields())
}

// Action reads an action of a goal.
func (tx *Tx) Action(ctx context.Context, goal, id domain.ID) (domain.Action, error) {
	return one[domain.Action](ctx, tx, "read the action",
		"SELECT "+actionColumns+" FROM actions WHERE user_id = $1 AND goal_id = $2 AND id = $3", tx.user, goal, id)
}

// Actions lists the actions of a goal, by sub-goal and position: 64 at most; with a
// sub-goal only that one's.
func (tx *Tx) Actions(ctx context.Context, goal, subGoal domain.ID) ([]domain.Action, error) {
	var q query
	q.add("SELECT "+prefixed("a", actionColumns)+` FROM actions a JOIN sub_goals s ON s.id = a.sub_goal_id
		WHERE a.user_id = ? AND a.goal_id = ?`, tx.user, goal)
	if subGoal != "" {
		q.add(" AND a.sub_goal_id = ?", subGoal)
	}
	q.add(" ORDER BY s.position, a.position")
	return collect[domain.Action](ctx, tx, "list actions", &q)
}

// UpdateAction lets change edit the action, whose version must be expected. With swap it
// changes places with the one that has its new position; otherwise that is ConflictError
// ActionPosition.
func (tx *Tx) UpdateAction(ctx context.Context, goal, id domain.ID, expected int64, swap bool, change func(*domain.Action) error) (domain.Action, error) {
	if _, err := tx.lockGoal(ctx, goal); err != nil {
		return domain.Action{}, err
	}
	a, err := tx.Action(ctx, goal, id)
	if err != nil {
		return a, err
	}
	if err := expect(expected, a.Meta); err != nil {
		return a, err
	}
	before := a.Fields()
	from := a.Position
	if err := change(&a); err != nil || len(domain.Diff(before, a.Fields())) == 0 {
		return a, err
	}
	if swap && a.Position != from {
		other, err := displace[domain.Action](ctx, tx, `
			UPDATE actions SET position = $3 WHERE user_id = $1 AND sub_goal_id = $2 AND position = $4 RETURNING `+actionColumns,
			tx.user, a.SubGoalID, from, a.Position)
		if err != nil {
			return a, err
		}
		for _, moved := range other {
			err := tx.record(ctx, goal, entityAction, moved.ID, changeUpdated, domain.Fields{"position": a.Position}, domain.Fields{"position": from})
			if err != nil {
				return a, err
			}
		}
	}
	a, err = one[domain.Action](ctx, tx, "change the action", `
		UPDATE actions SET position = $4, title = $5, description = $6, background = $7, constraints = $8, type = $9
		WHERE user_id = $1 AND goal_id = $2 AND id = $3 RETURNING `+actionColumns,
		tx.user, goal, id, a.Position, a.Title, a.Description, a.Background, a.Constraints, a.Type)
	if err != nil {
		return a, err
	}
	return a, tx.record(ctx, goal, entityAction, id, changeUpdated, before, a.Fields())
}

// DeleteAction deletes the action with its tasks.
func (tx *Tx) DeleteAction(ctx context.Context, goal, id domain.ID, expected int64) error {
	if _, err := tx.lockGoal(ctx, goal); err != nil {
		return err
	}
	a, err := tx.Action(ctx, goal, id)
	if err != nil {
		return err
	}
	if err := expect(expected, a.Meta); err != nil {
		return err
	}
	if _, err := tx.tx.Exec(ctx, "DELETE FROM actions WHERE user_id = $1 AND id = $2", tx.user, id); err != nil {
		return translate("delete the action", err)
	}
	if err := tx.record(ctx, goal, entityAction, id, changeDeleted, nil, domain.Fields{"title": a.Title, "position": a.Position}); err != nil {
		return err
	}
	return tx.rollUp(ctx, goal)
}

// displace moves the part that has a position, if there is one, before the part comes
// that shall have it: the rule that positions are unique waits for the commit.
func displace[T any](ctx context.Context, tx *Tx, update string, arguments ...any) ([]T, error) {
	if _, err := tx.tx.Exec(ctx, "SET CONSTRAINTS "+SubGoalPosition+", "+ActionPosition+" DEFERRED"); err != nil {
		return nil, translate("defer the rule of positions", err)
	}
	rows, _ := tx.tx.Query(ctx, update, arguments...) // CollectRows gives its error
	moved, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	return moved, translate("make room", err)
}
