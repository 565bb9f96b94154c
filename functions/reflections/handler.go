package main

import (
	"context"
	"errors"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// database runs transactions of a user.
type database interface {
	Read(ctx context.Context, user domain.ID, do func(context.Context, *store.Tx) error) error
	Write(ctx context.Context, user domain.ID, do func(context.Context, *store.Tx) error) error
}

// handler answers for reflections.
type handler struct{ database database }

func (h handler) routes(router *httpapi.Router) {
	router.Handle("GET", "/reflections", h.list, "cursor", "goalId", "limit").
		Says("Lists reflections, latest first.").OK(store.Page[domain.Reflection]{})
	router.Handle("POST", "/reflections", h.create).
		Says("Makes a reflection.").
		Takes(domain.ReflectionPatch{}, "goalId", "summary").Created(domain.Reflection{}).Fails(404)
	router.Handle("GET", "/reflections/{reflectionId}", h.get).
		Says("Gives a reflection.").Tagged(domain.Reflection{})
	router.Handle("PATCH", "/reflections/{reflectionId}", h.update).
		Says("Changes a reflection.", "`goalId` cannot change.").
		Takes(domain.ReflectionPatch{}).Tagged(domain.Reflection{})
	router.Handle("DELETE", "/reflections/{reflectionId}", h.delete).
		Says("Deletes a reflection.").NoContent()
}

func (h handler) list(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	window, err := request.Window()
	if err != nil {
		return httpapi.Response{}, err
	}
	goal, ok := domain.ParseID(request.Query("goalId"))
	if !ok && goal != "" {
		return httpapi.Response{}, domain.Invalid("goalId", domain.CodeInvalid, "must be an id as the API gives them")
	}
	var reflections store.Page[domain.Reflection]
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		reflections, err = tx.Reflections(ctx, goal, window)
		return err
	})
	return httpapi.OK(reflections), err
}

func (h handler) create(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	var patch domain.ReflectionPatch
	if err := request.Body(&patch); err != nil {
		return httpapi.Response{}, err
	}
	reflection, err := domain.NewReflection(patch)
	if err != nil {
		return httpapi.Response{}, err
	}
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		reflection, err = tx.CreateReflection(ctx, reflection)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return httpapi.Response{}, httpapi.Missing("goalId")
	}
	return httpapi.Created(reflection, "/reflections/"+string(reflection.ID), reflection.Version), err
}

func (h handler) get(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, err := request.ID("reflectionId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var reflection domain.Reflection
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		reflection, err = tx.Reflection(ctx, id)
		return err
	})
	return httpapi.Tagged(reflection, reflection.Version), err
}

func (h handler) update(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, expected, err := request.Target("reflectionId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var patch domain.ReflectionPatch
	if err := request.Body(&patch); err != nil {
		return httpapi.Response{}, err
	}
	var reflection domain.Reflection
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		reflection, err = tx.UpdateReflection(ctx, id, expected, func(r *domain.Reflection) error { return r.Apply(patch) })
		return err
	})
	return httpapi.Tagged(reflection, reflection.Version), err
}

func (h handler) delete(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, expected, err := request.Target("reflectionId")
	if err != nil {
		return httpapi.Response{}, err
	}
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeleteReflection(ctx, id, expected)
	})
	return httpapi.NoContent(), err
}
