package environment

import "time"

// Target tells where an environment lives.
type Target string

// The targets.
const (
	TargetAWS   Target = "aws"
	TargetLocal Target = "local"
)

// DatabaseBackup tells when a database snapshot is taken before a change.
type DatabaseBackup string

// The kinds of database backup.
const (
	BackupAlways      DatabaseBackup = "always"
	BackupWhenTouched DatabaseBackup = "when-touched"
	BackupNever       DatabaseBackup = "never"
)

// Settings is the content of a deploy.hcl, defaults filled in.
type Settings struct {
	Target   Target
	Region   string
	Account  string // 12 digits, or "" for any
	State    State
	Approval Approval
	// Functions says what code is built for the environment's functions.
	Functions  Functions
	Release    Release
	Frontend   Frontend
	Migrations Migrations
	Canary     Canary
	Backup     Backup
	Guard      Guard
	Rollback   Rollback
	Verify     Verify
	Notify     Notify
}

// State says where the states lie.
type State struct {
	Bucket       string
	LeaseSeconds int // how long a lease lives without being renewed
}

// Approval says whether changes need an approval file.
type Approval struct{ Required bool }

// Functions says where the source of the environment's Lambda functions is, and
// what they are built for. They are built where Source is set.
type Functions struct {
	Source       string // folder with a folder for each function, relative to the project; "" builds none
	Architecture Architecture
}

// Architecture is a processor of Lambda's, by its name there.
type Architecture string

// The processors. ThisHost is that of the machine on which the tool runs: for
// the local AWS, where functions are processes of it.
const (
	ARM64    Architecture = "arm64"
	X86      Architecture = "x86_64"
	ThisHost Architecture = "host"
)

// Backup says what is saved before a change.
type Backup struct {
	Database      DatabaseBackup
	KeepSnapshots int // how many of the tool's own snapshots stay
}

// Release says which releases an environment takes.
type Release struct {
	Required bool // only stored releases: a working tree is refused
}

// Frontend says where the site's files are. They are deployed where Source is set.
type Frontend struct {
	Source    string   // folder of the built site, relative to the project; "" deploys none
	Immutable []string // prefixes, below Source, of files whose name changes with their content
}

// Migrations says where the database's migrations are and which function runs
// them. They are run where Source is set.
type Migrations struct {
	Source   string // folder of NNNNN_name.sql files, relative to the project; "" runs none
	Function string // short name
}

// Canary says how callers are moved to new versions of functions: in steps, or
// at once where there are none.
type Canary struct {
	Steps           []CanaryStep
	Functions       []string // short names; all that change when empty
	MaxErrorPercent float64  // of the new versions' calls; more goes back
}

// CanaryStep gives a share of the calls to the new version for a while.
type CanaryStep struct {
	Percent int // 1 to 99
	Hold    time.Duration
}

// Guard extends the list of resource types that are never lost by accident.
type Guard struct{ StatefulTypes []string }

// Rollback says how an environment goes back to an earlier release.
type Rollback struct {
	OnFailure    bool
	KeepReleases int
	Layers       []string // the layers that go back; all that belong to a release when empty
}

// Verify says how a deployment is proved to work.
type Verify struct {
	Areas            []string // checked after each deployment; none when empty
	HealthPath       string
	Attempts         int
	MonthlyBudgetUSD float64
}

// Notify says who hears of a deployment.
type Notify struct {
	SlackWebhookSecret string // name of the secret that holds the webhook's URL; "" sends nothing
}
