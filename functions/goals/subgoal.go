package main

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

func (h handler) listSubGoals(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, err := request.ID("goalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var all store.Page[domain.SubGoal]
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		if _, err = tx.Goal(ctx, goal); err != nil {
			return err
		}
		all.Items, err = tx.SubGoals(ctx, goal)
		return err
	})
	return httpapi.OK(all), err
}

func (h handler) createSubGoal(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, err := request.ID("goalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var patch domain.PartPatch
	if err := request.Body(&patch); err != nil {
		return httpapi.Response{}, err
	}
	subGoal, err := domain.NewSubGoal(goal, patch)
	if err != nil {
		return httpapi.Response{}, err
	}
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		subGoal, err = tx.CreateSubGoal(ctx, subGoal)
		return err
	})
	return httpapi.Created(subGoal, "/goals/"+string(goal)+"/sub-goals/"+string(subGoal.ID), subGoal.Version), err
}

func (h handler) getSubGoal(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, id, err := part(request, "subGoalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var subGoal domain.SubGoal
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		subGoal, err = tx.SubGoal(ctx, goal, id)
		return err
	})
	return httpapi.Tagged(subGoal, subGoal.Version), err
}

func (h handler) updateSubGoal(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, id, err := part(request, "subGoalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	expected, err := request.IfMatch()
	if err != nil {
		return httpapi.Response{}, err
	}
	var patch domain.PartPatch
	if err := request.Body(&patch); err != nil {
		return httpapi.Response{}, err
	}
	var subGoal domain.SubGoal
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		subGoal, err = tx.UpdateSubGoal(ctx, goal, id, expected, patch.Swap, func(s *domain.SubGoal) error { return s.Apply(patch) })
		return err
	})
	return httpapi.Tagged(subGoal, subGoal.Version), err
}

func (h handler) deleteSubGoal(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, id, err := part(request, "subGoalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	expected, err := request.IfMatch()
	if err != nil {
		return httpapi.Response{}, err
	}
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeleteSubGoal(ctx, goal, id, expected)
	})
	return httpapi.NoContent(), err
}

// part is the goal of the path, and the part of it that the parameter names.
func part(request *httpapi.Request, parameter string) (goal, id domain.ID, err error) {
	if goal, err = request.ID("goalId"); err != nil {
		return "", "", err
	}
	id, err = request.ID(parameter)
	return goal, id, err
}
