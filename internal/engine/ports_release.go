package engine

import (
	"context"
	"io/fs"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// Repository tells what the working tree is a state of.
type Repository interface {
	// Source gives the commit at which the working tree is; the zero Source
	// where the project is in no repository that can be read.
	Source(ctx context.Context) (release.Source, error)
	// Tag gives the commit that a tag names, "" where there is no such tag.
	Tag(ctx context.Context, name string) (commit string, err error)
	// Ignored gives the files below these folders that are kept out of the
	// repository, by path relative to the project; none where there is none.
	Ignored(ctx context.Context, dirs []string) ([]string, error)
}

// Checkouts lays the root and the modules of a stored release out on disk.
type Checkouts interface {
	// Open gives the project that holds exactly these files, by path relative to
	// the project; digest names their content, so what is there already and
	// whole is not written again. The environment has the release's root and
	// values; its settings are the release's too, and the caller's to replace.
	Open(ctx context.Context, digest string, files map[string]func(context.Context) ([]byte, error)) (Checkout, error)
}

// Checkout is a project of a release's files.
type Checkout struct {
	FS          fs.FS
	Dir         string // absolute
	Environment *environment.Environment
	Files       Files // lays composed roots out beside it, where those of the working tree lie, too
}

// Site keeps the files of the application's site in its bucket.
type Site interface {
	// SiteFiles lists the bucket's files by key.
	SiteFiles(ctx context.Context, bucket string) (map[string]SiteObject, error)
	PutSiteFile(ctx context.Context, bucket string, file SiteUpload) error
	// DeleteSiteFiles deletes files; one that is not there is no error.
	DeleteSiteFiles(ctx context.Context, bucket string, keys []string) error
	// Invalidate has a CDN distribution ask anew for these paths, each with a
	// leading slash, and gives the invalidation's id. Of two calls with the same
	// reference and paths the second does nothing.
	Invalidate(ctx context.Context, distribution string, paths []string, reference string) (id string, err error)
}

// SiteObject is a file that the site's bucket has.
type SiteObject struct {
	SHA256   string // as PutSiteFile stored it with the file, in hexadecimal; "" for a file that somebody else put
	Modified time.Time
}

// SiteUpload is a file for the site's bucket.
type SiteUpload struct {
	Key          string
	Body         []byte
	ContentType  string
	CacheControl string
	SHA256       string // of Body, in hexadecimal; kept with the file
}

// Snapshots copies databases.
type Snapshots interface {
	// TakeSnapshot makes a snapshot of a database cluster and waits until it is
	// complete. One of that name that is there already is waited for.
	TakeSnapshot(ctx context.Context, cluster, name string, tags map[string]string) error
	// ListSnapshots gives the manual snapshots of a cluster that have a tag, newest first.
	ListSnapshots(ctx context.Context, cluster, tag string) ([]Snapshot, error)
	DeleteSnapshot(ctx context.Context, name string) error
}

// Snapshot is a copy of a database.
type Snapshot struct {
	Name     string
	Taken    time.Time
	Complete bool
	Tags     map[string]string
}

// Aliases lead the callers of functions to versions.
type Aliases interface {
	// Alias gives where an alias leads; ErrNotFound where there is none.
	Alias(ctx context.Context, function, alias string) (Alias, error)
	// FunctionVersion says what a published version is, or LatestVersion;
	// ErrNotFound where there is none.
	FunctionVersion(ctx context.Context, function, version string) (FunctionVersion, error)
	// NewestVersion gives the number of the version that was published last;
	// ErrNotFound where none was.
	NewestVersion(ctx context.Context, function string) (string, error)
	// PutCode gives LatestVersion of a function the archive that lies in a bucket.
	PutCode(ctx context.Context, function, bucket, key string) error
	// PublishVersion makes a version of LatestVersion, where it differs from the newest.
	PublishVersion(ctx context.Context, function string) error
	// MoveAlias leads an alias elsewhere. ErrPrecondition where it is no longer
	// at the revision that to.Revision names.
	MoveAlias(ctx context.Context, function, alias string, to Alias) error
}

// LatestVersion is what Lambda calls a function as it was changed last, published or not.
const LatestVersion = "$LATEST"

// Alias is where an alias leads its callers.
type Alias struct {
	Version  string             // that gets what Shares leaves
	Shares   map[string]float64 // version → share of the calls, over 0 and under 1; nil for none
	Revision string
}

// FunctionVersion is one published version of a function.
type FunctionVersion struct {
	Number     string
	CodeSHA256 string // of the archive, in hexadecimal
	// Settings digests all that decides how the version behaves, the code
	// included: two versions with equal Settings can stand for each other.
	Settings string
	Release  string // what its environment variable RELEASE says; "" where it has none
}

// Metrics tell how deployed things do.
type Metrics interface {
	// Calls counts the calls that one version of a function got since a time by
	// way of an alias, and those that failed. Metrics come some minutes late.
	Calls(ctx context.Context, function, alias, version string, since time.Time) (calls, failed int, err error)
	// Alarming names the alarms that tell this topic and are in alarm.
	Alarming(ctx context.Context, topic string) ([]string, error)
}

// Notifier tells people of deployments.
type Notifier interface {
	Notify(ctx context.Context, notice Notice) error
}

// NoticeKind is what a Notice tells.
type NoticeKind string

// The kinds of notices.
const (
	NoticeStarted    NoticeKind = "started"
	NoticeSucceeded  NoticeKind = "succeeded"
	NoticeFailed     NoticeKind = "failed"
	NoticeRolledBack NoticeKind = "rolled back"
)

// Notice is what people are told of a deployment. It holds no values.
type Notice struct {
	Kind         NoticeKind
	Operation    Operation
	Environment  string
	Release      string
	Previous     string // release that stood before
	User         string
	Reason       string
	DeploymentID string
	CIRun        string // URL
	SiteURL      string
	Seconds      float64
	Changes      change.Summary // of resources
	Checks       []string       // ids of failed or unknown checks
	Error        string         // code and first line; "" unless it failed
}

// Verifier proves, by looking at what is deployed and not at any state, that an
// environment is as it must be.
type Verifier interface {
	Verify(ctx context.Context, request VerifyRequest) (*Verification, error)
}

// VerifyRequest says what is verified.
type VerifyRequest struct {
	Areas   []string         // all when empty
	Outputs map[string]Value // of the root: they name what is to be looked at
	Release string           // that must answer; "" takes any
	// Deployment is the last one; nil where there was none.
	Deployment *Record
	Probe      bool // measure latencies by a bounded series of requests
	DrillAlarm bool // set a test alarm off and wait for its arrival
}

// Verification is what was found.
type Verification struct {
	Environment string        `json:"environment"`
	Release     string        `json:"release,omitempty"`
	StartedAt   time.Time     `json:"started_at"`
	Seconds     float64       `json:"seconds"`
	Areas       []string      `json:"areas"`
	Checks      []CheckResult `json:"checks"`
}

// CheckResult is how one check ended.
type CheckResult struct {
	ID           string      `json:"id"` // for example security.trail-logging
	Area         string      `json:"area"`
	Title        string      `json:"title"`        // what must hold
	Requirements []string    `json:"requirements"` // ids that it proves
	Result       CheckStatus `json:"result"`
	Evidence     []string    `json:"evidence,omitempty"` // what was read
	Reason       string      `json:"reason,omitempty"`   // why it failed or could not run
	Remedy       string      `json:"remedy,omitempty"`   // what to do; only where it did not pass
	Seconds      float64     `json:"seconds"`
}

// CheckStatus is a check's outcome. Unknown counts as not passed.
type CheckStatus string

// The outcomes.
const (
	CheckPassed  CheckStatus = "passed"
	CheckFailed  CheckStatus = "failed"
	CheckUnknown CheckStatus = "unknown"
)

// Passed reports whether every check passed.
func (v *Verification) Passed() bool { return len(v.NotPassed("")) == 0 }

// NotPassed gives the ids of the checks with that result, or, for "", of all that did not pass.
func (v *Verification) NotPassed(result CheckStatus) []string {
	var ids []string
	for _, c := range v.Checks {
		if c.Result == result || result == "" && c.Result != CheckPassed {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
