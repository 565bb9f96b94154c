package main

import (
	"context"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// preference is what a user wants of reminders.
type preference struct {
	Enabled   bool            `json:"enabled"`
	Pace      store.Pace      `json:"pace"`
	OffReason store.OffReason `json:"offReason,omitempty"` // why mail is off where the user did not say so here
	UpdatedAt *time.Time      `json:"updatedAt"`           // null while nobody said anything
}

// preferenceResponse has an ETag once there is something to have a version.
func preferenceResponse(stored store.ReminderPreference) httpapi.Response {
	answer := preference{Enabled: stored.Enabled, Pace: stored.Pace, OffReason: stored.OffReason}
	if stored.Version == 0 {
		return httpapi.OK(answer)
	}
	answer.UpdatedAt = &stored.UpdatedAt
	return httpapi.Tagged(answer, stored.Version)
}

func (h handler) reminders(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	var stored store.ReminderPreference
	err := h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		if _, _, err = tx.SignIn(ctx, request.Caller); err != nil {
			return err
		}
		stored, err = tx.ReminderPreference(ctx)
		return err
	})
	return preferenceResponse(stored), err
}

// wanted replaces a preference: both fields must be there.
type wanted struct {
	domain.Faults `json:"-"`
	Enabled       *bool       `json:"enabled"`
	Pace          *store.Pace `json:"pace"`
}

func (w wanted) validate() error {
	var invalid domain.ValidationError
	if w.Enabled == nil {
		invalid.Add("enabled", domain.CodeRequired, "must be there")
	}
	switch {
	case w.Pace == nil:
		invalid.Add("pace", domain.CodeRequired, "must be there")
	case *w.Pace != store.StayOnTrack && *w.Pace != store.ChangePace:
		invalid.Add("pace", domain.CodeUnknown, "must be stay_on_track or change_pace")
	}
	return w.With(invalid.Err())
}

func (h handler) putReminders(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	expected, err := request.IfMatch()
	if err != nil {
		return httpapi.Response{}, err
	}
	var body wanted
	if err := request.Body(&body); err != nil {
		return httpapi.Response{}, err
	}
	if err := body.validate(); err != nil {
		return httpapi.Response{}, err
	}
	var stored store.ReminderPreference
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		if _, _, err = tx.SignIn(ctx, request.Caller); err != nil {
			return err
		}
		// The user's row stands for the preference, which may not be there to be locked.
		if _, err = tx.UpdateUser(ctx, store.AnyVersion, func(*domain.User) error { return nil }); err != nil {
			return err
		}
		stored, err = tx.PutReminderPreference(ctx, expected, *body.Enabled, *body.Pace)
		return err
	})
	return preferenceResponse(stored), err
}
