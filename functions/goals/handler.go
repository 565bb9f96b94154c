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
	zone     *time.Location // where the users' days begin
}

func (h handler) routes(router *httpapi.Router) {
	router.Handle("GET", "/goals", h.list, "cursor", "limit", "status").
		Says("Lists goals, latest first.").OK(store.Page[domain.Goal]{})
	router.Handle("POST", "/goals", h.create).
		Says("Makes a goal.", "It begins as `draft`, `active` or `cancelled`.").
		Takes(domain.GoalPatch{}, "title").Created(domain.Goal{})
	router.Handle("GET", "/goals/{goalId}", h.get).
		Says("Gives a goal.").Tagged(domain.Goal{})
	router.Handle("PATCH", "/goals/{goalId}", h.update).
		Says("Changes a goal.").Takes(domain.GoalPatch{}).Tagged(domain.Goal{})
	router.Handle("DELETE", "/goals/{goalId}", h.delete).
		Says("Deletes a goal with everything in it, except its change history.").NoContent()

	router.Handle("GET", "/goals/{goalId}/sub-goals", h.listSubGoals).
		Says("Lists all sub-goals, by position.").OK(store.Page[domain.SubGoal]{})
	router.Handle("POST", "/goals/{goalId}/sub-goals", h.createSubGoal).
		Says("Makes a sub-goal.", "409 where the position is taken.").
		Takes(domain.PartPatch{}, "title", "position").Created(domain.SubGoal{}).Fails(409)
	router.Handle("GET", "/goals/{goalId}/sub-goals/{subGoalId}", h.getSubGoal).
		Says("Gives a sub-goal.").Tagged(domain.SubGoal{})
	router.Handle("PATCH", "/goals/{goalId}/sub-goals/{subGoalId}", h.updateSubGoal).
		Says("Changes a sub-goal.", "409 where the position is taken, unless `swap` lets the two change places.").
		Takes(domain.PartPatch{}).Tagged(domain.SubGoal{}).Fails(409)
	router.Handle("DELETE", "/goals/{goalId}/sub-goals/{subGoalId}", h.deleteSubGoal).
		Says("Deletes a sub-goal with its actions and tasks.").NoContent()

	router.Handle("GET", "/goals/{goalId}/sub-goals/{subGoalId}/actions", h.listSubGoalActions).
		Says("Lists all actions of a sub-goal, by position.").OK(store.Page[domain.Action]{})
	router.Handle("POST", "/goals/{goalId}/sub-goals/{subGoalId}/actions", h.createAction).
		Says("Makes an action.", "409 where the position is taken.").
		Takes(domain.ActionPatch{}, "title", "position", "type").Created(domain.Action{}).Fails(409)
	router.Handle("GET", "/goals/{goalId}/actions", h.listActions).
		Says("Lists all actions of all sub-goals, by position.").OK(store.Page[domain.Action]{})
	router.Handle("GET", "/goals/{goalId}/actions/{actionId}", h.getAction).
		Says("Gives an action.").Tagged(domain.Action{})
	router.Handle("PATCH", "/goals/{goalId}/actions/{actionId}", h.updateAction).
		Says("Changes an action.", "Positions are as with sub-goals.").
		Takes(domain.ActionPatch{}).Tagged(domain.Action{}).Fails(409)
	router.Handle("DELETE", "/goals/{goalId}/actions/{actionId}", h.deleteAction).
		Says("Deletes an action with its tasks.").NoContent()

	router.Handle("GET", "/goals/{goalId}/chart", h.chart).
		Says("Gives the whole chart of a goal: its sub-goals with their actions, and these with their tasks.").
		OK(domain.Chart{})
	router.Handle("GET", "/goals/{goalId}/change-history", h.changes, "cursor", "limit").
		Says("Lists what was changed of a goal and of everything in it, latest first.", "Also of a goal that was deleted.").
		OK(store.Page[store.Change]{})
	router.Handle("GET", "/goals/{goalId}/progress-history", h.progress, "from", "to").
		Says("Gives the days of a period on which the progress changed.", "The period is the last 90 days by default, and 366 at most.").
		OK(progressHistory{})
}

// today is the users' day.
func (h handler) today() domain.Date { return domain.DateOf(h.clock().In(h.zone)) }

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
	id, expected, err := request.Target("goalId")
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
	id, expected, err := request.Target("goalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeleteGoal(ctx, id, expected)
	})
	return httpapi.NoContent(), err
}
