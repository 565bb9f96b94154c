package store

import (
	"context"
	"encoding/json"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

// SavedView is a filter of tasks under a name.
type SavedView struct {
	ID     domain.ID  `json:"id"`
	Name   string     `json:"name"` // unique among the user's views
	Filter TaskFilter `json:"filter"`
	domain.Meta
}

const viewColumns = "id, name, filter, version, created_at, updated_at"

// CreateView stores a view. ConflictError SavedViewName: the name is taken.
func (tx *Tx) CreateView(ctx context.Context, view SavedView) (SavedView, error) {
	filter, err := json.Marshal(view.Filter)
	if err != nil {
		return view, err
	}
	return one[SavedView](ctx, tx, "create the view",
		"INSERT INTO saved_views (user_id, name, filter) VALUES ($1, $2, $3) RETURNING "+viewColumns, tx.user, view.Name, string(filter))
}

// View reads a view.
func (tx *Tx) View(ctx context.Context, id domain.ID) (SavedView, error) {
	return one[SavedView](ctx, tx, "read the view", "SELECT "+viewColumns+" FROM saved_views WHERE user_id = $1 AND id = $2", tx.user, id)
}

// Views lists the views by name.
func (tx *Tx) Views(ctx context.Context) ([]SavedView, error) {
	var q query
	q.add("SELECT "+viewColumns+" FROM saved_views WHERE user_id = ? ORDER BY name", tx.user)
	return collect[SavedView](ctx, tx, "list views", &q)
}

// UpdateView lets change edit the view, whose version must be expected.
func (tx *Tx) UpdateView(ctx context.Context, id domain.ID, expected int64, change func(*SavedView) error) (SavedView, error) {
	view, err := one[SavedView](ctx, tx, "read the view",
		"SELECT "+viewColumns+" FROM saved_views WHERE user_id = $1 AND id = $2 FOR UPDATE", tx.user, id)
	if err != nil {
		return view, err
	}
	if err := expect(expected, view.Meta); err != nil {
		return view, err
	}
	if err := change(&view); err != nil {
		return view, err
	}
	filter, err := json.Marshal(view.Filter)
	if err != nil {
		return view, err
	}
	return one[SavedView](ctx, tx, "change the view",
		"UPDATE saved_views SET name = $3, filter = $4 WHERE user_id = $1 AND id = $2 RETURNING "+viewColumns, tx.user, id, view.Name, string(filter))
}

// DeleteView deletes a view.
func (tx *Tx) DeleteView(ctx context.Context, id domain.ID) error {
	return tx.delete(ctx, "delete the view", "DELETE FROM saved_views WHERE user_id = $1 AND id = $2", tx.user, id)
}
