package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

// logged gives the numbers that the metric filters of the module reminders read.
func (f *fixture) logged() (sent, failed float64) {
	f.t.Helper()
	for line := range strings.Lines(f.log.String()) {
		var numbers struct {
			Sent   *float64 `json:"mails_sent"`
			Failed *float64 `json:"mails_failed"`
		}
		if err := json.Unmarshal([]byte(line), &numbers); err != nil {
			f.t.Fatal(err)
		}
		if numbers.Sent != nil && numbers.Failed != nil {
			sent, failed = sent+*numbers.Sent, failed+*numbers.Failed
		}
	}
	return sent, failed
}

// records are the rows of the log of what was sent.
func (f *fixture) records() []string {
	f.t.Helper()
	rows, err := f.owner.Query(f.t.Context(), "SELECT user_id, sent_on, status, due, overdue, message_id <> '', error FROM reminder_log ORDER BY user_id")
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	all := []string{}
	for rows.Next() {
		var user domain.ID
		var day domain.Date
		var status, failure string
		var due, overdue int
		var message bool
		if err := rows.Scan(&user, &day, &status, &due, &overdue, &message, &failure); err != nil {
			f.t.Fatal(err)
		}
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s %d+%d %t %s", user[len(user)-1:], day, status, due, overdue, message, failure)))
	}
	return all
}

