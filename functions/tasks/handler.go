package main

import (
	"context"
	"errors"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// database runs transactions of a user.
type database interface {
	Read(ctx context.Context, user domain.ID, do func(context.Context, *store.Tx) error) error
	Write(ctx context.Context, user domain.ID, do func(context.Context, *store.Tx) error) error
}

// handler answers for tasks, notes and saved views.
type handler struct {
	database database
	clock    func() time.Time
	zone     *time.Location // where the users' days begin
}

// routes adds the routes; what is fixed comes before what is a parameter.
func (h handler) routes(router *httpapi.Router) {
	router.Handle("GET", "/tasks/views", h.listViews).
		Says("Lists all saved views, by name.").OK(listing[domain.SavedView]{})
	router.Handle("POST", "/tasks/views", h.createView).
		Says("Saves a filter of tasks under a name.", "Each name once; 409 beyond 50 views.").
		Takes(domain.ViewPatch{}, "name", "filter").Created(domain.SavedView{}).Fails(404, 409)
	router.Handle("GET", "/tasks/views/{viewId}", h.getView).
		Says("Gives a saved view.").Tagged(domain.SavedView{})
	router.Handle("PATCH", "/tasks/views/{viewId}", h.updateView).
		Says("Changes a saved view.", "A filter replaces the one before.").
		Takes(domain.ViewPatch{}).Tagged(domain.SavedView{}).Fails(409)
	router.Handle("DELETE", "/tasks/views/{viewId}", h.deleteView).
		Says("Deletes a saved view.").NoContent()

	router.Handle("POST", "/tasks/bulk/status", h.updateStatuses).
		Says("Gives tasks a status, all of them or none.", "The answer is a whole list; `errors` name places such as `ids[2]`.").
		Takes(domain.BulkStatus{}, "ids", "status").OK(listing[domain.Task]{}).Fails(404)
	router.Handle("POST", "/tasks/bulk/delete", h.deleteMany).
		Says("Deletes tasks, all of them or none.").Takes(bulkDelete{}, "ids").NoContent().Fails(404)

	router.Handle("GET", "/tasks", h.list, "actionId", "cursor", "deadline", "goalId", "limit", "sort", "status", "viewId").
		Says("Lists the tasks that are in the saved view and in all the parameters.",
			"`status` may be several with commas; `sort` is `deadline` by default (without one last), or `created` (latest first).").
		OK(store.Page[domain.Task]{}).Fails(404)
	router.Handle("POST", "/tasks", h.create).
		Says("Makes a task.", "409 where the action has 100.").
		Takes(domain.TaskPatch{}, "actionId", "title", "type").Reads("Idempotency-Key").Created(domain.Task{}).Fails(404, 409)
	router.Handle("GET", "/tasks/{taskId}", h.get).
		Says("Gives a task.").Tagged(domain.Task{})
	router.Handle("PATCH", "/tasks/{taskId}", h.update).
		Says("Changes a task.", "`actionId` cannot change; completed and skipped do not follow on each other.").
		Takes(domain.TaskPatch{}).Tagged(domain.Task{})
	router.Handle("DELETE", "/tasks/{taskId}", h.delete).
		Says("Deletes a task.").NoContent()
	router.Handle("GET", "/tasks/{taskId}/history", h.history, "cursor", "limit").
		Says("Lists the changes of a task's status, latest first.").OK(store.Page[store.StatusChange]{})

	router.Handle("GET", "/tasks/{taskId}/notes", h.listNotes).
		Says("Lists all notes of a task, oldest first.").OK(listing[domain.Note]{})
	router.Handle("POST", "/tasks/{taskId}/notes", h.createNote).
		Says("Makes a note.", "409 beyond 100 of a task.").
		Takes(noteBody{}, "body").Created(domain.Note{}).Fails(409)
	router.Handle("PATCH", "/tasks/{taskId}/notes/{noteId}", h.updateNote).
		Says("Changes a note.").Takes(noteBody{}, "body").Tagged(domain.Note{})
	router.Handle("DELETE", "/tasks/{taskId}/notes/{noteId}", h.deleteNote).
		Says("Deletes a note.").NoContent()
}

// today is the users' day, which is also that of reminders.
func (h handler) today() domain.Date { return domain.DateOf(h.clock().In(h.zone)) }

// create makes a task; with an Idempotency-Key it is made once, however often the same
// request comes.
func (h handler) create(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	var patch domain.TaskPatch
	if err := request.Body(&patch); err != nil {
		return httpapi.Response{}, err
	}
	task, err := domain.NewTask(patch, h.clock())
	if err != nil {
		return httpapi.Response{}, err
	}
	if task.ID, err = repeatable(request, patch); err != nil {
		return httpapi.Response{}, err
	}
	var created domain.Task
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		created, err = tx.CreateTask(ctx, task)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return httpapi.Response{}, httpapi.Missing("actionId")
	}
	return httpapi.Created(created, "/tasks/"+string(created.ID), created.Version), full(err, store.TasksOfAction, "An action has at most %d tasks.", domain.MaxTasks)
}

func (h handler) get(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, err := request.ID("taskId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var task domain.Task
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		task, err = tx.Task(ctx, id)
		return err
	})
	return httpapi.Tagged(task, task.Version), err
}

func (h handler) update(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, expected, err := request.Target("taskId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var patch domain.TaskPatch
	if err := request.Body(&patch); err != nil {
		return httpapi.Response{}, err
	}
	var task domain.Task
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		task, err = tx.UpdateTask(ctx, id, expected, func(task *domain.Task) error { return task.Apply(patch, h.clock()) })
		return err
	})
	return httpapi.Tagged(task, task.Version), err
}

func (h handler) delete(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, expected, err := request.Target("taskId")
	if err != nil {
		return httpapi.Response{}, err
	}
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeleteTasks(ctx, []domain.ID{id}, expected)
	})
	return httpapi.NoContent(), err
}

func (h handler) history(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, err := request.ID("taskId")
	if err != nil {
		return httpapi.Response{}, err
	}
	window, err := request.Window()
	if err != nil {
		return httpapi.Response{}, err
	}
	var changes store.Page[store.StatusChange]
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		if _, err = tx.Task(ctx, id); err != nil {
			return err
		}
		changes, err = tx.TaskHistory(ctx, id, window)
		return err
	})
	return httpapi.OK(changes), err
}

// listing is the answer of lists that have no second page.
type listing[T any] struct {
	Items []T `json:"items"`
}
