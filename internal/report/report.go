// Package report writes what a deployment did, and what a plan would do, as one HTML
// file that needs nothing else: no network, no other file. It asks nobody, and shows no
// value of a resource unless asked to, and never one that is or looks like a secret.
package report

import (
	"io"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Limit is how large a file may become, in bytes. What does not fit is the least risky
// and the quickest of what there is, and is counted.
const Limit = 1_000_000

// Layer is a layer of the root with those that it refers to.
type Layer struct {
	Name     string
	Upstream []string
}

// Check is one of the checks of the verification.
type Check struct {
	ID           string
	Area         string
	Title        string   // what must hold
	Requirements []string // ids that it proves
}

// Catalogue is what can be verified.
type Catalogue struct {
	Requirements []engine.Requirement
	Checks       []Check
}

// Deployment is what a report of a deployment is made from.
type Deployment struct {
	Account engine.Account
	Layers  []Layer // of the root, in an order in which they apply
	// Preview and Verification are what the run itself knew; nil for a report that is
	// made later, from what was recorded.
	Preview      *engine.Preview
	Verification *engine.Verification
	Catalogue    Catalogue
}

// Plan is what a report of a plan is made from.
type Plan struct {
	Preview  *engine.Preview
	Version  string  // of the stored release that was planned; "" for the working tree
	Approval string  // the file that holds the approval; "" where none was written
	Layers   []Layer // of the root, in an order in which they apply
}

// Options say how a report is written.
type Options struct {
	Now    time.Time // it says when it was written
	Values bool      // show the values that are not sensitive
	Limit  int       // in bytes; Limit when 0
	// Links leads to the reports of other deployments; nil where nobody serves them.
	Links func(id string) string
}

// WriteDeployment writes the report of a deployment.
func WriteDeployment(w io.Writer, d Deployment, options Options) error {
	return write(w, options, func(b bounds) page { return deploymentPage(d, options, b) })
}

// WritePlan writes the report of a plan, for who reviews it.
func WritePlan(w io.Writer, p Plan, options Options) error {
	return write(w, options, func(b bounds) page { return planPage(p, options, b) })
}
