package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// handler answers for generations of tasks.
type handler struct{ service workflow.Service }

func (h handler) routes(router *httpapi.Router) {
	router.Handle("POST", "/ai/executions", h.start).
		Says("Begins a generation of tasks, for `actionIds` or all of the goal's actions.", "409 while one is under way.").
		Takes(wish{}, "goalId").Accepted(store.WorkflowExecution{}).Fails(404, 409)
	router.Handle("GET", "/ai/executions/{executionId}", h.get).
		Says("Gives a generation as it stands.").OK(store.WorkflowExecution{})
	router.Handle("POST", "/ai/executions/{executionId}/cancel", h.cancel).
		Says("Cancels a generation.", "Tasks that were made stay; 409 where it has ended otherwise.").
		OK(store.WorkflowExecution{}).Fails(409)
	router.Handle("POST", "/ai/executions/{executionId}/retry", h.retry).
		Says("Begins a generation of the actions that failed in one or were never tried.",
			"409 where there are none, it has not ended, or a later one of the goal was started.").
		Accepted(store.WorkflowExecution{}).Fails(409, 422)
}

// wish is the body of POST /ai/executions; no actions mean all of the goal.
type wish struct {
	domain.Faults `json:"-"`
	GoalID        domain.ID   `json:"goalId"`
	ActionIDs     []domain.ID `json:"actionIds"`
}

func (h handler) start(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	var body wish
	if err := request.Body(&body); err != nil {
		return httpapi.Response{}, err
	}
	if err := body.validate(); err != nil {
		return httpapi.Response{}, err
	}
	execution, err := h.service.Start(ctx, request.Caller.ID, body.GoalID, body.ActionIDs)
	return accepted(execution, err)
}

func (w wish) validate() error {
	var invalid domain.ValidationError
	if w.GoalID == "" {
		invalid.Add("goalId", domain.CodeRequired, "must be the goal's id")
	} else if _, ok := domain.ParseID(string(w.GoalID)); !ok {
		invalid.Add("goalId", domain.CodeInvalid, "is no id")
	}
	if len(w.ActionIDs) > workflow.MaxActions {
		invalid.Add("actionIds", domain.CodeTooLong, "a goal has fewer actions")
	}
	return w.With(invalid.Err()) // ids that are no ids are none of the goal's actions
}

func (h handler) get(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, err := request.ID("executionId")
	if err != nil {
		return httpapi.Response{}, err
	}
	execution, err := h.service.Status(ctx, request.Caller.ID, id)
	return httpapi.OK(execution), err
}

func (h handler) cancel(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, err := request.ID("executionId")
	if err != nil {
		return httpapi.Response{}, err
	}
	execution, err := h.service.Cancel(ctx, request.Caller.ID, id)
	return httpapi.OK(execution), problem(err)
}

func (h handler) retry(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	id, err := request.ID("executionId")
	if err != nil {
		return httpapi.Response{}, err
	}
	execution, err := h.service.Retry(ctx, request.Caller.ID, id)
	return accepted(execution, err)
}

// accepted answers 202 with where the generation is found.
func accepted(execution store.WorkflowExecution, err error) (httpapi.Response, error) {
	return httpapi.Response{
		Status: http.StatusAccepted, Body: execution,
		Headers: map[string]string{"Location": "/ai/executions/" + string(execution.ID)},
	}, problem(err)
}

// problem says in the API's words what the workflow's errors are.
func problem(err error) error {
	var conflict *workflow.ConflictError
	var unavailable *workflow.UnavailableError
	switch {
	case errors.As(err, &conflict):
		return httpapi.Conflict(conflict.Message)
	case errors.As(err, &unavailable):
		return &httpapi.Problem{
			Type: "/problems/unavailable", Title: "Not available at the moment", Status: http.StatusServiceUnavailable,
			Detail: "The generation could not be started. Try again in a moment.",
		}
	default:
		return err
	}
}
