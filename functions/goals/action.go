package main

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// listActions lists those of the whole goal.
func (h handler) listActions(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, err := request.ID("goalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var all store.Page[domain.Action]
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		if _, err = tx.Goal(ctx, goal); err != nil {
			return err
		}
		all.Items, err = tx.Actions(ctx, goal, "")
		return err
	})
	return httpapi.OK(all), err
}

func (h handler) listSubGoalActions(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, subGoal, err := part(request, "subGoalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var all store.Page[domain.Action]
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		if _, err = tx.SubGoal(ctx, goal, subGoal); err != nil {
			return err
		}
		all.Items, err = tx.Actions(ctx, goal, subGoal)
		return err
	})
	return httpapi.OK(all), err
}

func (h handler) createAction(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, subGoal, err := part(request, "subGoalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var patch domain.ActionPatch
	if err := request.Body(&patch); err != nil {
		return httpapi.Response{}, err
	}
	action, err := domain.NewAction(goal, subGoal, patch)
	if err != nil {
		return httpapi.Response{}, err
	}
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		action, err = tx.CreateAction(ctx, action)
		return err
	})
	return httpapi.Created(action, "/goals/"+string(goal)+"/actions/"+string(action.ID), action.Version), err
}

func (h handler) getAction(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, id, err := part(request, "actionId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var action domain.Action
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		action, err = tx.Action(ctx, goal, id)
		return err
	})
	return httpapi.Tagged(action, action.Version), err
}

func (h handler) updateAction(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, id, err := part(request, "actionId")
	if err != nil {
		return httpapi.Response{}, err
	}
	expected, err := request.IfMatch()
	if err != nil {
		return httpapi.Response{}, err
	}
	var patch domain.ActionPatch
	if err := request.Body(&patch); err != nil {
		return httpapi.Response{}, err
	}
	var action domain.Action
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		action, err = tx.UpdateAction(ctx, goal, id, expected, patch.Swap, func(a *domain.Action) error { return a.Apply(patch) })
		return err
	})
	return httpapi.Tagged(action, action.Version), err
}

func (h handler) deleteAction(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, id, err := part(request, "actionId")
	if err != nil {
		return httpapi.Response{}, err
	}
	expected, err := request.IfMatch()
	if err != nil {
		return httpapi.Response{}, err
	}
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeleteAction(ctx, goal, id, expected)
	})
	return httpapi.NoContent(), err
}
