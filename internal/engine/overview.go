package engine

import (
	"context"
	"time"
)

// Overview is how an environment stands, as far as its bucket tells: enough to look at
// many side by side.
type Overview struct {
	Environment  string
	Release      string  // that it runs by its records; "" where it runs none or nobody knows
	Standing     *Record // the deployment that stands, whatever became of it; nil where none does
	Verified     *Record // the newest with a verification; nil where there is none
	Lease        *Holder
	LeaseExpired bool
	HolderGone   bool // the lease's process has died on this host
	Deployments  []Record
	Broken       []string // keys of records that cannot be read
	Running      *Underway
}

// Underway is what a run that goes on has done so far.
type Underway struct {
	Record Record
	Layers []LayerUnderway // in the order of the record
}

// LayerUnderway is how far a layer of a run is.
type LayerUnderway struct {
	Name    string
	Stage   Stage
	Status  RunStatus
	Done    int // of its resources
	Working []Event
	Planned int // resources that are to be changed; 0 where nobody knows
	Since   time.Time
}

// Overview reads how the environment stands. It changes nothing, and reads no state.
func (e *Engine) Overview(ctx context.Context) (*Overview, error) {
	if _, err := e.identity(ctx); err != nil {
		return nil, err
	}
	records, err := e.Journals.List(ctx, recordsNear)
	broken, err := brokenRecords(err)
	if err != nil {
		return nil, err
	}
	o := &Overview{Environment: e.name(), Release: running(records), Standing: standingOf(records), Deployments: records, Broken: broken}
	for i := range records {
		if o.Verified == nil && records[i].Verification != nil {
			o.Verified = &records[i]
		}
	}
	if o.Lease, err = e.Leases.Read(ctx); err != nil {
		return nil, err
	}
	if o.Lease != nil {
		o.LeaseExpired = o.Lease.Expired(e.Clock())
		alive, known := e.Processes.Alive(Process{Host: o.Lease.Host, PID: o.Lease.PID})
		o.HolderGone = known && !alive
	}
	o.Running, err = e.underway(ctx, o)
	return o, err
}

// underway tells of the newest run, where its lease says that it lives.
func (e *Engine) underway(ctx context.Context, o *Overview) (*Underway, error) {
	if len(o.Deployments) == 0 || o.Lease == nil || o.LeaseExpired || o.HolderGone {
		return nil, nil //nolint:nilnil // mostly nothing is under way
	}
	record := o.Deployments[0]
	if record.Status != Running || record.ID != o.Lease.DeploymentID {
		return nil, nil //nolint:nilnil // it begins, or it has just ended
	}
	events, err := e.Journals.Events(ctx, record.ID)
	if err != nil {
		return nil, err
	}
	approval, err := e.approved(ctx, record.ApprovalDigest)
	if err != nil {
		return nil, err
	}
	planned := map[string]int{}
	if approval != nil {
		for _, c := range approval.Set().Changes {
			planned[c.Layer]++
		}
	}
	underway := &Underway{Record: record}
	for _, l := range record.Layers {
		line := LayerUnderway{Name: l.Name, Stage: l.Stage, Status: l.Status, Planned: planned[l.Name], Since: l.StartedAt}
		line.Done, line.Working = progressOf(events[l.Name])
		underway.Layers = append(underway.Layers, line)
	}
	return underway, nil
}

// progressOf counts the resources that are done, and gives the beginnings of those that
// are worked on.
func progressOf(events []Event) (done int, working []Event) {
	finished, open := map[string]bool{}, map[string]int{}
	var begun []Event
	for _, event := range events {
		if event.Action == "read" || event.Action == "no-op" {
			continue
		}
		switch event.Kind {
		case ApplyStart:
			open[event.Address] = len(begun)
			begun = append(begun, event)
		case ApplyComplete, ApplyErrored:
			delete(open, event.Address)
			finished[event.Address] = true
		case ApplyProgress, EventDiagnostic:
		}
	}
	for i, event := range begun {
		if at, still := open[event.Address]; still && at == i {
			working = append(working, event)
			delete(finished, event.Address) // a replacement's second half
		}
	}
	return len(finished), working
}
