package store

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

const reflectionColumns = "id, goal_id, summary, regretful, slow, untouched, version, created_at, updated_at"

// CreateReflection stores a reflection. ErrNotFound: the goal is not there.
func (tx *Tx) CreateReflection(ctx context.Context, r domain.Reflection) (domain.Reflection, error) {
	created, err := one[domain.Reflection](ctx, tx, "create the reflection", `
		INSERT INTO reflections (user_id, goal_id, summary, regretful, slow, untouched)
		VALUES ($1, $2, $3, $4, $5, $6) RETURNING `+reflectionColumns,
		tx.user, r.GoalID, r.Summary, r.Regretful, r.Slow, r.Untouched)
	if err != nil {
		return created, err
	}
	return created, tx.record(ctx, created.GoalID, entityReflection, created.ID, changeCreated, nil, created.Fields())
}

// Reflection reads a reflection.
func (tx *Tx) Reflection(ctx context.Context, id domain.ID) (domain.Reflection, error) {
	return one[domain.Reflection](ctx, tx, "read the reflection",
		"SELECT "+reflectionColumns+" FROM reflections WHERE user_id = $1 AND id = $2", tx.user, id)
}

// Reflections lists reflections, latest first; without a goal those on all.
func (tx *Tx) Reflections(ctx context.Context, goal domain.ID, window Window) (Page[domain.Reflection], error) {
	const kind = "reflections"
	var q query
	q.add("SELECT "+reflectionColumns+" FROM reflections WHERE user_id = ?", tx.user)
	if goal != "" {
		q.add(" AND goal_id = ?", goal)
	}
	if window.After != "" {
		at, id, err := timeKeys(kind, window.After)
		if err != nil {
			return Page[domain.Reflection]{}, err
		}
		q.add(" AND (created_at, id) < (?, ?)", at, id)
	}
	q.add(" ORDER BY created_at DESC, id DESC LIMIT ?", window.limit()+1)
	rows, err := collect[domain.Reflection](ctx, tx, "list reflections", &q)
	if err != nil {
		return Page[domain.Reflection]{}, err
	}
	return page(rows, window.limit(), func(r domain.Reflection) string { return timeCursor(kind, r.CreatedAt, r.ID) }), nil
}

// UpdateReflection lets change edit the reflection, whose version must be expected.
func (tx *Tx) UpdateReflection(ctx context.Context, id domain.ID, expected int64, change func(*domain.Reflection) error) (domain.Reflection, error) {
	r, err := tx.lockReflection(ctx, id, expected)
	if err != nil {
		return r, err
	}
	before := r.Fields()
	if err := change(&r); err != nil || len(domain.Diff(before, r.Fields())) == 0 {
		return r, err
	}
	r, err = one[domain.Reflection](ctx, tx, "change the reflection", `
		UPDATE reflections SET summary = $3, regretful = $4, slow = $5, untouched = $6
		WHERE user_id = $1 AND id = $2 RETURNING `+reflectionColumns,
		tx.user, id, r.Summary, r.Regretful, r.Slow, r.Untouched)
	if err != nil {
		return r, err
	}
	return r, tx.record(ctx, r.GoalID, entityReflection, id, changeUpdated, before, r.Fields())
}

// DeleteReflection deletes the reflection, whose version must be expected.
func (tx *Tx) DeleteReflection(ctx context.Context, id domain.ID, expected int64) error {
	r, err := tx.lockReflection(ctx, id, expected)
	if err != nil {
		return err
	}
	if err := tx.delete(ctx, "delete the reflection", "DELETE FROM reflections WHERE user_id = $1 AND id = $2", tx.user, id); err != nil {
		return err
	}
	return tx.record(ctx, r.GoalID, entityReflection, id, changeDeleted, nil, nil)
}

func (tx *Tx) lockReflection(ctx context.Context, id domain.ID, expected int64) (domain.Reflection, error) {
	r, err := one[domain.Reflection](ctx, tx, "read the reflection",
		"SELECT "+reflectionColumns+" FROM reflections WHERE user_id = $1 AND id = $2 FOR UPDATE", tx.user, id)
	if err != nil {
		return r, err
	}
	return r, expect(expected, r.Meta)
}
