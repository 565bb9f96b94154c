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
	Backup   Backup
	Guard    Guard
	Rollback Rollback
	Verify   Verify
	Notify   Notify
}

// State says where the states lie.
type State struct {
	Bucket       string
	LeaseSeconds int // how long a lease lives without being renewed
}

// Approval says whether changes need an approval file.
type Approval struct{ Required bool }

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
