package engine

import (
	"io/fs"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

// Engine carries out the use cases on one environment.
type Engine struct {
	Environment *environment.Environment
	Project     fs.FS  // the project directory
	ProjectDir  string // its absolute path, for files that Terraform reads in place
	Release     string // what is deployed: a release's version or a name of the working tree; "" names it not

	Terraform Terraform
	Store     Store
	Cloud     Cloud
	Adopter   Adopter
	Leases    Leases
	Journals  Journals
	Files     Files
	Processes Processes
	Invoker   Invoker
	Verifier  Verifier
	Functions Functions // nil where deploy.hcl has no functions built
	Notifier  Notifier  // nil where nobody is told

	Repository Repository // nil where nobody asks what the working tree is
	Checkouts  Checkouts  // opens stored releases

	Aliases   Aliases
	Metrics   Metrics
	Site      Site
	Snapshots Snapshots
	Trail     Trail // asked by audits only

	stored *Bundle // of the release that the engine is at; nil for the working tree

	Actor    Actor
	Clock    func() time.Time
	NewID    func() string
	Progress func(Progress) // told of each step as it happens; never nil

	// Variables are the names and values of TF_VAR_… that Terraform will see.
	Variables map[string]string
	// BackendFlags are boolean settings of the S3 backend beyond its place, for
	// an endpoint that is not AWS's own.
	BackendFlags []string
	// Parallelism is how many Terraform runs may work side by side.
	Parallelism int

	// settings is the project whose deploy.hcl governs; nil is Project. A
	// stored release is deployed by the settings of the working tree.
	settings fs.FS
}

// Actor is who runs the tool.
type Actor struct {
	User  string
	Host  string
	PID   int
	CIRun string // URL of the CI run, "" outside CI
}

// name is the environment's name.
func (e *Engine) name() string { return e.Environment.Name }
