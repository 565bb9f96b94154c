package environment

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
	Functions Functions
	Backup    Backup
	Guard     Guard
	Rollback  Rollback
	Verify    Verify
	Notify    Notify
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
type Backup struct{ Database DatabaseBackup }

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
	HealthPath       string
	Attempts         int
	MonthlyBudgetUSD float64
}

// Notify says who hears of a deployment.
type Notify struct {
	SlackWebhookSecret string // name of the secret that holds the webhook's URL; "" sends nothing
}
