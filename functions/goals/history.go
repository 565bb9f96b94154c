package main

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

func (h handler) chart(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, err := request.ID("goalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	var chart domain.Chart
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		chart, err = tx.Chart(ctx, goal)
		return err
	})
	return httpapi.OK(chart), err
}

// changes also tells of goals that were deleted: that is part of their history. A goal
// without any change never was.
func (h handler) changes(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, err := request.ID("goalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	window, err := request.Window()
	if err != nil {
		return httpapi.Response{}, err
	}
	var changes store.Page[store.Change]
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		changes, err = tx.Changes(ctx, goal, window)
		return err
	})
	if err == nil && len(changes.Items) == 0 {
		err = httpapi.NotFound()
	}
	return httpapi.OK(changes), err
}

// progressHistory are the days of a period on which a goal's progress changed.
type progressHistory struct {
	domain.Period
	Items []store.ProgressPoint `json:"items"`
}

func (h handler) progress(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	goal, err := request.ID("goalId")
	if err != nil {
		return httpapi.Response{}, err
	}
	period, err := domain.ParsePeriod(request.Query("from"), request.Query("to"), h.today())
	if err != nil {
		return httpapi.Response{}, err
	}
	history := progressHistory{Period: period}
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		if _, err = tx.Goal(ctx, goal); err != nil {
			return err
		}
		history.Items, err = tx.Progress(ctx, goal, period.From, period.To)
		return err
	})
	return httpapi.OK(history), err
}
