package store

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

const viewColumns = "id, name, filter, version, created_at, updated_at"

// CreateView stores a view. ErrNotFound: the user is not there. ConflictError
// SavedViewName: the name is taken; ViewsOfUser: there are as many as there may be.
func (tx *Tx) CreateView(ctx context.Context, view domain.SavedView) (domain.SavedView, error) {
	filter, err := json.Marshal(view.Filter)
	if err != nil {
		return view, err
	}
	err = tx.room(ctx, "count views", ViewsOfUser, domain.MaxViews,
		"SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE",
		"SELECT count(*) FROM saved_views WHERE user_id = $1", tx.user)
	if err != nil {
		return view, err
	}
	return one[domain.SavedView](ctx, tx, "create the view",
		"INSERT INTO saved_views (user_id, name, filter) VALUES ($1, $2, $3) RETURNING "+viewColumns, tx.user, view.Name, string(filter))
}

// View reads a view.
func (tx *Tx) View(ctx context.Context, id domain.ID) (domain.SavedView, error) {
	return one[domain.SavedView](ctx, tx, "read the view", "SELECT "+viewColumns+" FROM saved_views WHERE user_id = $1 AND id = $2", tx.user, id)
}

// Views lists the views by name.
func (tx *Tx) Views(ctx context.Context) ([]domain.SavedView, error) {
	var q query
	q.add("SELECT "+viewColumns+" FROM saved_views WHERE user_id = ? ORDER BY name", tx.user)
	return collect[domain.SavedView](ctx, tx, "list views", &q)
}

// UpdateView lets change edit the view, whose version must be expected.
func (tx *Tx) UpdateView(ctx context.Context, id domain.ID, expected int64, change func(*domain.SavedView) error) (domain.SavedView, error) {
	view, err := tx.lockView(ctx, id, expected)
	if err != nil {
		return view, err
	}
	before := view
	if err := change(&view); err != nil || reflect.DeepEqual(before, view) {
		return view, err
	}
	filter, err := json.Marshal(view.Filter)
	if err != nil {
		return view, err
	}
	return one[domain.SavedView](ctx, tx, "change the view",
		"UPDATE saved_views SET name = $3, filter = $4 WHERE user_id = $1 AND id = $2 RETURNING "+viewColumns, tx.user, id, view.Name, string(filter))
}

// DeleteView deletes a view, whose version must be expected.
func (tx *Tx) DeleteView(ctx context.Context, id domain.ID, expected int64) error {
	if _, err := tx.lockView(ctx, id, expected); err != nil {
		return err
	}
	return tx.delete(ctx, "delete the view", "DELETE FROM saved_views WHERE user_id = $1 AND id = $2", tx.user, id)
}

func (tx *Tx) lockView(ctx context.Context, id domain.ID, expected int64) (domain.SavedView, error) {
	view, err := one[domain.SavedView](ctx, tx, "read the view",
		"SELECT "+viewColumns+" FROM saved_views WHERE user_id = $1 AND id = $2 FOR UPDATE", tx.user, id)
	if err != nil {
		return view, err
	}
	return view, expect(expected, view.Meta)
}

// MissingOfFilter says whether the goal and the action that the filter names are not
// there, or not the user's; what it does not name is not missing.
func (tx *Tx) MissingOfFilter(ctx context.Context, filter domain.TaskFilter) (goal, action bool, err error) {
	err = tx.tx.QueryRow(ctx, `
		SELECT $2::text <> '' AND NOT EXISTS (SELECT FROM goals WHERE user_id = $1 AND id = nullif($2::text, '')::uuid),
			$3::text <> '' AND NOT EXISTS (SELECT FROM actions WHERE user_id = $1 AND id = nullif($3::text, '')::uuid)`,
		tx.user, string(filter.GoalID), string(filter.ActionID)).Scan(&goal, &action)
	return goal, action, translate("look for what the filter names", err)
}
