// Package engine holds the use cases: preview, apply, destroy, status, unlock
// and bootstrap of an environment. It declares, in this file, what it needs of
// the world; adapters implement it.
package engine

import (
	"context"
	"errors"
	"io"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
)

// Terraform runs Terraform on composed roots. Each call is one operation in
// one directory; calls on different directories may run side by side.
// Failures are *problem.Error values; diagnostics are in DiagnosticsError.
type Terraform interface {
	// Init makes dir ready for plan and apply. It does nothing while all that
	// init depends on is as it was when it last succeeded there.
	Init(ctx context.Context, dir string) error
	// Plan writes the plan to dir/PlanFile and gives it as Terraform's JSON.
	Plan(ctx context.Context, dir string, options PlanOptions) (*tfjson.Plan, error)
	// Apply applies dir/PlanFile and hands each event to sink as it comes.
	// When ctx is done, Terraform gets one interrupt and time to write its
	// state; Apply returns when it has ended. The process outlives a killed
	// caller. Started is called once with the process id.
	Apply(ctx context.Context, dir string, options ApplyOptions, sink func(Event)) error
	// Forget takes addresses out of the state of the root in dir, under
	// Terraform's own lock. The objects themselves stay as they are.
	Forget(ctx context.Context, dir string, addresses []string) error
	// PushState replaces the state of the root in dir by a later one of the
	// same lineage, under Terraform's own lock.
	PushState(ctx context.Context, dir string, state []byte) error
	// ReadEvents reads the stream that an Apply left in its directory.
	ReadEvents(r io.Reader, sink func(Event)) error
	// Version gives Terraform's version, for example "1.11.4".
	Version(ctx context.Context) (string, error)
}

// PlanFile is the name of the plan file in a composed root.
const PlanFile = "plan.tfplan"

// EventsFile is where Apply keeps Terraform's JSON stream in the directory.
const EventsFile = "apply.jsonl"

// PlanOptions selects what is planned.
type PlanOptions struct {
	Destroy     bool
	RefreshOnly bool     // look only for what differs from the states
	NoRefresh   bool     // take the states' word for what exists
	Brief       bool     // only which resources change and how, which is told without `terraform show`
	Targets     []string // addresses
	Replace     []string // addresses to be replaced though unchanged
	VarFiles    []string // absolute paths, later ones win
}

// ApplyOptions are the settings of one apply.
type ApplyOptions struct {
	Started func(Process)
}

// Process identifies a process on a host across restarts of either.
type Process struct {
	Host    string `json:"host"`
	PID     int    `json:"pid"`
	Started string `json:"started"` // the system's own start mark of that pid; "" where it has none
}

// EventKind tells what an Event says.
type EventKind string

// The kinds of events of an apply.
const (
	ApplyStart      EventKind = "apply_start"
	ApplyProgress   EventKind = "apply_progress"
	ApplyComplete   EventKind = "apply_complete"
	ApplyErrored    EventKind = "apply_errored"
	EventDiagnostic EventKind = "diagnostic"
)

// Event is one line of Terraform's JSON stream that concerns a resource.
type Event struct {
	Kind       EventKind   `json:"kind"`
	Time       time.Time   `json:"time"`
	Address    string      `json:"address,omitempty"`
	Type       string      `json:"type,omitempty"`
	Action     string      `json:"action,omitempty"` // create, update, delete, read …
	IDKey      string      `json:"id_key,omitempty"`
	IDValue    string      `json:"id_value,omitempty"`
	Elapsed    float64     `json:"elapsed_seconds,omitempty"`
	Diagnostic *Diagnostic `json:"diagnostic,omitempty"`
}

// Diagnostic is one error or warning of Terraform or a provider. It carries no
// values of expressions.
type Diagnostic struct {
	Severity string `json:"severity"` // error or warning
	Summary  string `json:"summary"`
	Detail   string `json:"detail,omitempty"`
	Address  string `json:"address,omitempty"`
	File     string `json:"file,omitempty"` // relative to the composed root
	Line     int    `json:"line,omitempty"`
}

// DiagnosticsError carries the error diagnostics of one Terraform command.
type DiagnosticsError struct {
	Command     string // plan, apply, init …
	Diagnostics []Diagnostic
}

// Error gives the first diagnostic and how many more there are.
func (e *DiagnosticsError) Error() string {
	if len(e.Diagnostics) == 0 {
		return "terraform " + e.Command + " failed"
	}
	first := e.Diagnostics[0]
	text := first.Summary
	if first.Detail != "" {
		text += ": " + first.Detail
	}
	if first.Address != "" {
		text = first.Address + ": " + text
	}
	return text
}

// Errors of a Store.
var (
	ErrNotFound     = errors.New("no such object")
	ErrPrecondition = errors.New("object is not in the expected state")
)

// Condition restricts a Put. The zero value writes in any case.
type Condition struct {
	Absent bool   // only if no object has that key
	ETag   string // only if the object has this ETag
}

// Object is one object of the store.
type Object struct {
	Body     []byte
	ETag     string
	Modified time.Time
}

// Store is the environment's bucket. Get and Delete of a missing key give
// ErrNotFound and nil; a Put whose condition fails gives ErrPrecondition.
type Store interface {
	Get(ctx context.Context, key string) (Object, error)
	Put(ctx context.Context, key string, body []byte, condition Condition) (etag string, err error)
	Delete(ctx context.Context, key, ifETag string) error // ifETag "" deletes in any case
	List(ctx context.Context, prefix string) ([]string, error)
}

// Identity is who the credentials belong to.
type Identity struct {
	Account string `json:"account"`
	ARN     string `json:"arn"`
	Region  string `json:"region"`
}

// Cloud is what the engine asks of AWS beside the bucket.
type Cloud interface {
	Identity(ctx context.Context) (Identity, error)
	// Bootstrap creates or corrects the environment's bucket: versioned,
	// encrypted with a KMS key of its own, closed to the public, TLS only.
	// It gives what it changed, one line each; none when all was as it should.
	Bootstrap(ctx context.Context, bucket string, tags map[string]string) ([]string, error)
}

// Functions builds the code that an environment's Lambda functions run.
type Functions interface {
	// Build builds the functions of the working tree that are not built yet.
	Build(ctx context.Context) (Code, error)
	// Read gives an archive that Build built. One that is another by now is
	// MD0705.
	Read(ctx context.Context, artifact Artifact) ([]byte, error)
}

// Code is what functions run: archives for one processor, by name.
type Code struct {
	Architecture string // as Lambda calls it: arm64 or x86_64
	Artifacts    []Artifact
}

// Artifact is the archive of one function.
type Artifact struct {
	Function string // its short name
	SHA256   string // of the archive, in hexadecimal
	Size     int64  // bytes
}

// Adopter finds resources that exist although no state has them.
type Adopter interface {
	// ImportID gives the id with which Terraform imports a resource of this
	// type that reported id when it was created; planned holds its planned
	// values. ok is false where the type cannot be imported.
	ImportID(ctx context.Context, resourceType, id string, planned map[string]any) (importID string, ok bool, err error)
	// Find looks in the account for an object that a creation with these
	// planned values would collide with or leave behind, and gives its import
	// id. taken are import ids that a state already has.
	Find(ctx context.Context, resourceType string, planned map[string]any, taken map[string]bool) (importID string, found bool, err error)
	// HalfMade reports whether a creation of this type that was cut short can
	// leave what no import and update puts right, so that what Find gives has
	// to be replaced.
	HalfMade(resourceType string) bool
}
