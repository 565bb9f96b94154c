package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// noteBody is a new note, or a note as it is to be.
type noteBody struct {
	domain.Faults `json:"-"`
	Body          string `json:"body"`
}

func (h handler) listNotes(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	task, err := request.ID("taskId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var notes []domain.Note
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		if _, err = tx.Task(ctx, task); err != nil {
			return err
		}
		notes, err = tx.Notes(ctx, task)
		return err
	})
	return httpapi.OK(listing[domain.Note]{Items: notes}), err
}

func (h handler) createNote(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	task, err := request.ID("taskId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var body noteBody
	if err := request.Body(&body); err != nil {
		return httpapi.Response{}, err
	}
	note := domain.Note{TaskID: task, Body: body.Body}
	if err := body.With(note.Validate()); err != nil {
		return httpapi.Response{}, err
	}
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		note, err = tx.CreateNote(ctx, domain.Note{TaskID: task, Body: body.Body})
		return err
	})
	return httpapi.Created(note, notePath(note), note.Version), full(err, store.NotesOfTask, "A task has at most %d notes.", domain.MaxNotes)
}

func (h handler) updateNote(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	task, taskErr := request.ID("taskId")
	id, expected, err := request.Target("noteId")
	if err := errors.Join(taskErr, err); err != nil {
		return httpapi.Response{}, err
	}
	var body noteBody
	if err := request.Body(&body); err != nil {
		return httpapi.Response{}, err
	}
	var note domain.Note
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		note, err = tx.UpdateNote(ctx, task, id, expected, func(note *domain.Note) error {
			note.Body = body.Body
			return body.With(note.Validate())
		})
		return err
	})
	return httpapi.Tagged(note, note.Version), err
}

func (h handler) deleteNote(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	task, taskErr := request.ID("taskId")
	id, expected, err := request.Target("noteId")
	if err := errors.Join(taskErr, err); err != nil {
		return httpapi.Response{}, err
	}
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeleteNote(ctx, task, id, expected)
	})
	return httpapi.NoContent(), err
}

func notePath(note domain.Note) string {
	return "/tasks/" + string(note.TaskID) + "/notes/" + string(note.ID)
}

// full explains the conflict with a limit of the store; any other error stays.
func full(err error, constraint, detail string, most int) error {
	var conflict *store.ConflictError
	if errors.As(err, &conflict) && conflict.Constraint == constraint {
		return httpapi.Conflict(fmt.Sprintf(detail, most))
	}
	return err
}
