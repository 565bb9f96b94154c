package store

import (
	"context"
	"errors"
	"slices"
	"time"

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

// ClaimKept is how long a claim holds. Whoever claimed a reminder has to be done by
// then: the first retry of a function that broke off comes after a minute, and sends
// what was claimed and never recorded.
const ClaimKept = time.Minute

// RefusedForGood says whether a reminder's error, by its name, would come again if the
// same mail were sent again: SES refuses the address or the mail, or none can be written.
func RefusedForGood(name string) bool { return slices.Contains(refusedForGood(), name) }

// NotWritten is the name of the error that there is no mail to send.
const NotWritten = "NotWritten"

// refusedForGood are NotWritten and codes of SES's SendRawEmail.
func refusedForGood() []string {
	return []string{"InvalidParameterValue", "MessageRejected", NotWritten, "ValidationError"}
}

// ClaimReminder says whether the caller is to send the user's reminder of the day: once
// it was sent or refused for good nobody is, and while someone is at it nobody else for
// ClaimKept.
func (tx *Tx) ClaimReminder(ctx context.Context, day domain.Date) (bool, error) {
	tag, err := tx.tx.Exec(ctx, `
		INSERT INTO reminder_log AS l (user_id, sent_on) VALUES ($1, $2)
		ON CONFLICT (user_id, sent_on) DO UPDATE SET status = 'claimed', claimed_at = now(), error = ''
		WHERE l.status = 'failed' AND l.error <> ALL ($4) OR l.status = 'claimed' AND l.claimed_at < now() - make_interval(secs => $3)`,
		tx.user, day, ClaimKept.Seconds(), refusedForGood())
	return tag.RowsAffected() == 1, translate("claim the reminder", err)
}

// DueCount is how many open tasks a user has that are due on a day, and from before it.
type DueCount struct{ Due, Overdue int }

// DueCount counts what DueTasks lists.
func (tx *Tx) DueCount(ctx context.Context, day domain.Date) (DueCount, error) {
	return one[DueCount](ctx, tx, "count due tasks", `
		SELECT count(*) FILTER (WHERE t.deadline = $2), count(*) FILTER (WHERE t.deadline < $2)
		FROM tasks t JOIN goals g ON g.id = t.goal_id
		WHERE t.user_id = $1 AND t.status IN ('not_started', 'in_progress') AND t.deadline <= $2
			AND g.status IN ('active', 'partial')`, tx.user, day)
}

// ProposedTasks lists something else to do: from sub-goals in which nothing is due on
// the day or overdue, the quickest open task of each, and at most limit.
func (tx *Tx) ProposedTasks(ctx context.Context, day domain.Date, limit int) ([]domain.Task, error) {
	var q query
	q.add(`WITH open AS (
			SELECT t.id, t.deadline, t.estimated_minutes, a.sub_goal_id
			FROM tasks t JOIN actions a ON a.id = t.action_id JOIN goals g ON g.id = t.goal_id
			WHERE t.user_id = ? AND t.status IN ('not_started', 'in_progress') AND g.status IN ('active', 'partial'))
		SELECT `+taskColumns+` FROM tasks WHERE user_id = ? AND id IN (
			SELECT DISTINCT ON (sub_goal_id) id FROM open o
			WHERE NOT EXISTS (SELECT FROM open WHERE sub_goal_id = o.sub_goal_id AND deadline <= ?)
			ORDER BY sub_goal_id, estimated_minutes NULLS LAST, deadline NULLS LAST, id)
		ORDER BY estimated_minutes NULLS LAST, id LIMIT ?`, tx.user, tx.user, day, limit)
	return collect[domain.Task](ctx, tx, "list tasks to propose", &q)
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
