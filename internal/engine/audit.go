package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Trail tells who changed what in the account.
type Trail interface {
	// Changes gives the calls in a period that changed something or tried to, newest
	// first and most at most; more says that there were others. Of an error it gives
	// what it has so far.
	Changes(ctx context.Context, from, to time.Time, most int) (calls []TrailCall, more bool, err error)
	// Covers says in words what of the account it tells.
	Covers() string
}

// TrailCall is one call of an API of AWS.
type TrailCall struct {
	ID     string
	Time   time.Time
	Actor  string // who, with the kind of who it is
	Source string // the service: rds.amazonaws.com
	Name   string // of the operation
	Error  string // its code; "" where it succeeded
}

// trailKept is how far back CloudTrail's own event history goes.
const trailKept = 90 * 24 * time.Hour

// trailLag is how long CloudTrail may take to tell of a call.
const trailLag = 15 * time.Minute

// trailTime bounds what is waited for CloudTrail, which answers twice a second.
const trailTime = 3 * time.Minute

// AuditRequest says what an audit report is about.
type AuditRequest struct {
	From, To time.Time // To is no longer part of it
	Calls    int       // how many of CloudTrail's are looked at, at most
}

// Audit is who did what to an environment in a period.
type Audit struct {
	Environment string              `json:"environment"`
	Account     string              `json:"account"`
	From        time.Time           `json:"from"`
	To          time.Time           `json:"to"`
	MadeAt      time.Time           `json:"made_at"`
	MadeBy      string              `json:"made_by"` // whose credentials read it
	Deployments []AuditedDeployment `json:"deployments"`
	Broken      []string            `json:"broken"` // keys of records that cannot be read
	Trail       AuditedTrail        `json:"cloudtrail"`
}

// AuditedDeployment is a deployment of the period, newest first.
type AuditedDeployment struct {
	Record   Record           `json:"record"`
	Approval *AuditedApproval `json:"approval,omitempty"` // nil where it was not kept
}

// AuditedApproval is what was approved, and by whom.
type AuditedApproval struct {
	Digest    string    `json:"digest"`
	PlannedBy string    `json:"planned_by"`
	PlannedAt time.Time `json:"planned_at"`
	Changes   int       `json:"changes"` // of resources
}

// AuditedTrail is what CloudTrail recorded.
type AuditedTrail struct {
	Covers  string         `json:"covers"`
	Unknown string         `json:"unknown,omitempty"` // why it could not be asked, or not to the end
	More    bool           `json:"more"`              // there were more calls than were looked at
	Since   time.Time      `json:"since,omitzero"`    // of the oldest call that was looked at
	Limits  []string       `json:"limits"`            // what it does not tell
	Calls   int            `json:"calls"`
	Actors  []AuditedActor `json:"actors"`
}

// AuditedActor is who called, with what he called.
type AuditedActor struct {
	Name    string         `json:"name"`
	Calls   int            `json:"calls"`
	Outside int            `json:"outside_deployments"` // at no recorded deployment's time
	Failed  int            `json:"failed"`
	What    []AuditedCalls `json:"what"`
}

