package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

// Pace is what a reminder proposes.
type Pace string

// The paces.
const (
	StayOnTrack Pace = "stay_on_track"
	ChangePace  Pace = "change_pace"
)

// OffReason is why mail was switched off by something else than the settings page.
type OffReason string

// The reasons.
const (
	Unsubscribed OffReason = "unsubscribed"
	Bounced      OffReason = "bounced"
	Complained   OffReason = "complained"
)

// ReminderPreference is what a user wants of reminders.
type ReminderPreference struct {
	Enabled   bool      `json:"enabled"`
	Pace      Pace      `json:"pace"`
	OffReason OffReason `json:"offReason,omitempty"`
	domain.Meta
}

const preferenceColumns = "enabled, pace, off_reason, version, created_at, updated_at"

// ReminderPreference is the user's preference: on, and stay on track, unless they said
// otherwise (then with version 0).
func (tx *Tx) ReminderPreference(ctx context.Context) (ReminderPreference, error) {
	preference, err := one[ReminderPreference](ctx, tx, "read the reminder preference",
		"SELECT "+preferenceColumns+" FROM reminder_preferences WHERE user_id = $1", tx.user)
	if errors.Is(err, ErrNotFound) {
		return ReminderPreference{Enabled: true, Pace: StayOnTrack}, nil
	}
	return preference, err
}

// PutReminderPreference stores what the user wants; it clears the reason of mail that
// was off.
func (tx *Tx) PutReminderPreference(ctx context.Context, expected int64, enabled bool, pace Pace) (ReminderPreference, error) {
	before, err := tx.ReminderPreference(ctx)
	if err != nil {
		return before, err
	}
	if err := expect(expected, before.Meta); err != nil {
		return before, err
	}
	return one[ReminderPreference](ctx, tx, "store the reminder preference", `
		INSERT INTO reminder_preferences (user_id, enabled, pace) VALUES ($1, $2, $3)
		ON CONFLICT (user_id) DO UPDATE SET enabled = excluded.enabled, pace = excluded.pace, off_reason = ''
		RETURNING `+preferenceColumns, tx.user, enabled, pace)
}

// SwitchRemindersOff switches the user's mail off; where it is off already nothing changes.
func (tx *Tx) SwitchRemindersOff(ctx context.Context, reason OffReason) error {
	_, err := tx.tx.Exec(ctx, `
		INSERT INTO reminder_preferences AS p (user_id, enabled, off_reason) VALUES ($1, false, $2)
		ON CONFLICT (user_id) DO UPDATE SET enabled = false, off_reason = excluded.off_reason WHERE p.enabled`, tx.user, string(reason))
	return translate("switch reminders off", err)
}

// ClaimReminder says whether the caller is to send the user's reminder of the day: once
// it was sent nobody is, and while someone is at it nobody else for ten minutes.
func (tx *Tx) ClaimReminder(ctx context.Context, day domain.Date) (bool, error) {
	tag, err := tx.tx.Exec(ctx, `
		INSERT INTO reminder_log AS l (user_id, sent_on) VALUES ($1, $2)
		ON CONFLICT (user_id, sent_on) DO UPDATE SET status = 'claimed', claimed_at = now(), error = ''
		WHERE l.status = 'failed' OR l.status = 'claimed' AND l.claimed_at < now() - interval '10 minutes'`, tx.user, day)
	return tag.RowsAffected() == 1, translate("claim the reminder", err)
}

// SentReminder is what became of a reminder that was claimed.
type SentReminder struct {
	Due, Overdue int
	MessageID    string // of SES
	Error        string // a name, no text of the user's; empty when it was sent
}

// RecordReminder records what became of the reminder of the day.
func (tx *Tx) RecordReminder(ctx context.Context, day domain.Date, sent SentReminder) error {
	_, err := tx.tx.Exec(ctx, `
		UPDATE reminder_log SET status = CASE $6 WHEN '' THEN 'sent' ELSE 'failed' END,
			due = $3, overdue = $4, message_id = left($5, 200), error = left($6, 200)
		WHERE user_id = $1 AND sent_on = $2`, tx.user, day, sent.Due, sent.Overdue, sent.MessageID, sent.Error)
	return translate("record the reminder", err)
}

// ReminderUsers are up to limit users to be reminded on a day, by id, after the one
// given; "" begins at the start.
func (db *DB) ReminderUsers(ctx context.Context, day domain.Date, after domain.ID, limit int) ([]domain.ID, error) {
	if after == "" {
		after = "00000000-0000-0000-0000-000000000000"
	}
	rows, _ := db.pool.Query(ctx, "SELECT app_reminder_users($1, $2, $3)", day, after, limit) // CollectRows gives its error
	ids, err := pgx.CollectRows(rows, pgx.RowTo[domain.ID])
	return ids, translate("list users to remind", err)
}
