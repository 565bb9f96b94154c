package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// RunStatus is how a run, or a layer's part of it, stands.
type RunStatus string

// The statuses of runs and layers.
const (
	Pending     RunStatus = "pending"
	Running     RunStatus = "running"
	Succeeded   RunStatus = "succeeded"
	Failed      RunStatus = "failed"
	Interrupted RunStatus = "interrupted" // stopped by a signal; every state was written
	Crashed     RunStatus = "crashed"     // Terraform died: its state may lack what it created
	Skipped     RunStatus = "skipped"     // a layer it needs did not succeed
	Unchanged   RunStatus = "unchanged"
)

// Operation is what a run does.
type Operation string

// The operations that leave a record.
const (
	OperationApply   Operation = "apply"
	OperationDestroy Operation = "destroy"
	OperationUnlock  Operation = "unlock"
	// OperationRollback brings an earlier release back.
	OperationRollback Operation = "rollback"
	// OperationPrune deletes old releases; it leaves no record.
	OperationPrune Operation = "prune"
)

// Record is the account of one run of an environment. Times are UTC. It holds
// no values of resources.
type Record struct {
	ID             string        `json:"id"` // letters, digits, '.', '_' and '-'
	Environment    string        `json:"environment"`
	Operation      Operation     `json:"operation"`
	Status         RunStatus     `json:"status"`
	Release        string        `json:"release,omitempty"`
	StartedAt      time.Time     `json:"started_at"`
	EndedAt        time.Time     `json:"ended_at,omitzero"`
	User           string        `json:"user,omitempty"`
	Host           string        `json:"host,omitempty"`
	CIRun          string        `json:"ci_run,omitempty"` // URL
	ApprovalDigest string        `json:"approval_digest,omitempty"`
	Layers         []LayerRecord `json:"layers"`
	ResumedFrom    string        `json:"resumed_from,omitempty"` // id of the run that this one goes on with
	ResumedBy      string        `json:"resumed_by,omitempty"`   // id of the run that went on with this one
	Notes          []string      `json:"notes,omitempty"`

	// What the run deployed, and how that went.
	Reason          string              `json:"reason,omitempty"`           // why, in the user's words
	Manifest        string              `json:"manifest,omitempty"`         // digest of the release's manifest
	Source          *release.Source     `json:"source,omitempty"`           // what the release was made from
	Previous        string              `json:"previous,omitempty"`         // id of the deployment that stood before
	PreviousRelease string              `json:"previous_release,omitempty"` // its release
	Partial         bool                `json:"partial,omitempty"`          // --layer left something out
	RollbackOf      string              `json:"rollback_of,omitempty"`      // id of the deployment that this one takes back
	RolledBackBy    string              `json:"rolled_back_by,omitempty"`   // id of the deployment that took this one back
	Changes         *change.Summary     `json:"changes,omitempty"`          // of resources
	LayerChanges    []LayerChanges      `json:"layer_changes,omitempty"`    // the same by layer, in the order of the layers' steps
	Phases          []PhaseRecord       `json:"phases,omitempty"`           // beside the layers, in order
	Snapshot        string              `json:"snapshot,omitempty"`         // of the database, taken before
	Schema          *SchemaRecord       `json:"schema,omitempty"`
	Aliases         []AliasRecord       `json:"aliases,omitempty"` // where the functions' callers are led, by name
	Site            *SiteRecord         `json:"site,omitempty"`
	Verification    *VerificationRecord `json:"verification,omitempty"`
}

// LayerChanges counts what a plan did to the resources of one layer.
type LayerChanges struct {
	Layer string `json:"layer"` // "" for the root itself
	change.Summary
	Stateful int `json:"stateful,omitempty"` // of those that were deleted, replaced, forgotten or updated: they hold data
}

// PhaseRecord is one phase of a deployment beside its layers.
type PhaseRecord struct {
	Name      Phase     `json:"name"`
	Status    RunStatus `json:"status"`
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	Note      string    `json:"note,omitempty"` // what it did, in a line
	Error     string    `json:"error,omitempty"`
}

// Phase names a phase of a deployment.
type Phase string

