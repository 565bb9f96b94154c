package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

// database is what is asked of the data.
type database interface {
	ReminderUsers(ctx context.Context, day domain.Date, after domain.ID, limit int) ([]domain.ID, error)
	UserOfEmail(ctx context.Context, address string) (domain.ID, error)
	Write(ctx context.Context, user domain.ID, do func(context.Context, *store.Tx) error) error
}

const (
	// budget is how long a call begins with further users: the last of them takes at
	// most turn, and an alarm goes off at 240 seconds (R1.7).
	budget   = 200 * time.Second
	turn     = 35 * time.Second // for one user; less than store.ClaimKept
	workers  = 4                // mails under way; each of them waits for SES most of the time
	pageSize = 200
	// reserve is left of Lambda's own time to call again.
	reserve = 20 * time.Second
	// most is how many failures in a row end a call: what is broken is not the mail.
	most = 20
)

// run sends the reminders of a day.
//
// A user gets a day's reminder once: it is claimed in the database before it is sent,
// and recorded after. If the process dies in between, a retry sends it after
// store.ClaimKept, so that the mail may come twice then: at least once.
//
// A call that has no time left calls the function again to go on. Who was not reached
// is tried again: by Lambda's retries of a call that dealt with all users and failed,
// or by going through all users once more after several calls. Only a call that does
// not go on fails, so that no retry makes one chain of calls two.
type run struct {
	again    func(context.Context, continuation) error // goes on in another call
	budget   time.Duration
	clock    func() time.Time
	database database
	logger   *slog.Logger
	page     int // users that are listed at a time
	post     post
}

// result is what a call did, and what it answers.
type result struct {
	Sent      int `json:"mails_sent"`
	Failed    int `json:"mails_failed"`
	Skipped   int `json:"skipped"` // nothing is due any more, or another call has sent it
	temporary int // of those that failed
	inARow    int
	stop      error // why nobody else would get a mail either
}

// mostCalls is how many calls of itself a chain has at most. Lambda ends one after about
// 16 without a word to anybody, and what is told is tried again:
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
const mostCalls = 14

// start deals with the users of a day after next.After, in the order of their ids.
func (r run) start(ctx context.Context, next continuation) (result, error) {
	total, last, complete, err := r.all(ctx, next)
	telemetry.Always(ctx, r.logger, "reminders sent", slog.String("day", next.Day.String()), slog.Bool("complete", complete),
		slog.Int("mails_sent", total.Sent), slog.Int("mails_failed", total.Failed), slog.Int("skipped", total.Skipped))
	missed := next.Failed + total.temporary
	switch {
	case total.stop != nil:
		return total, fmt.Errorf("no more reminders can be sent: %w", total.stop)
	case err != nil:
		return total, err
	case !complete && last == next.After:
		return total, errors.New("there is no time to remind anybody: the function's timeout is too short")
	case !complete && next.Calls >= mostCalls:
		return total, fmt.Errorf("not all users were reached in %d calls, and Lambda ends longer chains: raise SES's sending rate", mostCalls)
	case !complete:
		return total, r.again(ctx, continuation{Source: sourceOwn, Day: next.Day, After: last, Failed: missed, Again: next.Again, Calls: next.Calls + 1})
	case missed > 0 && next.Source == sourceOwn && !next.Again && next.Calls < mostCalls:
		return total, r.again(ctx, continuation{Source: sourceOwn, Day: next.Day, Again: true, Calls: next.Calls + 1})
	case missed > 0:
		return total, fmt.Errorf("%d users were not reached", missed)
	}
	return total, nil
}