func TestEachUserIsRemindedOnceADay(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.user(1, "花子", []domain.Task{due("today", 0), due("yesterday", -1), due("tomorrow", 1)})
	f.user(2, "", []domain.Task{due("tomorrow", 1)})
	f.user(3, "", []domain.Task{due("today", 0)})
	f.user(4, "", []domain.Task{due("today", 0)})
	f.write(3, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.PutReminderPreference(ctx, store.AnyVersion, false, store.StayOnTrack)
		return err
	})
	first, err := f.handle(saved(t, "schedule.json"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := f.handle(saved(t, "schedule.json"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{2, 0, 0, 0, 0, 2}, []int{first.Sent, first.Failed, first.Skipped, second.Sent, second.Failed, second.Skipped}); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(addresses(1, 4), f.box.recipients()); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1 2026-11-24 sent 1+1 true", "4 2026-11-24 sent 1+0 true"}, f.records()); diff != "" {
		t.Errorf("log of reminders (-want +got):\n%s", diff)
	}
	if sent, failed := f.logged(); sent != 2 || failed != 0 {
		t.Errorf("logged %v sent, %v failed", sent, failed)
	}
	for _, mail := range f.box.mails {
		user, err := f.links.Verify(t.Context(), mail.Token)
		if err != nil || !strings.Contains(mail.To, "user-"+string(user[len(user)-1:])+"@") || mail.OneClick != "List-Unsubscribe=One-Click" {
			t.Errorf("the link of %s is %s's: %v", mail.To, user, err)
		}
	}
}

func TestTheNumbersAreLoggedAtEveryLevel(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.many(2)
	f.box.refuse = func(to string, _ int) error {
		if to == address(2) {
			return refusal("MessageRejected", "no such address")
		}
		return nil
	}
	f.run.logger = telemetry.NewLogger(f.log, telemetry.Options{Level: slog.LevelWarn})
	if _, err := f.handle(saved(t, "schedule.json")); err != nil {
		t.Fatal(err)
	}
	if sent, failed := f.logged(); sent != 1 || failed != 1 {
		t.Errorf("logged %v sent, %v failed: %s", sent, failed, f.log.String())
	}
}

func TestTheUsersDayBegins(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.user(1, "", []domain.Task{due("tomorrow", 1)})
	f.run.clock = func() time.Time { return now.Add(15 * time.Hour) } // 16:00 UTC is tomorrow in Japan
	if got, err := f.handle(`{}`); err != nil || got.Sent != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestAMailThatCannotBeWritten is tried once: its address would break the header.
func TestAMailThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.many(1)
	if _, err := f.owner.Exec(t.Context(), "UPDATE users SET email = E'a\\r\\nBcc: b@example.com'"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []result{{Failed: 1}, {Skipped: 1}} {
		if got, err := f.handle(`{}`); err != nil || got.Failed != want.Failed || got.Skipped != want.Skipped || got.Sent != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if diff := cmp.Diff([]string{"1 2026-11-24 failed 1+0 false NotWritten"}, f.records()); diff != "" || f.box.calls > 0 {
		t.Errorf("%d calls of SES, log of reminders (-want +got):\n%s", f.box.calls, diff)
	}
}

// TestNoAddressNoMail is about a user whose address another one has verified since.
func TestNoAddressNoMail(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.many(2)
	f.write(3, func(ctx context.Context, tx *store.Tx) error {
		return tx.Provision(ctx, domain.User{Email: address(1), EmailVerified: true})
	})
	if got, err := f.handle(`{}`); err != nil || got.Sent != 1 || got.Skipped != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if diff := cmp.Diff(addresses(2), f.box.recipients()); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
}

func refusal(code, message string) error {
	return &smithy.OperationError{ServiceID: "SES", OperationName: "SendRawEmail", Err: &smithy.GenericAPIError{Code: code, Message: message}}
}

func TestWhatSESRefuses(t *testing.T) {
	t.Parallel()
	quoted := "Email address is not verified: " + address(2)
	tests := map[string]struct {
		refuse  func(to string, call int) error
		want    result
		fails   string // of the error; "" is none
		records []string
		again   []int // who has a mail after a retry
	}{
		"too fast for a while": {
			refuse: func(_ string, call int) error {
				if call <= 4 {
					return refusal("Throttling", "Maximum sending rate exceeded.")
				}
				return nil
			},
			want:    result{Sent: 3},
			records: []string{"1 2026-11-24 sent 1+0 true", "2 2026-11-24 sent 1+0 true", "3 2026-11-24 sent 1+0 true"},
			again:   []int{1, 2, 3},
		},
		"an address": {
			refuse: func(to string, _ int) error {
				if to == address(2) {
					return &types.MessageRejected{Message: &quoted}
				}
				return nil
			},
			want:    result{Sent: 2, Failed: 1},
			records: []string{"1 2026-11-24 sent 1+0 true", "2 2026-11-24 failed 1+0 false MessageRejected", "3 2026-11-24 sent 1+0 true"},
			again:   []int{1, 3},
		},
		"a mail, by a code": {
			refuse: func(to string, _ int) error {
				if to == address(2) {
					return refusal("InvalidParameterValue", "Missing final '@domain'")
				}
				return nil
			},
			want:    result{Sent: 2, Failed: 1},
			records: []string{"1 2026-11-24 sent 1+0 true", "2 2026-11-24 failed 1+0 false InvalidParameterValue", "3 2026-11-24 sent 1+0 true"},
			again:   []int{1, 3},
		},
		"one user's mail for now": {
			refuse: func(to string, _ int) error {
				if to == address(2) {
					return errors.New("connection reset")
				}
				return nil
			},
			want: result{Sent: 2, Failed: 1}, fails: "1 users were not reached",
			records: []string{"1 2026-11-24 sent 1+0 true", "2 2026-11-24 failed 1+0 false Failed", "3 2026-11-24 sent 1+0 true"},
			again:   []int{1, 2, 3},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.many(3)
			f.box.refuse = test.refuse
			got, err := f.handle(`{}`)
			if (err != nil) != (test.fails != "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("error %v, want %q", err, test.fails)
			}
			if got.Sent != test.want.Sent || got.Failed != test.want.Failed {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if diff := cmp.Diff(test.records, f.records()); diff != "" {
				t.Errorf("log of reminders (-want +got):\n%s", diff)
			}
			if strings.Contains(f.log.String(), "@example.com") {
				t.Errorf("the log has an address: %s", f.log.String())
			}
			// Lambda's retry reaches who was not reached, and nobody a second time, nor
			// whom SES refuses.
			f.box.refuse = nil
			if _, err := f.handle(`{}`); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(addresses(test.again...), f.box.recipients()); diff != "" {
				t.Errorf("recipients (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNobodyElseIsTried goes through errors that would be those of all users.
func TestNobodyElseIsTried(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]error{
		"the day's quota":      refusal("Throttling", "Daily message quota exceeded."),
		"the account":          &types.AccountSendingPausedException{},
		"the domain":           &types.MailFromDomainNotVerifiedException{},
		"the set":              &types.ConfigurationSetDoesNotExistException{},
		"the permission":       refusal("AccessDenied", "not authorized to perform ses:SendRawEmail"),
		"the network for good": errors.New("no route to host"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.many(most + 15)
			f.box.refuse = func(string, int) error { return refused }
			got, err := f.handle(`{}`)
			if err == nil || !strings.Contains(err.Error(), "no more reminders") || !errors.Is(err, refused) {
				t.Errorf("error %v", err)
			}
			if got.Sent != 0 || got.Failed == 0 || got.Failed > most+workers {
				t.Errorf("got %+v", got)
			}
			if len(f.next) > 0 {
				t.Errorf("it goes on: %+v", f.next)
			}
		})
	}
}

// TestItGoesOn lets a clock run by half of the budget with every mail, and calls the
// function again as it asks for.
func TestItGoesOn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const users = 13
	f.many(users)
	broken := true
	f.box.refuse = func(to string, _ int) error { // called under the mailbox's lock
		if to == address(2) && broken {
			return errors.New("connection reset")
		}
		return nil
	}
	f.run.clock = func() time.Time {
		f.box.lock.Lock()
		defer f.box.lock.Unlock()
		return now.Add(time.Duration(len(f.box.mails)) * budget / 2)
	}
	if _, err := f.handle(`{}`); err != nil {
		t.Fatal(err)
	}
	calls := 1
	for ; len(f.next) > 0 && calls < 50; calls++ {
		next := f.next[0]
		f.next = f.next[1:]
		if next.Again {
			broken = false
		}
		event, err := json.Marshal(next)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.handle(string(event)); err != nil {
			t.Fatalf("%s: %v", event, err)
		}
	}
	var all []int
	for n := 1; n <= users; n++ {
		all = append(all, n)
	}
	got := f.box.recipients()
	if len(got) != users {
		t.Errorf("%d mails for %d users", len(got), users)
	}
	for _, each := range addresses(all...) {
		if !strings.Contains(strings.Join(got, " "), each) {
			t.Errorf("no mail for %s", each)
		}
	}
	if broken || calls < 4 {
		t.Errorf("%d calls, a second time through: %t", calls, !broken)
	}
}

// TestAChainEndsByItself: before Lambda ends it, and with an error that an alarm tells of.
func TestAChainEndsByItself(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.many(7)
	f.run.clock = func() time.Time {
		f.box.lock.Lock()
		defer f.box.lock.Unlock()
		return now.Add(time.Duration(len(f.box.mails)) * budget / 2)
	}
	event, err := json.Marshal(continuation{Source: sourceOwn, Day: domain.DateOf(now), Calls: mostCalls})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.handle(string(event))
	if err == nil || !strings.Contains(err.Error(), "not all users were reached in 14 calls") || len(f.next) > 0 || len(f.box.recipients()) == 0 {
		t.Errorf("%v; mails %d, goes on %+v", err, len(f.box.recipients()), f.next)
	}
}

func TestNoTimeAtAll(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.many(1)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	f.run.clock = time.Now
	if _, err := f.Handle(ctx, json.RawMessage(`{"source":"goal-mandala.reminder","day":"2026-11-24"}`)); err == nil || !strings.Contains(err.Error(), "timeout is too short") {
		t.Errorf("got %v", err)
	}
	if len(f.next) > 0 || f.box.calls > 0 {
		t.Errorf("%d mails, goes on %+v", f.box.calls, f.next)
	}
}

// TestAtLeastOnce shows what a call leaves behind that ended between claim and record.
func TestAtLeastOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.many(2)
	for n, age := range map[int]time.Duration{1: time.Second, 2: store.ClaimKept + time.Second} {
		if _, err := f.owner.Exec(t.Context(), "INSERT INTO reminder_log (user_id, sent_on, claimed_at) VALUES ($1, '2026-11-24', now() - make_interval(secs => $2))", id(n), age.Seconds()); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := f.handle(`{}`); err != nil || got.Sent != 1 || got.Skipped != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if diff := cmp.Diff(addresses(2), f.box.recipients()); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
}

func TestTwoCallsAtOnceSendOneMail(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.many(12)
	failures := make(chan error, 3)
	for range cap(failures) {
		go func() {
			_, err := f.Handle(t.Context(), json.RawMessage(`{}`))
			failures <- err
		}()
	}
	for range cap(failures) {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
	if got := f.box.recipients(); len(got) != 12 {
		t.Errorf("%d mails: %v", len(got), got)
	}
}
