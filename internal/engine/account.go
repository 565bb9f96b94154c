package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Account is all that is kept of one deployment. It holds no values.
type Account struct {
	Record Record
	Events map[string][]Event // by layer
	// Approved is what the run was to change, without attributes; nil where its
	// approval was not kept or cannot be read any more.
	Approved *change.Approval
	History  []Record // of the environment, newest first: the last few, and the deployment's own
}

// accountHistory is how many deployments an account puts its own among.
const accountHistory = 15

// Account gives all that is kept of a deployment, found as DeploymentByID does; for
// "" of the last one, MD0844 where there was none.
func (e *Engine) Account(ctx context.Context, id string) (*Account, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	record, err := e.deploymentOrLast(ctx, id)
	if err != nil {
		return nil, err
	}
	account := &Account{Record: *record}
	if account.Events, err = e.Journals.Events(ctx, record.ID); err != nil {
		return nil, err
	}
	if account.Approved, err = e.approved(ctx, record.ApprovalDigest); err != nil {
		return nil, err
	}
	records, err := e.Journals.List(ctx, accountHistory)
	if _, err = brokenRecords(err); err != nil {
		return nil, err
	}
	account.History = withRecord(records, *record)
	return account, nil
}

func (e *Engine) deploymentOrLast(ctx context.Context, id string) (*Record, error) {
	if id != "" {
		return e.DeploymentByID(ctx, id)
	}
	records, err := e.Journals.List(ctx, recordsNear)
	if _, err = brokenRecords(err); err != nil {
		return nil, err
	}
	for i := range records {
		if records[i].Operation != OperationUnlock {
			return &records[i], nil
		}
	}
	return nil, &problem.Error{Code: problem.NotDeployed, What: fmt.Sprintf("nothing was ever deployed to environment %s", e.name())}
}

// approved gives the approval that is kept under a digest; nil where there is none, or
// one of another format.
func (e *Engine) approved(ctx context.Context, digest string) (*change.Approval, error) {
	if digest == "" {
		return nil, nil //nolint:nilnil // an unlock approves nothing
	}
	object, err := e.Store.Get(ctx, approvalKey(digest))
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // a run of long ago
	}
	if err != nil {
		return nil, err
	}
	approval, err := change.ReadApproval(approvalKey(digest), e.name(), object.Body)
	if err != nil {
		return nil, nil //nolint:nilnil,nilerr // of another version of the tool: what was done stands in the events
	}
	return approval, nil
}

// withRecord puts a record among others, newest first, where it is not there.
func withRecord(records []Record, record Record) []Record {
	var all []Record
	placed := false
	for _, each := range records {
		if !placed && (each.ID == record.ID || each.StartedAt.Before(record.StartedAt)) {
			all, placed = append(all, record), true
			if each.ID == record.ID {
				continue
			}
		}
		all = append(all, each)
	}
	if !placed {
		all = append(all, record)
	}
	return all
}