// all goes through the users until there are no more or the time is over, and gives
// the last one that it dealt with.
func (r run) all(ctx context.Context, next continuation) (total result, last domain.ID, complete bool, err error) {
	until := r.clock().Add(r.budget)
	if deadline, found := ctx.Deadline(); found {
		if own := deadline.Add(-turn - reserve); own.Before(until) {
			until = own
		}
	}
	var lock sync.Mutex
	over := func() bool {
		lock.Lock()
		defer lock.Unlock()
		return total.stop != nil || !r.clock().Before(until)
	}
	var group errgroup.Group
	group.SetLimit(workers)
	defer func() { _ = group.Wait() }() // outcomes are in the total
	for last = next.After; ; {
		users, err := r.database.ReminderUsers(ctx, next.Day, last, r.page)
		if err != nil || len(users) == 0 {
			return total, last, err == nil, err
		}
		for _, user := range users {
			if over() {
				return total, last, false, nil
			}
			last = user
			group.Go(func() error {
				outcome, err := r.remind(ctx, next.Day, user)
				lock.Lock()
				defer lock.Unlock()
				total.add(outcome, err)
				return nil
			})
		}
	}
}

// outcome is what became of one user's reminder.
type outcome int

const (
	skipped  outcome = iota
	sent             //
	rejected         // for good
	failed           // for now
	hopeless         // for now, and so will be all others
)

func (t *result) add(outcome outcome, err error) {
	switch outcome {
	case skipped:
		t.Skipped++
	case sent:
		t.Sent++
		t.inARow = 0
	case rejected:
		t.Failed++
	case failed, hopeless:
		t.Failed++
		t.temporary++
		t.inARow++
		if t.stop == nil && (outcome == hopeless || t.inARow >= most) {
			t.stop = err
		}
	}
}

// remind claims a user's reminder, sends it and records what became of it.
func (r run) remind(ctx context.Context, day domain.Date, user domain.ID) (outcome, error) {
	limited, cancel := context.WithTimeout(ctx, turn)
	defer cancel()
	var found reminder
	claimed := false
	err := r.database.Write(limited, user, func(ctx context.Context, tx *store.Tx) (err error) {
		if found, err = gather(ctx, tx, day); err != nil || len(found.due) == 0 {
			return err
		}
		claimed, err = tx.ClaimReminder(ctx, day)
		return err
	})
	if err != nil {
		r.logger.ErrorContext(ctx, "reminder failed", "user", user, "error", err)
		return failed, err
	}
	if !claimed {
		return skipped, nil
	}
	record := store.SentReminder{Due: found.count.Due, Overdue: found.count.Overdue}
	var result outcome
	record.MessageID, result, err = r.post.send(limited, found)
	if err != nil {
		record.Error = name(err)
		if result == rejected { // SES quotes the address
			r.logger.ErrorContext(ctx, "reminder rejected", "user", user, "error", record.Error)
		} else {
			r.logger.ErrorContext(ctx, "reminder failed", "user", user, "error", err)
		}
	}
	// A call that is cut off must not send again what was sent.
	finish, end := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer end()
	if recording := r.database.Write(finish, user, func(ctx context.Context, tx *store.Tx) error {
		return tx.RecordReminder(ctx, day, record)
	}); recording != nil {
		r.logger.ErrorContext(ctx, "reminder not recorded", "user", user, "error", recording)
	}
	return result, err
}

// reminder is what a user is told.
type reminder struct {
	day           domain.Date
	user          domain.User
	pace          store.Pace
	count         store.DueCount
	due, proposed []domain.Task
}

// How many tasks a mail lists.
const (
	mostDue      = 20
	mostProposed = 5
	mostPressing = 3 // of those due, where something else is proposed
)

// gather reads what to tell a user; nothing due is nothing to tell.
func gather(ctx context.Context, tx *store.Tx, day domain.Date) (reminder, error) {
	preference, err := tx.ReminderPreference(ctx)
	if err != nil || !preference.Enabled {
		return reminder{}, err
	}
	found := reminder{day: day, pace: preference.Pace}
	if found.user, err = tx.User(ctx); err != nil || !found.user.Reachable() {
		return reminder{}, err
	}
	if found.due, err = tx.DueTasks(ctx, day, mostDue); err != nil {
		return reminder{}, err
	}
	if found.count, err = tx.DueCount(ctx, day); err != nil || found.pace != store.ChangePace {
		return found, err
	}
	if found.proposed, err = tx.ProposedTasks(ctx, day, mostProposed); err == nil && len(found.proposed) > 0 {
		found.due = found.due[:min(len(found.due), mostPressing)]
	}
	return found, err
}
