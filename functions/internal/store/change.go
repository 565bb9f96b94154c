package store

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/cursor"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

// The entities and the kinds of change in the change history.
const (
	entityGoal       = "goal"
	entitySubGoal    = "sub_goal"
	entityAction     = "action"
	entityTask       = "task"
	entityReflection = "reflection"

	changeCreated = "created"
	changeUpdated = "updated"
	changeDeleted = "deleted"
)

// Change is an entry of a goal's change history.
type Change struct {
	ID         int64                         `json:"id"`
	GoalID     domain.ID                     `json:"goalId"`
	EntityType string                        `json:"entityType"` // goal, sub_goal, action, task or reflection
	EntityID   domain.ID                     `json:"entityId"`
	Change     string                        `json:"change"` // created, updated or deleted
	Fields     map[string]domain.FieldChange `json:"fields"`
	ChangedAt  time.Time                     `json:"changedAt"`
}

// record writes a change in the transaction that makes it. Without a difference there
// is nothing to write.
func (tx *Tx) record(ctx context.Context, goal domain.ID, entity string, id domain.ID, change string, before, after domain.Fields) error {
	fields := domain.Diff(before, after)
	if change == changeUpdated && len(fields) == 0 {
		return nil
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	_, err = tx.tx.Exec(ctx, `
		INSERT INTO change_history (user_id, goal_id, entity_type, entity_id, change, fields)
		VALUES ($1, $2, $3, $4, $5, $6)`, tx.user, goal, entity, id, change, string(text))
	return translate("record the change", err)
}

// Changes lists what was changed of a goal and of everything in it, latest first.
func (tx *Tx) Changes(ctx context.Context, goal domain.ID, window Window) (Page[Change], error) {
	const kind = "changes"
	var q query
	q.add(`SELECT id, goal_id, entity_type, entity_id, change, fields, changed_at FROM change_history
		WHERE user_id = ? AND goal_id = ?`, tx.user, goal)
	if window.After != "" {
		id, err := numberKey(kind, window.After)
		if err != nil {
			return Page[Change]{}, err
		}
		q.add(` AND id < ?`, id)
	}
	q.add(` ORDER BY id DESC LIMIT ?`, window.limit()+1)
	rows, err := collect[Change](ctx, tx, "list changes", &q)
	if err != nil {
		return Page[Change]{}, err
	}
	return page(rows, window.limit(), func(c Change) string { return cursor.Encode(kind, strconv.FormatInt(c.ID, 10)) }), nil
}

func numberKey(kind, after string) (int64, error) {
	keys, err := cursor.Decode(kind, after, 1)
	if err != nil {
		return 0, err
	}
	number, err := strconv.ParseInt(keys[0], 10, 64)
	if err != nil {
		return 0, cursor.ErrInvalid
	}
	return number, nil
}

// collect runs a query and makes each row a T, whose fields are the columns in order.
func collect[T any](ctx context.Context, tx *Tx, doing string, q *query) ([]T, error) {
	rows, _ := tx.tx.Query(ctx, q.text.String(), q.arguments...) // CollectRows gives its error
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	if items == nil {
		items = []T{}
	}
	return items, translate(doing, err)
}

// one runs a query that must give exactly one row.
func one[T any](ctx context.Context, tx *Tx, doing, text string, arguments ...any) (T, error) {
	rows, _ := tx.tx.Query(ctx, text, arguments...) // CollectExactlyOneRow gives its error
	item, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[T])
	return item, translate(doing, err)
}

// AnyVersion is the version to expect where the caller does not care.
const AnyVersion int64 = 0

// expect holds a row to the version that the caller read.
func expect(expected int64, meta domain.Meta) error {
	if expected != AnyVersion && expected != meta.Version {
		return ErrStale
	}
	return nil
}
