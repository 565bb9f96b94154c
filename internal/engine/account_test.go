package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func TestAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	if _, err := e.Account(t.Context(), ""); !problem.Is(err, problem.NotDeployed) {
		t.Fatalf("of nothing: %v", err)
	}
	result, err := e.Apply(t.Context(), yes())
	if err != nil {
		t.Fatal(err)
	}
	w.deployed(e, "unlocked", 24*366, func(r *engine.Record) { r.Operation, r.StartedAt = engine.OperationUnlock, now().Add(time.Hour) })
	broken := w.broken("nothing", 24*400*2)
	account, err := e.Account(t.Context(), "")
	if err != nil {
		t.Fatalf("beside %s: %v", broken, err)
	}
	if account.Record.ID != result.DeploymentID || account.Record.Status != engine.Succeeded {
		t.Errorf("the last one is %+v", account.Record)
	}
	if account.Approved == nil || len(account.Approved.Changes) != 8 || len(account.Events["base"]) == 0 {
		t.Errorf("approved %+v, events %v", account.Approved, account.Events)
	}
	if len(account.History) != 2 || account.History[1].ID != result.DeploymentID {
		t.Errorf("history %+v", account.History)
	}
	// One of long ago stands at the end of the last few; one whose approval is gone is told without it.
	for n := range 20 {
		w.deployed(e, fmt.Sprintf("later-%d", n), 0, func(r *engine.Record) { r.StartedAt = now().Add(time.Duration(n+2) * time.Hour) })
	}
	if err := w.store.Delete(t.Context(), "approvals/"+strings.TrimPrefix(account.Record.ApprovalDigest, "sha256:")+".json", ""); err != nil {
		t.Fatal(err)
	}
	account, err = e.Account(t.Context(), result.DeploymentID)
	if err != nil || account.Approved != nil || len(account.History) != 16 || account.History[15].ID != result.DeploymentID {
		t.Errorf("%v: %d in its history, approved %v", err, len(account.History), account.Approved)
	}
	if _, err := e.Account(t.Context(), "unknown"); !problem.Is(err, problem.UnknownDeployment) {
		t.Errorf("%v", err)
	}
}

func TestOverview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	if o, err := e.Overview(t.Context()); err != nil || o.Standing != nil || o.Release != "" || o.Running != nil {
		t.Fatalf("of nothing: %+v, %v", o, err)
	}
	w.deployed(e, "first", 1, func(r *engine.Record) {
		r.Release, r.Verification = "v1.0.0", &engine.VerificationRecord{Result: engine.Succeeded, Passed: 3}
	})
	w.alive = func() bool { return true }
	looked := false
	w.faults["app"] = func(ctx context.Context) error {
		o, err := e.Overview(ctx)
		if err != nil || o.Running == nil || o.Lease == nil {
			return fmt.Errorf("while it runs: %+v, %w", o, err)
		}
		for _, l := range o.Running.Layers {
			if l.Name == "base" && (l.Done != 2 || l.Planned != 2 || l.Status != engine.Succeeded) {
				t.Errorf("%+v", l)
			}
		}
		looked = true
		return errors.New("enough")
	}
	_, _ = e.Apply(t.Context(), yes())
	if !looked {
		t.Fatal("nobody looked while it ran")
	}
	w.broken("nothing", 2)
	o, err := e.Overview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o.Running != nil || o.Lease != nil || o.Release != "v1.0.0" || o.Standing == nil || o.Standing.Status != engine.Failed || o.Verified == nil || o.Verified.ID != "first" || len(o.Broken) != 1 {
		t.Errorf("%+v", o)
	}
}

// trail is an engine.Trail.
type trail struct {
	calls []engine.TrailCall
	more  bool
	err   error
}

func (trail) Covers() string { return "all of it" }

func (s trail) Changes(context.Context, time.Time, time.Time, int) ([]engine.TrailCall, bool, error) {
	return s.calls, s.more, s.err
}

func TestAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	at := func(minutes int) time.Time { return firstDeployment.Add(time.Duration(minutes) * time.Minute) }
	for n := range 4 {
		w.deployed(e, fmt.Sprintf("run-%d", n), n, nil)
		if err := e.Journals.Amend(t.Context(), fmt.Sprintf("run-%d", n), func(r *engine.Record) { r.EndedAt = r.StartedAt.Add(10 * time.Minute) }); err != nil {
			t.Fatal(err)
		}
	}
	broken := w.broken("broken", 1)
	call := func(id, actor, name string, minutes int, failed string) engine.TrailCall {
		return engine.TrailCall{ID: id, Actor: actor, Source: "rds.amazonaws.com", Name: name, Time: at(minutes), Error: failed}
	}
	e.Trail = trail{more: true, calls: []engine.TrailCall{
		call("1", "role deploy as run", "Modify", 65, ""), call("2", "role deploy as run", "Modify", 68, ""), call("3", "user ken", "Delete", 90, "AccessDenied"), call("4", "user ken", "Modify", 61, ""),
	}}
	audit, err := e.Audit(t.Context(), engine.AuditRequest{From: at(60), To: at(180), Calls: 4})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range audit.Deployments {
		ids = append(ids, d.Record.ID)
	}
	if diff := cmp.Diff([]string{"run-2", "run-1"}, ids); diff != "" {
		t.Errorf("deployments (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{broken}, audit.Broken); diff != "" {
		t.Errorf("broken (-want +got):\n%s", diff)
	}
	want := engine.AuditedTrail{Covers: "all of it", More: true, Since: at(61), Calls: 4, Limits: audit.Trail.Limits, Actors: []engine.AuditedActor{
		{Name: "user ken", Calls: 2, Outside: 1, Failed: 1, What: []engine.AuditedCalls{
			{Service: "rds", Name: "Delete", Count: 1, Outside: 1, Failed: 1, First: at(90), Last: at(90)}, {Service: "rds", Name: "Modify", Count: 1, First: at(61), Last: at(61)}}},
		{Name: "role deploy as run", Calls: 2, What: []engine.AuditedCalls{{Service: "rds", Name: "Modify", Count: 2, First: at(65), Last: at(68)}}},
	}}
	if diff := cmp.Diff(want, audit.Trail); diff != "" {
		t.Errorf("trail (-want +got):\n%s", diff)
	}
	if len(audit.Trail.Limits) != 1 || !strings.Contains(audit.Trail.Limits[0], "event history begins at") {
		t.Errorf("limits %v", audit.Trail.Limits)
	}
}

// What CloudTrail does not tell is unknown, and no empty list.
func TestAuditWithoutTrail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trail engine.Trail
		want  string
		more  bool
	}{
		"nobody to ask":     {nil, "nobody here can ask", false},
		"it refuses":        {trail{err: &problem.Error{Code: problem.AccessDenied, What: "cannot ask", Err: errors.New("no")}}, "cannot ask: no [MD0306]", false},
		"it takes too long": {trail{calls: []engine.TrailCall{{ID: "1", Time: now()}}, err: context.DeadlineExceeded}, "was not done telling", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.engine()
			e.Trail = c.trail
			audit, err := e.Audit(t.Context(), engine.AuditRequest{From: now().Add(-time.Hour), To: now(), Calls: 10})
			if err != nil || !strings.Contains(audit.Trail.Unknown, c.want) || audit.Trail.More != c.more {
				t.Errorf("%+v, %v", audit, err)
			}
		})
	}
}