// The phases, in their order. Between assets and migrations come the layers.
const (
	PhaseSnapshot   Phase = "snapshot"   // of the database
	PhaseAssets     Phase = "assets"     // the site's immutable files
	PhaseMigrations Phase = "migrations" // that expand the schema
	PhaseAliases    Phase = "aliases"    // callers are led to the new code
	PhaseEntries    Phase = "entries"    // the site's pages
	PhaseContract   Phase = "contract"   // migrations that take away what nothing uses any more
	PhaseVerify     Phase = "verify"
	// PhaseCode comes first when an earlier release is brought back.
	PhaseCode Phase = "code"
)

// SchemaRecord is what a deployment did to the database's schema.
type SchemaRecord struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Contracted is the newest migration that took something away: a release with
	// an older schema cannot run any more. 0: none did.
	Contracted int64 `json:"contracted,omitempty"`
}

// AliasRecord is where a function's callers were led by a deployment.
type AliasRecord struct {
	Function   string `json:"function"` // short name
	FullName   string `json:"full_name"`
	From       string `json:"from,omitempty"` // version before; "" where there was no alias
	To         string `json:"to"`             // version after
	CodeSHA256 string `json:"code_sha256"`    // of that version's archive, in hexadecimal
}

// SiteRecord is what a deployment did to the site.
type SiteRecord struct {
	Bucket       string         `json:"bucket"`
	Distribution string         `json:"distribution,omitempty"`
	Entries      []release.File `json:"entries"`                // as they are now
	Assets       int            `json:"assets"`                 // uploaded
	Removed      int            `json:"removed,omitempty"`      // old assets
	Invalidation string         `json:"invalidation,omitempty"` // CloudFront's id
}

// VerificationRecord is the outcome of a verification.
type VerificationRecord struct {
	Result  RunStatus `json:"result"` // succeeded or failed
	Areas   []string  `json:"areas"`
	Passed  int       `json:"passed"`
	Failed  []string  `json:"failed,omitempty"`  // ids of checks
	Unknown []string  `json:"unknown,omitempty"` // ids of checks that could not run
}

// Verified reports whether the run deployed a release, not a working tree, and
// proved it to work.
func (r Record) Verified() bool {
	_, err := release.ParseVersion(r.Release)
	return err == nil && r.Status == Succeeded && !r.Partial && r.Verification != nil && r.Verification.Result == Succeeded
}

// LayerRecord is what one stage of a run did to one layer. A layer has several
// records when its deletions are staged before its creations.
type LayerRecord struct {
	Name         string    `json:"name"`
	Stage        Stage     `json:"stage,omitempty"`
	Status       RunStatus `json:"status"`
	BegunAt      time.Time `json:"begun_at,omitzero"`   // of the step: its init and plan come before the apply
	StartedAt    time.Time `json:"started_at,omitzero"` // of the Terraform that applies
	EndedAt      time.Time `json:"ended_at,omitzero"`
	Process      Process   `json:"process,omitzero"`
	StateLockID  string    `json:"state_lock_id,omitempty"` // its lock on the layer's state
	SerialBefore uint64    `json:"serial_before,omitempty"` // of the layer's state; 0: it had none
	SerialAfter  uint64    `json:"serial_after,omitempty"`
	Error        string    `json:"error,omitempty"`
}

// Layer gives the record of a layer's stage, to be changed in place inside an
// update, or nil.
func (r *Record) Layer(name string, stage Stage) *LayerRecord {
	for i := range r.Layers {
		if r.Layers[i].Name == name && r.Layers[i].Stage == stage {
			return &r.Layers[i]
		}
	}
	return nil
}

// Unsettled reports whether the run may have left resources outside any state
// or locks behind: it, or a Terraform of its, ended without a word.
func (r Record) Unsettled() bool {
	if r.ResumedBy != "" || r.Operation == OperationUnlock {
		return false
	}
	if r.Status == Running {
		return true
	}
	for _, l := range r.Layers {
		if l.Status == Running || l.Status == Crashed {
			return true
		}
	}
	return false
}

// cutShort reports whether a signal stopped Terraform while it was at work
// here. It wrote its state, but its provider dropped the requests under way:
// what AWS then made of them is in no state.
func (l LayerRecord) cutShort() bool { return l.Status == Interrupted && !l.StartedAt.IsZero() }