// AuditedCalls are an actor's calls of one operation.
type AuditedCalls struct {
	Service string    `json:"service"`
	Name    string    `json:"name"`
	Count   int       `json:"count"`
	Outside int       `json:"outside_deployments"`
	Failed  int       `json:"failed"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
}

// Audit tells who did what to the environment in a period. It changes nothing.
func (e *Engine) Audit(ctx context.Context, request AuditRequest) (*Audit, error) {
	identity, err := e.identity(ctx)
	if err != nil {
		return nil, err
	}
	records, err := e.Journals.List(ctx, 0)
	broken, err := brokenRecords(err)
	if err != nil {
		return nil, err
	}
	audit := &Audit{Environment: e.name(), Account: identity.Account, From: request.From, To: request.To, MadeAt: e.Clock().UTC(), MadeBy: identity.ARN,
		Deployments: []AuditedDeployment{}, Broken: append([]string{}, broken...)}
	for _, r := range records {
		if r.StartedAt.Before(request.From) || !r.StartedAt.Before(request.To) {
			continue
		}
		deployment := AuditedDeployment{Record: r}
		approval, err := e.approved(ctx, r.ApprovalDigest)
		if err != nil {
			return nil, err
		}
		if approval != nil {
			deployment.Approval = &AuditedApproval{Digest: approval.Digest, PlannedBy: approval.CreatedBy, PlannedAt: approval.CreatedAt, Changes: len(approval.Changes)}
		}
		audit.Deployments = append(audit.Deployments, deployment)
	}
	audit.Trail = e.auditTrail(ctx, request, records)
	return audit, ctx.Err()
}

func (e *Engine) auditTrail(ctx context.Context, request AuditRequest, records []Record) AuditedTrail {
	trail := AuditedTrail{Actors: []AuditedActor{}, Limits: []string{}}
	if e.Trail == nil {
		trail.Unknown = "nobody here can ask CloudTrail"
		return trail
	}
	trail.Covers = e.Trail.Covers()
	now := e.Clock()
	if oldest := now.Add(-trailKept); request.From.Before(oldest) {
		trail.Limits = append(trail.Limits, fmt.Sprintf("CloudTrail's event history begins at %s; what was before lies in the trail's bucket", oldest.UTC().Format(time.RFC3339)))
	}
	if request.To.After(now.Add(-trailLag)) {
		trail.Limits = append(trail.Limits, "CloudTrail tells of a call up to 15 minutes after it: the last ones may be missing")
	}
	asking, cancel := context.WithTimeout(ctx, trailTime)
	defer cancel()
	calls, more, err := e.Trail.Changes(asking, request.From, request.To, request.Calls)
	trail.More, trail.Calls = more, len(calls)
	if err != nil {
		trail.Unknown = trailFailure(err)
		if errors.Is(err, context.DeadlineExceeded) {
			trail.Unknown = fmt.Sprintf("CloudTrail was not done telling after %s", trailTime)
		}
		trail.More = len(calls) > 0
	}
	for _, c := range calls {
		if trail.Since.IsZero() || c.Time.Before(trail.Since) {
			trail.Since = c.Time
		}
	}
	trail.Actors = byActor(calls, records)
	return trail
}

func trailFailure(err error) string {
	if found := problem.Find(err); len(found) > 0 {
		text := found[0].What
		if found[0].Err != nil {
			text += ": " + found[0].Err.Error()
		}
		return fmt.Sprintf("%s [%s]", text, found[0].Code)
	}
	return err.Error()
}

// byActor gathers calls: who called most at no deployment's time comes first.
func byActor(calls []TrailCall, records []Record) []AuditedActor {
	actors, whats := map[string]*AuditedActor{}, map[[3]string]*AuditedCalls{}
	for _, c := range calls {
		actor := actors[c.Actor]
		if actor == nil {
			actor = &AuditedActor{Name: c.Actor}
			actors[c.Actor] = actor
		}
		service := strings.TrimSuffix(c.Source, ".amazonaws.com")
		key := [3]string{c.Actor, service, c.Name}
		what := whats[key]
		if what == nil {
			what = &AuditedCalls{Service: service, Name: c.Name, First: c.Time, Last: c.Time}
			whats[key] = what
		}
		actor.Calls, what.Count = actor.Calls+1, what.Count+1
		if c.Time.Before(what.First) {
			what.First = c.Time
		}
		if c.Time.After(what.Last) {
			what.Last = c.Time
		}
		if c.Error != "" {
			actor.Failed, what.Failed = actor.Failed+1, what.Failed+1
		}
		if !duringDeployment(c.Time, records) {
			actor.Outside, what.Outside = actor.Outside+1, what.Outside+1
		}
	}
	for key, what := range whats {
		actors[key[0]].What = append(actors[key[0]].What, *what)
	}
	list := []AuditedActor{}
	for _, actor := range actors {
		slices.SortFunc(actor.What, func(a, b AuditedCalls) int {
			return cmp.Or(cmp.Compare(b.Outside, a.Outside), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Name, b.Name))
		})
		list = append(list, *actor)
	}
	slices.SortFunc(list, func(a, b AuditedActor) int {
		return cmp.Or(cmp.Compare(b.Outside, a.Outside), cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// duringDeployment reports whether a deployment was recorded to go on at a moment.
func duringDeployment(at time.Time, records []Record) bool {
	const slack = 2 * time.Minute // planning comes before the record, and clocks differ
	return slices.ContainsFunc(records, func(r Record) bool {
		ended := r.EndedAt
		if ended.IsZero() {
			for _, l := range r.Layers {
				if l.EndedAt.After(ended) {
					ended = l.EndedAt
				}
			}
			if r.Status == Running || ended.IsZero() {
				ended = r.StartedAt.Add(time.Hour) // nobody wrote when it ended
			}
		}
		return !at.Before(r.StartedAt.Add(-slack)) && !at.After(ended.Add(slack))
	})
}
