package main

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// list answers the tasks that are both in the saved view, if one is named, and in what
// the other parameters say.
func (h handler) list(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	window, err := request.Window()
	if err != nil {
		return httpapi.Response{}, err
	}
	filter, err := filterOf(request)
	if err != nil {
		return httpapi.Response{}, err
	}
	viewID, ok := domain.ParseID(request.Query("viewId"))
	if viewID != "" && !ok {
		return httpapi.Response{}, httpapi.Missing("viewId")
	}
	var tasks store.Page[domain.Task]
	err = h.database.Read(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) error {
		asked := store.TaskListing{Filters: []domain.TaskFilter{filter}, Sort: filter.Sort, Today: h.today()}
		if viewID != "" {
			view, err := tx.View(ctx, viewID)
			if errors.Is(err, store.ErrNotFound) {
				return httpapi.Missing("viewId")
			}
			if err != nil {
				return err
			}
			asked.Filters = append(asked.Filters, view.Filter)
			asked.Sort = cmp.Or(filter.Sort, view.Filter.Sort)
		}
		var err error
		tasks, err = tx.Tasks(ctx, asked, window)
		return err
	})
	return httpapi.OK(tasks), err
}

// filterOf reads the filter of the query's parameters, whose names are its fields'.
func filterOf(request *httpapi.Request) (domain.TaskFilter, error) {
	filter := domain.TaskFilter{
		GoalID:   domain.ID(request.Query("goalId")),
		ActionID: domain.ID(request.Query("actionId")),
		Deadline: domain.DeadlineFilter(request.Query("deadline")),
		Sort:     domain.TaskSort(request.Query("sort")),
	}
	if text := request.Query("status"); text != "" {
		for status := range strings.SplitSeq(text, ",") {
			filter.Statuses = append(filter.Statuses, domain.TaskStatus(status))
		}
	}
	return filter, filter.Validate()
}
