package main

import (
	"context"
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

// handler answers for goals.
type handler struct {
	database database
	clock    func() time.Time
}

func (h handler) routes(router *httpapi.Router) {
	router.Handle("GET", "/goals", h.list, "cursor", "limit", "status")
	router.Handle("POST", "/goals", h.create)
	router.Handle("GET", "/goals/{goalId}", h.get)
	router.Handle("PATCH", "/goals/{goalId}", h.update)
	router.Handle("DELETE", "/goals/{goalId}", h.delete)

	router.Handle("GET", "/goals/{goalId}/sub-goals", h.listSubGoals)
	router.Handle("POST", "/goals/{goalId}/sub-goals", h.createSubGoal)
	router.Handle("GET", "/goals/{goalId}/sub-goals/{subGoalId}", h.getSubGoal)
	router.Handle("PATCH", "/goals/{goalId}/sub-goals/{subGoalId}", h.updateSubGoal)
	router.Handle("DELETE", "/goals/{goalId}/sub-goals/{subGoalId}", h.deleteSubGoal)

	router.Handle("GET", "/goals/{goalId}/sub-goals/{subGoalId}/actions", h.listSubGoalActions)
	router.Handle("POST", "/goals/{goalId}/sub-goals/{subGoalId}/actions", h.createAction)
	router.Handle("GET", "/goals/{goalId}/actions", h.listActions)
	router.Handle("GET", "/goals/{goalId}/actions/{actionId}", h.getAction)
	router.Handle("PATCH", "/goals/{goalId}/actions/{actionId}", h.updateAction)
	router.Handle("DELETE", "/goals/{goalId}/actions/{actionId}", h.deleteAction)

	router.Handle("GET", "/goals/{goalId}/chart", h.chart)
	router.Handle("GET", "/goals/{goalId}/change-history", h.changes, "cursor", "limit")
	router.Handle("GET", "/goals/{goalId}/progress-history", h.progress, "from", "to")
}

func (h handler) today() domain.Date { return domain.DateOf(h.clock().UTC()) }

func (h handler) list(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	window, err := request.Window()
	if err != nil {
		return httpapi.Response{}, err
	}
	status, err := httpapi.Choice(request, "status", domain.GoalStatuses())
	if err != nil {
		return httpapi.Response{}, err
	}
	var goals store.Page[domain.Goal]
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		goals, err = tx.Goals(ctx, status, window)
		return err
	})
	return httpapi.OK(goals), err
}

func (h handler) create(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	var patch domain.GoalPatch
	if err := request.Body(&patch); err != nil {
		return httpapi.Response{}, err
	}
	goal, err := domain.NewGoal(patch, h.today())
	if err != nil {
		return httpapi.Response{}, err
	}
	var created domain.Goal
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		// The first thing that a user does may be this.
		if err := tx.Provision(ctx, request.Caller); err != nil {
			return err
		}
		created, err = tx.CreateGoal(ctx, goal)
		return err
	})
	return httpapi.Created(created, "/goals/"+string(created.ID), created.Version), err
}

func (h handler) get(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, err := request.ID("goalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var goal domain.Goal
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		goal, err = tx.Goal(ctx, id)
		return err
	})
	return httpapi.Tagged(goal, goal.Version), err
}

func (h handler) update(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, err := request.ID("goalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	expected, err := request.IfMatch()
	if err != nil {
		return httpapi.Response{}, err
	}
	var patch domain.GoalPatch
	if err := request.Body(&patch); err != nil {
		return httpapi.Response{}, err
	}
	var goal domain.Goal
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		goal, err = tx.UpdateGoal(ctx, id, expected, func(goal *domain.Goal) error { return goal.Apply(patch, h.today()) })
		return err
	})
	return httpapi.Tagged(goal, goal.Version), err
}

func (h handler) delete(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, err := request.ID("goalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	expected, err := request.IfMatch()
	if err != nil {
		return httpapi.Response{}, err
	}
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeleteGoal(ctx, id, expected)
	})
	return httpapi.NoContent(), err
}
