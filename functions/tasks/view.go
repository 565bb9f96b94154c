package main

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

func (h handler) listViews(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	var views []domain.SavedView
	err := h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		views, err = tx.Views(ctx)
		return err
	})
	return httpapi.OK(listing[domain.SavedView]{Items: views}), err
}

func (h handler) createView(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	var patch domain.ViewPatch
	if err := request.Body(&patch); err != nil {
		return httpapi.Response{}, err
	}
	view, err := domain.NewView(patch)
	if err != nil {
		return httpapi.Response{}, err
	}
	var created domain.SavedView
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		// The first thing that a user does may be this.
		if err := tx.Provision(ctx, request.Caller); err != nil {
			return err
		}
		if err := checkNames(ctx, tx, view.Filter); err != nil {
			return err
		}
		created, err = tx.CreateView(ctx, view)
		return err
	})
	return httpapi.Created(created, "/tasks/views/"+string(created.ID), created.Version),
		full(err, store.ViewsOfUser, "There may be at most %d saved views.", domain.MaxViews)
}

func (h handler) getView(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, err := request.ID("viewId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var view domain.SavedView
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		view, err = tx.View(ctx, id)
		return err
	})
	return httpapi.Tagged(view, view.Version), err
}

func (h handler) updateView(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, expected, err := request.Target("viewId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var patch domain.ViewPatch
	if err := request.Body(&patch); err != nil {
		return httpapi.Response{}, err
	}
	var view domain.SavedView
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		view, err = tx.UpdateView(ctx, id, expected, func(view *domain.SavedView) error { return view.Apply(patch) })
		if err != nil || patch.Filter == nil { // a filter from before may name what has gone
			return err
		}
		return checkNames(ctx, tx, view.Filter)
	})
	return httpapi.Tagged(view, view.Version), err
}

func (h handler) deleteView(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, expected, err := request.Target("viewId")
	if err != nil {
		return httpapi.Response{}, err
	}
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeleteView(ctx, id, expected)
	})
	return httpapi.NoContent(), err
}

// checkNames refuses a filter that names a goal or an action that is not there.
func checkNames(ctx context.Context, tx *store.Tx, filter domain.TaskFilter) error {
	goal, action, err := tx.MissingOfFilter(ctx, filter)
	if err != nil {
		return err
	}
	var fields []string
	if goal {
		fields = append(fields, "filter.goalId")
	}
	if action {
		fields = append(fields, "filter.actionId")
	}
	if len(fields) > 0 {
		return httpapi.Missing(fields...)
	}
	return nil
}