func (r Record) cutShort() bool {
	return r.ResumedBy == "" && slices.ContainsFunc(r.Layers, LayerRecord.cutShort)
}

// Resumable reports whether the run has something left to do.
func (r Record) Resumable() bool {
	return r.ResumedBy == "" && r.Operation == OperationApply && r.Status != Succeeded && r.RolledBackBy == ""
}

// Journal writes one run's record and its resources' events as they come.
type Journal interface {
	Update(ctx context.Context, change func(*Record)) error
	Event(layer string, event Event)
	// Finish writes what is outstanding, and the last status.
	Finish(ctx context.Context, status RunStatus) error
}

// Journals keeps the records of an environment, newest first.
type Journals interface {
	Start(ctx context.Context, record Record) (Journal, error)
	List(ctx context.Context, limit int) ([]Record, error)
	Events(ctx context.Context, id string) (map[string][]Event, error)
	// Amend changes the record of an ended or dead run.
	Amend(ctx context.Context, id string, change func(*Record)) error
}

// Holder says who holds a lease and why. The times are the holder's own clock
// in UTC, so on another machine they are as wrong as the two clocks differ; the
// lease allows for a tenth of its time to live.
type Holder struct {
	ID           string    `json:"id"` // unique per acquisition
	Environment  string    `json:"environment"`
	User         string    `json:"user"`
	Host         string    `json:"host"`
	PID          int       `json:"pid"`
	Operation    Operation `json:"operation"`
	DeploymentID string    `json:"deployment_id,omitempty"`
	CIRun        string    `json:"ci_run,omitempty"` // URL of the CI run
	AcquiredAt   time.Time `json:"acquired_at"`
	RenewedAt    time.Time `json:"renewed_at"`
	ExpiresAt    time.Time `json:"expires_at"`
}

// Expired reports whether the lease is over at this moment.
func (h Holder) Expired(now time.Time) bool { return !now.Before(h.ExpiresAt) }

// String gives the holder in one line for people.
func (h Holder) String() string {
	text := fmt.Sprintf("%s on %s (process %d, %s since %s, expires %s)", h.User, h.Host, h.PID,
		h.Operation, h.AcquiredAt.UTC().Format(time.RFC3339), h.ExpiresAt.UTC().Format(time.RFC3339))
	if h.CIRun != "" {
		text += ", " + h.CIRun
	}
	return text
}

// Lease is the right to change the environment. Context ends when it is lost.
type Lease interface {
	Context() context.Context
	// Pass hands it to the run that follows in the same process.
	Pass(ctx context.Context, operation Operation, deploymentID string) error
	Release(ctx context.Context) error
}

// Leases hands out the environment's lease. Acquire of a held one is MD0501;
// an expired one is taken over only if takeOver is set, else MD0504.
type Leases interface {
	Acquire(ctx context.Context, holder Holder, takeOver bool) (lease Lease, previous *Holder, err error)
	Read(ctx context.Context) (*Holder, error)
	Break(ctx context.Context, force bool) (Holder, error)
}

// Files lays composed roots out on disk.
type Files interface {
	// Lay writes a composed root into a directory of its own, kept from run to
	// run so that init need not be repeated, and locked until Release. Files
	// that can hold values (secret) are readable to the owner only and are
	// removed by Release, as are plans and states.
	Lay(name string, files, secret map[string][]byte) (Directory, error)
	// Leftover gives the event stream that a dead run left in a directory.
	Leftover(name string) ([]byte, error)
	// Tidy removes from the directories that nobody uses what can hold values: whoever
	// dies cannot do it.
	Tidy() error
}

// Directory is a composed root on disk.
type Directory interface {
	Path() string
	// Unsaved reports whether Terraform could not store its state and left it
	// in the directory.
	Unsaved() bool
	// Release ends the use of the directory.
	Release() error
	// Leave ends it as Release does, but keeps what tells of an apply that
	// did not succeed.
	Leave() error
}

// Processes asks after processes of dead runs.
type Processes interface {
	// Alive reports whether a process still runs; known is false for one of
	// another host.
	Alive(p Process) (alive, known bool)
	// EndOrphans ends what a killed Terraform left running on this host and
	// gives how many processes that were.
	EndOrphans(p Process) int
}
