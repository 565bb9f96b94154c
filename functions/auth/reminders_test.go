package main

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

func TestReminders(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const path = "/profile/reminders"
	if answer := a.call(one, "GET", path, ""); answer.Body != `{"enabled":true,"pace":"stay_on_track","updatedAt":null}` || answer.Headers["ETag"] != "" {
		t.Errorf("before anything was said: %s %v", answer.Body, answer.Headers)
	}
	steps := []struct {
		what, user, body, tag string
		status                int
		etag                  string
		fields                []string
	}{
		{"before there is a version", one, `{"enabled": true, "pace": "change_pace"}`, `"1"`, 412, "", nil},
		{"said", one, `{"enabled": true, "pace": "change_pace"}`, "", 200, `"1"`, nil},
		{"changed", one, `{"enabled": false, "pace": "change_pace"}`, `"1"`, 200, `"2"`, nil},
		{"changed by who read before", one, `{"enabled": true, "pace": "change_pace"}`, `"1"`, 412, "", nil},
		{"nothing", one, `{}`, "", 422, "", []string{"enabled: required", "pace: required"}},
		{"an unknown pace", one, `{"enabled": true, "pace": "faster"}`, "", 422, "", []string{"pace: unknown"}},
		{"wrong types", one, `{"enabled": "yes"}`, "", 422, "", []string{"enabled: invalid", "pace: required"}},
		{"an unknown field", one, `{"enabled": true, "pace": "change_pace", "offReason": ""}`, "", 422, "", []string{"offReason: unknown"}},
		{"another user's, before any sign-in", two, `{"enabled": true, "pace": "stay_on_track"}`, "", 200, `"1"`, nil},
	}
	for _, step := range steps {
		answer := a.call(step.user, "PUT", path, step.body, ifMatch(step.tag))
		got := []any{answer.StatusCode, answer.Headers["ETag"], fields(t, answer)}
		if diff := cmp.Diff([]any{step.status, step.etag, step.fields}, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", step.what, answer.Body, diff)
		}
	}
	if mine := read[preference](t, a.call(one, "GET", path, ""), 200); mine.Enabled || mine.Pace != store.ChangePace || mine.UpdatedAt == nil {
		t.Errorf("in the end: %+v", mine)
	}
	// Mail that came back switches reminders off, and the user on again.
	err := a.db.Write(t.Context(), two, func(ctx context.Context, tx *store.Tx) error { return tx.SwitchRemindersOff(ctx, store.Bounced) })
	if err != nil {
		t.Fatal(err)
	}
	if off := read[preference](t, a.call(two, "GET", path, ""), 200); off.Enabled || off.OffReason != store.Bounced {
		t.Errorf("after a bounce: %+v", off)
	}
	if on := read[preference](t, a.call(two, "PUT", path, `{"enabled": true, "pace": "stay_on_track"}`), 200); !on.Enabled || on.OffReason != "" {
		t.Errorf("on again: %+v", on)
	}
}
