package store

import (
	"context"
	"fmt"
	"strconv"

	"github.com/goal-mandala/mandala-deploy/functions/internal/cursor"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

const noteColumns = "id, task_id, body, version, created_at, updated_at"

// TaskHistory lists the changes of a task's status, latest first.
func (tx *Tx) TaskHistory(ctx context.Context, task domain.ID, window Window) (Page[StatusChange], error) {
	const kind = "task history"
	var q query
	q.add("SELECT id, from_status, to_status, changed_at FROM task_history WHERE user_id = ? AND task_id = ?", tx.user, task)
	if window.After != "" {
		id, err := numberKey(kind, window.After)
		if err != nil {
			return Page[StatusChange]{}, err
		}
		q.add(" AND id < ?", id)
	}
	q.add(" ORDER BY id DESC LIMIT ?", window.limit()+1)
	rows, err := collect[StatusChange](ctx, tx, "list the task's history", &q)
	if err != nil {
		return Page[StatusChange]{}, err
	}
	return page(rows, window.limit(), func(c StatusChange) string { return cursor.Encode(kind, strconv.FormatInt(c.ID, 10)) }), nil
}

// CreateNote stores a note about a task. ErrNotFound: the task is not there.
// ConflictError NotesOfTask: it has as many as there may be.
func (tx *Tx) CreateNote(ctx context.Context, note domain.Note) (domain.Note, error) {
	err := tx.room(ctx, "count notes", NotesOfTask, domain.MaxNotes,
		"SELECT id FROM tasks WHERE user_id = $1 AND id = $2 FOR NO KEY UPDATE",
		"SELECT count(*) FROM task_notes WHERE user_id = $1 AND task_id = $2", tx.user, note.TaskID)
	if err != nil {
		return note, err
	}
	return one[domain.Note](ctx, tx, "create the note",
		"INSERT INTO task_notes (user_id, task_id, body) VALUES ($1, $2, $3) RETURNING "+noteColumns, tx.user, note.TaskID, note.Body)
}

// room locks the row that others belong to, so that nobody adds another meanwhile, and
// counts them: a ConflictError of the constraint where there are most of them already.
func (tx *Tx) room(ctx context.Context, doing, constraint string, most int, lock, count string, arguments ...any) error {
	var owner domain.ID
	if err := tx.tx.QueryRow(ctx, lock, arguments...).Scan(&owner); err != nil {
		return translate(doing, err)
	}
	var there int
	if err := tx.tx.QueryRow(ctx, count, arguments...).Scan(&there); err != nil {
		return translate(doing, err)
	}
	if there >= most {
		return fmt.Errorf("%s: %w", doing, &ConflictError{Constraint: constraint})
	}
	return nil
}

// Notes lists the notes about a task, oldest first.
func (tx *Tx) Notes(ctx context.Context, task domain.ID) ([]domain.Note, error) {
	var q query
	q.add("SELECT "+noteColumns+" FROM task_notes WHERE user_id = ? AND task_id = ? ORDER BY created_at, id", tx.user, task)
	return collect[domain.Note](ctx, tx, "list notes", &q)
}

// UpdateNote lets change edit the note, whose version must be expected.
func (tx *Tx) UpdateNote(ctx context.Context, task, id domain.ID, expected int64, change func(*domain.Note) error) (domain.Note, error) {
	note, err := tx.lockNote(ctx, task, id, expected)
	if err != nil {
		return note, err
	}
	before := note.Body
	if err := change(&note); err != nil || note.Body == before {
		return note, err
	}
	return one[domain.Note](ctx, tx, "change the note",
		"UPDATE task_notes SET body = $3 WHERE user_id = $1 AND id = $2 RETURNING "+noteColumns, tx.user, id, note.Body)
}

// DeleteNote deletes a note, whose version must be expected.
func (tx *Tx) DeleteNote(ctx context.Context, task, id domain.ID, expected int64) error {
	if _, err := tx.lockNote(ctx, task, id, expected); err != nil {
		return err
	}
	return tx.delete(ctx, "delete the note", "DELETE FROM task_notes WHERE user_id = $1 AND task_id = $2 AND id = $3", tx.user, task, id)
}

func (tx *Tx) lockNote(ctx context.Context, task, id domain.ID, expected int64) (domain.Note, error) {
	note, err := one[domain.Note](ctx, tx, "read the note",
		"SELECT "+noteColumns+" FROM task_notes WHERE user_id = $1 AND task_id = $2 AND id = $3 FOR UPDATE", tx.user, task, id)
	if err != nil {
		return note, err
	}
	return note, expect(expected, note.Meta)
}

// delete runs a statement that must delete something.
func (tx *Tx) delete(ctx context.Context, doing, text string, arguments ...any) error {
	tag, err := tx.tx.Exec(ctx, text, arguments...)
	if err == nil && tag.RowsAffected() == 0 {
		return ErrNotFound
	}
	return translate(doing, err)
}
