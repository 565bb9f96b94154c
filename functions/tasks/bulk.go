package main

import (
	"context"
	"errors"
	"slices"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// updateStatuses gives all the tasks a status, or changes none of them.
func (h handler) updateStatuses(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	var body domain.BulkStatus
	if err := request.Body(&body); err != nil {
		return httpapi.Response{}, err
	}
	ids, err := body.Parse()
	if err != nil {
		return httpapi.Response{}, err
	}
	var tasks []domain.Task
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		var refused domain.ValidationError
		tasks, err = tx.UpdateTasks(ctx, ids, func(task *domain.Task) error {
			err := task.Apply(domain.TaskPatch{Status: domain.Some(*body.Status)}, h.clock())
			var invalid *domain.ValidationError
			if !errors.As(err, &invalid) {
				return err
			}
			// The others are looked at, too: the caller learns of all that stand in the way.
			for _, field := range invalid.Fields {
				field.Field = domain.At("ids", slices.Index(ids, task.ID))
				refused.Fields = append(refused.Fields, field)
			}
			return nil
		})
		if err == nil && len(refused.Fields) > 0 {
			return &refused // and so nothing is changed
		}
		return err
	})
	if err != nil {
		return httpapi.Response{}, missingOf(ids, err)
	}
	return httpapi.OK(listing[domain.Task]{Items: tasks}), nil
}

// bulkDelete is the body of POST /tasks/bulk/delete.
type bulkDelete struct {
	domain.Faults `json:"-"`
	IDs           []string `json:"ids"`
}

// deleteMany deletes all the tasks, or none of them.
func (h handler) deleteMany(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	var body bulkDelete
	if err := request.Body(&body); err != nil {
		return httpapi.Response{}, err
	}
	ids, err := domain.ParseIDs("ids", body.IDs)
	if err := body.With(err); err != nil {
		return httpapi.Response{}, err
	}
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeleteTasks(ctx, ids, store.AnyVersion)
	})
	return httpapi.NoContent(), missingOf(ids, err)
}

// missingOf names the places of the ids that are not there.
func missingOf(ids []domain.ID, err error) error {
	var gone *store.MissingError
	if !errors.As(err, &gone) {
		return err
	}
	var fields []string
	for i, id := range ids {
		if slices.Contains(gone.IDs, id) {
			fields = append(fields, domain.At("ids", i))
		}
	}
	return httpapi.Missing(fields...)
}
